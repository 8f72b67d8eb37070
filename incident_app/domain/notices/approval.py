"""What an approval binds, who may give it, and how a notice moves."""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from enum import StrEnum

from incident_app.domain.notices.rendering import Facts, Text
from incident_app.domain.refusals import Conflict, Refused

KNOWN_CHANNELS = ("telegram", "email", "post")
LONGEST_WAIT_MINUTES = 7 * 24 * 60
UNCERTAIN_POLICIES = ("ask", "next_channel", "resend_once")
SHORTEST_REASON, LONGEST_REASON = 15, 500
LATER = frozenset({"never", "bypass_reason"})  # fields of the plan that came after the first approvals


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
WAIVABLE = frozenset({N.DRAFT, N.IN_REVIEW})
LAUNCHED = frozenset({N.SENDING, N.PAUSED, N.HELD, N.FINISHED, N.CANCELLED})
BINDING = LAUNCHED | {N.APPROVED}  # while a notice stands here, its list must not change
MOVES: dict[str, frozenset[NoticeState]] = {
    "be edited": EDITABLE,
    "be waived in": WAIVABLE,
    "have a waiver withdrawn": EDITABLE,
    "be put up for approval": frozenset({N.DRAFT}),
    "be approved": frozenset({N.IN_REVIEW}),
    "be sent back": frozenset({N.IN_REVIEW, N.APPROVED}),
    "be sent": frozenset({N.APPROVED}),
    "be paused": frozenset({N.SENDING}),
    "go on": frozenset({N.PAUSED}),
    "be stopped": frozenset({N.SENDING, N.PAUSED, N.HELD}),
    "have its text judged": frozenset({N.FINISHED, N.CANCELLED}),
    "be tried again": frozenset({N.SENDING, N.PAUSED, N.FINISHED}),
    "be decided on": frozenset({N.SENDING, N.PAUSED, N.FINISHED}),
}


def check_moves(state: str, move: str) -> None:
    """Raise ``Conflict`` in words where a notice in ``state`` cannot do ``move``."""
    if state not in MOVES[move]:
        raise Conflict(f"This notice is {WORDS[NoticeState(state)]}: it cannot {move} now. Nothing was changed.")


@dataclass(frozen=True, slots=True)
class ChannelPlan:
    """The order of channels; the next one is tried after a permanent failure and ``wait_minutes``.

    ``never`` are channels that must not carry the words for people whose data are sensitive. ``bypass_reason``: why
    the law asks for an email to who unsubscribed or was blocked; empty where the provider's block list holds.
    """

    order: tuple[str, ...] = ("telegram", "email")
    wait_minutes: int = 0
    canary: bool = True
    uncertain_policy: str = "ask"
    never: tuple[str, ...] = ()
    bypass_reason: str = ""

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
            problems["uncertain_policy"] = "Choose “ask”, “next_channel” or “resend_once”."
        if len(set(self.never)) != len(self.never) or not set(self.never) <= set(KNOWN_CHANNELS):
            problems["never"] = f"Name each of these channels at most once: {', '.join(KNOWN_CHANNELS)}."
        problems |= self._bypass_problems()
        if problems:
            raise Refused("The channel plan was not saved.", problems)
        return self

    def _bypass_problems(self) -> dict[str, str]:
        reason = self.bypass_reason
        if not reason:
            return {}
        if "email" not in self.order:
            return {"bypass_reason": "Email is not part of this plan: there is no block list to pass."}
        if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
            return {"bypass_reason": f"Say why in {SHORTEST_REASON} to {LONGEST_REASON} characters: a second person "
                                     "decides by it."}
        return {}

    @property
    def bypass(self) -> bool:
        """Whether email goes to who unsubscribed or was blocked, because the law asks for it."""
        return bool(self.bypass_reason)

    @property
    def wait(self) -> timedelta:
        """How long to wait before the next channel."""
        return timedelta(minutes=self.wait_minutes)

    def to_json(self) -> dict[str, object]:
        """Return what is stored and hashed. What is not used is left out: approvals given before it existed still bind."""
        whole = asdict(self) | {"order": list(self.order)}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in whole.items()
                if name not in LATER or value}

    @classmethod
    def from_json(cls, stored: Mapping[str, object]) -> "ChannelPlan":
        """Return what was stored."""
        whole = {name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()}
        return cls(**whole)  # type: ignore[arg-type]  # our own JSON


@dataclass(frozen=True, slots=True)
class Envelope:
    """What stands round the words: the address mail comes from, a digest of our layout and blocks, and the address where
    people check the code of a message.

    Empty in approvals given before it was bound; they bind what they bound.
    """

    sender: str = ""
    layout: str = ""
    check: str = ""

    def to_json(self) -> dict[str, str]:
        """Return what is stored and hashed; nothing where nothing is known."""
        return {name: value for name, value in asdict(self).items() if value}

    @classmethod
    def from_json(cls, stored: Mapping[str, str]) -> "Envelope":
        """Return what was stored."""
        return cls(**stored)


def content_hash(
    texts: Mapping[str, Text], facts: Facts, plan: ChannelPlan, fallback: str, envelope: Envelope | None = None
) -> str:
    """Return SHA-256 in hex of exactly what will be sent, how: every text, every shared fact, the channel plan."""
    whole: dict[str, object] = {
        "texts": {language: asdict(text) for language, text in texts.items()},
        "facts": facts.to_json(), "plan": plan.to_json(), "fallback": fallback,
    }
    if envelope is not None and envelope.to_json():
        whole["envelope"] = envelope.to_json()
    return hashlib.sha256(
        json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    ).hexdigest()


def why_not_approve(
    person: int, author: Collection[int], editors: Collection[int], uploader: Collection[int]
) -> str | None:
    """Return why this person cannot approve, or ``None``: whoever made it, changed it or uploaded the list cannot.

    All of them are persons, whichever account they used.
    """
    if person in author:
        return "You wrote this notice. A second person approves it."
    if person in editors:
        return "You changed this notice. Somebody who did not approves it."
    if person in uploader:
        return "You uploaded the list of people. Somebody who did not approves this notice."
    return None
