"""The ladder page: sentence-like rows, built step by step, kept when they fit together."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from incident_app.domain import alerts as rules
from incident_app.extensions import db
from incident_app.services import accounts, alerts
from incident_app.wiring import ports
from tests.fakes import START
from tests.services.duties import a_duty, a_plain_case
from tests.web.posting import post

SignIn = Callable[[str], FlaskClient]
ADDRESS = "/oncall/ladders/authority"
FORM = {
    "version": "0", "hours_left": "36, 4", "overdue_hours": "3", "ack_minutes": "20", "next_channel_minutes": "2",
    "repeat_minutes": "30",
    "steps-0-after_minutes": "0", "steps-0-who": "on_call", "steps-0-ways": "telegram_first",
    "steps-1-after_minutes": "15", "steps-1-who": "everyone", "steps-1-ways": "both",
}


@pytest.fixture
def ladder(app: Flask) -> Callable[[], rules.Ladder]:
    """The ladder of filings as it is kept."""

    def read() -> rules.Ladder:
        with app.app_context():
            who = accounts.find(db.session(), "auditor@example.org")
            assert who is not None
            return alerts.ladder(db.session(), "authority", by=who.actor, now=START).ladder

    return read


def test_the_default_is_shown_with_whom_each_step_would_wake(client_for: SignIn) -> None:
    page = client_for("approver").get(ADDRESS).text

    assert "As by default" in page
    assert 'value="48, 24, 12, 6, 4, 2, 1"' in page
    assert "nobody, passed over" in page, "nobody is on call"
    assert "Ada Approver" in page
    assert "2 people" in page


def test_a_ladder_is_saved_and_shown_as_ones_own(client_for: SignIn, ladder: Callable[[], rules.Ladder]) -> None:
    client = client_for("approver")

    assert post(client, ADDRESS, FORM).status_code == 302

    page = client.get(ADDRESS).text
    assert "The ladder is saved" in page
    assert "Your own" in page
    assert ladder().hours_left == (36, 4)
    assert [step.who for step in ladder().steps] == [rules.Who.ON_CALL, rules.Who.EVERYONE]


def test_a_step_is_added_and_dropped_without_keeping_anything(
    client_for: SignIn, ladder: Callable[[], rules.Ladder]
) -> None:
    client = client_for("approver")

    more = post(client, ADDRESS, {**FORM, "add": "1"}).text
    fewer = post(client, ADDRESS, {**FORM, "drop": "0"}).text
    looked = post(client, ADDRESS, {**FORM, "look": "1"}).text

    assert 'name="steps-2-after_minutes"' in more
    assert 'value="25"' in more
    assert 'name="steps-1-after_minutes"' not in fewer
    assert 'value="36, 4"' in looked
    assert ladder() == rules.DEFAULT


def test_the_first_step_of_an_emptied_ladder_comes_at_once(client_for: SignIn) -> None:
    emptied = {name: value for name, value in FORM.items() if not name.startswith("steps")}

    assert 'name="steps-0-after_minutes"' in post(client_for("admin"), ADDRESS, {**emptied, "add": "1"}).text


def test_what_does_not_fit_is_said_in_words_and_nothing_is_kept(
    client_for: SignIn, ladder: Callable[[], rules.Ladder]
) -> None:
    wrong = {**FORM, "hours_left": "48, soon", "ack_minutes": "1", "steps-1-who": "owner"}

    answer = post(client_for("approver"), ADDRESS, wrong)

    assert answer.status_code == 422
    assert "If nobody is on call, nobody would be woken" in answer.text
    assert "An acknowledgement lasts between 5 and 120 minutes." in answer.text
    assert "Give the hours left of 72" in answer.text
    assert 'value="48, soon"' in answer.text, "what was typed is still there"
    assert ladder() == rules.DEFAULT


def test_the_second_of_two_who_change_it_is_told(client_for: SignIn) -> None:
    client = client_for("approver")
    post(client, ADDRESS, FORM)

    answer = post(client, ADDRESS, {**FORM, "ack_minutes": "10"})
    odd = post(client, ADDRESS, {**FORM, "version": "x"})

    assert answer.status_code == odd.status_code == 409
    assert "Somebody else changed this ladder meanwhile" in answer.text


def test_it_goes_back_to_the_default(client_for: SignIn, ladder: Callable[[], rules.Ladder]) -> None:
    client = client_for("approver")
    post(client, ADDRESS, FORM)

    post(client, ADDRESS, {**FORM, "version": "1", "reset": "1"})

    assert rules.plain(ladder()) == rules.plain(rules.DEFAULT)


def test_others_look_and_do_not_change(client_for: SignIn) -> None:
    client = client_for("responder")

    page = client.get(ADDRESS).text

    assert "Save the ladder</button>\n        <button" not in page
    assert "disabled" in page
    assert post(client, ADDRESS, FORM).status_code == 403
    assert client.get("/oncall/ladders/nonsense").status_code == 404


def test_everything_that_runs_is_acknowledged_by_one_button(app: Flask, client_for: SignIn) -> None:
    with app.app_context():
        for number in range(3):
            a_duty(db.session(), a_plain_case(db.session(), f"BR-2026-{number:03}"))
        alerts.raise_due(db.session(), now=ports().clock.now().replace(day=24, hour=23))
    client = client_for("oncall_person")

    assert "Acknowledge all 3" in client.get("/oncall").text
    post(client, "/oncall/acknowledge-all", {})
    page = client.get("/oncall").text
    assert "Acknowledged: 3." in page
    assert "Acknowledge all" not in page
