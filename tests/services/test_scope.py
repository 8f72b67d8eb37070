"""Teams, restricted cases and reporters: who sees a case, in full or as number and clock."""


import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.domain.refusals import Conflict, Forbidden, NotFound, Refused
from incident_app.models.accounts import User
from incident_app.models.alerts import Alert, AlertSend
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.services import alerts, cases, outgoing, reports, scope, statistics, teams
from tests.builders import BREACH, a_case, the_world
from tests.fakes import START, FakeClock
from tests.people import People
from tests.services.team_steps import SOON, a_team, again


def restrict(session: Session, case: Case, by: Actor, *readers: Actor) -> Case:
    return cases.choose_readers(session, case.id, team_id=None, restricted=True, readers={one.id for one in readers},
                                version=case.version, by=by, now=START)


def test_without_teams_everybody_who_may_see_cases_sees_every_one(session: Session, people: People) -> None:
    case = a_case(session, people.responder)

    for one in (people.responder, people.approver, people.auditor):
        assert cases.find(session, case.ref, by=one).id == case.id
    for one in (people.admin, people.reporter, people.oncall_person):
        with pytest.raises(NotFound, match="no such case"):
            cases.find(session, case.ref, by=one)


def test_a_case_of_a_team_is_its_members_and_the_auditors(session: Session, people: People) -> None:
    # Given a team of one responder, who files a case
    team = a_team(session, people, people.responder)
    case = a_case(session, again(session, people.responder))

    # Then it is the team's, seen by its member and by the auditor of the whole organisation
    assert case.team_id == team.id
    assert scope.reads(session, case.id, by=again(session, people.responder))
    assert scope.reads(session, case.id, by=people.auditor)
    assert not scope.reads(session, case.id, by=people.approver)
    assert not scope.knows(session, case.id, by=people.approver)
    assert reports.case_count(session, by=people.approver, most=9) == 0

    # When the member leaves, then it is gone for them
    teams.change(session, team.id, "Blue", frozenset(), version=1, by=people.admin, now=START)
    assert not scope.reads(session, case.id, by=again(session, people.responder))


def test_who_files_names_a_team_they_are_in_or_the_whole_organisation(session: Session, people: People) -> None:
    blue = a_team(session, people, people.responder)
    green = a_team(session, people, people.approver, name="Green")
    responder = again(session, people.responder)

    # A reporter may name any; who works on cases only their own, for they would not see it.
    assert a_case(session, people.reporter, team=green.id).team_id == green.id
    assert a_case(session, responder, whole_organisation=True).team_id is None
    assert a_case(session, responder, team=blue.id).team_id == blue.id
    with pytest.raises(Refused) as refused:
        a_case(session, responder, team=green.id)
    assert "team" in refused.value.problems


def test_a_reporter_sees_their_own_until_somebody_works_on_it(session: Session, people: People) -> None:
    # Given a report
    case = a_case(session, people.reporter)
    assert cases.find(session, case.ref, by=people.reporter).id == case.id
    assert reports.register(session, by=people.reporter, now=SOON).rows[0].title == case.title

    # When somebody takes the alert about it, or edits it
    alerts.raise_due(session, now=SOON)
    alert = session.scalars(select(Alert).where(Alert.raised_at.is_not(None))).first()
    assert alert is not None
    alerts.take(session, alert.id, by=people.responder, now=SOON)

    # Then it is gone for the reporter, but for its number
    with pytest.raises(NotFound):
        cases.find(session, case.ref, by=people.reporter)
    (row,) = reports.register(session, by=people.reporter, now=SOON).rows
    assert (row.ref, row.title) == (case.ref, "")


def test_twice_the_same_form_gives_no_case_out_that_is_out_of_scope(session: Session, people: People) -> None:
    a_case(session, people.reporter, key="one")

    with pytest.raises(NotFound):
        a_case(session, people.oncall_person, key="one")
    assert a_case(session, people.reporter, key="one").ref == "BR-2026-001"


