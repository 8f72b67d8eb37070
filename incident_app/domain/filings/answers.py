"""What was answered: values by type, in words, compared with what was filed before, and hashed."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from incident_app.domain.cases import Certainty, Count
from incident_app.domain.filings.forms import LONGEST, Field, FieldType, Form
from incident_app.domain.filings.wording import ENGLISH, Wording
from incident_app.domain.numbers import grouped
from incident_app.domain.refusals import Refused

MOST_ITEMS = 60
PLACES = "people_countries"
"""The fact that is kept as codes of places, and said by their names."""


class Source(StrEnum):
    """Where an answer came from; what was typed by hand stays when the case changes."""

    CASE = "case"
    TYPED = "typed"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as plain JSON values: text, list of texts, true/false, ISO moment in UTC, or a count.

    ``not_yet_known`` is the official "to be determined" of an incomplete filing; then there is no value.
    """

    value: object = None
    source: Source = Source.TYPED
    not_yet_known: bool = False

    @property
    def answered(self) -> bool:
        """Whether there is a value. False is one, and an unknown number is one (*cannot be determined*)."""
        return self.value is not None and self.value not in ("", [])


Answers = Mapping[str, Answer]
NOTHING = Answer()


def to_json(answers: Answers) -> dict[str, dict[str, object]]:
    """Return the answers as a row keeps them."""
    return {
        name: {"value": one.value, "source": one.source.value, "not_yet_known": one.not_yet_known}
        for name, one in answers.items()
    }


def from_json(plain: Mapping[str, Mapping[str, object]]) -> dict[str, Answer]:
    """Read what :func:`to_json` wrote."""
    return {
        name: Answer(one["value"], Source(str(one["source"])), bool(one["not_yet_known"]))
        for name, one in plain.items()
    }


def checked(field: Field, value: object) -> object:
    """Return ``value`` in the one shape the field keeps, ``None`` for nothing; raise ``Refused`` in words."""
    if value is None:
        return None
    match field.type:
        case FieldType.TEXT:
            return _text(field, value)
        case FieldType.MOMENT:
            return _moment(field, value)
        case FieldType.COUNT:
            return _count(field, value)
        case FieldType.CHOICE:
            return _choice(field, value)
        case FieldType.LIST:
            return _list(field, value)
        case _:
            if not isinstance(value, bool):
                raise _wrong(field, "Answer yes or no.")
            return value


def _wrong(field: Field, words_: str) -> Refused:
    return Refused("The answer was not understood.", {field.id: words_})


def _text(field: Field, value: object) -> str | None:
    if not isinstance(value, str):
        raise _wrong(field, "Give a text.")
    if len(value) > field.longest:
        raise _wrong(field, f"At most {grouped(field.longest)} characters; put the rest into an attachment.")
    return value.replace("\r\n", "\n").strip() or None


def _moment(field: Field, value: object) -> str:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise _wrong(field, "Give date and time with a zone, such as 2026-11-24T09:40:00+01:00.")
    return at.astimezone(ZoneInfo("UTC")).isoformat()


def _count(field: Field, value: object) -> dict[str, object]:
    if not isinstance(value, Mapping):
        raise _wrong(field, "Give certainty and number.")
    try:
        return Count.from_json(value or {"certainty": None}).to_json()
    except Refused as refused:
        raise _wrong(field, " ".join(refused.problems.values())) from None


def _choice(field: Field, value: object) -> str | None:
    if value == "":
        return None
    if not isinstance(value, str) or field.option(value) is None:
        raise _wrong(field, "Choose one of the list.")
    return value


def _list(field: Field, value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _wrong(field, "Give a list of texts.")
    items = list(dict.fromkeys(item.strip() for item in value if item.strip()))
    if field.options and any(field.option(item) is None for item in items):
        raise _wrong(field, "Choose from the list.")
    if len(items) > MOST_ITEMS or any(len(item) > LONGEST // MOST_ITEMS for item in items):
        raise _wrong(field, f"At most {MOST_ITEMS} lines of {LONGEST // MOST_ITEMS} characters.")
    return items


def moment_words(at: datetime, zone: str) -> str:
    """Return ``Tue 24 Nov 2026 09:40 CET``."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%a} {local.day} {local:%b %Y %H:%M %Z}"


def moment_in(at: datetime, zone: str, wording: Wording) -> str:
    """Return a moment as it is written in a language: in figures, the day first, but in English with names."""
    if wording.language == ENGLISH.language:
        return moment_words(at, zone)
    return at.astimezone(ZoneInfo(zone)).strftime(wording.word("moment"))


def count_in(count: Count, wording: Wording) -> str:
    """Return a count as it is written in a language; unknown is never a number."""
    low, high = (f"{number or 0:,}".replace(",", wording.word("thousands")) for number in (count.low, count.high))
    match count.certainty:
        case Certainty.UNKNOWN:
            return wording.word("cannot_be_determined")
        case Certainty.ABOUT:
            return wording.word("about").format(number=low)
        case Certainty.RANGE:
            return wording.word("between").format(low=low, high=high)
        case _:
            return low


def words(field: Field, answer: Answer, zone: str, wording: Wording = ENGLISH) -> str:
    """Return an answer as it is printed; moments in the zone of the case, the form's own words in its language."""
    if answer.not_yet_known:
        return wording.word("to_be_determined")
    value = answer.value
    match field.type:
        case _ if not answer.answered:
            return wording.word("not_answered")
        case FieldType.MOMENT:
            return moment_in(datetime.fromisoformat(str(value)), zone, wording)
        case FieldType.COUNT if isinstance(value, Mapping):
            return count_in(Count.from_json(value), wording)
        case FieldType.CHOICE:
            return _label(field, str(value))
        case FieldType.LIST if isinstance(value, list):
            named = wording.places if field.fact == PLACES else {}
            return "; ".join(named.get(item, _label(field, item)) for item in value)
        case FieldType.YESNO:
            return wording.word("yes" if value else "no")
        case _:
            return str(value)


def _label(field: Field, option_id: str) -> str:
    found = field.option(option_id)
    return found.label if found else option_id


def changes(form: Form, before: Answers, after: Answers, zone: str) -> dict[str, str]:
    """Return, by field, what the filing before said where this one says something else."""
    changed = {}
    for field in form.fields():
        was, now_ = (words(field, one.get(field.id, NOTHING), zone, form.wording) for one in (before, after))
        if was != now_:
            changed[field.id] = was
    return changed


def digest_of(form_id: str, form_version: str, phase: str, answers: Answers) -> str:
    """Return SHA-256 over the canonical JSON of these answers. Where an answer came from does not matter."""
    content = {
        "form": form_id, "version": form_version, "phase": phase,
        "answers": {name: [one.value, one.not_yet_known] for name, one in answers.items()
                    if one.answered or one.not_yet_known},
    }
    plain = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(plain.encode()).hexdigest()
