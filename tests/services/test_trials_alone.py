"""Nobody ends trial mode alone: not by an account they made for themselves, nor by one that such an account made."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor, Role
from incident_app.domain.refusals import Forbidden, Refused
from incident_app.models.accounts import User
from incident_app.services import people as staff
from incident_app.services import trials
from incident_app.services.people import Newcomer
from tests.fakes import START
from tests.people import People
from tests.services.people_steps import KEY, account, disabled, secret_of, to_roles
from tests.services.trial_steps import WHY, agree, ask, second_admin

SOON = START + timedelta(days=2)
A_WEEK_ON = START + timedelta(days=7)


def brought_in(session: Session, email: str, *roles: Role, by: Actor, now: datetime = START) -> Actor:
    """Return somebody who was invited and came in."""
    made = staff.invite(session, Newcomer(email, "Nia New", frozenset(roles), "UTC"), secret=KEY, by=by, now=now)[1]
    return staff.accept(session, secret_of(made), now=now).actor


def made_admin(session: Session, people: People) -> Actor:
    """An account of somebody who has been here for long, made an administrator's."""
    to_roles(session, people.responder, Role.ADMIN, by=people.admin)
    return session.get_one(User, people.responder.id).actor


def enabled_again(session: Session, people: People) -> Actor:
    """The account of an administrator who had left, enabled again."""
    anna = second_admin(session)
    disabled(session, anna, by=people.admin)
    staff.enable(session, anna.id, version=account(session, "second_admin@example.org").version, by=people.admin, now=START)
    return anna


def invited(session: Session, people: People) -> Actor:
    """A new account, at an address of the one who invites perhaps."""
    return brought_in(session, "puppet@elsewhere.example", Role.ADMIN, by=people.admin)


def invited_by_one_who_was(session: Session, people: People) -> Actor:
    """An account that such a new account invited."""
    return brought_in(session, "second@elsewhere.example", Role.ADMIN, by=invited(session, people))


def mode(session: Session) -> str:
    return trials.mode_now(session, "trial")


@pytest.mark.parametrize("comes", [invited, invited_by_one_who_was, made_admin, enabled_again])
@pytest.mark.parametrize("turned", [False, True])
def test_who_brought_another_administrator_in_does_not_end_it_with_them_for_a_week(
    session: Session, people: People, comes: Callable[[Session, People], Actor], *, turned: bool
) -> None:
    # Given an administrator, and another whom they brought in
    puppet = comes(session, people)
    first, second = (puppet, people.admin) if turned else (people.admin, puppet)

    # When they ask, then nobody could agree, and they hear why and what they can do
    with pytest.raises(Refused, match="Nobody could agree to this yet") as refused:
        ask(session, first, now=SOON)
    assert "DELIVERY_MODE=live" in refused.value.problems["reason"]

    # When there is somebody else, whom neither brought in, then only that one agrees
    other = second_admin(session, "other@example.org")
    asked = ask(session, first, now=SOON)
    seen = trials.look(session, "trial", by=second, now=SOON).asked
    assert seen is not None
    assert (seen.why_not, seen.own) == (trials.ONE_SIDE, False)
    with pytest.raises(Forbidden, match="Less than 7 days before this was asked"):
        agree(session, asked, second, now=SOON)
    assert mode(session) == "trial"
    agree(session, asked, other, now=SOON)
    assert mode(session) == "live"


def test_after_a_week_a_small_team_ends_it(session: Session, people: People) -> None:
    # Given a team of two administrators, one of whom invited the other a week ago, less a second
    puppet = invited(session, people)
    with pytest.raises(Refused, match="yet"):
        ask(session, people.admin, now=A_WEEK_ON - timedelta(seconds=1))

    # When the week is over, then they end it
    agree(session, ask(session, people.admin, now=A_WEEK_ON), puppet, now=A_WEEK_ON)

    assert mode(session) == "live"


def test_what_was_asked_too_early_is_not_agreed_to_as_the_week_goes_over(session: Session, people: People) -> None:
    second_admin(session)
    puppet = invited(session, people)
    early = A_WEEK_ON - timedelta(hours=2)
    asked = ask(session, people.admin, now=early)

    with pytest.raises(Forbidden):
        agree(session, asked, puppet, now=A_WEEK_ON + timedelta(hours=2))

    assert mode(session) == "trial"


def test_who_is_brought_in_after_it_was_asked_does_not_agree_either(session: Session, people: People) -> None:
    second_admin(session)
    asked = ask(session, people.admin, now=SOON)
    puppet = brought_in(session, "puppet@elsewhere.example", Role.ADMIN, by=people.admin, now=SOON)

    with pytest.raises(Forbidden):
        agree(session, asked, puppet, now=SOON)

    assert mode(session) == "trial"


def test_other_changes_of_an_account_bring_nobody_to_ones_side(session: Session, people: People) -> None:
    # Given another administrator whose name one changed, and who is told apart from who asked by the server that made them
    anna = second_admin(session)
    to_roles(session, anna, Role.ADMIN, Role.ONCALL, by=people.admin)

    # When one asks, then they agree
    agree(session, ask(session, people.admin, reason=WHY, now=SOON), anna, now=SOON)

    assert mode(session) == "live"
