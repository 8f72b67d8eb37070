"""A filing as a machine reads it: the JSON that goes with the printed one, read back to the same answers and digest.

Its shape is published as JSON Schema (``static/schemas/filing-1.json``); another shape gets another number.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from incident_app.domain.filings.answers import NOTHING, Answer, Answers, Source, changes, digest_of, words
from incident_app.domain.filings.coverage import Coverage, Gap, Situation, cover
from incident_app.domain.filings.forms import Field, Form, Phase
from incident_app.domain.filings.wording import Wording
from incident_app.domain.refusals import Refused

FORMAT = "incident-app/filing/1"
SCHEMA = "schemas/filing-1.json"
"""Where the schema stands, below the static files of the app."""
_NONE_OF_OURS = "This is no filing we wrote."


@dataclass(frozen=True, slots=True)
class About:
    """What a filing says beside its answers. ``approved`` and ``submitted`` are ready words, ``None`` where they were not;
    ``record`` is the head of the record when it was written: number of the entry and its hash."""

    id: str
    case: str
    drill: bool
    organisation: str
    number: int
    version: int
    state: str
    recipient: Mapping[str, str | None]
    zone: str
    generated_at: datetime
    record: tuple[int, str]
    language: str = "en"
    approved: Mapping[str, str | None] | None = None
    submitted: Mapping[str, str | bool | None] | None = None


@dataclass(frozen=True, slots=True)
class Filed:
    """What was read back."""

    form_id: str
    form_version: str
    phase: str
    answers: dict[str, Answer]

    @property
    def digest(self) -> str:
        """SHA-256 over the exact content, as approved."""
        return digest_of(self.form_id, self.form_version, self.phase, self.answers)


def _explains_lateness(form: Form, answers: Answers) -> bool:
    asked = (one for one in form.fields() if any(condition.field == "late" for condition in one.conditions))
    return any(answers.get(one.id, NOTHING).answered for one in asked)


def _as_filed(form: Form, phase: str, answers: Answers, *, late: bool = False) -> Coverage:
    return cover(form, answers, Situation(Phase(phase), late=late or _explains_lateness(form, answers)))


def filed_answers(form: Form, phase: str, answers: Answers) -> dict[str, Answer]:
    """Return the answers that go to the authority: what other answers hide was typed, but is not told."""
    shown = (field for section in _as_filed(form, phase, answers).sections for field in section.fields)
    given = {field.id: answers.get(field.id, NOTHING) for field in shown}
    return {name: Answer(None if one.not_yet_known else one.value, one.source, one.not_yet_known)
            for name, one in given.items() if one.answered or one.not_yet_known}


def digest(form: Form, phase: str, answers: Answers) -> str:
    """Return SHA-256 over the exact content that goes to the authority: what an approval binds."""
    return digest_of(form.id, form.version, phase, filed_answers(form, phase, answers))


def to_follow(form: Form, answers: Answers, zone: str) -> str:
    """Return what the filing says of when the rest comes (Art 33(4)), "" where it says nothing."""
    asked = (one for one in form.fields() if any(condition.field == "incomplete" for condition in one.conditions))
    return "\n".join(words(one, answers[one.id], zone, form.wording) for one in asked if answers.get(one.id, NOTHING).answered)


def document(form: Form, phase: str, answers: Answers, before: Answers | None, about: About, *, late: bool) -> dict[str, Any]:
    """Return the filing as plain JSON values. ``before`` is what the filing before said, ``None`` for the first one."""
    coverage = _as_filed(form, phase, answers, late=late)
    was = {} if before is None else changes(form, before, answers, about.zone)
    seq, head = about.record
    return {
        "format": FORMAT, "id": about.id, "case": about.case, "drill": about.drill, "organisation": about.organisation,
        "number": about.number, "version": about.version, "stage": phase, "state": about.state, "language": about.language,
        "completeness": "complete" if coverage.complete else "incomplete", "recipient": dict(about.recipient),
        "form": {"id": form.id, "version": form.version, "title": form.title, "instrument": form.instrument},
        "digest": digest(form, phase, answers), "generated": _moments(about.generated_at, about.zone),
        "record": {"entry": seq, "hash": head},
        "approved": None if about.approved is None else dict(about.approved),
        "submitted": None if about.submitted is None else dict(about.submitted),
        "missing": [_missing(gap) for gap in coverage.gaps],
        "to_follow": to_follow(form, answers, about.zone) if coverage.gaps else "",
        "sections": [
            {"id": one.section.id, "title": one.section.title,
             "fields": [_field(field, answers.get(field.id, NOTHING), was.get(field.id), about.zone, form.wording)
                        for field in one.fields]}
            for one in coverage.sections
        ],
    }


def _moments(at: datetime, zone: str) -> dict[str, str]:
    return {"utc": at.astimezone(UTC).isoformat(), "local": at.astimezone(ZoneInfo(zone)).isoformat(), "zone": zone}


def _missing(gap: Gap) -> dict[str, str]:
    return {"field": gap.field_id, "label": gap.label, "article": gap.article,
            "status": "not_yet_known" if gap.waits else "not_answered"}


def _field(field: Field, answer: Answer, was: str | None, zone: str, wording: Wording) -> dict[str, Any]:
    status = "not_yet_known" if answer.not_yet_known else "answered" if answer.answered else "not_answered"
    said = {
        "id": field.id, "label": field.label, "type": field.type.value, "article": field.article, "number": field.number,
        "required": field.required, "status": status, "value": answer.value if status == "answered" else None,
        "words": words(field, answer, zone, wording), "source": answer.source.value,
    }
    return said if was is None else said | {"was": was}


def read_document(plain: object) -> Filed:
    """Read a filing back. Raises ``Refused`` for what we did not write, or what was changed since."""
    if not isinstance(plain, Mapping) or plain.get("format") != FORMAT:
        raise Refused(_NONE_OF_OURS, {"format": f"Only {FORMAT} is read."})
    try:
        fields = [field for section in plain["sections"] for field in section["fields"]]
        answers = {
            str(one["id"]): Answer(one["value"], Source(one["source"]), one["status"] == "not_yet_known")
            for one in fields if one["status"] != "not_answered"
        }
        found = Filed(str(plain["form"]["id"]), str(plain["form"]["version"]), str(plain["stage"]), answers)
    except (KeyError, TypeError, ValueError):
        raise Refused(_NONE_OF_OURS, {"sections": "It lacks what every filing has."}) from None
    if found.digest != plain.get("digest"):
        raise Refused("This filing was changed after it was written.", {"digest": f"Its answers make {found.digest}."})
    return found
