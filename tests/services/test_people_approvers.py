"""Nobody becomes approver by one person's word (T-27)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from incident_app.domain.accounts import SYSTEM, Actor, Role
from incident_app.domain.refusals import Conflict, Forbidden, NotFound, Refused
from incident_app.models.accounts import Invitation, User
from incident_app.models.proposals import Proposal
from incident_app.services import accounts, audit
from incident_app.services import people as staff
from incident_app.services.people import Wanted
from incident_app.services.people.finding import newest_invitation
from incident_app.services.signing_in import sessions
from tests.fakes import START
from tests.people import People
from tests.services.people_steps import (
    KEY,
    NEW,
    WHY,
    account,
    disabled,
    hired,
    secret_of,
    signed_in,
    to_roles,
)

APPROVER = replace(NEW, roles=frozenset({Role.APPROVER, Role.ONCALL}), reason=WHY)


def asked(session: Session, people: People) -> Proposal:
    """Return the request that the responder becomes approver too."""
    done = to_roles(session, people.responder, Role.RESPONDER, Role.APPROVER, by=people.admin, reason=WHY)
    assert done.asked is not None
    return done.asked


def agree(session: Session, one: Proposal, by: Actor) -> User:
    """Agree as this person."""
    return staff.agree(session, one.public_id, secret=KEY, by=by, now=START)


def test_an_administrator_asks_and_an_approver_agrees(session: Session, people: People) -> None:
    # Given a request about somebody who is signed in
    secret = signed_in(session, people.responder)
    one = asked(session, people)
    before = account(session, "responder@example.org")
    assert before.actor.roles == {Role.RESPONDER}, "nothing has changed yet"
    (shown,) = staff.requests(session, by=people.approver, now=START)
    assert (shown.user.id, shown.asked_by.id, shown.why_not) == (people.responder.id, people.admin.id, None)
    assert staff.one(session, people.responder.id, by=people.admin, now=START).asked
    assert sessions.find(session, secret, now=START) is not None, "asking alone ends nothing"

    # When an approver agrees
    agree(session, one, people.approver)

    # Then it is so, by two, and whoever was signed in comes in anew
    after = account(session, "responder@example.org")
    assert after.actor.roles == {Role.RESPONDER, Role.APPROVER}
    assert sessions.find(session, secret, now=START) is None
    assert staff.requests(session, by=people.approver, now=START) == []
    assert audit.verify(session).complete
    with pytest.raises(Conflict, match="answered already"):
        agree(session, one, people.second_approver)


def test_neither_who_asked_nor_the_person_concerned_agrees(session: Session, people: People) -> None:
    night = hired(session, "admin+night@example.org", Role.ADMIN)
    one = asked(session, people)
    for who in (people.admin, night):
        with pytest.raises(Forbidden, match="You asked for this"):
            agree(session, one, who)
    concerned = replace(people.responder, roles=frozenset({Role.ADMIN}))
    with pytest.raises(Forbidden, match="had a hand"):
        agree(session, one, concerned)
    for outsider in (people.responder, people.auditor, people.oncall_person, people.reporter):
        with pytest.raises(Forbidden, match="takes one of these roles"):
            agree(session, one, outsider)
        with pytest.raises(Forbidden):
            staff.requests(session, by=outsider, now=START)
        with pytest.raises(Forbidden):
            staff.refuse(session, one.public_id, WHY, by=outsider, now=START)
    assert account(session, "responder@example.org").actor.roles == {Role.RESPONDER}

    # And another administrator does
    other = hired(session, "second-admin@example.org", Role.ADMIN)
    assert Role.APPROVER in agree(session, one, other).actor.roles


def test_two_accounts_joined_meanwhile_are_one_person(session: Session, people: People) -> None:
    # Given a request, and an approver who turns out to be the administrator who asked
    one = asked(session, people)
    staff.same_person(session, people.admin.id, people.approver.id, by=people.admin, now=START)

    # Then neither account agrees
    for name in ("admin", "approver"):
        with pytest.raises(Forbidden, match="You asked"):
            agree(session, one, account(session, f"{name}@example.org").actor)
    with pytest.raises(Refused, match="Nothing was changed"):
        staff.same_person(session, people.admin.id, people.approver.id, by=people.admin, now=START)


def test_what_was_changed_meanwhile_has_to_be_asked_again(session: Session, people: People) -> None:
    one = asked(session, people)
    with pytest.raises(Conflict, match="waits for a second person"):
        asked(session, people)
    to_roles(session, people.responder, Role.RESPONDER, Role.ONCALL, by=people.admin)
    with pytest.raises(Conflict, match="changed since"):
        agree(session, one, people.approver)
    assert account(session, "responder@example.org").actor.roles == {Role.RESPONDER, Role.ONCALL}


def test_a_request_is_refused_withdrawn_or_lapses(session: Session, people: People) -> None:
    one = asked(session, people)
    with pytest.raises(Refused, match="not refused"):
        staff.refuse(session, one.public_id, "no", by=people.approver, now=START)
    assert staff.refuse(session, one.public_id, WHY, by=people.approver, now=START).state == "refused"
    assert staff.refuse(session, asked(session, people).public_id, "", by=people.admin, now=START).state == "withdrawn"
    third = asked(session, people)
    with pytest.raises(Conflict, match="within a day"):
        staff.agree(session, third.public_id, secret=KEY, by=people.approver, now=START + timedelta(days=1))
    with pytest.raises(NotFound):
        staff.agree(session, "nothing", secret=KEY, by=people.approver, now=START)


def test_nothing_is_asked_without_a_reason_or_where_nobody_could_agree(session: Session, people: People) -> None:
    with pytest.raises(Refused, match="Nothing was asked"):
        to_roles(session, people.responder, Role.APPROVER, by=people.admin, reason="because")
    for name in ("approver", "second_approver"):
        account(session, f"{name}@example.org").active = False
    session.commit()
    with pytest.raises(Refused, match="incident-app create-user"):
        to_roles(session, people.responder, Role.APPROVER, by=people.admin, reason=WHY)
    with pytest.raises(Refused, match="incident-app create-user"):
        staff.invite(session, APPROVER, secret=KEY, by=people.admin, now=START)
    assert accounts.find(session, "new@example.org") is None


def test_who_is_invited_as_approver_is_written_to_once_a_second_person_agreed(session: Session, people: People) -> None:
    # Given somebody invited as approver
    user, one = staff.invite(session, APPROVER, secret=KEY, by=people.admin, now=START)
    assert isinstance(one, Proposal)
    assert user.actor.roles == {Role.ONCALL}
    assert newest_invitation(session, user.id) is None
    assert staff.one(session, user.id, by=people.admin, now=START).state == "waiting"

    # When a second person agrees
    agree(session, one, people.approver)

    # Then the invitation goes out, and lets them in as what both said
    made = newest_invitation(session, user.id)
    assert isinstance(made, Invitation)
    assert not account(session, "new@example.org").active
    assert staff.accept(session, secret_of(made), now=START).actor.roles == {Role.APPROVER, Role.ONCALL}


def test_an_invitation_that_was_refused_can_be_asked_again_or_go_out_for_less(session: Session, people: People) -> None:
    user, one = staff.invite(session, replace(APPROVER, roles=frozenset({Role.APPROVER})), secret=KEY, by=people.admin,
                             now=START)
    assert isinstance(one, Proposal)
    staff.refuse(session, one.public_id, WHY, by=people.approver, now=START)
    assert staff.one(session, user.id, by=people.admin, now=START).state == "disabled"
    for act in (lambda: staff.resend(session, user.id, secret=KEY, by=people.admin, now=START),
                lambda: staff.enable(session, user.id, version=user.version, by=people.admin, now=START)):
        with pytest.raises(Conflict):
            act()

    again = to_roles(session, user.actor, Role.APPROVER, by=people.admin, reason=WHY).asked
    assert again is not None
    assert again.facts["then"] == "invite"
    staff.refuse(session, again.public_id, WHY, by=people.approver, now=START)
    to_roles(session, user.actor, Role.RESPONDER, by=people.admin)
    _, made = staff.resend(session, user.id, secret=KEY, by=people.admin, now=START)
    assert staff.accept(session, secret_of(made), now=START).actor.roles == {Role.RESPONDER}


def test_an_approver_who_was_disabled_comes_back_by_two(session: Session, people: People) -> None:
    accounts.use_sign_in_link(session, accounts.make_sign_in_link(session, "approver@example.org", now=START), now=START)
    disabled(session, people.approver, by=people.admin)
    version = account(session, "approver@example.org").version
    done = staff.enable(session, people.approver.id, version=version, by=people.admin, now=START, reason=WHY)
    assert done.asked is not None
    assert not account(session, "approver@example.org").active
    assert staff.one(session, people.approver.id, by=people.admin, now=START).state == "waiting"
    agree(session, done.asked, people.second_approver)
    assert account(session, "approver@example.org").active


def test_the_first_approver_is_made_on_the_server_and_by_nobody_else(session: Session, people: People) -> None:
    made = accounts.add_user(session, "first@example.org", "First", {Role.APPROVER}, zone="UTC", by=SYSTEM, now=START)
    assert made.actor.roles == {Role.APPROVER}
    with pytest.raises(Refused, match="takes a second person"):
        accounts.add_user(session, "b@example.org", "B", {Role.APPROVER}, zone="UTC", by=people.admin, now=START)


def test_one_person_is_never_admin_and_approver_by_two_accounts(session: Session, people: People) -> None:
    with pytest.raises(Refused, match="same person"):
        hired(session, "admin+sign@example.org", Role.APPROVER)
    with pytest.raises(Refused, match="same person"):
        staff.invite(session, replace(APPROVER, email="admin+sign@example.org"), secret=KEY, by=people.admin, now=START)
    night = hired(session, "responder+night@example.org", Role.ONCALL)
    to_roles(session, night, Role.ADMIN, by=people.admin)
    with pytest.raises(Refused, match="same person"):
        to_roles(session, people.responder, Role.APPROVER, by=people.admin, reason=WHY)
    assert accounts.find(session, "admin+sign@example.org") is None
    with pytest.raises(Refused, match="same person"):
        staff.change(session, people.responder.id, Wanted("Rene", "UTC", frozenset({Role.AUDITOR})), version=1,
                     by=people.admin, now=START)
