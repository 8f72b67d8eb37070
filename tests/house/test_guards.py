"""Every way in names the permission it takes, and refuses whoever has not got it."""

import uuid
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import AnyConverter, Rule

from incident_app.domain.accounts import PERMISSIONS, Permission, Role

# What our libraries serve themselves: files without content of ours.
LIBRARIES = ("static", "bootstrap.static")
PEOPLE = {
    Role.REPORTER: "reporter", Role.RESPONDER: "responder", Role.APPROVER: "approver", Role.ONCALL: "oncall_person",
    Role.AUDITOR: "auditor", Role.ADMIN: "admin",
}
PUBLIC = {
    "accounts.start", "accounts.come_in", "people.invited", "people.accept", "openapi", "health.alive", "health.deadlines",
    "health.ready", "health.metrics", "signing_in.sign_in", "signing_in.by_password", "signing_in.second",
    "signing_in.by_passkey", "signing_in.sign_out", "signing_in.forgotten", "signing_in.choose", "hooks.sendgrid",
    "bot_hook.telegram_staff", "alert_links.show", "calendar.feed", "oidc.leave", "oidc.back", "oidc.connect",
    "oidc.connect_by_passkey", "public.check", "public.notice", "receipts.show", "receipts.confirm",
}


def ours(app: Flask) -> list[Rule]:
    """Return every route that is not a library's."""
    return [rule for rule in app.url_map.iter_rules() if not rule.endpoint.startswith(LIBRARIES)]


VALUES: dict[str, object] = {"IntegerConverter": 999, "UUIDConverter": uuid.UUID(int=0)}


def address(app: Flask, rule: Rule) -> str:
    """Return an address of this route; what it names does not exist."""
    values: dict[str, object] = {}
    for name, converter in rule._converters.items():
        values[name] = min(converter.items) if isinstance(converter, AnyConverter) else VALUES.get(
            type(converter).__name__, "BR-1999-001")
    return app.url_map.bind("localhost").build(rule.endpoint, values)


def permission_of(app: Flask, rule: Rule) -> Permission | None:
    """Return what the view behind a route takes; ``None`` for a public one."""
    view: object = app.view_functions[rule.endpoint]
    found = getattr(view, "permission", None)
    return found if isinstance(found, Permission) else None


def test_every_route_has_an_entry(app: Flask) -> None:
    # Given every route of ours, when its view is looked at
    missing = [
        rule.endpoint for rule in ours(app) if not hasattr(app.view_functions[rule.endpoint], "permission")
    ]

    # Then each names its permission, or is marked public
    assert missing == []


def test_only_these_are_public(app: Flask) -> None:
    public = {rule.endpoint for rule in ours(app) if permission_of(app, rule) is None}

    assert public <= PUBLIC


@pytest.mark.parametrize("role", list(Role))
def test_who_may_not_is_refused_everywhere(
    app: Flask, client_for: Callable[[str], FlaskClient], role: Role
) -> None:
    # Given somebody signed in with one role
    app.config["WTF_CSRF_ENABLED"] = False
    client, let_in = client_for(PEOPLE[role]), []

    # When they try every page that takes another role
    for rule in ours(app):
        permission = permission_of(app, rule)
        if permission is None or role in PERMISSIONS[permission] or rule.rule.startswith("/api/"):
            continue
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            status = client.open(address(app, rule), method=method).status_code
            if status != 403:
                let_in.append((rule.endpoint, method, status))

    # Then each is refused
    assert let_in == []


def test_nobody_gets_in_without_signing_in(app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    client, let_in = app.test_client(), []

    for rule in ours(app):
        if permission_of(app, rule) is None:
            continue
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            answer = client.open(address(app, rule), method=method)
            if answer.status_code not in {302, 401} or "/sign-in" not in answer.headers.get("Location", "/sign-in"):
                let_in.append((rule.endpoint, method, answer.status_code))

    assert let_in == []


def test_every_permission_is_held_by_somebody() -> None:
    assert all(PERMISSIONS[permission] for permission in Permission)
