"""Choosing a password: by a link from a mail, or when one is signed in; and what ends by it."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.domain.ports import Sent
from incident_app.domain.refusals import Refused
from incident_app.domain.signing_in import PASSWORD_WORDS, TooMany
from incident_app.models.accounts import User
from incident_app.models.linking import StaffNote
from incident_app.models.sessions import PasswordLink, ResetAsked
from incident_app.services import linking
from incident_app.services.signing_in import Where, forget_old, passwords, sessions
from incident_app.services.unit import writing
from tests.builders import the_credentials
from tests.fakes import START, FakeChannel, FakeClock
from tests.people import PASSWORD, People
from tests.services.test_signing_in import EMAIL, HERE, THERE, entries, tried

WORLD = the_credentials()
NEW = "seven purple kettles sing"


def asked(session: Session, email: str, number: int = 0) -> None:
    """Ask for a mail."""
    passwords.ask_reset(session, email, Where(f"203.0.113.{number}"), seal=WORLD.seal, now=START)


def answered(session: Session) -> int:
    """Let the clock answer what was asked."""
    return passwords.answer_resets(session, seal=WORLD.seal, public_url="https://breach.example", now=START)


def a_link(session: Session, user_id: int, lives: timedelta = timedelta(hours=1)) -> str:
    """Make a link."""
    with writing(session):
        return passwords.make_password_link(session, user_id, lives=lives, now=START)


def test_a_mail_brings_a_link_of_our_own_address(session: Session, responder: Actor) -> None:
    # Given somebody who asked
    assert answered(session) == 0
    asked(session, EMAIL)
    assert answered(session) == 1

    # Then what waits to be sent cannot be read in the database
    (note,) = session.scalars(select(StaffNote)).all()
    assert "http" not in note.text
    # And what leaves holds a link that works
    mail = FakeChannel("email")
    mail.answer = lambda message: Sent("1")
    linking.send_notes(session, {"email": mail}, clock=FakeClock(), fill=lambda note: passwords.opened(note.text, WORLD.seal))
    (sent,) = mail.sent
    secret = sent.text.split("https://breach.example/password/")[1].split()[0]
    assert passwords.choose(session, secret, NEW, NEW, passwords=WORLD.passwords, now=START).id == responder.id
    assert tried(session, NEW) == EMAIL
    assert tried(session, PASSWORD) != EMAIL
    # And once it has left its words are not kept
    forget_old(session, now=START)
    session.refresh(note)
    assert note.text == ""


def test_for_an_hour_three_mails_are_sent_to_one_address(session: Session, responder: Actor) -> None:
    for number in range(100):
        asked(session, EMAIL, number)

    assert answered(session) == 3


def test_who_is_unknown_or_disabled_gets_no_mail(session: Session, people: People) -> None:
    session.get_one(User, people.auditor.id).active = False
    session.commit()
    for email in ("nobody@example.org", "auditor@example.org"):
        asked(session, email)
        assert session.scalars(select(ResetAsked)).one().sealed != email
        assert answered(session) == 0

    assert session.scalars(select(StaffNote)).all() == []
    assert "example.org" not in str([entry.details for entry in entries(session, "reset.asked")])


def test_one_place_cannot_ask_for_everybody(session: Session, people: People) -> None:
    for number in range(50):
        passwords.ask_reset(session, f"person{number}@example.org", THERE, seal=WORLD.seal, now=START)

    with pytest.raises(TooMany):
        passwords.ask_reset(session, "one.more@example.org", THERE, seal=WORLD.seal, now=START)


def test_a_link_works_once_in_its_time_and_ends_every_session(session: Session, responder: Actor) -> None:
    # Given a session and two links
    user = session.get_one(User, responder.id)
    user.telegram_chat_id = "4711"
    session.commit()
    signed_in = sessions.begin(session, user, "password", HERE, now=START)
    first, second = a_link(session, user.id), a_link(session, user.id)

    # When a weak password is refused, then a good one set
    with pytest.raises(Refused):
        passwords.choose(session, first, "short", "short", passwords=WORLD.passwords, now=START)
    assert sessions.find(session, signed_in, now=START) is not None
    passwords.choose(session, first, NEW, NEW, passwords=WORLD.passwords, now=START)

    # Then nothing of before is of use any more, and the owner hears of it in two ways
    assert sessions.find(session, signed_in, now=START) is None
    for secret in (first, second):
        with pytest.raises(Refused, match="used"):
            passwords.look(session, secret, now=START)
    told = {note.channel: note.text for note in session.scalars(select(StaffNote))}
    assert told == {"email": PASSWORD_WORDS, "telegram": PASSWORD_WORDS}


def test_links_of_no_use_say_why(session: Session, people: People) -> None:
    late = a_link(session, people.responder.id)
    with pytest.raises(Refused, match="expired"):
        passwords.look(session, late, now=START + timedelta(hours=1))
    with pytest.raises(Refused, match="not known"):
        passwords.look(session, "guess", now=START)
    disabled = a_link(session, people.auditor.id)
    session.get_one(User, people.auditor.id).active = False
    session.commit()
    with pytest.raises(Refused, match="not known"):
        passwords.look(session, disabled, now=START)
    forget_old(session, now=START + timedelta(days=3))
    assert session.scalars(select(PasswordLink)).all() == []


def test_changing_it_ends_everything_else(session: Session, responder: Actor) -> None:
    user = session.get_one(User, responder.id)
    before = sessions.begin(session, user, "password", HERE, now=START)

    after = passwords.change(session, NEW, NEW, HERE, by=responder, passwords=WORLD.passwords, now=START)

    assert sessions.find(session, before, now=START) is None
    assert sessions.find(session, after, now=START) is not None
    assert tried(session, NEW) == EMAIL
    assert [entry.details["why"] for entry in entries(session, "sessions.ended")] == ["password changed"]


def test_words_that_are_not_sealed_leave_as_they_are() -> None:
    assert passwords.opened("Hello", WORLD.seal) == "Hello"
    with pytest.raises(ValueError, match="not sealed"):
        passwords.opened(passwords.SEALED + "abc", WORLD.seal)
