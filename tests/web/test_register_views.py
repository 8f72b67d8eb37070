"""Columns and views of the register in a browser, and as JSON."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from incident_app.extensions import db
from incident_app.services import accounts
from tests.builders import a_case

SignIn = Callable[[str], FlaskClient]


@pytest.fixture
def cases(app: Flask) -> None:
    """One case."""
    with app.app_context():
        user = accounts.find(db.session(), "responder@example.org")
        assert user is not None
        a_case(db.session(), user.actor, title="Found by a customer")


def post(client: FlaskClient, path: str, **form: object) -> str:
    answer = client.post(path, data={"csrf_token": token(client), **form}, follow_redirects=True)
    return " ".join(answer.text.split()) + f" {answer.status_code}"


def token(client: FlaskClient) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/register").text)
    assert found is not None
    return found[1]


def test_columns_filters_and_views_from_the_first_look_to_the_clash(client_for: SignIn, cases: None) -> None:
    client = client_for("responder")

    # Columns are chosen, and there the next time
    assert "Remembered for you" in client.get("/register").text
    shown = post(client, "/register/columns", columns=["facts", "gaps"])
    assert ">Facts</th>" in shown
    assert "Nobody decided whether the authority is told" in client.get("/register").text
    assert "no such column 422" not in shown
    assert post(client, "/register/columns", columns=["victims"]).endswith(" 422")

    # Filters are said in words, a view keeps them, with columns of its own
    assert "Authority not told" in client.get("/register?authority=not_told").text
    saved = post(client, "/register/views", name="Not told", filter="all", authority="not_told", columns=["state"], shared="y")
    assert "The view “Not told” is saved." in saved
    assert ">State</th>" in saved
    link = re.search(r"/register/views/([0-9a-f-]{36})", saved)
    assert link is not None
    assert "Nothing here is called" not in post(client, "/register/views", name="", filter="all")
    assert post(client, "/register/views", name="").endswith(" 422")

    # In a view, other columns are shown before they are kept
    tried = post(client, "/register/columns", columns=["countries"], view=link[1])
    assert ">Countries</th>" in tried

    # Another one changes it; who still has the old one open is told both texts
    other = client_for("approver")
    assert "is changed" in post(other, f"/register/views/{link[1]}", name="Untold", filter="all", authority="not_told", version="1")
    clash = post(client, f"/register/views/{link[1]}", name="Mine", filter="all", version="1", view=link[1])
    assert clash.endswith(" 409")
    assert "Ada Approver changed this view" in clash
    assert 'name="version" value="2"' in clash
    assert 'value="Mine"' in clash
    assert "is changed" in post(client, f"/register/views/{link[1]}", name="Mine", filter="all", version="2", shared="y")

    # Who only reads looks at it; its owner removes it
    auditor = client_for("auditor")
    assert "shared by" in auditor.get(f"/register?view={link[1]}").text
    assert post(auditor, f"/register/views/{link[1]}", name="Mine", version="3").endswith(" 403")
    assert "The view is removed" in post(client, f"/register/views/{link[1]}/remove", version="3")
    assert client.get(f"/register?view={link[1]}").status_code == 404


def test_files_come_as_asked(client_for: SignIn, cases: None) -> None:
    client = client_for("auditor")

    book = client.get("/register.xlsx?columns=state")
    none = client.get("/register.csv?q=nobody").data.decode("utf-8-sig")

    assert book.headers["Content-Disposition"].startswith('attachment; filename="register-2026-11-23.xlsx"')
    assert book.data.startswith(b"PK")
    assert len(none.splitlines()) == 1
    assert client.get("/register.csv?columns=odd").status_code == 422
    assert client_for("reporter").get("/register.xlsx").status_code == 403
    assert "Filters" not in client_for("reporter").get("/register?view=x").text
