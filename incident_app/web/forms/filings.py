"""A section of an authority's form as inputs: what stands in them, and what was typed into them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from werkzeug.datastructures import MultiDict
from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import Optional

from incident_app.domain.cases import local_moment
from incident_app.domain.filings import Answer, Field, FieldType, Form, How
from incident_app.domain.filings.profiles import FORM_FOR_ALL
from incident_app.domain.merging import Fields, Texts
from incident_app.domain.refusals import Refused
from incident_app.services.filings import FieldView, SectionView
from incident_app.web.conflicts import Shown, plain
from incident_app.web.filters import countries
from incident_app.web.forms.choices import SelectField

COUNTRIES = "people_countries"
LOCAL = "%Y-%m-%dT%H:%M"
HOW_WORDS = {How.PORTAL: "The authority's portal", How.EMAIL: "Email", How.PHONE: "Telephone", How.POST: "Post"}
FOLDS = [("", "–"), ("0", "The first (summer time)"), ("1", "The second (winter time)")]


@dataclass(frozen=True, slots=True)
class Input:
    """One question as its inputs. ``shown`` holds what stands in them; ``asks`` whether there are inputs at all."""

    view: FieldView
    shown: Mapping[str, Any]
    asks: bool
    error: str = ""

    @property
    def fold(self) -> bool:
        """Whether the clock time happened twice, so that one has to be chosen."""
        return "happened twice" in self.error


def inputs(section: SectionView, zone: str, *, opened: str, posted: MultiDict[str, str] | None = None,
           problems: Mapping[str, str] | None = None) -> list[Input]:
    """Return the inputs of a section. ``opened``: a field to answer though it is *not yet known*."""
    made = []
    for view in section.fields:
        name = view.field.id
        typed = posted is not None and name in posted.getlist("has")
        shown = _typed(view.field, posted) if typed and posted is not None else standing(view.field, view.answer, zone)
        made.append(Input(view, shown, view.state != "waits" or name == opened or typed, (problems or {}).get(name, "")))
    return made


def texts(section: SectionView, zone: str, posted: MultiDict[str, str] | None = None) -> Fields:
    """Return what stands in every input of a section, by its name; of ``posted``, only the questions it has inputs for."""
    found: dict[str, Texts] = {}
    for view in section.fields:
        name = f"f-{view.field.id}"
        if posted is not None and view.field.id not in posted.getlist("has"):
            continue
        shown = standing(view.field, view.answer, zone) if posted is None else _typed(view.field, posted)
        for part, value in shown.items():
            if part != "fold":
                many = value if isinstance(value, list) else [value]
                found[f"{name}-{part}" if part in {"low", "high"} else name] = tuple(
                    plain(str("" if one is None else one)) for one in many)
    return found


def shown_texts(section: SectionView) -> dict[str, Shown]:
    """Return how the inputs of a section are called and read out."""
    found: dict[str, Shown] = {}
    for view in section.fields:
        field, name = view.field, f"f-{view.field.id}"
        words = {one.id: one.label for one in field.options}
        if field.type is FieldType.COUNT:
            words = {"exact": "exactly", "about": "about", "range": "between", "unknown": "unknown"}
            found[f"{name}-low"] = Shown(f"{field.label}: number", known_as=(field.id,))
            found[f"{name}-high"] = Shown(f"{field.label}: up to", known_as=(field.id,))
        chosen = bool(words) or field.type is FieldType.YESNO
        found[name] = Shown(field.label, free=not chosen, long=not chosen and field.type is not FieldType.MOMENT, words=words,
                            known_as=(field.id,))
    return found


@dataclass(frozen=True, slots=True)
class Line:
    """One answer as it goes into the authority's own form; ``waits``: it is the official *to be determined*;
    ``traps`` what goes wrong there."""

    field: Field
    text: str
    waits: bool
    traps: tuple[str, ...] = ()


def to_copy(view: FieldView, language: str = "en") -> Line | None:
    """Return what is filed for one question, countries by their names in ``language``; ``None`` where nothing is."""
    if view.state == "open":
        return None
    value = view.answer.value
    if view.field.fact == COUNTRIES and isinstance(value, list):
        return Line(view.field, countries(value, language), waits=False, traps=view.traps)
    return Line(view.field, view.words, waits=view.state == "waits", traps=view.traps)


def forms_to_choose(forms: Mapping[str, Form]) -> list[tuple[str, str]]:
    """Return the forms by id and authority, the EDPB's template first."""
    named = [(one.id, one.profile.authority if one.profile else one.title) for one in forms.values()]
    return sorted(named, key=lambda one: (one[0] != FORM_FOR_ALL, one[1].casefold()))


def language_names(codes: Iterable[str]) -> list[tuple[str, str]]:
    """Return languages by code, each named in itself and in English."""
    return [(code, own if code == "en" else f"{own} ({Locale(code).get_language_name('en')})")
            for code in codes if (own := (Locale(code).get_language_name(code) or code).capitalize())]


