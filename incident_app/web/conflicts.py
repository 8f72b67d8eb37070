"""Somebody was faster: both texts side by side, one's own kept, and one button that saves on top of the newest.

A form that many may edit carries ``version`` and ``base`` (what stood in it when it was opened). The page this makes
posts to the same address: every field with what comes of it, and for each field that both changed a choice.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, Field, TextAreaField
from wtforms.fields import choices

from incident_app.domain.merging import Fields, Texts, Whose, merge
from incident_app.extensions import db
from incident_app.services import latest
from incident_app.services.latest import Change

HIDDEN = frozenset({"HiddenField", "CSRFTokenField", "SubmitField"})
OURS = frozenset({"csrf_token", "once", "version", "base", "clash"})
MARKS = ("choose-", "mine-", "theirs-")
LARGEST_BASE = 512 * 1024


@dataclass(frozen=True, slots=True)
class Shown:
    """How a field is called and read out. ``long``: it is written in a box of several lines, ``free``: in one line;
    otherwise it is chosen, and ``words`` say what is chosen. ``known_as`` are the names the record has for it."""

    label: str
    free: bool = True
    long: bool = False
    words: Mapping[str, str] = field(default_factory=dict)
    known_as: tuple[str, ...] = ()

    def read_out(self, texts: Texts) -> str:
        """Return the texts as a person reads them."""
        return "\n".join(self.words.get(one, one) for one in texts if one) or "nothing"


@dataclass(frozen=True, slots=True)
class Record:
    """What the form is about, as it is now: its ``version``, what stands in it, and how each field is shown.

    ``subject``, ``subject_id`` and ``case_id`` are its names in the record of acts; ``back`` is its page.
    """

    title: str
    back: str
    subject: str
    subject_id: int | str
    case_id: int | None
    version: int
    theirs: Fields
    shown: Mapping[str, Shown]


@dataclass(frozen=True, slots=True)
class Row:
    """One field that differs: whose change it is, both texts, and who changed it there, when."""

    name: str
    shown: Shown
    whose: Whose
    mine: Texts
    theirs: Texts
    change: Change | None


def version_of(form: Mapping[str, str]) -> int | None:
    """Return the version a form was opened from; ``None`` where it carries none, 0 where that is no number."""
    text = form.get("version", "")
    if not text:
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def posted() -> MultiDict[str, str]:
    """Return the form as it was posted, each choice between two texts carried out.

    A choice that was not made keeps the form from being saved: it comes back.
    """
    given: MultiDict[str, str] = MultiDict(request.form)
    if _undecided():
        given["version"] = "0"
    for name in given.getlist("clash"):
        choice = "theirs" if given.get(f"choose-{name}") == "theirs" else "mine"
        given.setlist(name, given.getlist(f"{choice}-{name}"))
    return given


def _undecided() -> set[str]:
    form = request.form
    return {name for name in form.getlist("clash") if form.get(f"choose-{name}") not in {"mine", "theirs"}}


def _texts(one: Field) -> Texts:
    if isinstance(one, BooleanField):
        return ("y",) if one.data else ()
    if isinstance(one, choices.SelectMultipleField):
        return tuple(map(str, one.data or ()))
    return (plain("" if one.data is None else str(one.data)),)


def plain(text: str) -> str:
    """Return a text with its lines ended alike, so that a browser's line ends are no change."""
    return "\n".join(text.strip().splitlines())


def _asked(form: FlaskForm) -> Iterator[Field]:
    return (one for one in form if one.type not in HIDDEN)


def fields_of(form: FlaskForm) -> Fields:
    """Return what stands in the inputs of a form."""
    return {one.short_name: _texts(one) for one in _asked(form)}


def shown_of(form: FlaskForm, known_as: Callable[[str], tuple[str, ...]] = lambda name: (name,)) -> dict[str, Shown]:
    """Return how the fields of a form are called and read out."""
    return {one.short_name: _shown(one, known_as(one.short_name)) for one in _asked(form)}


def _shown(one: Field, known_as: tuple[str, ...]) -> Shown:
    if isinstance(one, BooleanField):
        return Shown(one.label.text, free=False, words={"y": "yes"}, known_as=known_as)
    if isinstance(one, choices.SelectField):
        words = {str(choice[0]): str(choice[1]) for choice in (one.iter_choices() if one.choices else ())}
        return Shown(one.label.text, free=False, words=words, known_as=known_as)
    return Shown(one.label.text, long=isinstance(one, TextAreaField), known_as=known_as)


def remember(fields: Fields) -> str:
    """Return what stands in a form, for its hidden field ``base``."""
    return json.dumps({name: list(texts) for name, texts in fields.items()}, ensure_ascii=False)


def _base(text: str) -> Fields | None:
    """Read it back. Whoever spoils it is only asked about more fields."""
    try:
        found = json.loads(text) if len(text) < LARGEST_BASE else None
    except ValueError:
        return None
    if not isinstance(found, dict):
        return None
    known = {name: texts for name, texts in found.items() if isinstance(texts, list) and name not in _undecided()}
    return {name: tuple(map(str, texts)) for name, texts in known.items()}


def untouched(form: FlaskForm) -> bool:
    """Return whether nothing was typed since the form was opened: there is nothing to save, and nobody to be slower than."""
    return _base(request.form.get("base", "")) == fields_of(form)


def page(record: Record, mine: Fields) -> ResponseReturnValue:
    """Show both texts, with the status 409. ``mine`` is what was typed."""
    base = _base(request.form.get("base", ""))
    done = merge(base, record.theirs, mine)
    found = latest.changes(db.session(), record.subject, record.subject_id, record.case_id)
    rows = [
        Row(name, record.shown[name], whose, mine[name], record.theirs[name],
            latest.of_field(found, record.shown[name].known_as or (name,)))
        for name, whose in done.whose.items()
    ]
    rows.sort(key=lambda row: row.whose is not Whose.CLASH)
    clashes = set(done.clashes)
    kept = [(name, text) for name, texts in done.values.items() if name in mine and name not in clashes for text in texts]
    passed = [
        (name, text) for name, text in request.form.items(multi=True)
        if name not in OURS and name not in done.values and not name.startswith(MARKS)
    ]
    return render_template(
        "pages/conflicts/show.html", record=record, rows=rows, clashes=len(clashes), kept=kept + passed,
        base=remember(record.theirs), last=found[0] if found else None, action=request.full_path.rstrip("?"),
    ), 409
