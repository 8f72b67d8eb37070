"""The register in the browser of those who may and may not."""

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
    """Three cases, one a drill, one of a reporter."""
    with app.app_context():
        for who, facts in (
            ("responder", {}), ("responder", {"title": "=cmd()", "is_drill": True}), ("reporter", {"title": "Mine"})
        ):
            user = accounts.find(db.session(), f"{who}@example.org")
            assert user is not None
            a_case(db.session(), user.actor, **facts)


def test_the_register_shows_rows_pills_and_the_count_to_export(client_for: SignIn, cases: None) -> None:
    page = client_for("responder").get("/register").text

    words = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert "BR-2026-001" in page
    assert "Export 3 rows (CSV)" in words
    assert 'href="/register?filter=drill"' in page


def test_a_pill_and_a_search_narrow_it(client_for: SignIn, cases: None) -> None:
    client = client_for("responder")

    drills, found = client.get("/register?filter=drill").text, client.get("/register?q=Mine").text

    assert "BR-2026-002" in drills
    assert "BR-2026-001" not in drills
    assert "BR-2026-003" in found
    assert "BR-2026-001" not in found
    assert client.get("/register?filter=odd").status_code == 422


def test_an_address_nobody_made_is_refused_in_words_above_the_whole_register(client_for: SignIn, cases: None) -> None:
    client = client_for("responder")

    for asked, words in (("after=x", "no such page"), ("country=Spain", "two letters of a country"), ("columns=odd", "no such column"),
                         ("since=2026-13-01", "date as 2026-11-24")):
        answer = client.get(f"/register?{asked}")
        assert answer.status_code == 422
        assert words in answer.text
        assert "BR-2026-001" in answer.text
    assert client.get("/register?view=nobodys").status_code == 404


def test_a_reporter_sees_their_own_and_cannot_export(client_for: SignIn, cases: None) -> None:
    client = client_for("reporter")

    page = client.get("/register").text

    assert "Mine" in page
    assert "BR-2026-001" not in page
    assert "Export" not in page
    assert client.get("/register.csv").status_code == 403


def test_who_is_on_call_sees_numbers_and_clocks(client_for: SignIn, cases: None) -> None:
    page = client_for("oncall_person").get("/register").text

    assert "BR-2026-001" in page
    assert "Conversation export" not in page
    assert 'class="only-wide">not shown</td>' in page
    assert "nobody yet" not in page, "whether it has an owner is not theirs to know"
    assert 'class="main-link"' not in page, "no row leads to a page that is refused"


def test_an_administrator_sees_no_register(client_for: SignIn, cases: None) -> None:
    assert client_for("admin").get("/register").status_code == 403


def test_exports_are_attachments(client_for: SignIn, cases: None) -> None:
    client = client_for("auditor")

    table = client.get("/register.csv?filter=drill")

    assert table.headers["Content-Disposition"].startswith('attachment; filename="register-2026-11-23.csv"')
    assert "'=cmd()" in table.data.decode("utf-8-sig")
    assert client.get("/cases/BR-2026-001/report.pdf").data.startswith(b"%PDF")


def test_the_first_page_counts_the_year_without_drills(client_for: SignIn, cases: None) -> None:
    page = client_for("approver").get("/").text

    assert "This year" in page
    assert "2 breaches" in page.replace("\u202f", " ")
    assert "Nothing with a date in law was filed yet" in page
