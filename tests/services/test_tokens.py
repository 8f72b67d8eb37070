"""Tokens: chosen rights, never more than their owner's, dead with the owner (T-30)."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor, Permission, Role, may, rights
from incident_app.domain.refusals import Forbidden, Refused
from incident_app.models.accounts import ApiToken
from incident_app.models.linking import StaffNote
from incident_app.services import accounts
from incident_app.services import people as staff
from tests.fakes import START
from tests.people import People
from tests.services.people_steps import account, disabled, to_roles


def acts(session: Session, secret: str, **later: float) -> Actor:
    """Return who acts by a token."""
    held = accounts.bearer(session, secret, now=START + timedelta(**later))
    assert held is not None
    return held.actor


def test_a_token_may_what_was_chosen_and_no_more(session: Session, people: People) -> None:
    made, secret = accounts.make_token(session, "reader", 30, by=people.approver, now=START, scopes=[Permission.SEE_CASES])
    actor = acts(session, secret)
    assert rights(actor) == {Permission.SEE_CASES, Permission.SEE_OWN_ACCOUNT}
    assert actor.person == people.approver.person
    with pytest.raises(Forbidden):
        accounts.make_token(session, "child", 30, by=actor, now=START)
    assert made.scopes == ["see_cases"]

    # And without a choice it is all its owner may
    _, everything = accounts.make_token(session, "all", 30, by=people.approver, now=START)
    assert rights(acts(session, everything)) == rights(people.approver)


def test_a_token_made_by_a_token_has_no_more_than_that(session: Session, people: People) -> None:
    _, secret = accounts.make_token(session, "maker", 30, by=people.approver, now=START,
                                    scopes=[Permission.MAKE_TOKEN, Permission.SEE_CASES])
    maker = acts(session, secret)
    _, child = accounts.make_token(session, "child", 30, by=maker, now=START)
    assert rights(acts(session, child)) == rights(maker)
    with pytest.raises(Refused) as refused:
        accounts.make_token(session, "child", 30, by=maker, now=START, scopes=[Permission.APPROVE_NOTICE])
    assert "approve notice" in refused.value.problems["scopes"]


def test_nothing_broader_than_its_owner_is_made(session: Session, people: People) -> None:
    for scopes in ([Permission.APPROVE_NOTICE], []):
        with pytest.raises(Refused) as refused:
            accounts.make_token(session, "more", 30, by=people.responder, now=START, scopes=scopes)
        assert list(refused.value.problems) == ["scopes"]
    for name in ("", "x" * 101, "two\nlines"):
        with pytest.raises(Refused):
            accounts.make_token(session, name, 30, by=people.responder, now=START)


def test_what_the_owner_loses_the_token_loses_at_once(session: Session, people: People) -> None:
    _, secret = accounts.make_token(session, "script", 30, by=people.second_approver, now=START)
    assert may(acts(session, secret), Permission.APPROVE_NOTICE)
    to_roles(session, people.second_approver, Role.REPORTER, by=people.admin)
    assert not may(acts(session, secret), Permission.APPROVE_NOTICE)
    disabled(session, people.second_approver, by=people.admin)
    assert accounts.bearer(session, secret, now=START) is None


def test_when_it_was_used_is_noted_once_a_minute_at_most(session: Session, people: People) -> None:
    made, secret = accounts.make_token(session, "script", 30, by=people.responder, now=START)
    seen = []
    for seconds in (0, 59, 60):
        acts(session, secret, seconds=seconds)
        session.expire_all()
        seen.append(session.get_one(ApiToken, made.id).last_used_at)
    assert seen == [START, START, START + timedelta(seconds=60)]


def test_the_owner_hears_once_that_a_token_ends_within_two_weeks(session: Session, people: People) -> None:
    # Given tokens that end in a month, in ten days by intent, and one that is revoked
    accounts.make_token(session, "nightly", 30, by=people.responder, now=START)
    accounts.make_token(session, "short", 10, by=people.responder, now=START)
    gone, _ = accounts.make_token(session, "gone", 30, by=people.approver, now=START)
    accounts.revoke_token(session, gone.id, by=people.approver, now=START)
    assert staff.warn(session, now=START) == 0

    # When two weeks are left of the first
    assert staff.warn(session, now=START + timedelta(days=16)) == 1
    assert staff.warn(session, now=START + timedelta(days=16, hours=1)) == 0

    # Then its owner is written to, once
    (note,) = session.scalars(select(StaffNote)).all()
    assert note.address == account(session, "responder@example.org").email
    assert "nightly" in note.text
    assert "ia_" not in note.text
