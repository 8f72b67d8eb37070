"""Actions that wait for others: no circles, dates that count from when they are free, anchors that move."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Role
from incident_app.domain.cases import CaseState
from incident_app.domain.refusals import Refused
from incident_app.domain.remediation import ActionKind, Anchor, Runbook, Step
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.remediation import Action
from incident_app.services import cases, remediation
from incident_app.services.cases import World
from incident_app.services.remediation import NewAction, Plan
from incident_app.services.unit import writing
from tests.builders import a_case, the_world
from tests.fakes import START
from tests.people import People
from tests.services.duties import a_plain_case

LATER = START + timedelta(days=1)
STOP = Step("Stop it", ActionKind.CONTAIN, Role.RESPONDER, 4, "Time", mandatory=True)
BOOK = Runbook("lost", "Lost", "Gone.", "v1", (
    STOP,
    replace(STOP, title="Look", waits_for=("Stop it",), mandatory=False),
    replace(STOP, title="Mend", waits_for=("Stop it", "Look"), kind=ActionKind.PREVENT, due_hours=24, review_days=14),
    replace(STOP, title="Tell", anchor=Anchor.CONTAINED, kind=ActionKind.NOTIFY),
    replace(STOP, title="Count", anchor=Anchor.LOGGED, kind=ActionKind.PREVENT),
), "")


@pytest.fixture
def case(session: Session, people: People) -> Case:
    return a_plain_case(session, kind="lost", filed_at=START + timedelta(hours=1))


@pytest.fixture
def steps(session: Session, case: Case) -> dict[str, Action]:
    """The steps of a checklist in which some wait for others, by title."""
    with writing(session):
        remediation.load_into(session, case, now=START, runbooks={"lost": BOOK})
    return {one.title: one for one in remediation.of_case(session, case.id)}


def _done(session: Session, people: People, action: Action, at: datetime) -> None:
    remediation.complete(session, action.id, "Seen", by=people.responder, now=at)


def test_a_step_that_waits_has_no_date_until_it_is_free_and_counts_from_then(
    session: Session, people: People, steps: dict[str, Action]
) -> None:
    # Given a checklist: what waits has no date, what counts from a moment nobody knows yet has none either
    assert {name: (one.waiting, one.due_at) for name, one in steps.items()} == {
        "Stop it": (False, START + timedelta(hours=4)), "Look": (True, None), "Mend": (True, None), "Tell": (False, None),
        "Count": (False, START + timedelta(hours=5)),
    }
    assert {name: one.review_days for name, one in steps.items()} == {
        "Stop it": 0, "Look": 0, "Mend": 14, "Tell": 0, "Count": 90}

    # It cannot be done before what it waits for
    with pytest.raises(Refused) as refused:
        _done(session, people, steps["Mend"], LATER)
    assert refused.value.problems == {
        "waits_for": "It waits for “Stop it”, “Look”. Finish that first, or change what it waits for."}

    # When the first is done, what waited for it alone is free, and its hours count from now
    _done(session, people, steps["Stop it"], LATER)
    session.expire_all()
    assert (steps["Look"].waiting, steps["Look"].free_at, steps["Look"].due_at) == (False, LATER, LATER + timedelta(hours=4))
    assert (steps["Mend"].waiting, steps["Mend"].due_at) == (True, None)
    assert remediation.waits_of(session, [steps["Mend"]]) == {steps["Mend"].id: (steps["Stop it"].id, steps["Look"].id)}

    # And when the second turns out not to be needed, the last one is free too; the record says so
    remediation.not_needed(session, steps["Look"].id, "Nothing to see.", by=people.responder, now=LATER + timedelta(hours=2))
    session.expire_all()
    assert (steps["Mend"].waiting, steps["Mend"].due_at) == (False, LATER + timedelta(hours=26))
    freed = session.scalars(select(Entry).where(Entry.action == "action.freed").order_by(Entry.seq)).all()
    assert [int(one.subject_id) for one in freed] == [steps["Look"].id, steps["Mend"].id]


def test_what_is_reopened_lets_those_behind_it_wait_again(session: Session, people: People, steps: dict[str, Action]) -> None:
    _done(session, people, steps["Stop it"], LATER)
    version = steps["Look"].version

    remediation.check(session, steps["Stop it"].id, agreed=False, reason="It still runs.", by=people.approver, now=LATER)

    session.expire_all()
    assert (steps["Look"].waiting, steps["Look"].due_at, steps["Look"].version) == (True, None, version + 1)
    assert (steps["Stop it"].state, steps["Stop it"].due_at) == ("open", LATER + timedelta(hours=4)), "its hours count anew"


def test_what_an_action_waits_for_is_changed_and_never_in_a_circle(
    session: Session, people: People, steps: dict[str, Action]
) -> None:
    stop, look, mend = (steps[name] for name in ("Stop it", "Look", "Mend"))

    def wait(action: Action, *others: int) -> Action:
        return remediation.change(session, action.id, Plan(due_at=action.due_at, waits_for=others), by=people.responder, now=LATER)

    with pytest.raises(Refused) as refused:
        wait(stop, mend.id)
    assert refused.value.problems == {"waits_for": "These would wait for one another: “Stop it” → “Mend” → “Stop it”."}
    elsewhere = remediation.add(session, a_plain_case(session, "BR-2026-022").id, NewAction("Other", "remedy"),
                                by=people.responder, now=START)
    for odd in (elsewhere.id, 4711):
        with pytest.raises(Refused, match="not changed"):
            wait(stop, odd)
    with pytest.raises(Refused, match="not saved"):
        remediation.add(session, stop.case_id, NewAction("New", "remedy", waits_for=(elsewhere.id,)), by=people.responder, now=START)

    # When it waits for nothing any more it is free, and when it waits again its date goes
    assert (wait(look).waiting, look.due_at) == (False, LATER + timedelta(hours=4))
    assert (wait(look, stop.id).waiting, look.due_at) == (True, None)


def test_an_action_of_ones_own_may_have_hours_and_wait(session: Session, people: People, case: Case) -> None:
    first = remediation.add(session, case.id, NewAction("First", "contain", due_hours=2), by=people.responder, now=START)
    then = remediation.add(session, case.id, NewAction("Then", "remedy", due_hours=8, mandatory=True, waits_for=(first.id,)),
                           by=people.responder, now=START)
    assert (first.due_at, first.mandatory, then.waiting, then.due_at, then.mandatory, then.review_days) == (
        START + timedelta(hours=2), False, True, None, True, 30)
    _done(session, people, first, LATER)
    session.refresh(then)
    assert then.due_at == LATER + timedelta(hours=8)

    # Hours may be given later, and a date may take their place; what is given again as it stands is no change
    same = remediation.change(session, then.id, Plan(people.responder.id, then.due_at, review_days=7), by=people.responder, now=LATER)
    assert (same.due_hours, same.due_at, same.review_days) == (8, LATER + timedelta(hours=8), 7)
    dated = remediation.change(session, then.id, Plan(due_at=START + timedelta(days=9)), by=people.responder, now=LATER)
    assert (dated.due_hours, dated.due_at) == (None, START + timedelta(days=9))
    hours = remediation.change(session, then.id, Plan(due_hours=3), by=people.responder, now=LATER)
    assert hours.due_at == LATER + timedelta(hours=3)
    with pytest.raises(Refused) as refused:
        remediation.change(session, then.id, Plan(due_at=LATER, due_hours=3, review_days=-1), by=people.responder, now=LATER)
    assert set(refused.value.problems) == {"due_hours", "review_days"}


def test_hours_follow_the_moment_they_count_from(session: Session, people: People) -> None:
    # Given a case with a checklist, one step of which counts from when it was contained, and one with a date of its own
    world: World = replace(the_world(), runbooks={"lost": BOOK})
    case = a_case(session, people.approver, kind="other", aware_at=START)
    with writing(session):
        case.kind = "lost"
        remediation.load_into(session, case, now=START, runbooks=world.runbooks)
    steps = {one.title: one for one in remediation.of_case(session, case.id) if one.runbook == "lost"}
    _done(session, people, steps["Count"], START)

    # When awareness is moved and the case contained
    cases.set_awareness(session, case.id, START - timedelta(hours=3), zone="Europe/Madrid", source="Log", reason="Seen earlier",
                        version=case.version, by=people.approver, now=LATER, world=world)
    cases.edit(session, case.id, replace(cases.facts_of(case), contained_at=LATER), version=case.version, by=people.approver,
               now=LATER, world=world)

    cases.edit(session, case.id, replace(cases.facts_of(case), cause="A bug"), version=case.version, by=people.approver,
               now=LATER, world=world)

    # Then their dates follow, and those of nothing else
    session.expire_all()
    assert {name: one.due_at for name, one in steps.items()} == {
        "Stop it": START + timedelta(hours=1), "Look": None, "Mend": None, "Tell": LATER + timedelta(hours=4),
        "Count": case.filed_at + timedelta(hours=4)}
    assert len(session.scalars(select(Entry).where(Entry.action == "action.redated")).all()) == 2
    assert case.state != CaseState.CLOSED
