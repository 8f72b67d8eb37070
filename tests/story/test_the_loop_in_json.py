"""The whole loop in JSON against the real app, which really sends: filed, scored, told, proved, remedied, closed."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from incident_app.settings import Settings
from tests.builders import settings_for_tests
from tests.loopback import sendgrid_api, telegram_api
from tests.loopback.sendgrid_api import SendGridApi
from tests.loopback.smtp_server import SmtpServer
from tests.loopback.telegram_api import TelegramApi
from tests.story import json_steps as steps
from tests.story.crowd import Message, Person, arrived, as_csv, crowd
from tests.story.live import House, Json, a_live_house

DONE = {
    "case.filed", "obligation.arisen", "case.edited", "risk.assessed", "risk.decided", "obligation.owed", "filing.drafted",
    "filing.approved", "filing.submitted", "obligation.discharged", "document.read", "recipients.imported",
    "notice.drafted", "notice.approved", "notice.launched", "notice.proved", "notice.finished", "action.done", "review.written",
    "review.signed", "case.closed",
}


@pytest.fixture
def telegram() -> Iterator[TelegramApi]:
    """Telegram, on this machine."""
    with TelegramApi() as api:
        yield api


@pytest.fixture
def sendgrid() -> Iterator[SendGridApi]:
    """SendGrid, on this machine."""
    with SendGridApi() as api:
        yield api


@pytest.fixture
def post_office() -> Iterator[SmtpServer]:
    """A mail server, on this machine."""
    with SmtpServer(password="open-sesame") as server:
        yield server


@pytest.fixture
def by_telegram(database_url: str, tmp_path: Path, telegram: TelegramApi) -> Settings:
    """Settings that send for real, by Telegram."""
    return replace(
        settings_for_tests(database_url, tmp_path), delivery_mode="live", mail_from="Assistant bot <dpo@example.org>",
        telegram_bot_token=telegram_api.TOKEN, telegram_staff_bot_token=telegram_api.TOKEN,
        telegram_api_url=telegram.url, telegram_rate=10_000.0,
    )


@pytest.fixture
def by_sendgrid(by_telegram: Settings, sendgrid: SendGridApi) -> Iterator[House]:
    """The house that writes by Telegram and SendGrid."""
    settings = replace(by_telegram, sendgrid_api_key=sendgrid_api.KEY, sendgrid_api_url=sendgrid.url)
    with a_live_house(settings) as house:
        yield house


@pytest.fixture
def by_smtp(by_telegram: Settings, post_office: SmtpServer) -> Iterator[House]:
    """The house that writes by Telegram and a mail server that asks for a password."""
    with a_live_house(replace(by_telegram, smtp_url=post_office.url)) as house:
        yield house


def to_the_send(house: House, people: list[Person], *countries: str) -> tuple[str, str, Json]:
    """Walk from the first call to the launch. Returns the case, its notice, and the proof of the filing."""
    filed = steps.file_a_breach(house, len(people), *countries)
    ref = str(filed["ref"])
    steps.tell_the_facts(house, filed)
    for duty in steps.decide(house, ref):
        match duty["recipient_type"]:
            case "authority":
                steps.file_with_the_authority(house, ref, duty)
            case "other":
                steps.tell_another_body(house, ref, duty)
            case kind:
                assert kind in {"data_subjects", "register"}
    proof = steps.find_the_proof(house, ref)
    steps.file_the_rest(house, ref)
    listed = steps.upload(house, ref, as_csv(people), len(people))
    notice = steps.draft_a_notice(house, ref, listed["id"])
    steps.approve_and_launch(house, notice, len(people))
    return ref, notice, proof


def to_the_end(house: House, ref: str, proof: Json) -> None:
    """Walk from the last message to the closed case and its record."""
    case = house.responder("GET", f"/cases/{ref}")
    assert case["state"] == "notified"
    assert {duty["state"] for duty in case["obligations"] if duty["recipient_type"] != "register"} == {"discharged"}
    steps.remedy_and_close(house, ref, proof)
    assert steps.read_the_record(house, ref) >= DONE


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_thousand_people_are_told_once_each_though_providers_falter(
    by_sendgrid: House, telegram: TelegramApi, sendgrid: SendGridApi
) -> None:
    people = crowd(1000)

    # Given that Telegram asks twice to slow down, and thirty who have both ways have blocked the bot, left or never came
    away = [person for person in people if person.both and person.number % 33 == 0]
    kinds = ("blocked", "deactivated", "never_started", "not_found")
    for number, person in enumerate(away):
        telegram.fail(person.chat, kinds[number % 4])
    for number in (300, 301):
        telegram.fail(people[number * 3 - 1].chat, "flood", times=1)
    # And that one answer of Telegram's is lost on its way, and SendGrid asks once to slow down
    telegram.fail(people[702].chat, "reset", times=1, delivered=True)
    sendgrid.fail(people[904].email, "flood", times=1)

    # When the case is walked to its send, and the clock ticks
    ref, notice, proof = to_the_send(by_sendgrid, people, "DE")
    progress = by_sendgrid.send_everything(f"{notice}/progress")

    # Then the sum adds up, and the one whose answer was lost is named and left to the approver
    counts = ("total", "accepted", "uncertain", "failed", "waiting", "cancelled")
    assert [progress[name] for name in counts] == [1000, 999, 1, 0, 0, 0]
    assert (progress["adds_up"], progress["undecided"], len(progress["proofs"])) == (True, 1, 1)
    unsure = by_sendgrid.responder("GET", f"{notice}/deliveries?outcome=uncertain")["deliveries"]
    assert [line["number"] for line in unsure] == [703]
    leave = {"decision": "leave", "reason": "They wrote back: it came."}
    assert by_sendgrid.approver("POST", f"{notice}/uncertain", leave)["decided"] == 1

    # And each of the thousand found one message: theirs, in their language, on the first channel that reaches them
    gone = {person.number for person in away}
    assert arrived(people, telegram.sent, sendgrid.mails) == {
        person.number: [Message("telegram" if person.chat and person.number not in gone else "email", person.read_in)]
        for person in people
    }
    assert len(gone) == 30
    story = by_sendgrid.responder("GET", f"{notice}/deliveries/{away[0].number}")["steps"]
    hops = [(step["channel"], step["what"]) for step in story]
    assert (hops[0], hops[-1]) == (("telegram", "rejected"), ("email", "sent"))

    to_the_end(by_sendgrid, ref, proof)


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_two_hundred_people_in_two_countries_are_told_by_telegram_and_a_mail_server(
    by_smtp: House, telegram: TelegramApi, post_office: SmtpServer
) -> None:
    people = crowd(200)

    ref, notice, proof = to_the_send(by_smtp, people, "DE", "RU")
    progress = by_smtp.send_everything(f"{notice}/progress")

    assert (progress["total"], progress["accepted"], progress["adds_up"]) == (200, 200, True)
    assert arrived(people, telegram.sent, post_office.mails) == {
        person.number: [Message("telegram" if person.chat else "email", person.read_in)] for person in people
    }
    assert {mail["from"] for mail in post_office.mails} == {"dpo@example.org"}
    to_the_end(by_smtp, ref, proof)