def test_a_restricted_case_is_seen_by_who_is_listed_alone(session: Session, people: People) -> None:
    # Given a case and its alert
    case = a_case(session, people.reporter)
    alerts.raise_due(session, now=SOON)
    alert = session.scalars(select(Alert).where(Alert.raised_at.is_not(None))).first()
    assert alert is not None

    # When an approver restricts it to themselves and a responder
    restrict(session, case, people.approver, people.responder)

    # Then nobody else reads it, finds it or counts it
    for one in (people.approver, people.responder):
        assert scope.reads(session, case.id, by=one)
    for one in (people.second_approver, people.auditor, people.admin, people.reporter):
        assert not scope.knows(session, case.id, by=one)
    assert reports.register(session, by=people.auditor, now=SOON, search="export").rows == ()
    assert statistics.brief(session, 2026, by=people.auditor, now=SOON).breach_count == 0
    assert reports.case_count(session, by=people.reporter, most=9) == 0
    assert case.title.encode() not in reports.export(session, by=people.auditor, now=SOON)

    # … and who is on call knows number and clock, acknowledges, and reads it no more for that
    page = alerts.overview(session, alert.id, by=people.oncall_person, now=SOON)
    assert (page.head.split(" · ")[0], len(page.head.split(" · ")), len(page.lines)) == (case.ref, 2, 1)
    alerts.acknowledge(session, alert.id, by=people.oncall_person, now=SOON)
    assert not scope.reads(session, case.id, by=people.oncall_person)
    with pytest.raises(Forbidden, match="restricted"):
        alerts.take(session, alert.id, by=people.oncall_person, now=SOON)
    (row,) = reports.register(session, by=people.oncall_person, now=SOON).rows
    assert (row.ref, row.title, row.owner) == (case.ref, "", "")

    # … and it is on record who may read it, by number
    entry = session.scalars(select(Entry).where(Entry.action == "case.readers_chosen")).one()
    assert entry.details["joined"] == sorted([people.approver.id, people.responder.id])


def test_who_took_a_case_reads_it_until_somebody_else_owns_it(session: Session, people: People) -> None:
    # Given somebody who is on call, and takes the case by its alert
    case = a_case(session, people.responder)
    alerts.raise_due(session, now=SOON)
    alert = session.scalars(select(Alert).where(Alert.raised_at.is_not(None), Alert.case_id == case.id)).first()
    assert alert is not None
    alerts.take(session, alert.id, by=people.oncall_person, now=SOON)

    # When they have the next person woken, or their acknowledgement expires
    alerts.escalate(session, alert.id, by=people.oncall_person, now=SOON)
    session.refresh(alert)
    assert alert.acked_by_id is None

    # Then they go on reading what they own
    assert cases.find(session, case.ref, by=people.oncall_person).owner_id == people.oncall_person.id

    # … but not once it is restricted, or somebody else's
    restrict(session, case, people.approver)
    assert not scope.reads(session, case.id, by=people.oncall_person)
    assert scope.knows(session, case.id, by=people.oncall_person)
    cases.choose_readers(session, case.id, team_id=None, restricted=False, readers=set(), version=case.version,
                         by=people.approver, now=SOON)
    assert scope.reads(session, case.id, by=people.oncall_person)
    alerts.take(session, alert.id, by=people.responder, now=SOON)
    with pytest.raises(NotFound, match="no such case, or it is not open to you"):
        cases.find(session, case.ref, by=people.oncall_person)


def test_an_alert_of_another_kind_says_nothing_of_a_restricted_case(session: Session, people: People) -> None:
    case = restrict(session, a_case(session, people.responder), people.approver)
    made = alerts.raise_about(session, kind="send", key="1", words="Notice 1 to people was stopped", now=SOON, case_id=case.id)
    assert made is not None

    page = alerts.overview(session, made.id, by=people.oncall_person, now=SOON)

    assert page.head == f"{case.ref} · something about it needs you"
    assert not page.reads_case


def test_only_who_may_know_of_a_case_is_woken_about_it(session: Session, people: People) -> None:
    # Given a case restricted to one approver, and nobody on call
    case = restrict(session, a_case(session, people.responder), people.approver)

    # When its alert is raised
    alerts.raise_due(session, now=SOON)

    # Then the approver is woken, who can read it, and no other approver or responder
    woken = {send.person_id for send in session.scalars(select(AlertSend).join(Alert).where(Alert.case_id == case.id))}
    assert people.approver.id in woken
    assert people.second_approver.id not in woken
    assert people.responder.id not in woken


