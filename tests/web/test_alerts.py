"""The on-call pages, in the browser of those who may and may not."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from incident_app.extensions import db
from incident_app.models.alerts import Alert
from incident_app.services import accounts, alerts, rota
from incident_app.services.unit import writing
from incident_app.wiring import ports
from tests.fakes import START, FakeClock
from tests.services.duties import a_duty, a_plain_case
from tests.web.posting import post

SignIn = Callable[[str], FlaskClient]


@pytest.fixture
def alert_id(app: Flask, clock: FakeClock) -> int:
    """An alert with 6 hours left, paged to the on-call person by email."""
    with app.app_context():
        session = db.session()
        admin = accounts.find(session, "admin@example.org")
        oncall = accounts.find(session, "oncall_person@example.org")
        assert admin is not None
        assert oncall is not None
        rota.add_shift(session, oncall.id, START, START + timedelta(days=4), by=admin.actor, now=START)
        a_duty(session, a_plain_case(session))
        alerts.raise_due(session, now=clock.move(hours=66))
        alerts.send_due(session, ports().staff_channels, clock=clock, public_url="http://x", secret=b"a" * 32)
        return session.scalars(select(Alert.id).where(Alert.state == "raised")).one()


def test_the_on_call_page_shows_who_is_on_call_the_ladder_and_what_runs(client_for: SignIn, alert_id: int) -> None:
    page = client_for("responder").get("/oncall").text

    assert "Ola Oncall" in page
    assert "BR-2026-021 · AEPD · 6 h left" in page
    assert "Nobody is on call" in page, "the gap after the shift is shown"
    assert "whoever is on call" in page
    assert "superseded" not in page.lower() or "48 h left" in page


def test_without_shifts_the_page_says_so(client_for: SignIn) -> None:
    page = client_for("approver").get("/oncall").text

    assert "Nobody is on the rota" in page
    assert "No alert is running" in page


def test_the_alert_page_says_who_was_paged_and_why_a_way_was_skipped(client_for: SignIn, alert_id: int) -> None:
    page = client_for("oncall_person").get(f"/alerts/{alert_id}").text

    assert "Ola Oncall has not linked Telegram." in page
    assert "Email accepted" in page
    assert "Ada Approver" in page
    assert "Acknowledge" in page
    assert "/cases/BR-2026-021" not in page, "who sees no cases gets no link to one"
    assert "Deciding, filing and telling people is for responders and approvers." in page
    assert "Deciding, filing" not in client_for("responder").get(f"/alerts/{alert_id}").text


@pytest.mark.parametrize(
    ("verb", "words"),
    [("acknowledge", "Acknowledged by Ola Oncall"), ("take", "Acknowledged by Ola Oncall"),
     ("escalate", "The next person is being paged")],
)
def test_the_three_answers_work_from_the_page(client_for: SignIn, alert_id: int, verb: str, words: str) -> None:
    answer = post(client_for("oncall_person"), f"/alerts/{alert_id}/{verb}", follow=True)

    assert answer.status_code == 200
    assert words in answer.text


def test_the_page_of_an_alert_speaks_in_the_time_of_who_reads_it_and_shows_what_the_phone_says(
    app: Flask, client_for: SignIn, alert_id: int
) -> None:
    # Given somebody in Tokyo who acknowledges an alert of a case in Madrid
    with app.app_context():
        user = accounts.find(db.session(), "oncall_person@example.org")
        assert user is not None
        user.zone = "Asia/Tokyo"
        db.session.commit()
    client = client_for("oncall_person")
    page = client.get(f"/alerts/{alert_id}").text
    assert "Due Thu 26 Nov 2026 18:40 JST." in page

    # When they tap
    page = post(client, f"/alerts/{alert_id}/acknowledge", follow=True).text

    # Then the page says when in their time, and so does the message on the phone, as it is edited
    assert "Acknowledged by Ola Oncall 12:40 JST" in page
    phone = page[page.index("On the phone"):]
    assert "Acknowledged by Ola Oncall 12:40 JST, expires 13:10 JST." in phone
    assert "UTC" not in phone[:phone.index("After a tap")]
    assert "I take it</span>" not in phone


def test_an_alert_without_a_case_makes_nobody_an_owner(client_for: SignIn) -> None:
    client = client_for("responder")
    page = post(client, "/oncall/demo", follow=True).text

    assert "you look after it" in page
    assert "you own the case" not in page
    page = post(client, "/alerts/1/take", follow=True).text
    assert "It is yours to look after." in page


def test_an_answer_to_an_alert_somebody_else_has_is_a_conflict(client_for: SignIn, alert_id: int) -> None:
    post(client_for("oncall_person"), f"/alerts/{alert_id}/acknowledge")

    answer = post(client_for("responder"), f"/alerts/{alert_id}/acknowledge")

    assert answer.status_code == 409
    assert "Ola Oncall has acknowledged" in answer.text


@pytest.mark.parametrize(("who", "status"), [("auditor", 200), ("reporter", 403), ("admin", 403)])
def test_who_may_see_the_pages(client_for: SignIn, alert_id: int, who: str, status: int) -> None:
    client = client_for(who)

    assert client.get("/oncall").status_code == status
    assert client.get(f"/alerts/{alert_id}").status_code == status
    assert post(client, f"/alerts/{alert_id}/acknowledge").status_code == 403


def test_an_alert_that_does_not_exist_is_not_found(client_for: SignIn) -> None:
    assert client_for("responder").get("/alerts/4711").status_code == 404


def test_a_demo_alert_goes_to_oneself(client_for: SignIn) -> None:
    page = post(client_for("oncall_person"), "/oncall/demo", follow=True).text

    assert "demo alert, nothing is due" in page
    assert "Escalate<small>" not in page


def test_thresholds_passed_over_are_folded_into_one_line(app: Flask, client_for: SignIn, alert_id: int) -> None:
    client = client_for("responder")
    assert "Passed over, not sent on their own (3)" in client.get("/oncall").text
    assert "Thresholds passed over, not sent on their own (3)" in client.get(f"/alerts/{alert_id}").text

    with app.app_context():
        passed = db.session.scalars(select(Alert.id).where(Alert.raised_at.is_(None), Alert.state == "superseded")).first()

    page = client.get(f"/alerts/{passed}").text
    assert "not sent on its own" in page
    assert "Nobody was paged for this alert." in page


def test_the_page_is_headed_by_the_time_that_is_left_and_calls_the_threshold_one(
    client_for: SignIn, clock: FakeClock, alert_id: int
) -> None:
    client = client_for("oncall_person")

    # Given an alert raised with 6 hours left, looked at an hour and six minutes later
    clock.move(hours=1, minutes=6)
    page = " ".join(client.get(f"/alerts/{alert_id}").text.split())
    assert "<h1>Alert: BR-2026-021 · AEPD · 4 h 54 min left</h1>" in page
    assert "(in 4 h 54 min)" in page
    assert ", threshold 6 h left</span>" in page
    assert "the thresholds “48 h left”, “24 h left” and “12 h left” were passed over meanwhile." in page

    # When the next threshold is reached, and a day has gone
    with client.application.app_context():
        alerts.raise_due(db.session(), now=clock.move(hours=1))
    ended = " ".join(client.get(f"/alerts/{alert_id}").text.split())
    clock.move(hours=24)

    # Then it is headed as it stood when it ended, and lists name it by its threshold
    assert "<h1>Alert: BR-2026-021 · AEPD · 3 h 54 min left</h1>" in ended
    assert "<h1>Alert: BR-2026-021 · AEPD · 3 h 54 min left</h1>" in " ".join(client.get(f"/alerts/{alert_id}").text.split())
    assert "BR-2026-021 · threshold 6 h left</a>" in client.get("/oncall").text


def test_a_step_of_another_day_says_which(app: Flask, client_for: SignIn, clock: FakeClock) -> None:
    # Given overdue actions of somebody, whose ladder goes on tomorrow at the same hour
    with app.app_context():
        session = db.session()
        oncall, admin, owner = (accounts.find(session, f"{name}@example.org") for name in ("oncall_person", "admin", "responder"))
        assert oncall is not None
        assert admin is not None
        assert owner is not None
        rota.add_shift(session, oncall.id, START, START + timedelta(days=4), by=admin.actor, now=START)
        with writing(session):
            made = alerts.raise_about(session, kind="actions", key="1", words="1 action is overdue", now=START, owner_id=owner.id)
        assert made is not None
        address = f"/alerts/{made.id}"

    page = " ".join(client_for("approver").get(address).text.split())

    # Then an hour alone is one of today, and tomorrow's stands with its day
    assert "Email at 18:40" in page
    assert "Email at Tue 24 Nov 10:40" in page
    assert "<b>10:40</b>Tue 24 Nov<br>step 4" in page
    assert "<b>18:40</b>step 3" in page
    assert "<h1>Alert: incident-app · 1 action is overdue</h1>" in page
    assert "threshold" not in page.partition("On the phone")[0].partition("<h1>")[2].partition("Answer")[0]
