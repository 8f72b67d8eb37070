"""Trial mode in the browser: everybody sees it, two administrators end it, every page follows at once."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from incident_app.domain.accounts import Role
from incident_app.domain.trials import LONGEST_LIST
from incident_app.extensions import db
from incident_app.models.audit import Entry
from incident_app.services import accounts
from incident_app.wiring import KEY, Ports
from tests.builders import a_case
from tests.fakes import START, FakeChannel, FakeClock
from tests.letters_kit import csv_of
from tests.people import equip
from tests.services.people_steps import hired
from tests.web.posting import post
from tests.web.walk import AT, REF, Walk

SignIn = Callable[[str], FlaskClient]
WHY = "We have tried it for a month and are ready."
BAR = "<b>Trial</b> – <span class=\"only-wide\">real messages,</span> only to the team"


@pytest.fixture
def trial(app: Flask, test_ports: Ports) -> Flask:
    """The app where the server was told to try it out, with a second administrator."""
    app.extensions[KEY] = replace(test_ports, mode="trial")
    with app.app_context():
        hired(db.session(), "second_admin@example.org", Role.ADMIN)
        equip(db.session(), "second_admin@example.org")
    return app


def answer_at(client: FlaskClient, answer: str) -> str:
    """Return where a button of the page leads."""
    page = client.get("/trial-mode").text
    return next((part for part in page.split('"') if part.endswith(f"/{answer}")), "")


def ended(client_for: SignIn) -> None:
    """Let two administrators end it."""
    post(client_for("admin"), "/trial-mode", {"reason": WHY})
    second = client_for("second_admin")
    assert post(second, answer_at(second, "agree")).status_code == 302


def test_two_administrators_end_it_without_a_restart_and_one_turns_it_on_again(trial: Flask, client_for: SignIn) -> None:
    # Given an installation that is tried out: every page says so and leads to where it ends
    admin, second, reader = client_for("admin"), client_for("second_admin"), client_for("auditor")
    assert BAR in reader.get("/register").text
    assert 'href="/trial-mode"' in reader.get("/register").text
    assert "Trial: real messages, only to people who have an account here, at most 50 a day." in reader.get("/health").text
    assert "One administrator asks for it here, and a second one agrees." in reader.get("/trial-mode").text

    # When one asks without a reason, then that is said beside the field, and what was typed is there
    wrong = post(admin, "/trial-mode", {"reason": "Ready."})
    assert wrong.status_code == 422
    assert "Say why, in at least 15 characters" in wrong.text
    assert ">Ready.</textarea>" in wrong.text.replace("\r\n", "")

    # When they ask with one, then it waits for the other, whom everybody sees it waiting for
    assert "Trial mode stays on until another administrator agrees" in post(admin, "/trial-mode", {"reason": WHY}, follow=True).text
    for client in (admin, second, reader):
        assert WHY in client.get("/trial-mode").text
    assert answer_at(admin, "agree") == ""
    assert answer_at(reader, "agree") == answer_at(reader, "refuse") == ""
    agree = answer_at(second, "agree")
    assert "You asked for this." in post(admin, agree).text
    assert BAR in second.get("/health").text

    # When the second one agrees, then the bar is gone from the next page on, and the health page says by whom
    assert "Trial mode is over." in post(second, agree, follow=True).text
    for client in (admin, second, reader):
        page = client.get("/health").text
        assert BAR not in page
        assert "trial mode was ended by Adam Admin and Somebody on Mon 23 Nov 2026" in page
    assert "Mon 23 Nov 2026 10:40 CET" in reader.get("/trial-mode").text
    assert "Somebody was faster" in post(second, agree).text

    # When any administrator turns it on again, then it is on
    assert post(client_for("approver"), "/trial-mode/on").status_code == 403
    assert "Trial mode is on." in post(admin, "/trial-mode/on", follow=True).text
    assert BAR in reader.get("/health").text
    with trial.app_context():
        said = [entry.action for entry in db.session.query(Entry).filter(Entry.action.like("trial.%")).order_by(Entry.seq)]
    assert said == ["trial.end.asked", "trial.end.agreed", "trial.ended", "trial.resumed"]
    record = admin.get("/record").text
    assert "Trial mode was ended by two administrators" in record
    assert "Trial mode was turned on again" in record


def test_who_was_invited_by_the_one_who_asks_reads_why_they_cannot_agree_and_may_refuse(trial: Flask, client_for: SignIn) -> None:
    # Given an administrator who was invited lately by the one who asks, though there is another
    with trial.app_context():
        admin = accounts.find(db.session(), "admin@example.org")
        assert admin is not None
        accounts.add_user(db.session(), "new_admin@example.org", "Nia New", {Role.ADMIN}, zone="UTC", by=admin.actor, now=START)
        equip(db.session(), "new_admin@example.org")
    asker, new = client_for("admin"), client_for("new_admin")
    assert "less than 7 days ago cannot agree to what the one who did that asks" in asker.get("/trial-mode").text
    post(asker, "/trial-mode", {"reason": WHY})

    # When they open the page, then it says why they do not agree, and by whom it can be
    page = " ".join(new.get("/trial-mode").text.split())
    assert "Less than 7 days before this was asked, one of you two was invited or made an administrator by the other" in page
    assert answer_at(new, "agree") == ""
    assert post(new, answer_at(client_for("second_admin"), "agree")).status_code == 403
    assert BAR in new.get("/health").text

    # … and they may still refuse it, with a reason, as anybody but who asked
    assert "Withdraw" not in page
    assert "Say why" in post(new, answer_at(new, "refuse"), {"reason": ""}).text
    assert "trial mode stays on" in post(new, answer_at(new, "refuse"), {"reason": "Nobody told me what this is."}, follow=True).text


def test_it_is_refused_with_a_reason_or_withdrawn(trial: Flask, client_for: SignIn) -> None:
    del trial
    admin, second = client_for("admin"), client_for("second_admin")
    post(admin, "/trial-mode", {"reason": WHY})
    refuse = answer_at(second, "refuse")
    assert "Say why" in post(second, refuse, {"reason": ""}).text
    assert "trial mode stays on" in post(second, refuse, {"reason": "Nobody tried the mail yet."}, follow=True).text
    assert "Nobody tried the mail yet." in admin.get("/trial-mode").text

    post(admin, "/trial-mode", {"reason": WHY})
    assert "trial mode stays on" in post(admin, answer_at(admin, "refuse"), follow=True).text
    assert BAR in admin.get("/health").text


@pytest.mark.parametrize("who", ["reporter", "responder", "approver", "oncall_person", "auditor"])
def test_only_administrators_ask_agree_refuse_and_turn_it_on(trial: Flask, client_for: SignIn, who: str) -> None:
    del trial
    post(client_for("admin"), "/trial-mode", {"reason": WHY})
    second = client_for("second_admin")
    paths = ["/trial-mode", answer_at(second, "agree"), answer_at(second, "refuse"), "/trial-mode/on"]
    client = client_for(who)

    assert client.get("/trial-mode").status_code == 200
    assert [post(client, path, {"reason": WHY}).status_code for path in paths] == [403] * 4
    assert BAR in client.get("/health").text


@pytest.mark.parametrize(("mode", "said"), [("simulate", "simulated, nothing is sent"), ("live", "go out to everybody they are for")])
def test_where_the_server_was_told_otherwise_there_is_nothing_to_press(
    app: Flask, client_for: SignIn, test_ports: Ports, mode: str, said: str
) -> None:
    app.extensions[KEY] = replace(test_ports, mode=mode)
    admin = client_for("admin")

    page = admin.get("/trial-mode").text

    assert said in page
    assert 'action="/trial-mode' not in page
    assert post(admin, "/trial-mode", {"reason": WHY}).status_code == 409
    assert post(admin, "/trial-mode/on").status_code == 409


def test_a_list_that_is_too_long_is_refused_with_the_way_out_and_taken_over_once_trial_mode_is_over(
    trial: Flask, client_for: SignIn, test_ports: Ports, clock: FakeClock
) -> None:
    # Given somebody who uploads one person more than trial mode takes; the form had said so
    with trial.app_context():
        user = accounts.find(db.session(), "responder@example.org")
        assert user is not None
        a_case(db.session(), user.actor, data_categories=("ai_prompts",))
    walk = Walk(trial, client_for, test_ports, clock)
    assert "Trial mode is on: a list may name at most 50 people." in walk.responder.get(f"/cases/{REF}/people").text

    status, page = walk.upload(csv_of(LONGEST_LIST + 1))

    # Then nobody is taken over, and the page says what happened, the limit and what to do
    assert status == 422
    assert "Trial mode takes lists of at most 50 people, and this one names more. Nothing was taken over." in page
    assert "One administrator asks to end trial mode and a second one agrees" in page
    assert '<a href="/trial-mode">How trial mode ends</a>' in page
    assert "No list of people yet" in walk.responder.get(f"/cases/{REF}/people").text

    # When trial mode is over, then it is taken over, and the page to send it from says nothing of a team
    ended(client_for)
    walk.to_approved(csv_of(LONGEST_LIST + 1))
    page = walk.responder.get(f"{AT}/send").text
    assert "Send to 51 people" in page
    assert "Only the team gets it." not in page

    # When it is on again, then that page says so
    post(client_for("second_admin"), "/trial-mode/on")
    assert "Only the team gets it." in walk.responder.get(f"{AT}/send").text


def test_the_other_administrators_hear_of_it(trial: Flask, client_for: SignIn, test_ports: Ports) -> None:
    from incident_app.tasks import bot

    post(client_for("admin"), "/trial-mode", {"reason": WHY})
    with trial.app_context():
        bot.notes()

    mail = test_ports.staff_channels["email"]
    assert isinstance(mail, FakeChannel)
    heard = [(one.address, one.subject) for one in mail.sent if "/trial-mode" in one.text]
    assert sorted(heard) == [(f"{who}@example.org", "Trial mode") for who in ("approver", "second_admin", "second_approver")]


def test_while_the_database_is_away_no_page_claims_a_mode_that_only_it_knows(trial: Flask, client_for: SignIn, test_ports: Ports) -> None:
    reader = client_for("auditor")
    with trial.app_context():
        db.metadata.drop_all(db.engine)

    for mode, said in (("trial", False), ("simulate", True)):
        trial.extensions[KEY] = replace(test_ports, mode=mode)
        away = reader.get("/register")
        assert away.status_code == 503
        assert ('aria-label="Mode"' in away.text) is said
