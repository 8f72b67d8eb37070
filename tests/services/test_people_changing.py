"""Change, disable, enable: what ends, who is never left out, and who was faster (T-27)."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor, Permission, Role
from incident_app.domain.linking import Chat
from incident_app.domain.refusals import Conflict, Forbidden, NotFound, Refused
from incident_app.models.alerts import AlertSend
from incident_app.models.audit import Entry
from incident_app.services import accounts, alerts, audit, linking, rota
from incident_app.services import people as staff
from incident_app.services.people import Wanted
from incident_app.services.signing_in import sessions
from tests.fakes import START
from tests.people import People
from tests.services.people_steps import account, disabled, hired, signed_in, to_roles, wanted


def test_name_zone_and_roles_change_and_the_record_says_what(session: Session, people: People) -> None:
    user = account(session, "responder@example.org")
    secret = signed_in(session, people.responder)
    done = staff.change(session, user.id, Wanted(" Rena R ", "Europe/Paris", frozenset({Role.RESPONDER, Role.ONCALL})),
                        version=1, by=people.admin, now=START)

    assert (done.user.name, done.user.zone, done.user.version, done.asked) == ("Rena R", "Europe/Paris", 2, None)
    assert done.user.actor.roles == {Role.RESPONDER, Role.ONCALL}
    assert sessions.find(session, secret, now=START) is None, "whoever is signed in has to come in anew with other roles"
    entry = session.scalars(select(Entry).where(Entry.action == "people.changed")).one()
    assert entry.details == {"fields": ["name", "zone"], "was": {"name": "Rene Responder", "zone": "Europe/Berlin"}, "before": ["responder"], "after": ["oncall", "responder"],
                             "asked": False}

    # And who presses Save without having changed anything changed nothing
    same = Wanted("Rena R", "Europe/Paris", done.user.actor.roles)
    assert staff.change(session, user.id, same, version=2, by=people.admin, now=START).user.version == 2
    assert session.scalars(select(Entry).where(Entry.action == "people.changed")).one() == entry

    # And another name alone ends nobody's session
    kept = signed_in(session, people.responder)
    staff.change(session, user.id, Wanted("Rena", "Europe/Paris", done.user.actor.roles), version=2, by=people.admin, now=START)
    assert account(session, "responder@example.org").name == "Rena"
    assert sessions.find(session, kept, now=START) is not None


def test_who_was_slower_changes_nothing(session: Session, people: People) -> None:
    user = account(session, "responder@example.org")
    staff.change(session, user.id, wanted(user, Role.ONCALL), version=1, by=people.admin, now=START)
    for late in (lambda: staff.change(session, user.id, wanted(user, Role.REPORTER), version=1, by=people.admin, now=START),
                 lambda: staff.disable(session, user.id, version=1, by=people.admin, now=START),
                 lambda: staff.enable(session, user.id, version=1, by=people.admin, now=START)):
        with pytest.raises(Conflict, match="changed this account meanwhile"):
            late()
    assert account(session, "responder@example.org").actor.roles == {Role.ONCALL}


def test_wrong_roles_are_refused_in_words(session: Session, people: People) -> None:
    for roles, words in (((Role.ADMIN, Role.APPROVER), "exclude"), ((Role.AUDITOR, Role.RESPONDER), "alone"), ((), "one")):
        with pytest.raises(Refused) as refused:
            to_roles(session, people.responder, *roles, by=people.admin)
        assert words in refused.value.problems["roles"]
    with pytest.raises(NotFound):
        staff.one(session, 0, by=people.admin, now=START)


def test_nobody_changes_their_own_roles_not_even_by_another_account(session: Session, people: People) -> None:
    # Given two administrators' accounts of one person
    other = hired(session, "admin+night@example.org", Role.ADMIN)
    hired(session, "third@example.org", Role.ADMIN)
    assert other.person == people.admin.person

    # Then neither changes, disables or enables the other
    for who in (people.admin, other):
        with pytest.raises(Forbidden, match="your own account"):
            to_roles(session, who, Role.ONCALL, by=people.admin)
        with pytest.raises(Forbidden, match="your own account"):
            disabled(session, who, by=people.admin)
        with pytest.raises(Forbidden, match="your own account"):
            staff.enable(session, who.id, version=1, by=people.admin, now=START)

    # And one's own name one may correct
    user = account(session, "admin@example.org")
    staff.change(session, user.id, Wanted("Adam A", "UTC", frozenset({Role.ADMIN})), version=1, by=people.admin, now=START)


def test_the_last_admin_and_the_last_approver_stay(session: Session, people: People) -> None:
    second = hired(session, "second-admin@example.org", Role.ADMIN)
    disabled(session, people.admin, by=second)
    acting = Actor(people.responder.id, "Rene", frozenset({Role.ADMIN}))  # as if somebody else still could
    with pytest.raises(Refused, match="last active admin"):
        disabled(session, second, by=acting)
    with pytest.raises(Refused, match="last active admin"):
        to_roles(session, second, Role.RESPONDER, by=acting)

    disabled(session, people.second_approver, by=second)
    with pytest.raises(Refused, match="last active approver"):
        disabled(session, people.approver, by=second)
    with pytest.raises(Refused, match="last active approver"):
        to_roles(session, people.approver, Role.RESPONDER, by=second)
    assert account(session, "approver@example.org").active


def test_two_administrators_at_once_do_not_take_the_last_two_approvers(
    engine: Engine, session: Session, people: People
) -> None:
    # Given two approvers and two administrators
    second = hired(session, "second-admin@example.org", Role.ADMIN)
    gate, refused = threading.Barrier(2), []

    def take(who: Actor, by: Actor) -> None:
        with Session(engine, expire_on_commit=False) as own:
            gate.wait()
            try:
                staff.disable(own, who.id, version=1, by=by, now=START)
            except Refused as refusal:
                refused.append(refusal.reason)

    # When each takes one away at the same moment
    session.rollback()
    pair = [threading.Thread(target=take, args=args)
            for args in ((people.approver, people.admin), (people.second_approver, second))]
    for one in pair:
        one.start()
    for one in pair:
        one.join()

    # Then one stays
    assert len(refused) == 1
    assert "last active approver" in refused[0]
    session.expire_all()
    assert sum(account(session, f"{name}@example.org").active for name in ("approver", "second_approver")) == 1


def test_disabling_ends_everything_at_once_and_names_the_shifts(session: Session, people: People) -> None:
    # Given somebody on call with a chat, a code under way, a token, a sign-in link and shifts, who is being paged
    _, token = accounts.make_token(session, "script", 30, by=people.oncall_person, now=START)
    link = accounts.make_sign_in_link(session, "oncall_person@example.org", now=START)
    code = linking.new_code(session, by=people.oncall_person, browser="b", now=START)
    linking.claim(session, code, linking_chat(), now=START)
    linking.confirm(session, linked_id(session, people), by=people.oncall_person, browser="b", now=START)
    waiting = linking.new_code(session, by=people.oncall_person, browser="b", now=START)
    shift = rota.add_shift(session, people.oncall_person.id, START, START + timedelta(hours=9), by=people.admin, now=START)
    alerts.send_demo(session, by=people.oncall_person, now=START)
    secret = signed_in(session, people.oncall_person)

    # When they are disabled
    user = account(session, "oncall_person@example.org")
    uncovered = staff.disable(session, user.id, version=user.version, by=people.admin, now=START)

    # Then nothing of it works, and the administrator sees what nobody covers
    assert [one.id for one in uncovered] == [shift.id]
    assert [one.id for one in staff.one(session, user.id, by=people.admin, now=START).uncovered] == [shift.id]
    assert accounts.bearer(session, token, now=START) is None
    with pytest.raises(Refused):
        accounts.use_sign_in_link(session, link, now=START)
    gone = account(session, "oncall_person@example.org")
    assert gone.telegram_chat_id is None
    assert sessions.find(session, secret, now=START) is None
    assert not linking.is_code(session, waiting, now=START)
    assert {send.state for send in session.scalars(select(AlertSend))} == {"skipped"}
    assert rota.on_call(session, START) is None

    # And enabled again, token and session stay dead
    staff.enable(session, user.id, version=gone.version, by=people.admin, now=START)
    assert account(session, "oncall_person@example.org").active
    assert sessions.find(session, secret, now=START) is None, "what was signed in stays ended"
    assert accounts.bearer(session, token, now=START) is None
    assert audit.verify(session).complete
    with pytest.raises(Conflict, match="active already"):
        staff.enable(session, user.id, version=gone.version, by=people.admin, now=START)


def linking_chat() -> Chat:
    """Return a private chat."""
    return Chat("7001", "private", "Ola")


def linked_id(session: Session, people: People) -> int:
    """Return the link that waits for a yes."""
    waiting = linking.latest(session, by=people.oncall_person, browser="b", now=START)
    assert waiting is not None
    return waiting.id


def test_only_administrators_see_and_change_accounts(session: Session, people: People) -> None:
    user = account(session, "reporter@example.org")
    for who in (people.responder, people.approver, people.auditor, people.oncall_person, people.reporter):
        with pytest.raises(Forbidden):
            staff.everybody(session, by=who, now=START)
        with pytest.raises(Forbidden):
            staff.one(session, user.id, by=who, now=START)
        with pytest.raises(Forbidden):
            staff.change(session, user.id, wanted(user, Role.ADMIN), version=1, by=who, now=START)
        with pytest.raises(Forbidden):
            staff.disable(session, user.id, version=1, by=who, now=START)
        with pytest.raises(Forbidden):
            staff.enable(session, user.id, version=1, by=who, now=START)
        with pytest.raises(Forbidden):
            staff.same_person(session, user.id, who.id, by=who, now=START)
    listed = staff.everybody(session, by=people.admin, now=START)
    assert [one.user.name for one in listed][:2] == ["Ada Approver", "Adam Admin"]


def test_nobody_acts_for_somebody_else_and_nobody_hands_their_right_on() -> None:
    """There is no impersonation and no delegation: neither a permission nor a use case speaks of it (T-27, T-40)."""
    words = ("impersonat", "delegat", "act_as", "on_behalf", "sudo", "become")
    assert not [one for one in (*Permission, *staff.__all__, *accounts.__all__) if any(word in one for word in words)]
