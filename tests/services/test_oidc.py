"""Coming in by a provider: counted, connected once by a proof, told to the owner; nobody else's account opens."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain import oidc as rules
from incident_app.domain.accounts import Actor
from incident_app.domain.oidc import Journey, NotAccepted, ProviderAway, Shown
from incident_app.domain.refusals import Conflict, Refused
from incident_app.domain.signing_in import TooMany
from incident_app.models.accounts import User
from incident_app.models.audit import Entry
from incident_app.models.linking import StaffNote
from incident_app.models.sessions import SignInTries, UserSession
from incident_app.services.signing_in import Where, factors, oidc, passwords, sessions
from incident_app.services.unit import writing
from tests.builders import the_credentials
from tests.fakes import START, FakeProvider
from tests.people import PASSWORD, People

WORLD = the_credentials()
HERE, THERE = Where("192.0.2.7", "Firefox Linux"), Where("198.51.100.9", "curl")
SHOWN = Shown("https://id.example", "s-1", "responder@example.org")


def entries(session: Session, action: str) -> list[Entry]:
    return list(session.scalars(select(Entry).where(Entry.action == action)))


def arrives(session: Session, provider: FakeProvider, journey: Journey, *, later: float = 0, where: Where = HERE) -> Shown | str:
    try:
        return oidc.arrive(session, provider, "code", journey, where, issuer=None, seal=WORLD.seal,
                           now=START + timedelta(minutes=later))
    except Refused as refused:
        return refused.reason


def owner(session: Session, shown: Shown = SHOWN, where: Where = HERE, later: float = 0) -> str:
    try:
        found = oidc.owner(session, shown, where, seal=WORLD.seal, now=START + timedelta(minutes=later))
    except TooMany as refused:
        return refused.reason
    return str(found.email) if found is not None else ""


def test_a_way_there_and_back_is_gone_once_and_counted(session: Session, people: People) -> None:
    # Given a way that was begun
    provider = FakeProvider(SHOWN)
    journey, address = oidc.depart(session, provider, back="/cases/1", user=7, now=START)
    other, _ = oidc.depart(session, provider, now=START)
    assert address == f"https://id.example/authorize?state={journey.state}"
    assert len({journey.state, journey.nonce, journey.verifier, other.state, other.nonce, other.verifier}) == 6
    assert (journey.back, journey.user, other.back, other.user) == ("/cases/1", 7, "/", 0)

    # When the browser comes back with it twice, or too late
    assert arrives(session, provider, journey) == SHOWN
    assert arrives(session, provider, journey) == rules.LOST
    assert arrives(session, provider, other, later=10) == rules.LOST

    # Then the provider was asked once, and it left no count against the place
    assert provider.asked == 1
    assert session.scalars(select(SignInTries.count)).all() == [0]


def test_what_is_not_accepted_is_recorded_and_in_the_end_held_for_that_place(session: Session, people: People) -> None:
    # Given somebody who brings forged answers
    forger = FakeProvider(NotAccepted("the nonce is another one"))

    def tries() -> Shown | str:
        return arrives(session, forger, oidc.depart(session, forger, now=START)[0], where=THERE)

    assert {tries() for _ in range(50)} == {rules.NOT_ACCEPTED}
    assert tries() == "Too many tries. Wait 5 minutes, then try again."
    failed = entries(session, "signin.failed")
    assert (len(failed), failed[0].subject_id, failed[0].details) == (
        50, "unknown", {"by": "single sign-on", "from": "198.51.100.9"})

    # Then who sits elsewhere comes in, and a provider that is away holds nobody
    good, away = FakeProvider(SHOWN), FakeProvider(ProviderAway("down"))
    assert arrives(session, good, oidc.depart(session, good, now=START)[0]) == SHOWN
    for _ in range(3):
        assert arrives(session, away, oidc.depart(session, away, now=START)[0]) == rules.AWAY
    assert 0 in session.scalars(select(SignInTries.count)).all()
    assert len(entries(session, "signin.failed")) == 50


def test_an_address_alone_opens_no_account(session: Session, people: People) -> None:
    assert owner(session) == ""
    assert session.scalars(select(User.id).where(User.email == "somebody@new.example")).all() == []


def test_connecting_is_an_entry_told_to_the_owner_and_ends_what_is_signed_in(session: Session, people: People) -> None:
    # Given somebody signed in elsewhere
    by = people.responder
    user = session.get_one(User, by.id)
    before = sessions.begin(session, user, "password", THERE, now=START)

    # When they prove their account at the door, and what the provider calls them is connected
    oidc.connect_at_the_door(session, SHOWN, by=by, now=START)

    # Then it opens this account and no other
    assert owner(session) == "responder@example.org"
    assert owner(session, replace(SHOWN, subject="S-1")) == owner(session, replace(SHOWN, issuer="https://other.example")) == ""
    assert sessions.find(session, before, now=START) is None
    (entry,) = entries(session, "oidc.connected")
    assert (entry.actor_id, entry.subject_id, entry.details) == (by.id, str(by.id), {"issuer": "https://id.example"})
    (note,) = session.scalars(select(StaffNote)).all()
    assert note.text.startswith(rules.CONNECTED_WORDS)

    # And it works whatever address the provider names later
    assert owner(session, replace(SHOWN, email="renamed@example.org")) == "responder@example.org"


def test_one_sign_in_is_connected_to_one_account_only(session: Session, people: People) -> None:
    responder, reporter = people.responder, people.reporter
    oidc.connect_at_the_door(session, SHOWN, by=responder, now=START)

    # A recycled address, another person's account, the same thing twice
    for shown, by, words in ((replace(SHOWN, subject="s-2"), responder, rules.CONNECTED_ALREADY), (SHOWN, reporter, rules.TAKEN),
                             (SHOWN, responder, rules.CONNECTED_ALREADY)):
        with pytest.raises(Conflict, match=words):
            oidc.connect_at_the_door(session, shown, by=by, now=START)
    assert [link.subject for link in oidc.of(session, responder.id)] == ["s-1"]
    assert oidc.of(session, reporter.id) == []


def test_from_within_it_is_connected_and_disconnected_and_this_browser_goes_on(session: Session, people: People) -> None:
    by = people.responder
    elsewhere = sessions.begin(session, session.get_one(User, by.id), "password", THERE, now=START)

    # When it is connected, then taken off again
    connected = oidc.connect(session, SHOWN, HERE, "password", by=by, now=START)
    assert sessions.find(session, elsewhere, now=START) is None
    assert sessions.find(session, connected, now=START) is not None
    assert owner(session) == "responder@example.org"
    gone_on = oidc.disconnect(session, HERE, "password", by=by, now=START)

    # Then it opens nothing any more
    assert owner(session) == ""
    assert sessions.find(session, connected, now=START) is None
    assert sessions.find(session, gone_on, now=START) is not None
    (entry,) = entries(session, "oidc.disconnected")
    assert entry.details == {"issuer": "https://id.example"}
    assert session.scalars(select(StaffNote.text).order_by(StaffNote.id)).all()[1].startswith(rules.DISCONNECTED_WORDS)
    with pytest.raises(Conflict, match=rules.NOT_CONNECTED):
        oidc.disconnect(session, HERE, "password", by=by, now=START)


@pytest.mark.parametrize("facts", [{"active": False}, {"is_demo": True}])
def test_disabled_and_demo_accounts_look_like_none(session: Session, people: People, facts: dict[str, bool]) -> None:
    oidc.connect_at_the_door(session, SHOWN, by=people.responder, now=START)
    with writing(session):
        for who in (people.responder, people.reporter):
            user = session.get_one(User, who.id)
            user.active, user.is_demo = facts.get("active", True), facts.get("is_demo", False)

    assert owner(session) == ""
    with pytest.raises(Conflict, match=rules.NOT_ACCEPTED):
        oidc.connect_at_the_door(session, replace(SHOWN, subject="s-2"), by=people.reporter, now=START)


def test_who_is_held_by_password_or_code_is_held_here_too(session: Session, people: People) -> None:
    # Given a connected account, and ten wrong passwords from one place
    by = people.responder
    oidc.connect_at_the_door(session, SHOWN, by=by, now=START)
    for number in range(10):
        with pytest.raises(Refused):
            passwords.check(session, SHOWN.email, f"wrong {number}", THERE, credentials=WORLD, now=START)

    # Then from that place it is held for as long, from elsewhere it is not
    assert owner(session, where=THERE) == "Too many tries. Wait 1 minute, then try again."
    assert owner(session, where=THERE, later=1) == owner(session) == SHOWN.email

    # When a hundred places tried, then only who came in from here before comes in
    for number in range(90):
        with pytest.raises(Refused):
            passwords.check(session, SHOWN.email, "wrong", Where(f"203.0.113.{number}"), credentials=WORLD, now=START)
    assert owner(session) == "Too many tries. Wait 5 minutes, then try again."
    sessions.begin(session, session.get_one(User, by.id), "passkey", HERE, now=START)
    assert owner(session) == SHOWN.email

    # And five wrong codes hold it everywhere
    for _ in range(5):
        with pytest.raises(Refused):
            factors.check_code(session, by.id, "000000", THERE, credentials=WORLD, now=START)
    assert owner(session) == "Too many tries. Wait 15 minutes, then try again."


def test_the_providers_word_is_no_fresh_proof(session: Session, people: People) -> None:
    user = session.get_one(User, people.responder.id)

    sessions.begin(session, user, oidc.WAY, HERE, now=START, proved=False)
    sessions.begin(session, user, "password", HERE, now=START)

    rows = session.execute(select(UserSession.way, UserSession.proved_at).order_by(UserSession.id)).all()
    assert [tuple(row) for row in rows] == [("oidc", None), ("password", START)]
    assert [entry.details for entry in entries(session, "account.signed_in")] == [{"by": "single sign-on"}, {"by": "password"}]


def test_the_password_still_opens_the_account(session: Session, responder: Actor) -> None:
    oidc.connect_at_the_door(session, SHOWN, by=responder, now=START)

    assert passwords.check(session, SHOWN.email, PASSWORD, HERE, credentials=WORLD, now=START).id == responder.id


def test_a_provider_that_is_away_keeps_nobody_from_signing_out(session: Session) -> None:
    assert oidc.farewell(session, FakeProvider(ProviderAway()), now=START) == ""
