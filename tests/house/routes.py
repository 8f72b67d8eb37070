"""Every route of ours with an address that names things that exist, and a body that its schema takes."""

import io
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from marshmallow import Schema, fields
from werkzeug.routing import AnyConverter, Rule
from werkzeug.test import TestResponse

from incident_app.extensions import db
from incident_app.services import accounts
from tests.fakes import FakeClock

# What our libraries serve themselves: signing in, and files without content of ours.
LIBRARIES = ("security.", "static", "bootstrap.static")
FOREIGN = ("action_id", "alert_id", "list_id", "upload_id", "duty_id", "public_id", "request_id", "file_id",
           "filing_id")
ELSEWHERE: dict[str, object] = {
    "clock_id": 1, "shift_id": 1, "team_id": 1, "step": 1, "language": "en", "kind": "law", "regime_id": "EU-GDPR", "secret": "x",
    "token": "x", "number": 1, "export": 1, "person": 1, "ref": "BR-1999-001", "user_id": 1, "proposal_id": 1,
    "asked": uuid.UUID(int=0), "form": "note", "subject": "new", "printed_id": "x", "system_id": 1,
}


@dataclass(frozen=True, slots=True)
class Way:
    """One route by one method."""

    rule: Rule
    method: str

    @property
    def endpoint(self) -> str:
        """What it is called."""
        return str(self.rule.endpoint)

    @property
    def arguments(self) -> set[str]:
        """What its address names."""
        return set(self.rule.arguments)

    @property
    def is_api(self) -> bool:
        """Whether it takes a token."""
        return self.rule.rule.startswith("/api/")


def ours(app: Flask) -> list[Rule]:
    """Return every route that is not a library's."""
    return [rule for rule in app.url_map.iter_rules() if not rule.endpoint.startswith(LIBRARIES)]


def ways(app: Flask) -> Iterator[Way]:
    """Yield every route by every method of its own."""
    for rule in ours(app):
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield Way(rule, method)


def address(app: Flask, way: Way, **named: object) -> str:
    """Return the address of a route that names these things."""
    values: dict[str, object] = {}
    for name, converter in way.rule._converters.items():
        known = named.get(name, ELSEWHERE.get(name, 999))
        values[name] = min(converter.items) if isinstance(converter, AnyConverter) else known
    return app.url_map.bind("localhost").build(way.endpoint, values)


def schemas(app: Flask, way: Way) -> dict[str, Schema]:
    """Return what an endpoint of the API takes, by where it takes it (json, query)."""
    view: Any = app.view_functions[way.endpoint]
    view = getattr(getattr(view, "view_class", None), way.method.lower(), view)
    found = getattr(view, "_apidoc", {}).get("arguments", {}).get("parameters", [])
    made = {one["in"]: one["schema"] for one in found}
    return {where: one() if isinstance(one, type) else one for where, one in made.items()}


SPOKEN = {"how": "phone", "zone": "Europe/Berlin"}


def a_value(field: fields.Field[Any]) -> object:
    """Return something a field takes."""
    if isinstance(field, fields.Nested):
        return a_body(field.schema)
    if isinstance(field, fields.List):
        return [a_value(field.inner)]
    samples: list[tuple[type[Any], object]] = [
        (fields.Boolean, True), (fields.Integer, 1), (fields.AwareDateTime, "2026-11-23T09:00:00+00:00"), (fields.DateTime, "2026-11-23T09:00:00"), (fields.Dict, {}),
        (fields.Date, "2026-11-23"), (fields.Time, "09:00"),
    ]
    return next((value for kind, value in samples if isinstance(field, kind)), "eHh4")


def a_body(schema: Schema) -> dict[str, object]:
    """Return the least that a schema takes, and a reason."""
    return {field.data_key or name: SPOKEN.get(name, a_value(field)) for name, field in schema.fields.items()
            if field.required or name == "reason" or (name == "version" and getattr(schema, "needs_version", False))}


class Walker:
    """One person: a browser in which they are signed in, and their token."""

    def __init__(self, app: Flask, browser: FlaskClient, token: str) -> None:
        """Know both."""
        self.app, self.browser, self.token = app, browser, token

    def open(self, way: Way, extra: Any = None, **named: object) -> TestResponse:
        """Go one way, with a body that is understood and ``extra`` in it."""
        path = address(self.app, way, **named)
        if not way.is_api:
            return self.browser.open(path, method=way.method, data=extra, buffered=True)
        more: dict[str, Any] = {"headers": {"Authorization": f"Bearer {self.token}"}}
        if way.method != "GET":
            schema = schemas(self.app, way).get("json")
            if extra is not None or schema is not None:
                more["json"] = (a_body(schema) if schema is not None else {}) | (extra or {})
            elif way.rule.rule.endswith(("/lists", "/documents")):
                more["data"] = {"file": (io.BytesIO(b"name,email\nAnn,ann@example.org\n"), "people.csv")}
            elif "/pages/" in path:
                more["data"] = b'{"name": "Ann", "email": "ann@example.org"}\n'
        return self.app.test_client().open(path, method=way.method, buffered=True, **more)


def a_walker(app: Flask, email: str, clock: FakeClock, *, token: bool = True) -> Walker:
    """Sign somebody in where no form takes a token, and make them a token of the API unless they may have none."""
    with app.app_context():
        session = db.session()
        user = accounts.find(session, email)
        assert user is not None
        secret = accounts.make_sign_in_link(session, email, now=clock.now())
        bearer = accounts.make_token(session, "test", 30, by=user.actor, now=clock.now())[1] if token else ""
    browser = app.test_client()
    assert browser.post(f"/start/{secret}").status_code == 302
    return Walker(app, browser, bearer)
