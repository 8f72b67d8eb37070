"""Coming in by password: counted first, refused alike, and nobody locked out on purpose."""

import statistics
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from incident_app.adapters.credentials import ArgonPasswords
from incident_app.domain import signing_in as rules
from incident_app.domain.accounts import Actor
from incident_app.domain.credentials import Credentials
from incident_app.domain.refusals import Refused
from incident_app.models.accounts import User
from incident_app.models.audit import Entry
from incident_app.models.linking import StaffNote
from incident_app.models.sessions import SignInTries
from incident_app.services.signing_in import Where, forget_old, passwords, sessions
from incident_app.services.unit import writing
from tests.builders import the_credentials
from tests.fakes import START
from tests.people import PASSWORD, People

WORLD = the_credentials()
HERE, THERE = Where("192.0.2.7", "Firefox Linux"), Where("198.51.100.9", "curl")
EMAIL = "responder@example.org"


def tried(session: Session, password: str = "wrong", email: str = EMAIL, where: Where = THERE, later: float = 0,
          world: Credentials = WORLD) -> str:
    """Try to come in and return what is said: the name of who it is, or the words of the refusal."""
    try:
        user = passwords.check(session, email, password, where, credentials=world, now=START + timedelta(minutes=later))
    except Refused as refused:
        return refused.reason
    return str(user.email)


def entries(session: Session, action: str) -> list[Entry]:
    """Return what was recorded of one kind."""
    return list(session.scalars(select(Entry).where(Entry.action == action).order_by(Entry.seq)))


def test_the_right_password_comes_in(session: Session, responder: Actor) -> None:
    assert tried(session, PASSWORD) == EMAIL
    assert entries(session, "signin.failed") == []


def test_ten_wrong_ones_hold_the_right_one_too(session: Session, responder: Actor) -> None:
    # Given ten wrong passwords from one place
    assert {tried(session, f"wrong {number}") for number in range(10)} == {rules.DO_NOT_FIT}

    # Then right and wrong are held alike, with the wait in words
    assert tried(session, PASSWORD) == tried(session, "wrong") == "Too many tries. Wait 1 minute, then try again."
    # And the record and the owner know, by name of the account only
    (locked,) = entries(session, "signin.locked")
    assert (locked.subject_id, locked.details["scopes"]) == (str(responder.id), ["account and place"])
    (note,) = session.scalars(select(StaffNote)).all()
    assert (note.channel, note.address, note.text) == ("email", EMAIL, rules.LOCKED_WORDS)
    # And afterwards the right one comes in
    assert tried(session, PASSWORD, later=1) == EMAIL


def test_who_sits_elsewhere_is_not_locked_out(session: Session, responder: Actor) -> None:
    for _ in range(12):
        tried(session)

    assert tried(session, PASSWORD, where=HERE) == EMAIL


def test_two_hundred_places_do_not_lock_out_who_came_in_from_a_known_one(session: Session, responder: Actor) -> None:
    # Given somebody who came in from home, and a hundred wrong passwords from a hundred places
    user = session.get_one(User, responder.id)
    sessions.begin(session, user, "password", HERE, now=START)
    said = [tried(session, where=Where(f"198.51.100.{number}")) for number in range(120)]

    # Then the account is held for strangers
    assert said[:100] == [rules.DO_NOT_FIT] * 100
    assert {words[:8] for words in said[100:]} == {"Too many"}
    assert tried(session, PASSWORD, where=Where("203.0.113.1")).startswith("Too many")
    # And not for its owner at home, nor what is signed in already
    assert tried(session, PASSWORD, where=HERE) == EMAIL
    assert len(sessions.mine(session, by=responder, now=START)) == 1


def test_spraying_stops_at_the_place_it_comes_from(session: Session, people: People) -> None:
    # When one place tries one password on many accounts
    said = [tried(session, "Winter2026!!", email=f"person{number}@example.org") for number in range(60)]

    # Then it is held after fifty, for accounts that exist, too
    assert said.count(rules.DO_NOT_FIT) == 50
    assert tried(session, PASSWORD).startswith("Too many")
    assert entries(session, "signin.locked")[0].details["scopes"] == ["address"]
    # And nobody is told: no account of ours was guessed at
    assert session.scalars(select(StaffNote)).all() == []