def standing(field: Field, answer: Answer, zone: str) -> dict[str, Any]:
    """Return what stands in the inputs of one field."""
    value = answer.value
    match field.type:
        case FieldType.MOMENT:
            return {"at": _local(value, zone)}
        case FieldType.COUNT:
            count = value if isinstance(value, dict) else {}
            return {name: count.get(name) for name in ("certainty", "low", "high")}
        case FieldType.LIST:
            items = value if isinstance(value, list) else []
            return {"items": items} if field.options else {"text": "\n".join(items)}
        case FieldType.YESNO:
            return {"text": {True: "yes", False: "no"}.get(value, "") if isinstance(value, bool) else ""}
        case _:
            return {"text": value or ""}


def _local(value: object, zone: str) -> str:
    return datetime.fromisoformat(str(value)).astimezone(ZoneInfo(zone)).strftime(LOCAL) if value else ""


def _typed(field: Field, posted: MultiDict[str, str]) -> dict[str, Any]:
    name = f"f-{field.id}"
    match field.type:
        case FieldType.MOMENT:
            return {"at": posted.get(name, "").strip(), "fold": posted.get(f"{name}-fold", "")}
        case FieldType.COUNT:
            return {"certainty": posted.get(name, ""), "low": posted.get(f"{name}-low", "").strip(),
                    "high": posted.get(f"{name}-high", "").strip()}
        case FieldType.LIST if field.options:
            return {"items": posted.getlist(name)}
        case _:
            return {"text": posted.get(name, "")}


def read(section: SectionView, posted: MultiDict[str, str], zone: str) -> dict[str, dict[str, Any]]:
    """Return what was typed, as the service takes it; what stands there unchanged keeps its exact value.

    Raises ``Refused`` by field for a moment or a number that was not understood.
    """
    answers: dict[str, dict[str, Any]] = {}
    problems: dict[str, str] = {}
    for view in section.fields:
        field = view.field
        if posted.get("wait") == field.id:
            answers[field.id] = {"not_yet_known": True}
        elif field.id in posted.getlist("has"):
            try:
                answers[field.id] = {"value": _value(view, _typed(field, posted), zone)}
            except Refused as refused:
                problems[field.id] = next(iter(refused.problems.values()), refused.reason)
    if problems:
        raise Refused("Nothing was saved.", problems)
    return {name: one for name, one in answers.items() if not _untouched(section, name, one)}


def _untouched(section: SectionView, name: str, given: Mapping[str, Any]) -> bool:
    """An empty input beside *not yet known* leaves it so."""
    view = next(one for one in section.fields if one.field.id == name)
    return view.answer.not_yet_known and given.get("value") in (None, "", [])


def _value(view: FieldView, typed: Mapping[str, Any], zone: str) -> object:
    field = view.field
    if typed == standing(field, view.answer, zone) | ({"fold": ""} if field.type is FieldType.MOMENT else {}):
        return view.answer.value
    match field.type:
        case FieldType.MOMENT:
            fold = typed["fold"]
            at = local_moment(typed["at"], zone, int(fold) if fold in {"0", "1"} else None) if typed["at"] else None
            return at.isoformat() if at else None
        case FieldType.COUNT:
            return _count(typed)
        case FieldType.LIST:
            return typed["items"] if field.options else typed["text"].splitlines()
        case FieldType.YESNO:
            return {"yes": True, "no": False}.get(typed["text"])
        case _:
            return typed["text"]


def _count(typed: Mapping[str, Any]) -> dict[str, object] | None:
    certainty = typed["certainty"]
    if not certainty:
        return None
    used = {"exact": ("low",), "about": ("low",), "range": ("low", "high")}.get(certainty, ())
    return {"certainty": certainty} | {name: _number(typed[name]) for name in used}


def _number(text: str) -> int | None:
    plain = "".join(char for char in text if char not in " .,'\u202f\u00a0")
    if not plain:
        return None
    if not (plain.isascii() and plain.isdigit() and len(plain) <= 12):
        raise Refused("The number was not understood.", {"low": f"“{text}” is not a whole number."})
    return int(plain)


class SubmittedForm(FlaskForm):
    """How the authority got it, with the proof."""

    version = HiddenField()
    zone = HiddenField()
    submitted_at = StringField("When was it filed?")
    fold = SelectField("Which of the two?", choices=FOLDS, default="", validators=[Optional()])
    how = SelectField("How?", choices=[(how.value, words) for how, words in HOW_WORDS.items()])
    reference = StringField("The authority's reference or receipt number")
    proof = FileField("Proof: the receipt, the sent email, a picture of the confirmation")
    late_reason = TextAreaField("Why was it late?")


class EvidenceForm(FlaskForm):
    """A file for the case."""

    kind = SelectField("What is it?", choices=[("evidence", "Evidence"), ("proof", "Proof of something done")])
    file = FileField("File")
