"""A number that is none is answered by what to type, in every form alike."""

import pkgutil
from importlib import import_module

from flask import Flask
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import Form
from wtforms.fields import FormField, IntegerField
from wtforms.fields.numeric import DecimalField, FloatField

from incident_app import web
from incident_app.web.forms.numbers import WholeField, to_type
from incident_app.web.notices import PlanForm
from incident_app.web.tokens import TokenForm


def every_form() -> set[type[Form]]:
    """Return every form of the pages."""
    for found in pkgutil.walk_packages(web.__path__, f"{web.__name__}."):
        import_module(found.name)
    known: set[type[Form]] = set()
    left: list[type[Form]] = [FlaskForm, Form]
    while left:
        form = left.pop()
        left += form.__subclasses__()
        known.add(form)
    return {form for form in known if form.__module__.startswith(web.__name__)}


def test_every_number_is_asked_for_by_the_one_field_that_says_what_to_type(app: Flask) -> None:
    numbers: dict[str, type] = {}
    with app.test_request_context():
        for form in every_form():
            for name, found in vars(form).items():
                kind = getattr(found, "field_class", None)
                if isinstance(kind, type) and issubclass(kind, IntegerField | DecimalField | FloatField):
                    numbers[f"{form.__name__}.{name}"] = kind

    assert len(numbers) > 15
    assert {name for name, kind in numbers.items() if kind is not WholeField} == set()
    assert FormField not in numbers.values()


def test_what_is_no_number_is_answered_by_what_to_type(app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    with app.test_request_context():
        tokens = TokenForm(MultiDict({"name": "for the night", "days": "many"}))
        plan = PlanForm(MultiDict({"wait_minutes": "1.5"}))
        plan.order.choices = []
        assert not tokens.validate()
        assert not plan.validate()

    assert tokens.days.errors == ["Give a whole number from 1 to 365."]
    assert plan.wait_minutes.errors == ["Give a whole number from 0 to 10\u202f080."]
    assert to_type(0) == "Give a whole number, 0 or more."
    assert to_type() == "Give a whole number."
