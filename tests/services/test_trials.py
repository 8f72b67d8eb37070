"""Trial mode is ended by two administrators, and turned on again by one."""

from collections.abc import Collection
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor, Role
from incident_app.domain.record.words import is_known
from incident_app.domain.refusals import Conflict, Forbidden, NotFound, Refused
from incident_app.models.accounts import User
from incident_app.models.audit import Entry
from incident_app.models.linking import StaffNote
from incident_app.models.proposals import Proposal
from incident_app.models.trials import TrialEnd
from incident_app.services import accounts, audit, trials
from incident_app.services.deliveries import restoring
from incident_app.services.unit import writing
from tests.fakes import START
from tests.people import People
from tests.services.trial_steps import URL, WHY, agree, ask, ended, second_admin, turn_on

LATER = START + timedelta(hours=2)


@pytest.fixture
def anna(session: Session, people: People) -> Actor:
    """A second administrator."""
    del people
    return second_admin(session)


def mode(session: Session, set_to: str = "trial") -> str:
    """Return how messages are sent now, and end the transaction that looked."""
    found = trials.mode_now(session, set_to)
    session.rollback()
    return found


def given(session: Session, who: Actor, roles: Collection[Role], *, active: bool = True) -> None:
    """Give an account other roles behind everybody's back, or let it be disabled."""
    with writing(session):
        user = session.get_one(User, who.id)
        accounts.set_roles(session, user, roles)
        user.active = active


def told(session: Session) -> dict[str, str]:
    """Return who was written to by email since we looked last, with the first words."""
    found = {note.address.partition("@")[0]: note.text for note in session.scalars(select(StaffNote).where(StaffNote.kind == "trial"))}
    with writing(session):
        for note in session.scalars(select(StaffNote)):
            session.delete(note)
    return found


def actions(session: Session) -> list[str]:
    """Return what the record says of trial mode."""
    return list(session.scalars(select(Entry.action).where(Entry.action.like("trial.%")).order_by(Entry.seq)))


def test_one_administrator_asks_a_second_one_agrees_and_any_one_turns_it_on_again(session: Session, people: People, anna: Actor) -> None:
    # Given an installation that is tried out
    assert mode(session) == "trial"

    # When an administrator asks to end that, then it stays on, and the other one hears of it, and who approves notices
    asked = ask(session, people.admin)
    assert mode(session) == "trial"
    heard = told(session)
    assert set(heard) == {"second_admin", "approver", "second_approver"}
    assert f"{people.admin.name} asks to end trial mode." in heard["second_admin"]
    assert f"{URL}/trial-mode" in heard["second_admin"]
    standing = trials.look(session, "trial", by=people.auditor, now=START)
    assert standing.asked is not None
    assert (standing.mode, standing.asked.proposal.reason, standing.asked.asked_by.id) == ("trial", WHY, people.admin.id)

    # When the second one agrees, then messages go out to everybody, and who may change or use that hears it
    agree(session, asked, anna, now=LATER)
    assert mode(session) == "live"
    assert set(told(session)) == {"admin", "second_admin", "approver", "second_approver"}
    by_whom = f"trial mode was ended by {people.admin.name} and Anna Admin on Mon 23 Nov 2026 11:40 UTC"
    assert by_whom in trials.look(session, "trial", by=people.reporter, now=LATER).ended
    assert by_whom in trials.said(session, "trial")

    # When one of them turns it on again, then it is on at once
    turn_on(session, people.admin, now=LATER)
    assert mode(session) == "trial"
    assert "Adam Admin turned it on" in told(session)["approver"]
    assert trials.look(session, "trial", by=people.reporter, now=LATER).ended == ""

    # Then each step is on record, in words, and the record holds
    assert actions(session) == ["trial.end.asked", "trial.end.agreed", "trial.ended", "trial.resumed"]
    assert all(map(is_known, actions(session)))
    assert audit.verify(session).complete


def test_who_asked_does_not_agree_and_neither_do_their_other_account_or_others_than_administrators(session: Session, people: People, anna: Actor) -> None:
    asked = ask(session, people.admin)
    night = second_admin(session, "night@example.org")
    with writing(session):
        accounts.join(session, session.get_one(User, night.id), session.get_one(User, people.admin.id), why="one person", by=anna, now=START)
    for who in (people.admin, session.get_one(User, night.id).actor):
        with pytest.raises(Forbidden, match="You asked for this"):
            agree(session, asked, who)
    for who in (people.approver, people.responder, people.auditor, people.oncall_person, people.reporter):
        with pytest.raises(Forbidden, match="takes one of these roles: admin"):
            agree(session, asked, who)
        with pytest.raises(Forbidden):
            ask(session, who)
        with pytest.raises(Forbidden):
            trials.refuse(session, asked.public_id, WHY, public_url=URL, by=who, now=START)
        with pytest.raises(Forbidden):
            turn_on(session, who)
    assert mode(session) == "trial"


def test_it_takes_a_reason_somebody_to_agree_and_is_asked_once(session: Session, people: People) -> None:
    with pytest.raises(Refused, match="takes a second administrator"):
        ask(session, people.admin)
    anna = second_admin(session)
    with pytest.raises(Refused) as short:
        ask(session, people.admin, reason="Ready.")
    assert "Say why" in short.value.problems["reason"]
    ask(session, people.admin)
    with pytest.raises(Conflict, match="waits for a second person already"):
        ask(session, anna)


