"""One thing to do about a breach: what it is for, by when, what proves it, whether it was looked at and whether it works."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from incident_app.domain.numbers import grouped

LONGEST_TITLE = 300
LONGEST_LINK = 500
_LINK = re.compile(r"https?://[^\s/?#@\[\]]+([/?#]\S*)?", re.IGNORECASE)
LATEST_HOURS = 24 * 366
LONGEST_REVIEW = 3 * 366
"""Days after which it may be looked at whether something works, at most."""


class ActionKind(StrEnum):
    """What an action is for."""

    CONTAIN = "contain"
    MITIGATE = "mitigate"
    REMEDY = "remedy"
    PREVENT = "prevent"
    NOTIFY = "notify"


class ActionState(StrEnum):
    """Where an action stands."""

    OPEN = "open"
    DONE = "done"
    NOT_NEEDED = "not_needed"


class Anchor(StrEnum):
    """From which moment a due time counts that is given in hours; what waits for others counts from when it is free."""

    AWARE = "aware"
    LOGGED = "logged"
    CONTAINED = "contained"
    ADDED = "added"


class Works(StrEnum):
    """What somebody found who looked later whether it works."""

    WORKS = "works"
    PARTLY = "partly"
    NOT = "not"


REVIEW_DAYS: Mapping[ActionKind, int] = MappingProxyType({
    ActionKind.CONTAIN: 0, ActionKind.MITIGATE: 0, ActionKind.REMEDY: 30, ActionKind.PREVENT: 90, ActionKind.NOTIFY: 0,
})
"""After how many days it is looked at whether an action works, unless something else is set; 0: not at all."""


def review_days(kind: str, given: int | None) -> int:
    """Return after how many days it is looked at whether an action works: as was given, or as is usual for its kind."""
    return REVIEW_DAYS[ActionKind(kind)] if given is None else given


def is_overdue(state: str, due_at: datetime | None, now: datetime) -> bool:
    """Tell whether an open action's moment has passed; one without a date is never overdue."""
    return state == ActionState.OPEN and due_at is not None and due_at < now


def overdue_words(actions: int, reviews: int = 0, cases: int = 1) -> str:
    """Return what the alert about somebody's overdue actions and due reviews says; it names none of them."""
    parts = [f"{grouped(count)} {one if count == 1 else one + 's'} {how}"
             for count, one, how in ((actions, "action", "overdue"), (reviews, "review", "due")) if count]
    return " and ".join(parts) + (f" in {grouped(cases)} cases" if cases > 1 else "")


def due_at(hours: float, anchor_at: datetime | None, *, waits: bool, free_at: datetime | None) -> datetime | None:
    """Return by when something is due so many hours after its anchor, or after it was free where it had to wait.

    ``None`` while it waits, and while nobody knows the anchor yet: no date is invented.
    """
    begins = None if waits else free_at or anchor_at
    return begins + timedelta(hours=hours) if begins is not None else None


def check_new(title: str, kind: str, *, due: datetime | None = None, hours: float | None = None,
              review: int | None = None) -> dict[str, str]:
    """Return field → words for what is wrong with a new action."""
    return check_plan(due, hours, review) | check_what(title, kind)


def check_what(title: str, kind: str) -> dict[str, str]:
    """Return field → words for what is wrong with what is to be done."""
    problems = {}
    if not title.strip():
        problems["title"] = "Say in one line what is to be done."
    elif len(title) > LONGEST_TITLE:
        problems["title"] = f"At most {LONGEST_TITLE} characters."
    if kind not in set(ActionKind):
        problems["kind"] = f"Choose one of {', '.join(ActionKind)}."
    return problems


def check_easing(*, was_mandatory: bool, mandatory: bool, reason: str) -> dict[str, str]:
    """Return field → words where an action would no longer keep its case open, and nobody says why."""
    if was_mandatory and not mandatory and not reason.strip():
        return {"reason": "Say why the case may be closed without it."}
    return {}


def check_plan(due: datetime | None, hours: float | None, review: int | None) -> dict[str, str]:
    """Return field → words for what is wrong with when it is due and when it is looked at."""
    problems = {}
    if hours is not None and not 0 < hours <= LATEST_HOURS:
        problems["due_hours"] = f"Give a number of hours above 0, at most {grouped(LATEST_HOURS)}."
    elif hours is not None and due is not None:
        problems["due_hours"] = "Give a date or a number of hours, not both."
    if review is not None and not 0 <= review <= LONGEST_REVIEW:
        problems["review_days"] = f"Give 0 (no review) to {grouped(LONGEST_REVIEW)} days."
    return problems


def check_proof(words: str, link: str, *, has_file: bool) -> dict[str, str]:
    """Return field → words for what is wrong with a proof: words, an address or a file of the case, or several of them."""
    problems = {}
    if not (words.strip() or link.strip() or has_file):
        problems["proof_text"] = "Say what shows that it is done."
    if link.strip() and not is_link(link.strip()):
        problems["proof_link"] = f"Give an address that begins with https:// or http://, at most {LONGEST_LINK} characters long."
    return problems


def is_link(text: str) -> bool:
    """Tell whether this is an address of a page, and nothing that runs where it is clicked."""
    return len(text) <= LONGEST_LINK and text.isprintable() and _LINK.fullmatch(text) is not None
