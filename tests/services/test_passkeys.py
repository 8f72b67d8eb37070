"""Passkeys: registered for oneself, answered once, of their owner only."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.domain.refusals import Conflict, NotFound, Refused
from incident_app.models.accounts import User, WebAuthn
from incident_app.models.sessions import SpentChallenge
from incident_app.services.signing_in import Where, factors, forget_old, passkeys, sessions
from incident_app.services.signing_in.passkeys import Asked
from tests.authenticator import Authenticator
from tests.builders import the_credentials
from tests.fakes import START
from tests.people import People
from tests.services.test_signing_in import EMAIL, THERE, tried

KEYS = the_credentials().passkeys
HERE = Where("192.0.2.7", "Firefox Linux")


def registered(session: Session, device: Authenticator, who: Actor, name: str = "Laptop") -> str:
    """Add a passkey."""
    question = passkeys.registration(session, by=who, passkeys=KEYS)
    return passkeys.add(session, device.register(question.challenge), Asked(question.challenge, START), name, HERE, "password",
                        by=who, passkeys=KEYS, now=START)


def asked(session: Session, who: Actor | None = None) -> Asked:
    """Ask who it is."""
    user = session.get_one(User, who.id) if who is not None else None
    return Asked(passkeys.question(session, user, passkeys=KEYS).challenge, START)


def came(session: Session, device: Authenticator, question: Asked, **more: object) -> int:
    """Answer, and return who came in; 0 for nobody."""
    try:
        return int(passkeys.check(session, device.sign(question.challenge), question, passkeys=KEYS, now=START, **more).id)  # type: ignore[arg-type]  # named by the test
    except Refused:
        return 0


def test_a_passkey_comes_in_even_while_passwords_are_held(session: Session, responder: Actor) -> None:
    device = Authenticator()
    secret = registered(session, device, responder)
    for _ in range(12):
        tried(session, where=THERE)
    assert tried(session, "wrong", where=THERE).startswith("Too many")

    assert came(session, device, asked(session)) == responder.id
    assert sessions.find(session, secret, now=START) is not None
    assert factors.has_any(session, session.get_one(User, responder.id))
    assert session.get_one(User, responder.id).email == EMAIL


def test_an_answer_counts_once_and_for_five_minutes(session: Session, responder: Actor) -> None:
    device = Authenticator()
    registered(session, device, responder)
    question = asked(session)
    answer = device.sign(question.challenge)
    passkeys.check(session, answer, question, passkeys=KEYS, now=START)

    with pytest.raises(Refused):
        passkeys.check(session, answer, question, passkeys=KEYS, now=START)
    late = asked(session)
    with pytest.raises(Refused):
        passkeys.check(session, device.sign(late.challenge), late, passkeys=KEYS, now=START + timedelta(minutes=5))
    forget_old(session, now=START + timedelta(hours=1))
    assert session.scalars(select(SpentChallenge)).all() == []


@pytest.mark.parametrize("device", [
    Authenticator(origin="https://evil.example"), Authenticator(site="evil.example"), Authenticator(flags=0x01),
    Authenticator(flags=0x00),
])
def test_another_site_or_an_owner_who_was_not_verified_does_not_register(
    session: Session, responder: Actor, device: Authenticator
) -> None:
    with pytest.raises(Refused):
        registered(session, device, responder)


def test_what_does_not_fit_comes_in_nowhere(session: Session, people: People) -> None:
    device, stranger = Authenticator(), Authenticator()
    registered(session, device, people.responder)

    # A stranger's key, a copy that does not count, another's question, an owner who was not verified
    assert came(session, stranger, asked(session)) == 0
    assert came(session, device, asked(session), only=people.approver.id) == 0
    assert came(session, device, asked(session, people.responder), only=people.responder.id) == people.responder.id
    copy = Authenticator(id=device.id, key=device.key, count=0)
    assert came(session, copy, asked(session)) == 0
    forged = Authenticator(id=device.id, count=9)
    assert came(session, forged, asked(session)) == 0
    unverified = Authenticator(id=device.id, key=device.key, count=50, flags=0x01)
    assert came(session, unverified, asked(session)) == 0


def test_disabled_or_of_the_demo_does_not_come_in(session: Session, responder: Actor) -> None:
    device = Authenticator()
    registered(session, device, responder)
    session.get_one(User, responder.id).is_demo = True
    session.commit()
    assert came(session, device, asked(session), with_demo=False) == 0
    assert came(session, device, asked(session)) == responder.id
    session.get_one(User, responder.id).active = False
    session.commit()
    assert came(session, device, asked(session)) == 0


def test_a_passkey_that_is_known_is_refused_whoever_brings_it(session: Session, people: People) -> None:
    device = Authenticator()
    registered(session, device, people.responder)

    for who in (people.approver, people.responder):
        with pytest.raises(Conflict, match="known already"):
            registered(session, device, who)
    known = json.loads(passkeys.registration(session, by=people.responder, passkeys=KEYS).options)["excludeCredentials"]
    assert len(known) == 1


def test_one_takes_off_ones_own_only(session: Session, people: People) -> None:
    registered(session, Authenticator(), people.responder, name="  ")
    (kept,) = passkeys.of(session, people.responder.id)
    assert kept.name == "Passkey"

    for who, number in ((people.approver, kept.id), (people.responder, 999)):
        with pytest.raises(NotFound):
            passkeys.remove(session, number, HERE, "password", by=who, now=START)
    passkeys.remove(session, kept.id, HERE, "password", by=people.responder, now=START)
    assert session.scalars(select(WebAuthn)).all() == []
