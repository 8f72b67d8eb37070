"""The second factor: counted exactly, used once, set up for oneself only; and the way back for who lost it."""

import pytest
from passlib.totp import TOTP
from sqlalchemy import select
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from incident_app.domain import signing_in as rules
from incident_app.domain.accounts import Actor
from incident_app.domain.refusals import Conflict, NotFound, Refused
from incident_app.models.accounts import User
from incident_app.models.linking import StaffNote
from incident_app.models.sessions import RecoveryCode, UserSession
from incident_app.services.accounts.hashing import digest
from incident_app.services.signing_in import Where, factors, forget_old, sessions
from incident_app.services.unit import writing
from tests.builders import the_credentials
from tests.fakes import FakeClock
from tests.people import People, totp_key
from tests.services.test_signing_in import at_once, entries

WORLD = the_credentials()
HERE = Where("192.0.2.7", "Firefox Linux")


def code_of(who: str, clock: FakeClock, key: str = "") -> str:
    """Return what somebody's app shows now."""
    return str(TOTP(key=key or totp_key(f"{who}@example.org")).generate(time=int(clock.now().timestamp())).token)


def checked(session: Session, user: Actor, code: str, clock: FakeClock) -> str:
    """Try a code and return what is said."""
    try:
        return factors.check_code(session, user.id, code, HERE, credentials=WORLD, now=clock.now())
    except Refused as refused:
        return refused.reason


def signed_in(session: Session, who: Actor, clock: FakeClock) -> UserSession:
    """Begin a session and return it."""
    secret = sessions.begin(session, session.get_one(User, who.id), "password", HERE, now=clock.now())
    return session.scalars(select(UserSession).where(UserSession.digest == digest(secret))).one()


def test_a_code_works_once(session: Session, approver: Actor, clock: FakeClock) -> None:
    # Given a code that came in
    code = code_of("approver", clock)
    assert checked(session, approver, code, clock) == "code"

    # Then it does not a second time, nor does one from before, and the next one does
    assert checked(session, approver, code, clock) == rules.CODE_DOES_NOT_FIT
    before = code_of("approver", FakeClock(clock.now().replace(minute=39)))
    assert checked(session, approver, before, clock) == rules.CODE_DOES_NOT_FIT
    clock.move(seconds=30)
    assert checked(session, approver, code_of("approver", clock), clock) == "code"


def test_the_code_of_somebody_else_does_not_fit(session: Session, people: People, clock: FakeClock) -> None:
    assert checked(session, people.approver, code_of("admin", clock), clock) == rules.CODE_DOES_NOT_FIT


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "１２３４５６", "--------", "00 00 00 0"])
def test_what_is_no_code_does_not_fit(session: Session, approver: Actor, clock: FakeClock, code: str) -> None:
    assert checked(session, approver, code, clock) == rules.CODE_DOES_NOT_FIT


def test_five_wrong_codes_hold_the_right_one(session: Session, approver: Actor, clock: FakeClock) -> None:
    said = [checked(session, approver, "000000", clock) for _ in range(5)]

    assert said == [rules.CODE_DOES_NOT_FIT] * 5
    assert checked(session, approver, code_of("approver", clock), clock) == "Too many tries. Wait 15 minutes, then try again."
    assert [note.text for note in session.scalars(select(StaffNote))] == [rules.LOCKED_WORDS]
    clock.move(minutes=15)
    assert checked(session, approver, code_of("approver", clock), clock) == "code"


def test_fifty_codes_at_once_are_five_tries(session: Session, engine: Engine, approver: Actor, clock: FakeClock) -> None:
    said = at_once(engine, 50, lambda own, number: checked(own, approver, f"{number:06d}", clock))

    assert said.count(rules.CODE_DOES_NOT_FIT) == 5
    assert len([words for words in said if words.startswith("Too many")]) == 45
    assert len(entries(session, "signin.failed")) == 5


def test_the_right_code_sent_fifty_times_at_once_comes_in_once(
    session: Session, engine: Engine, approver: Actor, clock: FakeClock
) -> None:
    code = code_of("approver", clock)

    said = at_once(engine, 50, lambda own, number: checked(own, approver, code, clock))

    assert said.count("code") == 1


