"""Who takes a case of another team reads it while they own it; who leaves its team owns it no more."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.refusals import Forbidden, NotFound
from incident_app.models.alerts import Alert, AlertSend
from incident_app.models.audit import Entry
from incident_app.services import alerts, cases, scope, teams
from tests.builders import a_case
from tests.people import People
from tests.services.team_steps import SOON, a_team, again, woken


def test_who_takes_a_case_of_another_team_reads_it_while_they_hold_it(session: Session, people: People) -> None:
    # Given a responder of another team, woken about a team's case
    team = a_team(session, people, people.approver)
    a_team(session, people, people.responder, name="Green")
    case = a_case(session, people.reporter, team=team.id)
    alerts.raise_due(session, now=SOON)
    alert = session.scalars(select(Alert).where(Alert.raised_at.is_not(None))).first()
    assert alert is not None
    session.add(AlertSend(public_id="p", alert_id=alert.id, person_id=people.responder.id, channel="email", step=99,
                          state="accepted", due_at=SOON, tries=[]))
    session.commit()
    responder = again(session, people.responder)
    assert not scope.reads(session, case.id, by=responder)

    # When they take it
    alerts.take(session, alert.id, by=responder, now=SOON)

    # Then they read it and work on it, also once the alert wakes others
    assert cases.find(session, case.ref, by=responder).owner_id == responder.id
    alerts.escalate(session, alert.id, by=responder, now=SOON)
    assert scope.reads(session, case.id, by=responder)
    cases.add_note(session, case.id, "I have it.", by=responder, now=SOON)

    # … and neither once it is restricted nor once somebody else takes it
    approver = again(session, people.approver)
    assert cases.audience(session, case, by=approver).taken_by == "Rene Responder"
    cases.choose_readers(session, case.id, team_id=team.id, restricted=True, readers=set(), version=case.version,
                         by=approver, now=SOON)
    assert not scope.reads(session, case.id, by=responder)
    assert cases.audience(session, case, by=approver).taken_by == ""
    cases.choose_readers(session, case.id, team_id=team.id, restricted=False, readers=set(), version=case.version,
                         by=approver, now=SOON)
    assert scope.reads(session, case.id, by=responder)
    alerts.take(session, alert.id, by=approver, now=SOON)
    assert not scope.reads(session, case.id, by=responder)


@pytest.mark.parametrize("answers", [False, True])
def test_who_leaves_the_team_reads_no_more_of_the_case_they_filed_and_own(session: Session, people: People, *, answers: bool) -> None:
    # Given somebody of a team who filed a case, owns it and was woken about it, and perhaps answered
    team = a_team(session, people, people.responder, people.approver)
    case = a_case(session, again(session, people.responder))
    alert = woken(session, case, people.responder)
    if answers:
        alerts.take(session, alert.id, by=again(session, people.responder), now=SOON)
    assert (case.owner_id, case.version) == (people.responder.id, 1)

    # When they leave the team
    teams.change(session, team.id, "Blue", {people.approver.id}, version=1, by=people.admin, now=SOON)

    # Then the case is gone for them at once, and has no owner, on record
    gone = again(session, people.responder)
    assert not scope.reads(session, case.id, by=gone)
    with pytest.raises(NotFound):
        cases.find(session, case.ref, by=gone)
    found = cases.find(session, case.ref, by=again(session, people.approver))
    assert (found.owner_id, found.version) == (None, 2)
    said = session.scalars(select(Entry).where(Entry.action == "case.owner_left")).one()
    assert (said.case_id, said.actor_id, said.details) == (case.id, people.admin.id, {"left": [people.responder.id]})

    # … nor do they get it back by the alert that woke them while they were of the team
    with pytest.raises(Forbidden, match="not of this case's team any more"):
        alerts.take(session, alert.id, by=gone, now=SOON)
    assert not scope.reads(session, case.id, by=gone)

    # … but where they are woken afterwards, as anybody of another team may be: then they take it, are named, and read it
    session.add(AlertSend(public_id="later", alert_id=alert.id, person_id=gone.id, channel="email", step=100, state="accepted",
                          due_at=SOON + timedelta(hours=1), tries=[]))
    session.commit()
    alerts.take(session, alert.id, by=gone, now=SOON + timedelta(hours=1))
    assert scope.reads(session, case.id, by=gone)
    assert cases.audience(session, case, by=people.auditor).taken_by == "Rene Responder"


def test_a_case_that_goes_to_another_team_is_gone_for_its_owner_and_keeps_one_who_is_of_that_team(
    session: Session, people: People
) -> None:
    # Given a case of one team, whose owner filed it and was woken about it
    blue = a_team(session, people, people.responder, people.approver)
    green = a_team(session, people, people.approver, name="Green")
    case = a_case(session, again(session, people.responder), team=blue.id)
    alert = woken(session, case, people.responder)
    assert cases.audience(session, case, by=people.auditor).taken_by == ""

    # When it goes to a team its owner is not in
    cases.choose_readers(session, case.id, team_id=green.id, restricted=False, readers=set(), version=case.version,
                         by=again(session, people.approver), now=SOON)

    # Then they read it no more, and do not take it by the alert from before, and it has no owner
    with pytest.raises(Forbidden, match="who sees it was changed"):
        alerts.take(session, alert.id, by=again(session, people.responder), now=SOON)
    assert not scope.reads(session, case.id, by=again(session, people.responder))
    session.refresh(case)
    assert (case.owner_id, cases.audience(session, case, by=people.auditor).taken_by) == (None, "")

    # … who stays its owner where they are of the next team too, or all are
    case.owner_id = people.approver.id
    session.commit()
    for number in (None, blue.id):
        cases.choose_readers(session, case.id, team_id=number, restricted=False, readers=set(), version=case.version,
                             by=again(session, people.approver), now=SOON)
        assert case.owner_id == people.approver.id
    assert session.scalars(select(Entry.action).where(Entry.action == "case.owner_left")).all() == ["case.owner_left"]


def test_who_reported_a_case_does_not_read_it_again_once_its_owner_left(session: Session, people: People) -> None:
    # Given a report that somebody of its team took
    team = a_team(session, people, people.responder)
    case = a_case(session, people.reporter, team=team.id)
    alert = woken(session, case, people.responder)
    assert scope.reads(session, case.id, by=people.reporter)
    alerts.take(session, alert.id, by=again(session, people.responder), now=SOON)

    # When they leave the team
    teams.change(session, team.id, "Blue", set(), version=1, by=people.admin, now=SOON)

    # Then it has no owner, and who reported it reads it no more than before
    session.refresh(case)
    assert case.owner_id is None
    assert not scope.reads(session, case.id, by=people.reporter)


def test_who_is_listed_takes_a_case_of_another_team_also_when_that_was_chosen_after_the_alert(session: Session, people: People) -> None:
    # Given a case of one team, and somebody of another who was woken about it
    team = a_team(session, people, people.approver)
    case = a_case(session, people.reporter, team=team.id)
    alert = woken(session, case, people.responder)

    # When it is restricted, to them too, and they take it
    cases.choose_readers(session, case.id, team_id=team.id, restricted=True, readers={people.responder.id}, version=case.version,
                         by=again(session, people.approver), now=SOON)
    alerts.take(session, alert.id, by=people.responder, now=SOON)

    # Then they own it, and are named among those who read it
    session.refresh(case)
    found = cases.audience(session, case, by=people.approver)
    assert (case.owner_id, found.taken_by) == (people.responder.id, "")
    assert (people.responder.id, "Rene Responder") in found.readers


def test_somebody_else_leaving_the_team_stops_nobody_of_another_from_taking_its_case(session: Session, people: People) -> None:
    team = a_team(session, people, people.approver, people.second_approver)
    case = a_case(session, people.reporter, team=team.id)
    alert = woken(session, case, people.responder)
    teams.change(session, team.id, "Blue", {people.approver.id}, version=1, by=people.admin, now=SOON)

    alerts.take(session, alert.id, by=people.responder, now=SOON)

    assert scope.reads(session, case.id, by=people.responder)
