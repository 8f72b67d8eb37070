"""Authority forms as data: reads ``law/forms/*.toml`` and refuses what does not make sense, by file and key."""

import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from incident_app.adapters.toml_tables import LawFileError
from incident_app.domain.filings import FACTS, Condition, Field, FieldType, Form, Option, Phase, Section
from incident_app.domain.filings.forms import LONGEST

FORM_FOLDER = Path(__file__).resolve().parent.parent / "law" / "forms"
SITUATION = frozenset({"phase", "late", "incomplete"})
_Choice = TypeVar("_Choice", bound=StrEnum)
_TEXTS = ("id", "version", "title", "instrument", "source")


class FormFileError(LawFileError):
    """A form file does not make sense; the words name the file and the key."""


class FormFiles:
    """The folder of forms."""

    def __init__(self, folder: Path = FORM_FOLDER) -> None:
        """Read from ``folder``; the package's own by default."""
        self._folder = folder

    def load(self) -> dict[str, Form]:
        """Return every form by its id, checked. Raises :class:`FormFileError` naming file and key."""
        forms: dict[str, Form] = {}
        for path in sorted(self._folder.glob("*.toml")):
            try:
                plain = tomllib.loads(path.read_text(encoding="utf-8"))
            except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
                raise FormFileError(f"{path.name}: this is not TOML ({error}).") from error
            form = _form(path.name, plain)
            if form.id in forms:
                raise FormFileError(f"{path.name}, id: “{form.id}” is the id of another form.")
            forms[form.id] = form
        if not forms:
            raise FormFileError(f"{self._folder.name}: there is no form.")
        return forms


def _form(name: str, plain: dict[str, Any]) -> Form:
    texts, regime = {key: _text(name, plain, key) for key in _TEXTS}, _text(name, plain, "regime", "")
    sections = tuple(_section(f"{name}, section {n}", one) for n, one in enumerate(_tables(name, plain, "section"), 1))
    _end(name, plain)
    form = Form(texts["id"], texts["version"], texts["title"], texts["instrument"], texts["source"], sections, regime=regime)
    _check(name, form)
    return form


def _section(where: str, plain: dict[str, Any]) -> Section:
    fields = tuple(field_of(f"{where}, field {n}", one) for n, one in enumerate(_tables(where, plain, "field"), 1))
    phases = _texts(where, plain, "phases") or tuple(phase.value for phase in Phase if phase is not Phase.WITHDRAW)
    section = Section(_text(where, plain, "id"), _text(where, plain, "title"), fields,
                      tuple(_member(where, "phases", phase, Phase) for phase in phases))
    _end(where, plain)
    return section


def field_of(where: str, plain: dict[str, Any]) -> Field:
    """Return one question; raises :class:`FormFileError` naming place and key."""
    field = Field(
        id=_text(where, plain, "id"), label=_text(where, plain, "label"),
        type=_member(where, "type", _text(where, plain, "type"), FieldType),
        article=_text(where, plain, "article", ""), number=_text(where, plain, "number", ""),
        hint=_text(where, plain, "hint", ""), required=_flag(where, plain, "required", False),
        lines=_whole(where, plain, "lines", 1), options=tuple(_option(where, one) for one in plain.pop("options", [])),
        conditions=tuple(_condition(where, one) for one in plain.pop("when", [])),
        fact=_text(where, plain, "fact", "") or None, staff_contact=_flag(where, plain, "staff_contact", False),
        may_wait=_flag(where, plain, "may_wait", True), longest=_whole(where, plain, "longest", LONGEST),
    )
    _end(where, plain)
    if field.fact is not None and FACTS.get(field.fact) is not field.type:
        raise FormFileError(f"{where}, fact: a case has no “{field.fact}” for a field of type {field.type}.")
    if field.type is FieldType.CHOICE and not field.options:
        raise FormFileError(f"{where}, options: a choice needs options.")
    return field


def _option(where: str, plain: dict[str, Any]) -> Option:
    option = Option(_text(where, plain, "id"), _text(where, plain, "label"), _texts(where, plain, "takes"))
    _end(where, plain)
    return option


def _condition(where: str, plain: dict[str, Any]) -> Condition:
    condition = Condition(_text(where, plain, "field"), _texts(where, plain, "any_of"))
    _end(where, plain)
    return condition


def _check(name: str, form: Form) -> None:
    ids = [field.id for field in form.fields()]
    twice = sorted({one for one in ids if ids.count(one) > 1})
    if twice:
        raise FormFileError(f"{name}, id: {', '.join(twice)} is there twice.")
    check_conditions(name, form)


def answers_of(field: Field) -> set[str]:
    """Return what a condition may compare an answer with."""
    return {"yes", "no"} if field.type is FieldType.YESNO else {one.id for one in field.options}


def check_conditions(name: str, form: Form) -> None:
    """Raise :class:`FormFileError` where a field depends on a field or an option the form has not."""
    for field in form.fields():
        for condition in field.conditions:
            if condition.field in SITUATION:
                continue
            other = form.field(condition.field)
            odd = set(condition.any_of) - (answers_of(other) if other else set())
            if other is None or odd:
                raise FormFileError(f"{name}, {field.id}, when: there is no such field or option "
                                    f"({condition.field}: {', '.join(sorted(odd))}).")


def _text(where: str, plain: dict[str, Any], key: str, default: str | None = None) -> str:
    value = plain.pop(key, default)
    if not isinstance(value, str) or (default is None and not value.strip()):
        raise FormFileError(f"{where}, {key}: a text is needed here.")
    return value


def _texts(where: str, plain: dict[str, Any], key: str) -> tuple[str, ...]:
    value = plain.pop(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise FormFileError(f"{where}, {key}: a list of texts is needed here.")
    return tuple(value)


def _tables(where: str, plain: dict[str, Any], key: str) -> list[dict[str, Any]]:
    value = plain.pop(key, None)
    if not isinstance(value, list) or not value or not all(isinstance(item, dict) for item in value):
        raise FormFileError(f"{where}, {key}: at least one [[{key}]] is needed.")
    return value


def _flag(where: str, plain: dict[str, Any], key: str, default: bool) -> bool:
    value = plain.pop(key, default)
    if not isinstance(value, bool):
        raise FormFileError(f"{where}, {key}: true or false is needed here.")
    return value


def _whole(where: str, plain: dict[str, Any], key: str, default: int) -> int:
    value = plain.pop(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise FormFileError(f"{where}, {key}: a whole number above zero is needed here.")
    return value


def _member(where: str, key: str, value: str, kind: type[_Choice]) -> _Choice:
    if value not in set(kind):
        raise FormFileError(f"{where}, {key}: “{value}” is not one of {', '.join(kind)}.")
    return kind(value)


def _end(where: str, plain: dict[str, Any]) -> None:
    for key in plain:
        raise FormFileError(f"{where}, {key}: nobody knows this key.")
