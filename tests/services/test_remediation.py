"""Things to do: from the runbook and from people, each ended with proof or a reason."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from incident_app.adapters import runbook_files
from incident_app.domain import record
from incident_app.domain.refusals import Conflict, Forbidden, NotFound, Refused
from incident_app.domain.remediation import Runbook
from incident_app.models.accounts import User
from incident_app.models.cases import Case
from incident_app.models.remediation import Action
from incident_app.models.reports import Document
from incident_app.paths import data_dir
from incident_app.services import audit, cases, remediation, runbooks
from incident_app.services.remediation import NewAction, Plan, Sum
from incident_app.services.unit import writing
from tests.fakes import START
from tests.people import People
from tests.services.duties import a_plain_case


@pytest.fixture
def books() -> dict[str, Runbook]:
    return runbook_files.load(data_dir("runbooks"))


@pytest.fixture
def case(session: Session, people: People) -> Case:
    return a_plain_case(session)


@pytest.fixture
def action(session: Session, people: People, case: Case) -> Action:
    return remediation.add(session, case.id, NewAction(" Rotate keys ", "remedy", proof="Old key refused"),
                           by=people.responder, now=START)


def test_a_case_gets_the_steps_of_its_runbook_with_moments_from_awareness(
    session: Session, case: Case, books: dict[str, Runbook]
) -> None:
    with writing(session):
        count = remediation.load_into(session, case, now=START + timedelta(hours=5), runbooks=books)

    actions = remediation.of_case(session, case.id)
    assert count == len(actions) == len(books["exposed-storage"].steps)
    assert (actions[0].title, actions[0].due_at) == ("Close the access", START + timedelta(hours=1))
    assert {item.runbook_version for item in actions} == {books["exposed-storage"].version}


def test_a_kind_without_a_runbook_loads_nothing(session: Session, case: Case) -> None:
    with writing(session):
        assert remediation.load_into(session, case, now=START, runbooks={}) == 0


def test_an_action_is_added_assigned_and_done_with_proof(
    session: Session, people: People, case: Case, action: Action
) -> None:
    due = START + timedelta(days=2)
    changed = remediation.change(session, action.id, Plan(people.responder.id, due), version=1, by=people.approver, now=START)
    assert changed.owner is not None
    assert (changed.title, changed.owner.name, changed.version) == ("Rotate keys", "Rene Responder", 2)
    assert remediation.open_count(session, by=people.responder) == 1
    assert [item.id for item in remediation.open_actions(session, case.id)] == [action.id]

    done = remediation.complete(session, action.id, "Refused at 10:00", version=2, by=people.responder, now=START)

    assert (done.state, done.proof_text, done.ended_at) == ("done", "Refused at 10:00", START)
    assert done.ended_by is not None
    assert remediation.open_actions(session, case.id) == []
    assert remediation.open_count(session, by=people.responder) == 0


def test_what_it_is_may_be_changed_while_it_is_open_and_the_record_says_what_stood_there(
    session: Session, people: People, case: Case, books: dict[str, Runbook]
) -> None:
    # Given a mandatory step of the runbook
    remediation.load_into(session, case, now=START, runbooks=books)
    session.commit()
    step = next(one for one in remediation.of_case(session, case.id) if one.mandatory)
    was, proof = step.title, step.proof_asked

    # When it is put in other words and made not mandatory without a reason, nothing changes
    plan = Plan(step.owner_id, step.due_at, title=" Shut the door ", kind="contain", mandatory=False, proof=" A photo ")
    with pytest.raises(Refused) as refused:
        remediation.change(session, step.id, plan, by=people.responder, now=START)
    assert refused.value.problems == {"reason": "Say why the case may be closed without it."}
    with pytest.raises(Refused) as refused:
        remediation.change(session, step.id, Plan(title=" ", kind="hope"), by=people.responder, now=START)
    assert set(refused.value.problems) == {"title", "kind"}
    assert remediation.find(session, step.id, by=people.auditor).title == was

    # When the reason is there
    changed = remediation.change(session, step.id, replace(plan, reason="There is no door"), by=people.responder, now=START)

    # Then it is so, the runbook's own words stay beside it, and the record says what stood there and why
    assert (changed.title, changed.step, changed.kind, changed.mandatory, changed.proof_asked) == ("Shut the door", was, "contain", False, "A photo")
    [entry, *_] = cases.timeline(session, case.id)
    said = cases.details_of(session, case, [entry])[entry.seq]
    assert entry.action == "action.changed"
    assert (said["title"], said["title_before"], said["proof_before"], said["reason"]) == ("Shut the door", was, proof, "There is no door")
    assert entry.details["was"]["mandatory"] is True
    assert "owner" not in entry.details["was"]
    assert "door" not in json.dumps(entry.details), "what somebody wrote stands sealed in the record"
    assert record.detail_of(said).startswith("Shut the door · There is no door · before: ")
    [deed] = remediation.deeds_of(session, [changed])[step.id]
    assert (deed.what, deed.words) == ("not_mandatory", "There is no door")

    # And a change of the plan alone leaves the words as they are
    session.expire_all()
    remediation.change(session, step.id, Plan(people.responder.id), by=people.approver, now=START)
    assert remediation.find(session, step.id, by=people.auditor).title == "Shut the door"
    assert "owner" in audit.of_case(session, case.id)[0].details["was"]
    assert "title_before" not in cases.details_of(session, case, audit.of_case(session, case.id)[:1]).popitem()[1]


def test_a_document_of_the_same_case_may_prove_it(session: Session, people: People, case: Case, action: Action) -> None:
    def document(number: int) -> int:
        row = Document(public_id=f"d{number}", case_id=number, kind="proof", name="log.txt", media_type="text/plain",
                       size=1, sha256="0" * 64, sealed=b"x", at=START)
        session.add(row)
        session.commit()
        return row.id

    elsewhere = document(a_plain_case(session, "BR-2026-022").id)
    for wrong in (elsewhere, 4711):
        with pytest.raises(Refused) as refused:
            remediation.complete(session, action.id, "See log", document_id=wrong, by=people.responder, now=START)
        assert set(refused.value.problems) == {"document_id"}

    own = document(case.id)
    done = remediation.complete(session, action.id, "See log", document_id=own, by=people.responder, now=START)
    assert done.proof_document_id == own


def test_an_action_that_is_not_needed_says_why(session: Session, people: People, action: Action) -> None:
    with pytest.raises(Refused) as refused:
        remediation.not_needed(session, action.id, " ", by=people.responder, now=START)
    assert set(refused.value.problems) == {"reason"}

    ended = remediation.not_needed(session, action.id, "There were no keys.", by=people.responder, now=START)

    assert (ended.state, ended.not_needed_reason) == ("not_needed", "There were no keys.")


def test_done_without_proof_stays_open(session: Session, people: People, action: Action) -> None:
    with pytest.raises(Refused):
        remediation.complete(session, action.id, "", by=people.responder, now=START)

    assert remediation.find(session, action.id, by=people.auditor).state == "open"


def test_bad_facts_are_refused_field_by_field(session: Session, people: People, case: Case, action: Action) -> None:
    with pytest.raises(Refused) as refused:
        remediation.add(session, case.id, NewAction("", "hope", owner_id=4711), by=people.responder, now=START)
    assert set(refused.value.problems) == {"title", "kind", "owner_id"}
    session.get_one(User, people.admin.id).active = False
    session.commit()
    with pytest.raises(Refused):
        remediation.change(session, action.id, Plan(people.admin.id), by=people.responder, now=START)
    assert remediation.change(session, action.id, Plan(), by=people.responder, now=START).version == 2


def test_a_stale_form_an_ended_action_and_a_closed_case_are_conflicts(
    session: Session, people: People, case: Case, action: Action
) -> None:
    with pytest.raises(Conflict, match="meanwhile"):
        remediation.complete(session, action.id, "done", version=7, by=people.responder, now=START)
    remediation.complete(session, action.id, "done", by=people.responder, now=START)
    with pytest.raises(Conflict, match="ended already"):
        remediation.not_needed(session, action.id, "why", by=people.responder, now=START)
    case.state = "closed"
    session.commit()
    with pytest.raises(Conflict, match="closed"):
        remediation.add(session, case.id, NewAction("More", "prevent"), by=people.responder, now=START)


def test_what_does_not_exist_is_not_found(session: Session, people: People) -> None:
    with pytest.raises(NotFound):
        remediation.add(session, 4711, NewAction("More", "prevent"), by=people.responder, now=START)
    with pytest.raises(NotFound):
        remediation.complete(session, 4711, "done", by=people.responder, now=START)
    with pytest.raises(NotFound):
        remediation.find(session, 4711, by=people.responder)


def test_who_works_no_cases_works_no_actions(session: Session, people: People, case: Case) -> None:
    with pytest.raises(Forbidden):
        remediation.add(session, case.id, NewAction("More", "prevent"), by=people.auditor, now=START)
    with pytest.raises(Forbidden):
        remediation.overview(session, whose="all", by=people.reporter, now=START)


def test_the_overview_shows_mine_the_overdue_and_all_of_open_cases(
    session: Session, people: People, case: Case, action: Action
) -> None:
    late = remediation.add(
        session, case.id, NewAction("Late one", "contain", owner_id=people.responder.id, due_at=START),
        by=people.responder, now=START,
    )
    gone = a_plain_case(session, "BR-2026-022")
    remediation.add(session, gone.id, NewAction("Gone", "contain"), by=people.responder, now=START)
    gone.state = "closed"
    session.commit()
    now = START + timedelta(hours=1)

    def shown(whose: str) -> list[str]:
        return [item.title for item in remediation.overview(session, whose=whose, by=people.responder, now=now).actions]

    assert shown("all") == ["Late one", "Rotate keys"]
    assert shown("mine") == shown("overdue") == ["Late one"]
    with pytest.raises(Refused):
        shown("yours")
    assert remediation.counts([late, action], now) == Sum(all=2, open=2, done=0, not_needed=0, overdue=1)


def test_the_kinds_are_offered_by_title_with_the_rest_last(books: dict[str, Runbook]) -> None:
    kinds = runbooks.kinds(books)

    assert kinds[-1] == ("other", "Something else")
    assert runbooks.find(books, "ransomware").title.startswith("Ransomware")
    with pytest.raises(NotFound):
        runbooks.find(books, "earthquake")