def test_an_app_is_set_up_by_showing_a_code(session: Session, responder: Actor, clock: FakeClock) -> None:
    # Given a key that is shown in one browser, twice the same
    one = signed_in(session, responder, clock)
    other = signed_in(session, responder, clock)
    key = factors.new_key(session, one.id, by=responder, credentials=WORLD, now=clock.now())
    assert factors.new_key(session, one.id, by=responder, credentials=WORLD, now=clock.now()) == key

    # When a wrong code is typed, then the one the app shows
    with pytest.raises(Refused, match="does not fit"):
        factors.confirm_app(session, one.id, "000000", HERE, by=responder, credentials=WORLD, now=clock.now())
    secret = factors.confirm_app(session, one.id, code_of("", clock, key), HERE, by=responder, credentials=WORLD, now=clock.now())

    # Then it is set up, and everything that was signed in is not, but for this browser under a new id
    session.expire_all()
    user = session.get_one(User, responder.id)
    assert factors.has_app(user)
    assert key not in user.tf_totp_secret
    assert {session.get_one(UserSession, number).ended_why for number in (one.id, other.id)} == {"second factor changed"}
    found = sessions.find(session, secret, now=clock.now())
    assert found is not None
    # And its code is used up, and the owner is told
    assert checked(session, responder, code_of("", clock, key), clock) == rules.CODE_DOES_NOT_FIT
    assert rules.FACTOR_WORDS in [note.text for note in session.scalars(select(StaffNote))]


def test_a_session_without_a_key_sets_nothing_up(session: Session, responder: Actor, clock: FakeClock) -> None:
    one = signed_in(session, responder, clock)

    with pytest.raises(Refused, match="does not fit"):
        factors.confirm_app(session, one.id, "000000", HERE, by=responder, credentials=WORLD, now=clock.now())


def test_a_key_that_is_not_confirmed_grows_old(session: Session, responder: Actor, clock: FakeClock) -> None:
    one = signed_in(session, responder, clock)
    key = factors.new_key(session, one.id, by=responder, credentials=WORLD, now=clock.now())

    clock.move(minutes=31)
    forget_old(session, now=clock.now())

    session.refresh(one)
    assert one.pending is None
    assert factors.new_key(session, one.id, by=responder, credentials=WORLD, now=clock.now()) != key


def test_the_same_app_is_refused_for_another_person(session: Session, people: People, clock: FakeClock) -> None:
    # Given the approver's key in the responder's session, and in that of the approver's other account
    session.get_one(User, people.oncall_person.id).person_id = people.approver.id
    session.commit()
    for who in (people.responder, people.oncall_person):
        one = signed_in(session, who, clock)
        with writing(session):
            one = session.get_one(UserSession, one.id)
            one.pending, one.pending_at = WORLD.seal.seal(totp_key("approver@example.org")), clock.now()

    # Then the responder cannot have it, and the other account can: it is one person
    def confirm(who: Actor) -> str:
        number = session.scalars(select(UserSession.id).where(UserSession.user_id == who.id)).one()
        return factors.confirm_app(session, number, code_of("approver", clock), HERE, by=who, credentials=WORLD, now=clock.now())

    with pytest.raises(Conflict, match="somebody else"):
        confirm(people.responder)
    assert confirm(people.oncall_person)


def test_an_app_is_taken_off(session: Session, approver: Actor, clock: FakeClock) -> None:
    factors.remove_app(session, HERE, "password", by=approver, now=clock.now())

    user = session.get_one(User, approver.id)
    assert factors.must_set_up(session, user)
    with pytest.raises(Conflict):
        factors.remove_app(session, HERE, "password", by=approver, now=clock.now())


def test_of_whom_a_second_factor_is_demanded(session: Session, people: People) -> None:
    for who, demanded in ((people.approver, True), (people.admin, True), (people.responder, False)):
        user = session.get_one(User, who.id)
        user.tf_totp_secret = None
        assert factors.must_set_up(session, user) is demanded
        user.is_demo = True
        assert not factors.must_set_up(session, user)