def test_spraying_from_everywhere_stops_for_strangers(session: Session, responder: Actor) -> None:
    # Given so many wrong tries from everywhere that the house is one short of its limit
    limit = rules.LIMITS[rules.Scope.EVERYBODY]
    sessions.begin(session, session.get_one(User, responder.id), "password", HERE, now=START)
    tried(session, email="one@example.org")
    with writing(session):
        row = session.scalars(select(SignInTries).where(SignInTries.scope == "everybody")).one()
        row.count = limit.most - 1
    tried(session, email="two@example.org", where=Where("203.0.113.9"))

    # Then strangers wait, and who came in from here before does not
    assert tried(session, PASSWORD, where=Where("203.0.113.10")).startswith("Too many")
    assert tried(session, PASSWORD, where=HERE) == EMAIL


def test_the_right_password_takes_its_try_back(session: Session, responder: Actor) -> None:
    for _ in range(120):
        assert tried(session, PASSWORD) == EMAIL


def test_of_strangers_the_record_keeps_no_address(session: Session, people: People) -> None:
    tried(session, "a secret", email="stranger@example.com")

    (entry,) = entries(session, "signin.failed")
    assert entry.subject_id == "unknown"
    assert "stranger" not in str(entry.details)
    assert "a secret" not in str(entry.details)
    assert all("stranger" not in row.key for row in session.scalars(select(SignInTries)))


def test_unknown_known_and_disabled_are_refused_alike(session: Session, people: People) -> None:
    session.get_one(User, people.auditor.id).active = False
    session.get_one(User, people.reporter.id).password = None
    session.commit()

    said = {tried(session, password, email=email)
            for email in ("nobody@example.org", EMAIL, "auditor@example.org", "reporter@example.org") for password in ("", "wrong")}
    assert said == {rules.DO_NOT_FIT}
    assert tried(session, PASSWORD, email="auditor@example.org") == rules.DO_NOT_FIT


def test_an_account_of_the_demo_does_not_come_in_where_messages_leave(session: Session, people: People) -> None:
    session.get_one(User, people.responder.id).is_demo = True
    session.commit()

    with pytest.raises(Refused, match="do not fit"):
        passwords.check(session, EMAIL, PASSWORD, HERE, credentials=WORLD, now=START, with_demo=False)
    assert tried(session, PASSWORD) == EMAIL


def at_once(engine: Engine, count: int, act: Callable[[Session, int], str]) -> list[str]:
    """Do the same from many threads at once, each with a session of its own."""
    ready = threading.Barrier(count)

    def one(number: int) -> str:
        with Session(engine, expire_on_commit=False) as own:
            ready.wait(30)
            return act(own, number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def test_fifty_passwords_at_once_are_ten_tries(session: Session, engine: Engine, responder: Actor) -> None:
    said = at_once(engine, 50, lambda own, number: tried(own, f"wrong {number}"))

    assert said.count(rules.DO_NOT_FIT) == 10
    assert len(entries(session, "signin.failed")) == 10


def test_nobody_can_be_told_apart_by_time(session: Session, people: People) -> None:
    # Given three addresses – known, unknown, disabled – and a hash as slow as ours
    session.get_one(User, people.auditor.id).active = False
    session.commit()
    slow = ArgonPasswords("p" * 48, PasswordHasher(time_cost=2, memory_cost=8_192, parallelism=1))
    kept = slow.kept(PASSWORD)
    with writing(session):
        for user in session.scalars(select(User)):
            user.password = kept
    world = Credentials(slow, WORLD.seal, WORLD.codes, WORLD.passkeys)
    taken: dict[str, list[float]] = {EMAIL: [], "nobody@example.org": [], "auditor@example.org": []}

    # When two hundred tries are made, of each in turn, and the time our own work takes is measured
    for number in range(70):
        for email, times in taken.items():
            begun = time.thread_time()
            assert tried(session, "wrong", email=email, where=Where(f"2001:db8:{number:x}::1"), later=number * 2,
                         world=world) == rules.DO_NOT_FIT
            times.append(time.thread_time() - begun)

    # Then their medians lie within a tenth
    medians = [statistics.median(times) for times in taken.values()]
    assert max(medians) <= min(medians) * 1.1


def test_what_is_of_no_use_any_more_is_dropped(session: Session, responder: Actor) -> None:
    tried(session)

    forget_old(session, now=START + timedelta(days=3))

    assert session.scalars(select(SignInTries)).all() == []

