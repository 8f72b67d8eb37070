"""Turn a refusal into words on the form that asked."""

from flask import flash
from flask_wtf import FlaskForm

from incident_app.domain.refusals import Refused

MOST_DIGITS = 9


def whole(text: str | None) -> int:
    """Return a number that a form carries along, such as a version; 0 for what is none: no record has it."""
    plain = (text or "").strip()
    return int(plain) if plain.isascii() and plain.isdecimal() and len(plain) <= MOST_DIGITS else 0


def form_errors(form: FlaskForm, refused: Refused) -> None:
    """Put each problem on its field; what belongs to no field becomes a message above the form."""
    placed = False
    for name, words in refused.problems.items():
        if name in form:
            form[name].errors = [*form[name].errors, words]
            placed = True
        else:
            flash(words, "late")
            placed = True
    if not placed:
        flash(refused.reason, "late")
