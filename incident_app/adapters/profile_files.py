"""Authorities' own forms as data: profiles that put the questions into an authority's order and words, and translations.

``law/profiles/*.toml`` name the questions of ``law/forms/edpb-1.toml`` and ``law/profiles/questions.toml`` by id;
``law/wording/<language>.toml`` hold every text of theirs in one language.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from incident_app.adapters.form_files import FormFileError, FormFiles, answers_of, check_conditions, field_of
from incident_app.adapters.territories import Territories
from incident_app.adapters.toml_tables import Table
from incident_app.domain.filings import (
    ENGLISH,
    Field,
    Form,
    Option,
    Phase,
    Profile,
    Section,
    Sure,
    Trap,
    Wording,
)

LAW_FOLDER = Path(__file__).resolve().parent.parent / "law"
BASE = "edpb-1"
QUESTIONS = "questions.toml"
PLACES = frozenset({"portal", "sent"})
_USUAL = tuple(phase.value for phase in Phase if phase is not Phase.WITHDRAW)
_Library = Mapping[str, Field]


class ProfileFiles:
    """The folder of the law: forms, the profiles of authorities, the translations."""

    def __init__(self, folder: Path = LAW_FOLDER) -> None:
        """Read from ``folder``; the package's own by default."""
        self._folder = folder

    def load(self) -> dict[str, Form]:
        """Return every form by its id, those of authorities with their profile, all of them with every language.

        Raises :class:`FormFileError` or ``LawFileError`` naming file and key.
        """
        forms = FormFiles(self._folder / "forms").load()
        library = self._library(forms[BASE])
        for path in sorted(self._folder.glob("profiles/*.toml")):
            if path.name != QUESTIONS:
                form = _form(Table(path.name, _read(path)), forms, library)
                forms[form.id] = form
        wordings = MappingProxyType({
            path.stem: _wording(path.stem, Table(path.name, _read(path)))
            for path in sorted(self._folder.glob("wording/*.toml"))
        })
        english = replace(ENGLISH, places=Territories(ENGLISH.language))
        return {name: replace(form, wording=english, wordings=wordings) for name, form in forms.items()}

    def _library(self, base: Form) -> _Library:
        path = self._folder / "profiles" / QUESTIONS
        plain = _read(path).get("field", [])
        fields = [*base.fields(), *(field_of(f"{path.name}, field {n}", one) for n, one in enumerate(plain, 1))]
        library = {field.id: field for field in fields}
        if len(library) != len(fields):
            raise FormFileError(f"{path.name}, field: an id is there twice.")
        return library


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise FormFileError(f"{path.name}: this is not TOML ({error}).") from error


def _form(table: Table, forms: Mapping[str, Form], library: _Library) -> Form:
    """Return the form of a profile; one without sections dresses the form of its own id."""
    name, profile = table.text("id"), _profile(table)
    if name in forms:
        form = replace(forms[name], profile=profile)
    else:
        form = _own_form(name, table, replace(forms[BASE], profile=profile), library)
    table.end()
    check_conditions(table.where, form)
    for trap in profile.traps:
        field = form.field(trap.at)
        if trap.at not in PLACES and (field is None or not answers_of(field).issuperset(trap.any_of)):
            raise table.wrong("trap", f"there is no such place or answer ({trap.at}: {', '.join(trap.any_of)}).")
    return form


def _profile(table: Table) -> Profile:
    return Profile(
        authority=table.text("authority"), recipients=table.texts("recipients", empty=True), language=table.text("language"),
        portal=table.text("portal"), how=table.text("how"), sure=table.choice("sure", Sure), source=table.text("source"),
        traps=tuple(_trap(one) for one in table.tables("trap", empty=True)),
    )


def _trap(table: Table) -> Trap:
    trap = Trap(at=table.text("at"), words=table.text("words"), any_of=table.texts("any_of", empty=True))
    table.end()
    return trap


def _own_form(name: str, table: Table, base: Form, library: _Library) -> Form:
    seen, article = set(table.texts("seen", empty=True)), table.maybe_text("article")
    library = {**library, **_own_options(table, library)}
    sections = tuple(_section(one, library, seen, article) for one in table.tables("section"))
    phases = table.words("phases") or {phase.value: phase.value for phase in Phase}
    _known_phases(table, phases)
    form = replace(
        base, id=name, version=table.text("version"), instrument=table.text("instrument"),
        regime=table.maybe_text("regime") or base.regime,
        source=base.profile.source if base.profile else "", sections=sections,
        phases=MappingProxyType({Phase(key): word for key, word in phases.items()}),
    )
    odd = sorted(seen - {field.id for field in form.fields()})
    if odd:
        raise table.wrong("seen", f"it does not ask {', '.join(odd)}.")
    return form


def _own_options(table: Table, library: _Library) -> dict[str, Field]:
    """Return the fields an authority has words of its own for."""
    own = {}
    for one in table.tables("options", empty=True):
        field = _known(one, one.text("field"), library)
        options = []
        for use in one.tables("use"):
            options.append(Option(use.text("id"), use.text("label"), use.texts("takes", empty=True),
                                  use.texts("means", empty=True)))
            use.end()
        one.end()
        own[field.id] = replace(field, options=tuple(options))
    return own


def _known(table: Table, name: str, library: _Library) -> Field:
    if name not in library:
        raise table.wrong("field", f"there is no question “{name}”.")
    return library[name]


def _known_phases(table: Table, phases: Iterable[str]) -> None:
    odd = sorted(set(phases) - set(Phase))
    if odd:
        raise table.wrong("phases", f"“{odd[0]}” is not one of {', '.join(Phase)}.")


def _section(table: Table, library: _Library, seen: set[str], article: str | None) -> Section:
    article = table.maybe_text("article") or article
    phases = table.texts("phases", empty=True) or _USUAL
    _known_phases(table, phases)
    fields = [replace(_known(table, name, library), to_check=name not in seen) for name in table.texts("fields")]
    if article is not None:
        fields = [replace(field, article=article, number="") for field in fields]  # another law, another numbering
    section = Section(table.text("id"), table.text("title"), tuple(fields), tuple(Phase(one) for one in phases))
    table.end()
    return section


def _wording(language: str, table: Table) -> Wording:
    words, titles, labels, hints = (table.words(key) for key in ("words", "titles", "labels", "hints"))
    options = table.table("options")
    by_field = {field: options.words(field) for field in options.keys}
    table.end()
    return Wording(language, words, titles, labels, hints,
                   {f"{field}.{name}": label for field, said in by_field.items() for name, label in said.items()},
                   Territories(language))
