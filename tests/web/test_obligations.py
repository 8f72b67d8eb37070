"""Whoever takes no filing is recorded as told by hand, with the proof."""

from collections.abc import Callable
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from incident_app.extensions import db
from incident_app.models.obligations import OWED, Obligation
from incident_app.services import accounts
from incident_app.services.unit import writing
from tests.builders import a_case
from tests.fakes import FakeClock
from tests.web.posting import post

SignIn = Callable[[str], FlaskClient]
CASE = "/cases/BR-2026-001"


@pytest.fixture
def owed(app: Flask, clock: FakeClock) -> dict[str, int]:
    """The duties of a case with people in Russia, all owed: their ids by kind of recipient."""
    with app.app_context():
        session = db.session()
        user = accounts.find(session, "responder@example.org")
        assert user is not None
        a_case(session, user.actor, countries=("RU",))
        duties = session.scalars(select(Obligation)).all()
        with writing(session):
            for duty in duties:
                duty.state = OWED
        clock.move(hours=3)
        return {duty.recipient_type: duty.id for duty in duties}


def given(**facts: object) -> dict[str, object]:
    return {"submitted_at": "2026-11-23T12:00", "how": "email", "reference": "K-17",
            "proof": (BytesIO(b"We have it."), "reply.eml"), **facts}


def test_a_body_that_takes_no_filing_is_told_with_proof(app: Flask, client_for: SignIn, owed: dict[str, int]) -> None:
    client, page = client_for("approver"), f"{CASE}/duties/{owed['other']}/told"
    assert f'href="{page}"' in client.get(CASE).text
    assert "2026-11-23T13:40" in client.get(page).text
    assert "Art. 34(3)(c)" not in client.get(page).text

    answer = post(client, page, given(), follow=True)

    assert "was told. The clock has stopped." in answer.text
    with app.app_context():
        assert db.session().get_one(Obligation, owed["other"]).receipt_reference == "K-17"
    assert "discharged before" in client.get(page).text
    assert post(client, page, given()).status_code == 409


def test_people_may_be_told_in_public(client_for: SignIn, owed: dict[str, int]) -> None:
    client, page = client_for("approver"), f"{CASE}/duties/{owed['data_subjects']}/told"

    assert "Art. 34(3)(c)" in client.get(page).text
    assert post(client, page, given(how="public")).status_code == 302


@pytest.mark.parametrize(
    ("facts", "words"),
    [({"reference": ""}, "the clock stops on proof only"), ({"submitted_at": ""}, "date and time"),
     ({"submitted_at": "2026-10-25T02:30"}, "happened twice"), ({"how": "pigeon"}, "Choose")],
)
def test_what_is_missing_is_named_and_the_clock_runs_on(
    client_for: SignIn, owed: dict[str, int], facts: dict[str, object], words: str
) -> None:
    answer = post(client_for("approver"), f"{CASE}/duties/{owed['other']}/told", given(**facts))

    assert answer.status_code == 422
    assert words in answer.text


def test_a_delay_asks_for_its_reasons(client_for: SignIn, owed: dict[str, int], clock: FakeClock) -> None:
    clock.move(hours=48)

    assert "Why was it late?" in client_for("approver").get(f"{CASE}/duties/{owed['other']}/told").text


def test_an_authority_is_told_by_a_filing_only(client_for: SignIn, owed: dict[str, int]) -> None:
    client = client_for("approver")

    assert client.get(f"{CASE}/duties/{owed['authority']}/told").status_code == 404
    assert client.get(f"{CASE}/duties/999/told").status_code == 404


def test_who_may_not_record_it_reads_who_may(client_for: SignIn, owed: dict[str, int]) -> None:
    client, page = client_for("responder"), f"{CASE}/duties/{owed['other']}/told"

    assert "An approver records this." in client.get(page).text
    assert "<textarea" not in client.get(page).text
    assert post(client, page, given()).status_code == 403
