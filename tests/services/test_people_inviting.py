"""Invitations: a stored row, once, three days, with the roles that stand on the account (T-18)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Role
from incident_app.domain.refusals import Conflict, Forbidden, NotFound, Refused
from incident_app.models.accounts import Invitation
from incident_app.models.linking import StaffNote
from incident_app.models.organisation import Organisation
from incident_app.services import accounts, audit, linking
from incident_app.services import people as staff
from tests.fakes import START, FakeChannel, FakeClock
from tests.people import People
from tests.services.people_steps import KEY, NEW, account, disabled, hired, secret_of, to_roles

URL = "https://breaches.example.org"


def sent(session: Session, clock: FakeClock, key: bytes = KEY) -> list[str]:
    """Send what waits by email, and return the texts."""
    mail = FakeChannel("email")
    linking.send_notes(session, {"email": mail}, clock=clock, fill=staff.filled(session, secret=key, public_url=URL))
    return [message.text for message in mail.sent]


def test_an_invitation_lets_its_owner_in_once_with_the_roles_that_stand_on_it(session: Session, people: People) -> None:
    # Given somebody who is invited, and is nobody yet
    user, made = staff.invite(session, NEW, secret=KEY, by=people.admin, now=START)
    assert not user.active
    assert user.id not in {one.id for one in accounts.everybody(session)}
    assert staff.one(session, user.id, by=people.admin, now=START).state == "invited"
    assert staff.invited(session, secret_of(made), now=START).id == user.id

    # When they accept
    owner = staff.accept(session, secret_of(made), now=START + timedelta(days=2))

    # Then they are what the administrator said, and the link is spent
    assert owner.active
    assert owner.actor.roles == {Role.RESPONDER}
    with pytest.raises(Refused, match="works once"):
        staff.accept(session, secret_of(made), now=START)
    assert staff.one(session, user.id, by=people.admin, now=START).state == "active"
    with pytest.raises(Conflict, match="came in before"):
        staff.resend(session, user.id, secret=KEY, by=people.admin, now=START)
    assert audit.verify(session).complete


def test_an_invitation_ends_after_three_days_or_when_a_newer_one_is_made(session: Session, people: People) -> None:
    user, first = staff.invite(session, NEW, secret=KEY, by=people.admin, now=START)
    late = START + timedelta(days=3)
    with pytest.raises(Refused, match="expired"):
        staff.accept(session, secret_of(first), now=late)
    assert staff.one(session, user.id, by=people.admin, now=late).state == "lapsed"

    _, second = staff.resend(session, user.id, secret=KEY, by=people.admin, now=late)
    with pytest.raises(Refused, match="replaced by a newer one"):
        staff.accept(session, secret_of(first), now=late)
    with pytest.raises(Refused, match="not known"):
        staff.accept(session, "guess", now=late)
    assert staff.accept(session, secret_of(second), now=late).active


def test_the_email_carries_the_link_and_the_database_does_not(session: Session, people: People, clock: FakeClock) -> None:
    # Given an invitation whose email waits
    _, made = staff.invite(session, NEW, secret=KEY, by=people.admin, now=START)
    secret = secret_of(made)
    waiting = session.scalars(select(StaffNote)).one()

    # Then neither the email in the database nor the row of the invitation has the secret
    assert secret not in waiting.text
    assert secret not in repr(vars(session.scalars(select(Invitation)).one()))

    # And what goes out has it
    (text,) = sent(session, clock)
    assert f"{URL}/invitation/{secret}" in text
    assert text.startswith("Hello Nia New")
    assert "Assistant bot service keeps" in text


def test_an_email_that_leaves_after_the_invitation_was_withdrawn_has_no_link(
    session: Session, people: People, clock: FakeClock
) -> None:
    user, made = staff.invite(session, NEW, secret=KEY, by=people.admin, now=START)
    disabled(session, user.actor, by=people.admin)
    (text,) = sent(session, clock)
    assert "withdrawn" in text
    assert secret_of(made) not in text
    with pytest.raises(Refused, match="withdrawn"):
        staff.accept(session, secret_of(made), now=START)
    assert staff.one(session, user.id, by=people.admin, now=START).state == "disabled"

    # And who was withdrawn may be invited again, not enabled
    with pytest.raises(Conflict, match="invite them again"):
        staff.enable(session, user.id, version=user.version, by=people.admin, now=START)
    _, again = staff.resend(session, user.id, secret=KEY, by=people.admin, now=START)
    assert staff.accept(session, secret_of(again), now=START).active


def test_other_notes_leave_as_they_are_and_an_organisation_without_a_name_invites_too(
    session: Session, people: People, clock: FakeClock
) -> None:
    session.execute(delete(Organisation))
    session.commit()
    staff.invite(session, NEW, secret=KEY, by=people.admin, now=START)
    linking.test(session, "email", by=people.oncall_person, now=START)
    invitation, test = sent(session, clock)
    assert "Your organisation keeps" in invitation
    assert test.startswith("This is a test")


def test_a_wrong_invitation_is_refused_by_field_and_nothing_is_kept(session: Session, people: People) -> None:
    with pytest.raises(Refused) as refused:
        staff.invite(session, replace(NEW, name="", zone="Mars/Base", roles=frozenset()), secret=KEY, by=people.admin,
                     now=START)
    assert set(refused.value.problems) == {"name", "zone", "roles"}
    with pytest.raises(Refused, match="not an email"):
        staff.invite(session, replace(NEW, email="new"), secret=KEY, by=people.admin, now=START)
    with pytest.raises(Refused, match="account with this address"):
        staff.invite(session, replace(NEW, email="Admin@example.org"), secret=KEY, by=people.admin, now=START)
    for who in (people.responder, people.approver, people.auditor):
        with pytest.raises(Forbidden):
            staff.invite(session, NEW, secret=KEY, by=who, now=START)
    assert accounts.find(session, "new@example.org") is None
    assert session.scalars(select(StaffNote)).all() == []
    with pytest.raises(NotFound):
        staff.resend(session, 2**40, secret=KEY, by=people.admin, now=START)


def test_nobody_accepts_roles_that_exclude_what_they_became_meanwhile(session: Session, people: People) -> None:
    # Given an admin-to-be, and another account of the same mailbox that became approver meanwhile
    _, made = staff.invite(session, replace(NEW, roles=frozenset({Role.ADMIN})), secret=KEY, by=people.admin, now=START)
    hired(session, "new+second@example.org", Role.APPROVER)

    # Then the invitation is refused
    with pytest.raises(Refused, match="same person"):
        staff.accept(session, secret_of(made), now=START)
    assert not account(session, "new@example.org").active


def test_who_was_never_invited_is_not_invited_again_as_approver(session: Session, people: People) -> None:
    made = hired(session, "console@example.org", Role.APPROVER)
    disabled(session, made, by=people.admin)
    with pytest.raises(Conflict, match="no invitation"):
        staff.resend(session, made.id, secret=KEY, by=people.admin, now=START)
    to_roles(session, made, Role.RESPONDER, by=people.admin)
    assert staff.resend(session, made.id, secret=KEY, by=people.admin, now=START)[1].user_id == made.id