@pytest.mark.parametrize(("roles", "active"), [({Role.REPORTER}, True), ({Role.ADMIN}, False)])
def test_a_request_falls_with_who_asked_for_it(session: Session, people: People, anna: Actor, roles: set[Role], *, active: bool) -> None:
    # Given a request of somebody who is no administrator any more, or whose account was disabled
    asked = ask(session, people.admin)
    given(session, people.admin, roles, active=active)
    assert trials.look(session, "trial", by=anna, now=START).asked is None

    # When the second one agrees, then nothing happens but that the request falls
    with pytest.raises(Conflict, match="has to be asked again"):
        agree(session, asked, anna)
    assert mode(session) == "trial"
    assert actions(session) == ["trial.end.asked", "trial.end.voided"]
    with pytest.raises(Conflict, match="answered already"):
        agree(session, asked, anna)


def test_a_request_that_fell_is_not_in_the_way_of_another(session: Session, people: People, anna: Actor) -> None:
    third = second_admin(session, "third@example.org")
    ask(session, people.admin)
    given(session, people.admin, {Role.REPORTER})

    asked = ask(session, anna)

    agree(session, asked, third)
    assert mode(session) == "live"
    assert actions(session)[:3] == ["trial.end.asked", "trial.end.voided", "trial.end.asked"]


@pytest.mark.parametrize(("roles", "active"), [({Role.REPORTER}, True), ({Role.ADMIN}, False)])
def test_who_stopped_being_an_administrator_since_the_page_was_open_does_not_agree(
    session: Session, people: People, anna: Actor, roles: set[Role], *, active: bool
) -> None:
    asked = ask(session, people.admin)
    given(session, anna, roles, active=active)

    with pytest.raises(Forbidden):
        agree(session, asked, anna)

    assert mode(session) == "trial"


def test_a_request_lapses_after_a_day_and_is_of_no_other_kind(session: Session, people: People, anna: Actor) -> None:
    asked = ask(session, people.admin)
    tomorrow = START + timedelta(hours=24)
    with pytest.raises(Conflict, match="within a day"):
        agree(session, asked, anna, now=tomorrow)
    assert trials.look(session, "trial", by=anna, now=tomorrow).asked is None
    with pytest.raises(NotFound):
        agree(session, Proposal(public_id="another"), anna)
    agree(session, ask(session, anna, now=tomorrow), people.admin, now=tomorrow)
    assert mode(session) == "live"


def test_it_is_refused_with_a_reason_that_who_asked_can_read_or_withdrawn(session: Session, people: People, anna: Actor) -> None:
    # Given a request that the second administrator refuses
    asked = ask(session, people.admin)
    told(session)
    reason = "The mail provider has not been tried yet."
    trials.refuse(session, asked.public_id, reason, public_url=URL, by=anna, now=LATER)

    # Then who asked hears it and finds the reason, and trial mode stays on
    assert set(told(session)) == {"admin"}
    refused = trials.look(session, "trial", by=people.admin, now=LATER).refused
    assert refused is not None
    assert refused.answered_by is not None
    assert (refused.proposal.answer_reason, refused.answered_by.id) == (reason, anna.id)
    assert mode(session) == "trial"

    # When they ask again and withdraw it, then nobody is told, and no refusal is shown
    again = ask(session, people.admin, now=LATER)
    told(session)
    trials.refuse(session, again.public_id, "", public_url=URL, by=people.admin, now=LATER)
    assert told(session) == {}
    assert trials.look(session, "trial", by=people.admin, now=LATER).refused is None
    assert actions(session)[1::2] == ["trial.end.refused", "trial.end.withdrawn"]


@pytest.mark.parametrize("set_to", ["simulate", "live"])
def test_what_the_server_was_told_otherwise_is_not_changed_here(session: Session, people: People, anna: Actor, set_to: str) -> None:
    asked = ask(session, people.admin)
    for act in (lambda: ask(session, anna, set_to=set_to), lambda: agree(session, asked, anna, set_to=set_to),
                lambda: turn_on(session, anna, set_to=set_to)):
        with pytest.raises(Conflict, match="set on the server"):
            act()
    assert mode(session, set_to) == set_to
    standing = trials.look(session, set_to, by=anna, now=START)
    assert (standing.mode, standing.ended) == (set_to, "")
    assert trials.said(session, set_to).startswith(set_to[:7])


def test_what_is_on_is_not_turned_on_and_what_is_over_not_ended(session: Session, people: People) -> None:
    with pytest.raises(Conflict, match="on already"):
        turn_on(session, people.admin)
    ended(session, people.admin)
    with pytest.raises(Conflict, match="not on"):
        ask(session, people.admin)


def test_whoever_sets_the_server_to_trial_again_finds_it_on(session: Session, people: People) -> None:
    # Given trial mode that was ended, and a server that still says trial
    ended(session, people.admin)
    assert not trials.follow_server(session, "trial", now=LATER)
    assert mode(session) == "live"

    # When the server is told something else, and then trial once more
    assert trials.follow_server(session, "live", now=LATER)
    assert not trials.follow_server(session, "live", now=LATER)

    # Then it is on
    assert mode(session) == "trial"
    assert actions(session)[-1] == "trial.resumed"


def test_a_database_put_back_from_a_backup_is_in_trial_mode_again(session: Session, people: People) -> None:
    ended(session, people.admin)

    restoring.hold(session, now=LATER)

    assert mode(session) == "trial"
    last = session.scalars(select(TrialEnd)).one()
    assert (last.resumed_at, last.resumed_by_id) == (LATER, None)
    assert "put back from a backup" in session.scalars(select(Entry.details).where(Entry.action == "trial.resumed")).one()["reason"]


def test_where_somebody_else_turned_it_on_between_two_looks_nothing_is_written(session: Session, people: People) -> None:
    with writing(session):
        assert not trials.back_on(session, "", by=people.admin, now=START)
    assert actions(session) == []