def test_a_recovery_code_works_once_and_is_kept_sealed(session: Session, approver: Actor, clock: FakeClock) -> None:
    # Given ten codes, kept where nobody reads them
    codes = factors.make_recovery_codes(session, by=approver, credentials=WORLD, now=clock.now())
    assert len(set(codes)) == 10
    kept = "".join(session.scalars(select(RecoveryCode.sealed)))
    assert not any(code in kept or code.replace("-", "") in kept for code in codes)

    # Then one comes in once, however it is typed
    assert checked(session, approver, codes[3].upper().replace("-", " "), clock) == "recovery code"
    assert checked(session, approver, codes[3], clock) == rules.CODE_DOES_NOT_FIT
    assert factors.recovery_codes_left(session, by=approver) == 9
    # And new ones make the old ones void
    factors.make_recovery_codes(session, by=approver, credentials=WORLD, now=clock.now())
    assert checked(session, approver, codes[4], clock) == rules.CODE_DOES_NOT_FIT


# --------------------------------------------------------------------------------------------------------- sessions


def test_a_session_is_one_of_the_table_or_none(session: Session, responder: Actor, clock: FakeClock) -> None:
    user = session.get_one(User, responder.id)
    first = sessions.begin(session, user, "password", HERE, now=clock.now())
    second = sessions.begin(session, user, "passkey", HERE, now=clock.now(), instead_of=first)
    half = sessions.begin(session, user, "password", HERE, now=clock.now(), half=True)

    found = sessions.find(session, second, now=clock.now())
    assert found is not None
    assert (found.agent, found.ip) == ("Firefox on Linux", "192.0.2.7")
    for secret in (first, half, "", "guess"):
        assert sessions.find(session, secret, now=clock.now()) is None
    assert sessions.half(session, half, now=clock.now()) is not None
    for secret in (second, "guess"):
        assert sessions.half(session, secret, now=clock.now()) is None
    clock.move(minutes=10)
    assert sessions.half(session, half, now=clock.now()) is None
    clock.move(hours=12)
    assert sessions.find(session, second, now=clock.now()) is None
    assert sessions.mine(session, by=responder, now=clock.now()) == []


def test_a_disabled_account_is_signed_in_nowhere(session: Session, responder: Actor, clock: FakeClock) -> None:
    user = session.get_one(User, responder.id)
    secret = sessions.begin(session, user, "password", HERE, now=clock.now())
    user.active = False
    session.commit()

    assert sessions.find(session, secret, now=clock.now()) is None


def test_use_is_written_down_once_a_minute(session: Session, responder: Actor, clock: FakeClock) -> None:
    one = signed_in(session, responder, clock)
    begun = clock.now()
    sessions.note_use(session, one, HERE, now=clock.move(seconds=59))
    assert session.get_one(UserSession, one.id).used_at == begun

    sessions.note_use(session, one, Where("2001:db8::1"), now=clock.move(seconds=1))

    session.refresh(one)
    assert (one.used_at, one.ip) == (clock.now(), "2001:db8::1")


def test_one_ends_ones_own_sessions_and_nobody_elses(session: Session, people: People, clock: FakeClock) -> None:
    mine = [signed_in(session, people.responder, clock) for _ in range(4)]
    theirs = signed_in(session, people.approver, clock)

    sessions.end_one(session, mine[0].id, by=people.responder, now=clock.now())
    for number in (mine[0].id, theirs.id, 999):
        with pytest.raises(NotFound):
            sessions.end_one(session, number, by=people.responder, now=clock.now())
    assert sessions.end_others(session, mine[1].id, by=people.responder, now=clock.now()) == 2
    assert sessions.end_others(session, mine[1].id, by=people.responder, now=clock.now()) == 0

    assert [one.id for one in sessions.mine(session, by=people.responder, now=clock.now())] == [mine[1].id]
    assert [one.id for one in sessions.mine(session, by=people.approver, now=clock.now())] == [theirs.id]


def test_signing_out_ends_the_session_once(session: Session, responder: Actor, clock: FakeClock) -> None:
    secret = sessions.begin(session, session.get_one(User, responder.id), "password", HERE, now=clock.now())

    sessions.sign_out(session, secret, by=responder, now=clock.now())
    sessions.sign_out(session, secret, by=responder, now=clock.now())

    assert sessions.find(session, secret, now=clock.now()) is None
    assert len(entries(session, "account.signed_out")) == 1


def test_who_has_no_app_has_no_code_that_fits(session: Session, responder: Actor, clock: FakeClock) -> None:
    assert checked(session, responder, "123456", clock) == rules.CODE_DOES_NOT_FIT