def test_who_is_woken_about_a_case_of_another_team_may_answer(session: Session, people: People) -> None:
    # Given an alert about a team's case, sent to a responder of no team
    team = a_team(session, people, people.approver)
    case = a_case(session, people.reporter, team=team.id)
    alerts.raise_due(session, now=SOON)
    alert = session.scalars(select(Alert).where(Alert.raised_at.is_not(None))).first()
    assert alert is not None
    with pytest.raises(NotFound):
        alerts.acknowledge(session, alert.id, by=people.responder, now=SOON)
    session.add(AlertSend(public_id="p", alert_id=alert.id, person_id=people.responder.id, channel="email", step=99,
                          state="accepted", due_at=SOON, tries=[]))
    session.commit()

    # Then they know number and clock, and can answer
    assert scope.knows(session, case.id, by=people.responder)
    assert not scope.reads(session, case.id, by=people.responder)
    assert alerts.acknowledge(session, alert.id, by=people.responder, now=SOON).state == "acknowledged"
    assert outgoing.within(session, ["p", "none"], by=people.responder) == {"p"}


def test_readers_are_chosen_by_an_approver_or_the_owner_in_words(session: Session, people: People) -> None:
    # Given a case that the responder owns
    case = a_case(session, people.responder)

    # Then a restriction without an approver, to nobody of ours, for no team, or of an older version is refused
    with pytest.raises(Refused) as refused:
        restrict(session, case, people.responder)
    assert "approver" in refused.value.problems["readers"]
    with pytest.raises(Refused) as refused:
        cases.choose_readers(session, case.id, team_id=99, restricted=False, readers=set(), version=1,
                             by=people.responder, now=START)
    assert "team" in refused.value.problems
    with pytest.raises(Conflict):
        cases.choose_readers(session, case.id, team_id=None, restricted=False, readers=set(), version=7,
                             by=people.responder, now=START)

    # … and who neither owns nor decides may not choose
    case.owner_id = people.approver.id
    session.commit()
    with pytest.raises(Forbidden, match="chosen by an approver"):
        restrict(session, case, people.responder, people.approver)

    # When it is restricted and opened again, then everybody sees it again
    restrict(session, case, people.approver)
    session.refresh(case)
    found = cases.audience(session, case, by=people.approver)
    assert (found.restricted, [name for _, name in found.readers], found.may_change) == (True, ["Ada Approver"], True)
    cases.choose_readers(session, case.id, team_id=None, restricted=False, readers={people.auditor.id},
                         version=case.version, by=people.approver, now=START)
    assert scope.reads(session, case.id, by=people.auditor)
    assert cases.readers_of(session, case.id) == frozenset()
    assert {name for _, name in cases.possible_readers(session)} >= {"Ada Approver", "Rene Responder", "Audrey Auditor"}


def test_teams_are_made_and_changed_in_words(session: Session, people: People) -> None:
    team = a_team(session, people, people.responder)

    for name, members, field in (("Blue", set[int](), "name"), ("Green", {4711}, "members")):
        with pytest.raises(Refused) as refused:
            teams.make(session, name, members, by=people.admin, now=START)
        assert field in refused.value.problems
    with pytest.raises(NotFound):
        teams.change(session, 99, "X", set(), version=1, by=people.admin, now=START)
    with pytest.raises(Conflict):
        teams.change(session, team.id, "X", set(), version=9, by=people.admin, now=START)
    with pytest.raises(Forbidden):
        teams.make(session, "X", set(), by=people.approver, now=START)

    # Who was disabled may stay on the list
    session.get_one(User, people.responder.id).active = False
    session.commit()
    teams.change(session, team.id, "Blue sky", {people.responder.id}, version=1, by=people.admin, now=START)
    (line,) = teams.every(session, by=people.admin)
    assert (line.team.name, line.members, line.case_count) == ("Blue sky", (people.responder.id,), 0)
    assert session.scalars(select(Entry.action).where(Entry.subject == "team")).all() == ["team.made", "team.changed"]


def test_a_reporter_files_twenty_an_hour_and_no_more_by_a_second_account(
    session: Session, people: People, clock: FakeClock
) -> None:
    # Given somebody with two accounts who has reported twenty times within the hour
    session.get_one(User, people.oncall_person.id).person_id = people.reporter.id
    session.commit()
    world, second = the_world(), again(session, people.oncall_person)
    for _ in range(20):
        cases.file(session, BREACH, by=people.reporter, now=clock.move(minutes=1), world=world)

    # When they report once more, by either account, then they hear what to do instead
    for one in (people.reporter, second):
        with pytest.raises(Refused, match="20 breaches within an hour"):
            cases.file(session, BREACH, by=one, now=clock.now(), world=world)

    # … while others can, and so can they an hour later
    assert cases.file(session, BREACH, by=people.responder, now=clock.now(), world=world).ref == "BR-2026-021"
    assert cases.file(session, BREACH, by=people.reporter, now=clock.move(minutes=45), world=world).ref == "BR-2026-022"
