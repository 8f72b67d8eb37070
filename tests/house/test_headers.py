"""Every answer tells the browser: nothing inline, nothing from elsewhere, nothing kept, in nobody's frame."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from incident_app.app import create_app
from incident_app.wiring import Ports
from tests.builders import settings_for_tests
from tests.conftest import ApiClient
from tests.house.test_guards import address, ours

Client = Callable[[str], FlaskClient]
FIRM = {
    "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "no-store",
}


def faults(answer: TestResponse) -> list[str]:
    """Return what the headers of an answer leave open."""
    found = [name for name, value in FIRM.items() if answer.headers.get(name) != value]
    policy = answer.headers.get("Content-Security-Policy", "")
    if "default-src 'none'" not in policy or "unsafe" in policy:
        found.append("policy")
    if "sandbox" not in policy and "frame-ancestors 'none'" not in policy:
        found.append("frames")
    return found


@pytest.mark.parametrize("who", ["approver", "admin", "nobody"])
def test_every_route_says_so_for_whoever_asks(app: Flask, client_for: Client, who: str) -> None:
    client = app.test_client() if who == "nobody" else client_for(who)

    open_ended = {}
    for rule in ours(app):
        for method in sorted((rule.methods or set()) - {"OPTIONS"}):
            answer = client.open(address(app, rule), method=method)
            if found := faults(answer):
                open_ended[f"{method} {rule.rule}"] = found
            answer.close()

    assert open_ended == {}


@pytest.mark.parametrize(("method", "path", "status"), [
    ("GET", "/no-such-page", 404), ("GET", "/api/v1/no-such", 404), ("DELETE", "/register", 405), ("TRACE", "/register", 405),
    ("GET", "/register?q=" + "x" * 9000, 414), ("GET", "/cases/BR-2026-001/x.css", 404), ("GET", "/register.css", 404),
    ("GET", "/register/", 404), ("GET", "/cases/new.json", 404), ("POST", "/cases/new", 400),
])
def test_errors_say_so_too(client_for: Client, method: str, path: str, status: int) -> None:
    answer = client_for("approver").open(path, method=method)

    assert answer.status_code == status
    assert faults(answer) == []


def test_signing_in_and_a_wrong_token_say_so(app: Flask) -> None:
    client = app.test_client()

    assert faults(client.get("/sign-in")) == []
    assert faults(client.get("/api/v1/cases")) == []
    assert client.get("/api/v1/cases").status_code == 401


def test_by_https_browsers_are_told_to_stay_there(tmp_path: Path, test_ports: Ports) -> None:
    settings = replace(settings_for_tests(f"sqlite:///{tmp_path / 'a.sqlite'}", tmp_path), public_url="https://incident.test")
    secure, plain = create_app(settings, ports=test_ports), create_app(replace(settings, public_url="http://127.0.0.1:8000"), ports=test_ports)

    assert "max-age=31536000" in secure.test_client().get("/healthz").headers["Strict-Transport-Security"]
    assert "Strict-Transport-Security" not in plain.test_client().get("/healthz").headers


def test_every_nonce_is_new(client_for: Client) -> None:
    client = client_for("approver")

    assert client.get("/").headers["Content-Security-Policy"] != client.get("/").headers["Content-Security-Policy"]


# -------------------------------------------------------------------------------------------------- which verb, from where


def test_every_form_takes_a_token_of_its_own_page(app: Flask, client_for: Client) -> None:
    # Given everybody who may post something, without the token
    accepted = []
    for who in ("responder", "approver", "admin", "oncall_person"):
        client = client_for(who)
        for rule in ours(app):
            if rule.rule.startswith(("/api/", "/hooks/", "/receipt/")) or "POST" not in (rule.methods or ()):
                continue
            for form in ({}, {"csrf_token": "x"}, {"csrf_token": "IjEi.aaaa.bbbb"}):
                answer = client.post(address(app, rule), data=form)
                if answer.status_code not in {400, 403}:
                    accepted.append((who, rule.rule, answer.status_code))

    # Then nothing is done
    assert accepted == []
    assert app.test_client().post("/sign-in", data={"email": "a@example.org", "password": "x"}).status_code == 400
    assert app.test_client().post("/sign-out").status_code == 400


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method", "X-Original-URL", "X-Rewrite-URL"])
def test_a_header_changes_neither_verb_nor_address(api_for: Callable[[str], ApiClient], client_for: Client, header: str) -> None:
    value = "/me" if "URL" in header else "DELETE"
    api, client = api_for("responder"), client_for("responder")

    assert client.get("/register", headers={header: value}).text.count("Register")
    assert api.client.get("/api/v1/cases", headers={**api.headers, header: value}).get_json() == api("GET", "/cases")[1]


def test_head_is_asked_the_same_questions_as_get(app: Flask, client_for: Client) -> None:
    client = client_for("oncall_person")

    for rule in ours(app):
        if "GET" in (rule.methods or ()) and "HEAD" in (rule.methods or ()):
            there = address(app, rule)
            assert client.head(there).status_code == client.get(there).status_code, rule.rule


# ------------------------------------------------------------------------------------------------------------- which host


@pytest.mark.parametrize("host", ["evil.example", "incident.test.evil.example", "127.0.0.1.evil.example", "evil.example:8000", "", "a b", "[::2]"])
def test_another_host_is_not_ours(app: Flask, host: str) -> None:
    for path in ("/", "/sign-in", "/api/v1/cases", "/healthz"):
        answer = app.test_client().get(path, headers={"Host": host})
        assert answer.status_code == 400, (host, path)
        assert "PUBLIC_URL" in answer.text
        assert "evil" not in answer.text
        assert answer.headers["Cache-Control"] == "no-store"


def test_forwarded_hosts_are_not_believed(app: Flask) -> None:
    answer = app.test_client().get("/", headers={"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"})

    assert answer.status_code == 302
    assert "evil" not in answer.headers["Location"] + answer.text
