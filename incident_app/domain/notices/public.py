"""A notice to everybody, on a page of its own, for people who cannot be reached (GDPR Art 34(3)(c))."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, timedelta
from enum import StrEnum

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
    "be counted": frozenset({P.APPROVED}),
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


def is_shown(state: str, first: date, last: date, today: date) -> bool:
    """Tell whether everybody may read it today."""
    return state == PublicState.APPROVED and first <= today <= last


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
