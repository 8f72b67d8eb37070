"""What a program sent wrong is said in our words: what is needed, field by field."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from marshmallow import fields
from marshmallow.validate import Equal, Length, OneOf, Range

from incident_app.api.saying import MOMENT, OBJECT, Said
from tests.conftest import ApiClient
from tests.house.routes import schemas, ways

Api = Callable[[str], ApiClient]
ALL = "It cannot be done as it was sent: the problems say why. Nothing was changed."
THEIRS = {words for name in fields.__all__ for words in getattr(getattr(fields, name), "default_error_messages", {}).values()}


class Inner(Said):
    """A thing inside."""

    name = fields.String(required=True)


class Everything(Said):
    """A field of every kind."""

    name = fields.String(required=True, validate=Length(max=3))
    three = fields.String(validate=Length(equal=3))
    count = fields.Integer(strict=True, validate=Range(1, 9))
    least, most = fields.Integer(validate=Range(1)), fields.Integer(validate=Range(max=9))
    kind = fields.String(validate=[OneOf(["a", "b"]), Length(2)])
    share, yes, day, hour = fields.Float(), fields.Boolean(), fields.Date(), fields.Time()
    at, key, inner = fields.AwareDateTime(), fields.UUID(), fields.Nested(Inner)
    many = fields.List(fields.Integer(validate=Range(0, 5)), validate=Length(1, 2))
    by_name = fields.Dict(keys=fields.String(), values=fields.Integer())
    same = fields.Integer(validate=Equal(1, error="One."))


def said(**sent: object) -> Any:
    """Return what is said of what was sent."""
    return Everything().validate({"name": "x", **sent})


@pytest.mark.parametrize(("sent", "words"), [
    ({"count": "3"}, "A whole number is needed."), ({"count": 2.5}, "A whole number is needed."), ({"count": 0}, "Between 1 and 9."),
    ({"least": 0}, "At least 1."), ({"most": 10}, "At most 9."), ({"name": 3}, "A text is needed."),
    ({"name": None}, "A value is needed; null is none."), ({"name": "long"}, "At most 3 characters."),
    ({"kind": "c!"}, "One of these is needed: a, b."), ({"share": "x"}, "A number is needed."), ({"share": "nan"}, "A number is needed, and one that is finite."),
    ({"yes": "perhaps"}, "true or false is needed."), ({"day": "22.11.2026"}, "A day is needed, such as 2026-11-22."),
    ({"hour": "9"}, "A time of day is needed, such as 09:00."), ({"at": "2026-11-22T09:00:00"}, MOMENT), ({"at": "today"}, MOMENT),
    ({"key": "1"}, "An id is needed, as it was given out: 32 signs and four hyphens."), ({"many": "1"}, "A list is needed."),
    ({"many": [1, 2, 3]}, "Between 1 and 2 of them."), ({"by_name": []}, OBJECT), ({"other": 1}, "This field is not known here."),
    ({"same": 2}, "One."),
])
def test_each_kind_of_field_says_what_it_needs(sent: dict[str, object], words: str) -> None:
    assert said(**sent) == {next(iter(sent)): [words]}


def test_what_is_inside_another_thing_is_said_in_the_same_words() -> None:
    assert Everything().validate({}) == {"name": ["This is needed."]}
    assert said(inner={}) == {"inner": {"name": ["This is needed."]}}
    assert said(inner=3) == {"inner": {"_schema": [OBJECT]}}
    assert said(many=["x", 9]) == {"many": {0: ["A whole number is needed."], 1: ["Between 0 and 5."]}}
    assert said(by_name={"a": "x"}) == {"by_name": {"a": {"value": ["A whole number is needed."]}}}
    whole: Any = ["x"]
    assert Everything().validate(whole) == {"_schema": [OBJECT]}


def within(field: Any) -> Iterator[Any]:
    """Yield a field, and those it is made of."""
    yield field
    for name in ("inner", "value_field", "key_field"):
        if getattr(field, name, None) is not None:
            yield from within(getattr(field, name))
    if isinstance(field, fields.Nested):
        assert isinstance(field.schema, Said)
        for one in field.schema.fields.values():
            yield from within(one)


def test_no_way_of_the_api_speaks_the_words_of_the_library(app: Flask) -> None:
    # Given everything any way takes
    taken = [(way.rule.endpoint, one) for way in ways(app) for one in schemas(app, way).values()]
    assert len(taken) > 100

    # Then nothing of it is outside our words, whichever kind of field it is
    assert [name for name, schema in taken if not isinstance(schema, Said)] == []
    assert [(name, field.name, key) for name, schema in taken for field in schema.fields.values() for one in within(field)
            for key, words in one.error_messages.items() if words in THEIRS and key != "format"] == []


def test_a_program_that_sends_what_does_not_fit_is_told_field_by_field(app: Flask, api_for: Api) -> None:
    # Given a token, and a breach that is half told
    api = api_for("responder")
    sent = {"title": 3, "aware_at": "2026-11-22T09:00:00", "colour": "red", "people": {"certainty": None}}

    status, answer = api("POST", "/cases", sent)

    # Then the sentence and every problem are ours
    problems: Any = answer["problems"]
    assert (status, answer["error"]) == (422, ALL)
    assert (problems["title"], problems["aware_at"], problems["colour"]) == (
        "A text is needed.", MOMENT, "This field is not known here.")
    assert "This is needed." in problems.values()

    # … and what is no object at all is said of the request
    assert api("POST", "/cases", [])[1] == {"error": ALL, "problems": {"request": OBJECT}}


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/octet-stream", None])
def test_a_body_that_is_not_sent_as_json_is_told_so(api_for: Api, kind: str | None) -> None:
    assert api_for("responder")("POST", "/cases", data=b'{"title": "x"}', content_type=kind) == (
        415, {"error": "Send the body as application/json. Nothing was changed.", "problems": {}})


def test_no_body_at_all_is_told_what_is_needed(api_for: Api) -> None:
    status, answer = api_for("responder")("POST", "/cases")

    assert (status, answer["error"]) == (422, ALL)
    assert answer["problems"]["title"] == "This is needed."  # type: ignore[index]  # JSON


def test_an_address_that_is_none_and_a_method_that_does_nothing_are_said_in_our_words(app: Flask, api_for: Api) -> None:
    # Given a program that asks for what is not there, and in a way that is none
    api = api_for("responder")
    assert api("GET", "/nowhere") == (404, {"error": "There is nothing at this address.", "problems": {}})
    assert api("DELETE", "/cases") == (
        405, {"error": "DELETE does nothing at this address. The header Allow says what does.", "problems": {}})

    # … and a person who does the same
    page = app.test_client().get("/sign-out")
    assert page.status_code == 405
    assert "This is done by a button, not by its address." in page.text
    assert "POST" in page.headers["Allow"]
