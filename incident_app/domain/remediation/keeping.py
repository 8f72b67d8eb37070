"""What keeps a case from closing on account of its actions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from incident_app.domain.remediation.actions import ActionState


class Why(StrEnum):
    """Why one action keeps a case open."""

    OPEN = "open"
    UNCHECKED = "unchecked"
    REVIEW_DUE = "review_due"


@dataclass(frozen=True, slots=True)
class ActionFacts:
    """What closing asks about one action. ``checked``: a second person agreed that it is done, or that it is not needed.

    ``review_due_at``: from when somebody has to look whether it works; ``None`` where nobody has to, or somebody did.
    """

    number: int
    title: str
    state: str
    mandatory: bool
    checked: bool
    review_due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Hindrance:
    """One action (its id as ``number``) that keeps the case open, and why."""

    number: int
    title: str
    why: Why


def what_keeps_a_case_open(actions: Sequence[ActionFacts], now: datetime) -> tuple[Hindrance, ...]:
    """Return what keeps a case from closing on account of its actions, in the order of the actions.

    A mandatory one that is open; a mandatory one that is done, or said not to be needed, and nobody else has checked; any
    one of which it is due by now to see whether it works. A review that falls due later does not: it can be made on a
    closed case, and an action it reopens can be worked on there.
    """
    return tuple(
        Hindrance(one.number, one.title, why) for one in actions if (why := _why(one, now)) is not None
    )


def _why(one: ActionFacts, now: datetime) -> Why | None:
    if one.mandatory and one.state == ActionState.OPEN:
        return Why.OPEN
    if one.mandatory and not one.checked:
        return Why.UNCHECKED
    if one.state == ActionState.DONE and one.review_due_at is not None and one.review_due_at <= now:
        return Why.REVIEW_DUE
    return None
