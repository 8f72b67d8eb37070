"""Turn a refusal into words on the form that asked."""

from flask import flash
from flask_wtf import FlaskForm
from wtforms.fields.choices import SelectFieldBase

from incident_app.domain.refusals import Refused
from incident_app.web.forms.choices import to_choose
from incident_app.web.forms.numbers import WholeField

MOST_DIGITS = 9


def whole(text: str | None) -> int:
    """Return a number that a form carries along, such as a version; 0 for what is none: no record has it."""
    plain = (text or "").strip()
    return int(plain) if plain.isascii() and plain.isdecimal() and len(plain) <= MOST_DIGITS else 0


def check_offered(form: FlaskForm) -> None:
    """Raise ``Refused`` where an answer was none of those the form offered."""
    problems = {}
    for one in form:
        if not isinstance(one, SelectFieldBase) or not getattr(one, "validate_choice", True):
            continue
        given = one.data if isinstance(one.data, list) else [one.data] if one.data else []
        if not {str(value) for value in given} <= {str(value) for value, *_ in one.iter_choices()}:
            problems[one.short_name] = to_choose(one)
    if problems:
        raise Refused("An answer is none of those on the page.", problems)


def check_whole(form: FlaskForm) -> None:
    """Raise ``Refused`` where a number was typed that is no whole number: what is not understood is not left out."""
    problems = {one.short_name: str(one.process_errors[0])
                for one in form if isinstance(one, WholeField) and one.process_errors and _typed(one)}
    if problems:
        raise Refused("A number was not understood. Nothing was saved.", problems)


def _typed(field: WholeField) -> bool:
    return any(str(one).strip() for one in field.raw_data or ())


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
