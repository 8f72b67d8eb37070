"""Coming in, and tokens."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from incident_app.domain.accounts import SYSTEM, Actor, Role
from incident_app.domain.refusals import Forbidden, NotFound, Refused
from incident_app.services import accounts
from tests.fakes import START


def test_a_link_signs_in_once_within_half_an_hour(session: Session, responder: Actor) -> None:
    secret = accounts.make_sign_in_link(session, "responder@example.org", now=START)
    assert accounts.use_sign_in_link(session, secret, now=START).id == responder.id

    with pytest.raises(Refused, match="works once"):
        accounts.use_sign_in_link(session, secret, now=START)
    late = accounts.make_sign_in_link(session, "responder@example.org", now=START)
    with pytest.raises(Refused, match="expired"):
        accounts.use_sign_in_link(session, late, now=START + timedelta(minutes=30))
    with pytest.raises(Refused, match="not known"):
        accounts.use_sign_in_link(session, "guess", now=START)


def test_a_disabled_account_does_not_come_in(session: Session, responder: Actor) -> None:
    secret = accounts.make_sign_in_link(session, "responder@example.org", now=START)
    _, token = accounts.make_token(session, "script", 30, by=responder, now=START)
    user = accounts.find(session, "responder@example.org")
    assert user is not None
    user.active = False
    session.commit()

    with pytest.raises(Refused, match="not active"):
        accounts.use_sign_in_link(session, secret, now=START)
    with pytest.raises(NotFound):
        accounts.make_sign_in_link(session, "responder@example.org", now=START)
    assert accounts.bearer(session, token, now=START) is None
    assert responder.id not in {one.id for one in accounts.everybody(session)}
    assert accounts.names(session)[responder.id] == "Rene Responder"


def test_roles_that_exclude_each_other_are_refused(session: Session, admin: Actor, responder: Actor) -> None:
    for roles in ({Role.ADMIN, Role.APPROVER}, {Role.AUDITOR, Role.RESPONDER}, set()):
        with pytest.raises(Refused):
            accounts.add_user(session, "new@example.org", "New", roles, zone="UTC", by=admin, now=START)
    with pytest.raises(Forbidden):
        accounts.add_user(session, "new@example.org", "New", {Role.REPORTER}, zone="UTC", by=responder, now=START)
    with pytest.raises(Refused, match="not an email"):
        accounts.add_user(session, "new", "New", {Role.REPORTER}, zone="UTC", by=admin, now=START)
    with pytest.raises(Refused) as refused:
        accounts.add_user(session, "new@example.org", " ", {Role.REPORTER}, zone="Mars/Base", by=SYSTEM, now=START)
    assert set(refused.value.problems) == {"name", "zone"}
    with pytest.raises(Refused, match="account with this address"):
        accounts.add_user(session, "ADMIN@example.org", "New", {Role.REPORTER}, zone="UTC", by=SYSTEM, now=START)
    made = accounts.add_user(session, "new@example.org", "New", {Role.REPORTER}, zone="UTC", by=admin, now=START)
    assert made.actor.roles == {Role.REPORTER}


def test_a_token_lives_until_it_expires_or_is_revoked(session: Session, responder: Actor, approver: Actor) -> None:
    token, secret = accounts.make_token(session, "script", 30, by=responder, now=START)
    owner = accounts.bearer(session, secret, now=START)
    assert owner is not None
    assert owner.id == responder.id
    assert accounts.bearer(session, secret, now=START + timedelta(days=30)) is None
    assert accounts.bearer(session, "guess", now=START) is None
    assert [one.id for one in accounts.tokens_of(session, responder.id)] == [token.id]

    with pytest.raises(NotFound):
        accounts.revoke_token(session, token.id, by=approver, now=START)
    accounts.revoke_token(session, token.id, by=responder, now=START)
    accounts.revoke_token(session, token.id, by=responder, now=START)
    assert accounts.bearer(session, secret, now=START) is None
    with pytest.raises(Refused) as refused:
        accounts.make_token(session, " ", 0, by=responder, now=START)
    assert set(refused.value.problems) == {"name", "days"}
