"""An answer that no page offered is refused in words, with the name of the field."""

import pytest
from werkzeug.datastructures import MultiDict
from wtforms import Form

from incident_app.web.forms.choices import RadioField, SelectField, SelectMultipleField


class Asked(Form):
    """One of each."""

    order = SelectField("Order", choices=[("a", "A"), ("b", "B")])
    who = SelectField("Who", coerce=int, choices=[(1, "Ann"), (2, "Bob")])
    owed = RadioField("Is it owed?", choices=[("yes", "Yes"), ("no", "No")])
    kinds = SelectMultipleField("100 % of what?", choices=[("x", "X"), ("y", "Y")])
    people = SelectMultipleField("Readers", coerce=int, choices=[(1, "Ann")])


GIVEN = {"order": "a", "who": "1", "owed": "yes", "kinds": "x", "people": "1"}


def test_what_was_offered_is_taken() -> None:
    assert Asked(MultiDict(GIVEN)).validate()
    assert Asked(MultiDict(GIVEN)).people.data == [1]


@pytest.mark.parametrize(("name", "given", "words"), [
    ("order", "z", "Choose one of the answers offered for “Order”."),
    ("who", "3", "Choose one of the answers offered for “Who”."),
    ("who", "Ann", "Choose one of the answers offered for “Who”."),
    ("owed", "perhaps", "Choose one of the answers offered for “Is it owed?”."),
    ("owed", None, "Choose one of the answers offered for “Is it owed?”."),
    ("kinds", "z", "Choose among the answers offered for “100 % of what?”."),
    ("people", "7", "Choose among the answers offered for “Readers”."),
    ("people", "Ann", "Choose among the answers offered for “Readers”."),
])
def test_what_was_not_offered_is_refused_by_the_name_of_the_field(name: str, given: str | None, words: str) -> None:
    form = Asked(MultiDict({key: text for key, text in (GIVEN | {name: given}).items() if text is not None}))

    assert not form.validate()
    assert form.errors == {name: [words]}
