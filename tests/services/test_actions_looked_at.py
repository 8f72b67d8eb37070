"""Somebody else checks what was done, somebody looks later whether it works, and what did not work is open again."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.refusals import Conflict, Forbidden, Refused, Stale
from incident_app.domain.remediation import Why
from incident_app.models import written_once
from incident_app.models.accounts import User
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.remediation import Action, Deed
from incident_app.models.reports import Document
from incident_app.services import remediation
from incident_app.services.remediation import NewAction
from tests.fakes import START
from tests.people import People
from tests.services.duties import a_plain_case

LATER = START + timedelta(days=31)


@pytest.fixture
def case(session: Session, people: People) -> Case:
    return a_plain_case(session)


@pytest.fixture
def done(session: Session, people: People, case: Case) -> Action:
    """A mandatory remedy that the responder says is done."""
    made = remediation.add(session, case.id, NewAction("Close the bucket", "remedy", due_at=START, mandatory=True),
                           by=people.responder, now=START)
    return remediation.complete(session, made.id, "403 at 10:02", link="https://wiki.example.org/bucket", by=people.responder, now=START)


def _deeds(session: Session, action: Action) -> Sequence[tuple[str, str, str]]:
    return [(one.what, one.words, one.outcome) for one in remediation.deeds_of(session, [action]).get(action.id, [])]


def test_a_file_proves_it_by_its_hash(session: Session, people: People, case: Case) -> None:
    file = Document(public_id="d1", case_id=case.id, kind="proof", name="log.txt", media_type="text/plain", size=1,
                    sha256="a1" * 32, sealed=b"x", at=START)
    session.add(file)
    session.commit()
    made = remediation.add(session, case.id, NewAction("Look", "contain"), by=people.responder, now=START)

    with pytest.raises(Refused) as refused:
        remediation.complete(session, made.id, "", link="javascript:alert(1)", sha256="00", by=people.responder, now=START)
    assert set(refused.value.problems) == {"sha256", "proof_link"}
    found = remediation.complete(session, made.id, "", sha256=" " + "A1" * 32, by=people.responder, now=START)

    assert found.proof_document_id == file.id
    (deed,) = remediation.deeds_of(session, [made])[made.id]
    assert (deed.sha256, deed.document) == ("a1" * 32, file)
    entry = session.scalars(select(Entry).where(Entry.action == "action.done")).one()
    assert (entry.details["sha256"], entry.details["document"]) == ("a1" * 32, file.id)
    assert remediation.documents_of(session, case.id) == [(file.id, "log.txt (a1a1a1a1a1a1…)")]


def test_a_second_person_checks_what_is_mandatory(session: Session, people: People, case: Case, done: Action) -> None:
    # Given something mandatory that is done: it waits for a second person, and keeps the case open until then
    def unchecked() -> list[str]:
        return [one.title for one in remediation.overview(session, whose="check", by=people.approver, now=START).actions]

    assert unchecked() == ["Close the bucket"]
    assert remediation.open_mandatory(session, case) == [done]
    assert [(one.number, one.why) for one in remediation.hindrances(session, case, START)] == [(done.id, Why.UNCHECKED)]

    # Whoever did it cannot be the one, by no account of theirs
    other = session.get_one(User, people.second_approver.id)
    other.person_id = people.responder.id
    session.commit()
    for by in (people.responder, other.actor):
        assert remediation.why_not_check(session, done, by).startswith("You ended this action yourself")
        with pytest.raises(Forbidden):
            remediation.check(session, done.id, agreed=True, by=by, now=START)
    assert remediation.why_not_check(session, done, people.approver) == ""

    # When another one agrees, nothing is left to do about it
    checked = remediation.check(session, done.id, agreed=True, by=people.approver, now=LATER, version=done.version)
    assert (checked.checked_at, checked.check_due_at) == (LATER, None)
    assert checked.checked_by is not None
    assert (unchecked(), remediation.open_mandatory(session, case)) == ([], [])
    with pytest.raises(Stale):
        remediation.review(session, done.id, "works", "Seen", version=1, by=people.approver, now=LATER)
    with pytest.raises(Conflict, match="checked already"):
        remediation.check(session, done.id, agreed=False, reason="Hm", by=people.approver, now=LATER)


def test_what_is_sent_back_is_open_again_and_its_end_stays_in_the_history(
    session: Session, people: People, done: Action
) -> None:
    with pytest.raises(Refused) as refused:
        remediation.check(session, done.id, agreed=False, reason=" ", by=people.approver, now=LATER)
    assert set(refused.value.problems) == {"reason"}

    back = remediation.check(session, done.id, agreed=False, reason="The log is missing.", by=people.approver, now=LATER)

    assert (back.state, back.proof_text, back.proof_link, back.ended_at, back.due_at) == ("open", "", "", None, START)
    with pytest.raises(Conflict, match="nothing to look at"):
        remediation.check(session, done.id, agreed=True, by=people.approver, now=LATER)
    remediation.not_needed(session, done.id, "It is gone.", by=people.approver, now=LATER)
    remediation.check(session, done.id, agreed=True, by=people.responder, now=LATER)
    assert _deeds(session, done) == [
        ("done", "403 at 10:02", ""), ("check_refused", "The log is missing.", ""), ("not_needed", "It is gone.", ""),
        ("checked", "", "")]
    assert remediation.deeds_of(session, [done])[done.id][0].link == "https://wiki.example.org/bucket"
    with pytest.raises(Conflict, match="not needed"):
        remediation.review(session, done.id, "works", "Seen", by=people.responder, now=LATER)


def test_whether_it_works_is_asked_after_its_days_and_what_does_not_is_open_again(
    session: Session, people: People, case: Case, done: Action
) -> None:
    # Given a remedy, which is looked at 30 days after it was done
    assert done.review_due_at == START + timedelta(days=30)
    assert remediation.due_reviews(session, by=people.approver, now=START).actions == []
    remediation.check(session, done.id, agreed=True, by=people.approver, now=START)
    assert remediation.due_reviews(session, by=people.approver, now=LATER).actions == [done]
    assert [one.why for one in remediation.hindrances(session, case, LATER)] == [Why.REVIEW_DUE]

    # Whoever did it leaves that to somebody else, with a reason and one of the answers
    with pytest.raises(Forbidden, match="Somebody who did not"):
        remediation.review(session, done.id, "works", "I think so", by=people.responder, now=LATER)
    with pytest.raises(Refused) as refused:
        remediation.review(session, done.id, "maybe", " ", by=people.approver, now=LATER)
    assert set(refused.value.problems) == {"outcome", "reason"}

    # When it works partly, it is looked at again
    partly = remediation.review(session, done.id, "partly", "Old links still open.", by=people.approver, now=LATER)
    assert (partly.state, partly.works, partly.review_due_at) == ("done", "partly", LATER + timedelta(days=30))

    # And when it does not, even in a case that was closed meanwhile, it is open again and can be worked on there
    case.state, case.closed_at = "closed", LATER
    session.commit()
    with pytest.raises(Conflict, match="closed"):
        remediation.check(session, done.id, agreed=False, reason="Late", by=people.approver, now=LATER)
    again = remediation.review(session, done.id, "not", "Open anew since Monday.", by=people.approver, now=LATER + timedelta(days=1))
    assert (again.state, again.works, again.review_due_at, again.checked_at) == ("open", "not", None, None)
    assert [one.id for one in remediation.overview(session, whose="overdue", by=people.approver, now=LATER + timedelta(days=2)).actions] == [done.id]
    remediation.complete(session, done.id, "Locked for good", by=people.approver, now=LATER + timedelta(days=2))
    assert [one[0] for one in _deeds(session, done)] == ["done", "checked", "reviewed", "reviewed", "done"]
    works = remediation.review(session, done.id, "works", "Quiet for a month.", by=people.responder, now=LATER + timedelta(days=40))
    assert (works.works, works.review_due_at) == ("works", None)


def test_who_did_it_says_whether_it_works_where_nobody_else_could(session: Session, people: People, done: Action) -> None:
    for one in (people.approver, people.second_approver):
        session.get_one(User, one.id).active = False
    session.commit()

    assert remediation.why_not_review(session, done, people.responder) == ""
    found = remediation.review(session, done.id, "partly", "Looks so.", by=people.responder, now=LATER)

    assert found.works == "partly"


def test_something_without_days_may_be_looked_at_all_the_same(session: Session, people: People, case: Case) -> None:
    made = remediation.add(session, case.id, NewAction("Stop it", "contain", review_days=0), by=people.responder, now=START)
    remediation.complete(session, made.id, "Off", by=people.responder, now=START)
    found = remediation.review(session, made.id, "partly", "It came back once.", by=people.approver, now=LATER)

    assert found.review_due_at == LATER + timedelta(days=30)


def test_an_end_that_an_older_version_wrote_is_kept_too(session: Session, people: People, done: Action) -> None:
    # Given an action that was ended when nothing was kept of it but the end
    written_once.unprotect(session.connection())
    for one in session.scalars(select(Deed)):
        session.delete(one)
    session.commit()

    remediation.check(session, done.id, agreed=False, reason="Where is the log?", by=people.approver, now=LATER)

    assert _deeds(session, done) == [("done", "403 at 10:02", ""), ("check_refused", "Where is the log?", "")]


def test_the_list_goes_on_where_a_page_ends_and_its_numbers_have_an_end(session: Session, people: People, case: Case) -> None:
    # Given three with dates, two of them the same, and three without
    for number, due in enumerate([2, 1, 1, None, None, None]):
        remediation.add(session, case.id, NewAction(f"{number}", "remedy", people.responder.id,
                                                    START + timedelta(days=due) if due else None), by=people.responder, now=START)

    def pages(size: int) -> list[list[str]]:
        found, after = [], None
        while True:
            page = remediation.overview(session, whose="all", by=people.responder, now=START, limit=size, after=after)
            found.append([one.title for one in page.actions])
            after = page.after
            if after is None:
                return found

    assert pages(2) == [["1", "2"], ["0", "3"], ["4", "5"]]
    assert pages(3) == [["1", "2", "0"], ["3", "4", "5"]]
    assert pages(6) == [["1", "2", "0", "3", "4", "5"]]
    assert remediation.overview(session, whose="all", by=people.responder, now=START, after=4711).after is None
    assert remediation.tally(session, by=people.responder, now=START + timedelta(days=1, hours=1)) == {
        "mine": 6, "overdue": 2, "check": 0, "reviews": 0, "all": 6}
