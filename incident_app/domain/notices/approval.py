"""What an approval binds, who may give it, and how a notice moves."""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from enum import StrEnum

from incident_app.domain.notices.rendering import Facts, Text
from incident_app.domain.refusals import Conflict, Refused

KNOWN_CHANNELS = ("telegram", "email")
LONGEST_WAIT_MINUTES = 7 * 24 * 60
UNCERTAIN_POLICIES = ("ask", "resend_once")


class NoticeState(StrEnum):
    """Where a notice stands. ``held``: what would be sent is no longer what was approved."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    SENDING = "sending"
    PAUSED = "paused"
    HELD = "held"
    FINISHED = "finished"
    CANCELLED = "cancelled"


N = NoticeState
WORDS = {
    N.DRAFT: "a draft", N.IN_REVIEW: "waiting for approval", N.APPROVED: "approved", N.SENDING: "being sent",
    N.PAUSED: "paused", N.HELD: "held", N.FINISHED: "sent", N.CANCELLED: "stopped for good",
}
EDITABLE = frozenset({N.DRAFT, N.IN_REVIEW, N.APPROVED})
LAUNCHED = frozenset({N.SENDING, N.PAUSED, N.HELD, N.FINISHED, N.CANCELLED})
BINDING = LAUNCHED | {N.APPROVED}  # while a notice stands here, its list must not change
MOVES: dict[str, frozenset[NoticeState]] = {
    "be edited": EDITABLE,
    "be put up for approval": frozenset({N.DRAFT}),
    "be approved": frozenset({N.IN_REVIEW}),
    "be sent back": frozenset({N.IN_REVIEW, N.APPROVED}),
    "be sent": frozenset({N.APPROVED}),
    "be paused": frozenset({N.SENDING}),
    "go on": frozenset({N.PAUSED}),
    "be stopped": frozenset({N.SENDING, N.PAUSED, N.HELD}),
    "be decided on": frozenset({N.SENDING, N.PAUSED, N.FINISHED}),
}


def check_moves(state: str, move: str) -> None:
    """Raise ``Conflict`` in words where a notice in ``state`` cannot do ``move``."""
    if state not in MOVES[move]:
        raise Conflict(f"This notice is {WORDS[NoticeState(state)]}: it cannot {move} now. Nothing was changed.")


@dataclass(frozen=True, slots=True)
class ChannelPlan:
    """The order of channels; the next one is tried after a permanent failure and ``wait_minutes``."""

    order: tuple[str, ...] = KNOWN_CHANNELS
    wait_minutes: int = 0
    canary: bool = True
    uncertain_policy: str = "ask"

    def check(self) -> "ChannelPlan":
        """Refuse a plan that cannot be followed."""
        problems = {}
        if not self.order:
            problems["order"] = "Choose at least one channel."
        elif len(set(self.order)) != len(self.order) or not set(self.order) <= set(KNOWN_CHANNELS):
            problems["order"] = f"Name each of these channels at most once: {', '.join(KNOWN_CHANNELS)}."
        if not 0 <= self.wait_minutes <= LONGEST_WAIT_MINUTES:
            problems["wait_minutes"] = f"Between 0 and {LONGEST_WAIT_MINUTES} minutes."
        if self.uncertain_policy not in UNCERTAIN_POLICIES:
            problems["uncertain_policy"] = "Choose “ask” or “resend_once”."
        if problems:
            raise Refused("The channel plan was not saved.", problems)
        return self

    @property
    def wait(self) -> timedelta:
        """How long to wait before the next channel."""
        return timedelta(minutes=self.wait_minutes)

    def to_json(self) -> dict[str, object]:
        """Return what is stored and hashed."""
        return asdict(self) | {"order": list(self.order)}

    @classmethod
    def from_json(cls, stored: Mapping[str, object]) -> "ChannelPlan":
        """Return what was stored."""
        return cls(**(dict(stored) | {"order": tuple(stored["order"])}))  # type: ignore[arg-type]  # our own JSON


def content_hash(texts: Mapping[str, Text], facts: Facts, plan: ChannelPlan, fallback: str) -> str:
    """Return SHA-256 in hex of exactly what will be sent, how: every text, every shared fact, the channel plan."""
    whole = {
        "texts": {language: asdict(text) for language, text in texts.items()},
        "facts": facts.to_json(), "plan": plan.to_json(), "fallback": fallback,
    }
    return hashlib.sha256(
        json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    ).hexdigest()


def why_not_approve(actor_id: int, author_id: int | None, editor_ids: Collection[int], uploader_id: int | None
                    ) -> str | None:
    """Return why this person cannot approve, or ``None``: whoever made it, changed it or uploaded the list cannot."""
    if actor_id == author_id:
        return "You wrote this notice. A second person approves it."
    if actor_id in editor_ids:
        return "You changed this notice. Somebody who did not approves it."
    if actor_id == uploader_id:
        return "You uploaded the list of people. Somebody who did not approves this notice."
    return None
