"""A notice to everybody, on a page of its own, for people who cannot be reached (GDPR Art 34(3)(c))."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from incident_app.domain.notices.lint import check_text
from incident_app.domain.notices.rendering import (
    FIELDS,
    NO_PERSONS,
    Facts,
    Reader,
    Text,
    longest_values,
    used_fields,
)
from incident_app.domain.notices.wording import Wording
from incident_app.domain.refusals import Conflict, Refused

LONGEST_SHOWN = timedelta(days=730)
OF_TELEGRAM = "Telegram"


class PublicState(StrEnum):
    """Where a public notice stands. Whether it can be read also hangs on its days."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    WITHDRAWN = "withdrawn"


P = PublicState
PUBLIC_WORDS = {P.DRAFT: "a draft", P.IN_REVIEW: "waiting for approval", P.APPROVED: "approved", P.WITHDRAWN: "withdrawn"}
PUBLIC_MOVES: dict[str, frozenset[PublicState]] = {
    "be edited": frozenset({P.DRAFT, P.IN_REVIEW, P.APPROVED}),
    "be put up for approval": frozenset({P.DRAFT}),
    "be approved": frozenset({P.IN_REVIEW}),
    "be sent back": frozenset({P.IN_REVIEW}),
    "be withdrawn": frozenset({P.DRAFT, P.IN_REVIEW, P.APPROVED}),
    "have its correction dropped": frozenset({P.DRAFT, P.IN_REVIEW}),
    "be counted": frozenset({P.DRAFT, P.IN_REVIEW, P.APPROVED}),
}


def check_public_move(state: str, move: str) -> None:
    """Raise ``Conflict`` in words where a public notice in ``state`` cannot do ``move``."""
    if state not in PUBLIC_MOVES[move]:
        raise Conflict(f"This public notice is {PUBLIC_WORDS[PublicState(state)]}: it cannot {move} now. Nothing was changed.")


def check_days(first: date, last: date, today: date) -> None:
    """Refuse days on which nobody could read it, or that never end."""
    problems = {}
    if last < first:
        problems["last_day"] = "The last day comes before the first."
    elif last < today:
        problems["last_day"] = "The last day is over."
    elif last - first > LONGEST_SHOWN:
        problems["last_day"] = f"At most {LONGEST_SHOWN.days} days: make a new one then."
    if problems:
        raise Refused("The days were not saved.", problems)


@dataclass(frozen=True, slots=True)
class PublicContent:
    """What is approved together: the texts by language, the facts behind their fields, and the days, both whole."""

    texts: Mapping[str, Text]
    facts: Facts
    first_day: date
    last_day: date

    @property
    def hash(self) -> str:
        """SHA-256 in hex of exactly this."""
        return public_hash(self.texts, self.facts, self.first_day, self.last_day)

    def readable(self, today: date) -> bool:
        """Tell whether today is one of its days."""
        return self.first_day <= today <= self.last_day

    def to_json(self) -> dict[str, Any]:
        """Return it as it is kept beside a correction that is not approved yet."""
        return {"texts": {language: asdict(text) for language, text in self.texts.items()}, "facts": self.facts.to_json(),
                "first_day": self.first_day.isoformat(), "last_day": self.last_day.isoformat()}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """Return what was kept so."""
        texts = {language: Text(words["subject"], words["body"]) for language, words in kept["texts"].items()}
        return cls(texts, Facts.from_json(kept["facts"]), date.fromisoformat(kept["first_day"]), date.fromisoformat(kept["last_day"]))


@dataclass(frozen=True, slots=True)
class Publication:
    """From when to when everybody could read a public notice without a break: corrections approved in its place belong to it.

    ``last_day`` is as approved last; ``ended_at``: the moment it was taken away before that was over, and ``why``.
    """

    number: int
    slug: str
    since: datetime
    last_day: date
    ended_at: datetime | None = None
    why: str = ""

    def words(self, written: Callable[[datetime], str]) -> str:
        """Return the same in words, moments as they are ``written``."""
        begun = f"public notice {self.number}, for everybody to read from {written(self.since)}"
        if self.ended_at is None:
            return f"{begun} to the end of {self.last_day:%a} {self.last_day.day} {self.last_day:%b %Y}"
        return f"{begun} to {written(self.ended_at)}, when it was taken away ({self.why.rstrip('.')})"


def public_problems(text: Text, facts: Facts, wording: Wording) -> list[str]:
    """Return what keeps a text from being shown to everybody: what Art 34(2) asks for, and nothing of one person."""
    checked = check_text(text, wording, longest_values(facts, [Reader()], wording))
    found = [words for words in checked.problems if OF_TELEGRAM not in words]
    own = [name for name in used_fields(f"{text.subject}\n{text.body}") if name in FIELDS and name not in NO_PERSONS]
    return [*found, *(f"“(({name}))” is {FIELDS[name]}: everybody reads this text." for name in own)]


def public_hash(texts: Mapping[str, Text], facts: Facts, first: date, last: date) -> str:
    """Return SHA-256 in hex of exactly what everybody reads, and on which days."""
    whole = {"texts": {language: asdict(text) for language, text in texts.items()}, "facts": facts.to_json(),
             "first": first.isoformat(), "last": last.isoformat()}
    return hashlib.sha256(json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()
