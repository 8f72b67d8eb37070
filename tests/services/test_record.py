"""The record is read by those who may: filtered, paged, exported; an administrator sees its security part."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import SYSTEM, Actor
from incident_app.domain.cases import Count
from incident_app.domain.record import SECURITY, detail_of, door_of, is_known, words_of
from incident_app.domain.refusals import Forbidden, Refused
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.services import audit, deliveries, recipients, record
from incident_app.services.record import Asked, Line
from incident_app.services.unit import writing
from tests.builders import a_case
from tests.fakes import START, FakeClock
from tests.letters_kit import Desk, csv_of
from tests.people import People


@pytest.fixture
def case(session: Session, people: People) -> Case:
    """A case, and somebody who signed in."""
    made = a_case(session, people.responder)
    with writing(session):
        audit.record(session, action="account.signed_in", by=people.admin, now=START + timedelta(days=1))
        audit.record(session, action="case.noted", by=people.responder, now=START + timedelta(days=2), case_id=made.id,
                     details={"reason": "=1+1"})
    return made


def lines(session: Session, by: Actor, **asked: object) -> list[Line]:
    return list(record.page(session, Asked(**asked), by=by, zone="Europe/Berlin", limit=500).lines)  # type: ignore[arg-type]  # named by the test


def test_auditors_and_approvers_read_everything_in_words(session: Session, people: People, case: Case) -> None:
    for who in (people.auditor, people.approver):
        found = lines(session, who)
        assert [line.seq for line in found] == list(range(len(found), 0, -1))
        assert (found[0].words, found[0].detail, found[0].case) == ("A note was added", "=1+1", case.ref)
    for other in (people.reporter, people.responder, people.oncall_person):
        with pytest.raises(Forbidden):
            record.page(session, Asked(), by=other)


def test_an_administrator_reads_the_security_part_and_no_case(session: Session, people: People, case: Case) -> None:
    found = lines(session, people.admin)

    assert {door_of(line.action) for line in found} <= SECURITY
    assert {line.case for line in found} == {""}
    assert "Signed in" in {line.words for line in found}
    assert lines(session, people.admin, case=case.ref) == []
    assert lines(session, people.admin, action="case.noted") == []
    offered = {name for name, _ in record.actions(session, by=people.admin)}
    assert "case.filed" not in offered
    assert "case.filed" in {name for name, _ in record.actions(session, by=people.auditor)}


def test_entries_are_found_by_action_door_person_case_and_day(session: Session, people: People, case: Case) -> None:
    who = people.auditor

    assert {line.action for line in lines(session, who, action="case.noted")} == {"case.noted"}
    assert {line.action for line in lines(session, who, action="case")} == {"case.filed", "case.noted"}
    assert {line.who for line in lines(session, who, person=people.admin.id)} == {"Adam Admin"}
    assert {line.case for line in lines(session, who, case=f" {case.ref.lower()} ")} == {case.ref}
    assert {line.action for line in lines(session, who, first=date(2026, 11, 24), last=date(2026, 11, 24))} == {
        "account.signed_in"}
    assert lines(session, who, first=date(2026, 11, 26)) == []
    assert lines(session, who, action="%") == []
    with pytest.raises(Refused) as refused:
        lines(session, who, first=date(2026, 11, 26), last=date(2026, 11, 25))
    assert refused.value.problems == {"last": "The last day is before the first."}


def test_pages_follow_one_another_without_gap(session: Session, people: People, case: Case) -> None:
    whole = [line.seq for line in lines(session, people.auditor)]
    seen: list[int] = []
    before: int | None = None
    while True:
        page = record.page(session, Asked(), by=people.auditor, before=before, limit=3)
        seen += [line.seq for line in page.lines]
        if page.older is None:
            break
        before = page.older
    assert seen == whole


def test_a_page_says_where_times_do_not_run_as_the_numbers_do(session: Session, people: People, case: Case) -> None:
    assert record.page(session, Asked(), by=people.auditor).ordered

    # When something is written for a moment before, as a demo does case after case
    with writing(session):
        audit.record(session, action="account.signed_in", by=people.admin, now=START)

    # Then its number stays the order, and the page knows that its time is not in a row
    seen = record.page(session, Asked(), by=people.auditor)
    assert [line.seq for line in seen.lines] == sorted((line.seq for line in seen.lines), reverse=True)
    assert not seen.ordered


def test_the_export_is_recorded_and_no_spreadsheet_runs_it(session: Session, people: People, case: Case) -> None:
    text = "".join(record.export(session, Asked(case=case.ref), by=people.auditor, now=START))

    assert text.startswith("\ufeff\"Entry\"")
    assert "\"'=1+1\"" in text
    entry = session.scalars(select(Entry).where(Entry.action == "record.exported")).one()
    assert entry.details["filter"]["case"] == case.ref
    assert "record.exported" not in text
    with pytest.raises(Forbidden):
        record.export(session, Asked(), by=people.responder, now=START)


def test_looking_through_a_list_is_recorded_once_an_hour_for_each_person(
    session: Session, people: People, clock: FakeClock
) -> None:
    desk = Desk(session, people, clock)
    case = desk.case()
    made = desk.listed(case, csv_of(5))

    def look(by: Actor) -> None:
        recipients.masked_page(session, case.id, made.id, by=by, now=clock.now(), vault=desk.vault)

    for _ in range(3):
        look(people.approver)
    look(people.responder)
    clock.move(hours=1)
    look(people.approver)

    entries = session.scalars(select(Entry).where(Entry.action == "recipients.listed").order_by(Entry.seq)).all()
    assert [(one.actor_id, one.subject_id, one.details) for one in entries] == [
        (who.id, str(made.id), {}) for who in (people.approver, people.responder, people.approver)]


def test_exports_of_outcomes_are_recorded_before_the_first_line(session: Session, people: People, clock: FakeClock) -> None:
    desk = Desk(session, people, clock)
    notice = desk.launched()

    deliveries.outcomes(session, notice.id, by=people.auditor, now=desk.now)

    entry = session.scalars(select(Entry).where(Entry.action == "deliveries.exported")).one()
    assert (entry.actor_id, entry.case_id) == (people.auditor.id, notice.case_id)


def test_words_of_every_kind() -> None:
    assert words_of("hold.lift.agreed") == "A second person agreed: lifting a legal hold"
    assert words_of("old.gone_by") == "Old: gone by"
    assert words_of("other.thing.asked") == "Other: thing: asked"
    assert is_known("recipients.erase_early.withdrawn")
    assert not is_known("hold.lift.done")
    assert detail_of({"reason": "x", "people": 1200, "digest": "ab" * 32, "roles": ["admin", "auditor"], "before": {"a": 1}}) == (
        "x · 1\u202f200 people · digest abababababababab… · admin, auditor")
    assert detail_of({"name": "", "matches": True}) == ""


def test_an_alert_is_recorded_by_the_threshold_it_was_raised_at() -> None:
    # The time left was another one by the time it was raised, and is another one whenever this is read.
    assert detail_of({"threshold": "over 54 h", "words": "54 h overdue", "superseded": []}, "alert.raised") == "alert “54 h overdue”"
    assert detail_of({"threshold": "due"}, "alert.raised") == "alert “due”"
    assert detail_of({"threshold": "6/72", "words": "6 h left", "passed_over": ["24 h left", "12 h left"]}, "alert.raised") == (
        "alert “6 h left” · passed over: “24 h left”, “12 h left”")
    assert detail_of({"kind": "health", "words": "the worker is silent"}, "alert.raised") == "the worker is silent"


@pytest.mark.parametrize(
    ("action", "details", "words"),
    [
        ("public.approved", {}, ""),
        ("report.printed", {}, ""),
        ("case.filed", {"source": "SOC call", "drill": True}, "from SOC call · an exercise"),
        ("case.readers_chosen", {"restricted": False}, "whoever reads the cases of its team reads it"),
        ("recipients.asked", {"found": []}, "found in no list"),
        ("document.verified", {"name": "log.txt", "matches": False}, "log.txt · IS NOT what was put in"),
        ("case.edited", {"fields": ["occurred_at"], "was": {"occurred_at": "2026-11-23T08:00:00+00:00"}},
         "when it happened; before: when it happened Mon 23 Nov 2026 08:00 UTC"),
        ("case.edited", {"fields": ["people", "cause", "occurred_at"], "was": {"occurred_at": None, "people": Count.exact(12).to_json()},
                         "now": {"people": Count.about(10_000).to_json()}},
         "how many people: about 10\u202f000 (before: 12), the cause, when it happened; before: when it happened not known"),
        ("filing.edited", {"fields": ["cause"]}, "1 answer"),
        ("notice.edited", {"what": "The text in German was changed.", "was": "approved", "approval_voided": True},
         "The text in German was changed. · this took back the approval"),
        ("notice.sent_back", {"reason": "2026-99-99"}, "2026-99-99"),
        ("public.edited", {"what": "The days were changed.", "approval_voided": True}, "The days were changed. · this took back the approval"),
    ],
)
def test_what_an_entry_adds_is_said_in_words(action: str, details: dict[str, object], words: str) -> None:
    assert detail_of(details, action) == words


@pytest.mark.parametrize(
    ("details", "words"),
    [
        ({"fields": [], "before": ["oncall"], "after": ["oncall"], "asked": False}, "nothing was other than before"),
        ({"fields": ["zone"], "before": ["oncall"], "after": ["oncall"]}, "time zone"),
        ({"fields": ["name"], "was": {"name": "Ola"}, "before": [], "after": ["admin"]}, "name, before: Ola · roles: none → admin"),
        ({"fields": [], "before": ["oncall", "responder"], "after": []}, "roles: oncall, responder → none"),
        ({"before": ["oncall"], "after": ["oncall"], "asked": True}, "to be an approver waits for a second person"),
    ],
)
def test_a_changed_account_says_what_is_other_than_before(details: dict[str, object], words: str) -> None:
    assert detail_of(details, "people.changed") == words


def test_accounts_are_read_by_name_in_entries_that_hold_their_numbers(session: Session, people: People) -> None:
    # Given entries as they were always written: what is hashed is never changed
    with writing(session):
        for action, by, about, details in (
            ("account.link_made", SYSTEM, people.responder.id, {}),
            ("account.added", people.admin, people.auditor.id, {"roles": ["auditor"]}),
            ("people.disabled", people.admin, 4711, {"shifts": [3, 4]}),
            ("account.proved", people.admin, people.admin.id, {}),
            ("rota.rotation_saved", people.admin, None, {"people": [people.responder.id, people.oncall_person.id], "turns": 8}),
            ("rota.shift_added", people.admin, None, {"user": people.oncall_person.id}),
            ("account.same_person", people.admin, people.reporter.id, {"with": people.auditor.id, "person": people.reporter.id}),
            ("account.parted", people.admin, people.reporter.id, {"from": [people.auditor.id], "person": people.reporter.id}),
        ):
            audit.record(session, action=action, by=by, now=START, subject="user" if about else "rota",
                         subject_id=about or "", details=details)

    # Then whoever reads them reads of whom they are, and no number that says nothing
    said = {line.action: line.detail for line in reversed(lines(session, people.auditor))}
    assert said["account.link_made"] == "Rene Responder"
    assert said["account.added"] == "Audrey Auditor · auditor"
    assert said["people.disabled"] == "account 4711"
    assert said["account.proved"] == "", "who did it stands beside it"
    assert said["rota.rotation_saved"] == "Rene Responder, Ola Oncall"
    assert said["rota.shift_added"] == "Ola Oncall"
    assert said["account.same_person"] == "Rosa Reporter · with Audrey Auditor"
    assert said["account.parted"] == "Rosa Reporter · from Audrey Auditor"


def test_entries_by_the_app_itself_are_named(session: Session, people: People) -> None:
    found = lines(session, people.auditor, person=SYSTEM.id)

    assert {line.who for line in found} == {"incident-app"}
