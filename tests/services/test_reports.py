"""The register, its exports, the statistics, the printed reports."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.refusals import Conflict, Forbidden, NotFound, Refused
from incident_app.domain.reports import Row
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.notices import Notice
from incident_app.models.organisation import Organisation
from incident_app.models.recipients import RecipientList
from incident_app.services import filings, obligations, reports, statistics
from incident_app.services.reports.contents import moment, printed_foot
from incident_app.services.unit import writing
from tests.builders import a_case, not_told, the_forms, the_law
from tests.fakes import START, FakePdf, FakeVault
from tests.people import ANYBODY, People
from tests.services.filing_steps import SOON, a_draft, an_approved_filing, an_owed_case, duty_of, submit
from tests.services.test_actions_on_paper import Keeping

LATE = START + timedelta(hours=80)


def rows(session: Session, people: People, *, search: str = "", filter: str = "all") -> dict[str, Row]:  # noqa: A002 (as the service calls it)
    shown = reports.register(session, by=people.responder, now=SOON, search=search, filter=filter)
    return {row.ref: row for row in shown.rows}


def test_the_register_lists_every_case_told_or_not(session: Session, people: People) -> None:
    owed = an_owed_case(session, people)
    quiet = an_owed_case(session, people, title="Encrypted laptop stolen")
    not_told(session, quiet.id, "authority", "The disk was encrypted.", people.approver, people.second_approver, SOON)
    drill = a_case(session, people.responder, is_drill=True)

    shown = rows(session, people)

    assert shown[owed.ref].authority.words == "To file"
    assert shown[owed.ref].people == "about 10\u202f000"
    assert shown[quiet.ref].authority.words == "Not told"
    assert shown[drill.ref].drill
    counts = reports.register(session, by=people.responder, now=SOON).counts
    assert counts == {"all": 3, "running": 2, "decide": 0, "overdue": 0, "closed": 0, "drill": 1}


def test_a_draft_and_a_filed_duty_show_in_the_register(session: Session, people: People) -> None:
    one, other, vault = an_owed_case(session, people), an_owed_case(session, people), FakeVault()
    a_draft(session, people, one)
    submit(session, an_approved_filing(session, people, vault, case=other), people, vault)

    shown = rows(session, people)

    assert shown[one.ref].authority.words == "Draft"
    assert shown[other.ref].authority.words == "Initial sent", "it left things open, so the rest is still owed"


def test_filters_and_search_narrow_the_rows(session: Session, people: People) -> None:
    case = an_owed_case(session, people)
    a_case(session, people.responder, title="100 % of a_backup lost")

    assert list(rows(session, people, search="backup")) == ["BR-2026-002"]
    assert list(rows(session, people, search="0 % of a_b")) == ["BR-2026-002"]
    assert rows(session, people, search="0_%") == {}
    assert list(rows(session, people, filter="decide")) == ["BR-2026-002"]
    assert list(reports.register(session, by=people.responder, now=LATE, filter="overdue").rows)
    assert list(rows(session, people, search=case.ref)) == [case.ref]
    with pytest.raises(Refused, match="no such filter"):
        rows(session, people, filter="odd")


def test_a_reporter_sees_their_own_only(session: Session, people: People) -> None:
    a_case(session, people.responder)
    own = a_case(session, people.reporter, title="I mailed the wrong list")

    shown = reports.register(session, by=people.reporter, now=SOON, search="nothing is searched")

    assert [(row.ref, row.title) for row in shown.rows] == [(own.ref, "I mailed the wrong list")]


def test_who_is_on_call_sees_the_number_and_the_clock_only(session: Session, people: People) -> None:
    an_owed_case(session, people)
    own = a_case(session, people.oncall_person, title="Found by night")

    shown = {row.ref: row for row in reports.register(session, by=people.oncall_person, now=SOON).rows}

    other = shown["BR-2026-001"]
    assert (other.title, other.people, other.severity, other.owner, other.authority.words) == ("", "", "", "", "")
    assert other.next_due_at is not None
    assert shown[own.ref].title == "Found by night"


def test_the_register_shows_how_many_people_were_reached(session: Session, people: People) -> None:
    case = an_owed_case(session, people)
    listed = RecipientList(
        public_id="l", case_id=case.id, number=1, name="list", digest="", people_count=10, line_count=10, other_count=0,
        refused_count=0, duplicate_count=0, telegram_count=10, email_count=0, both_count=0, at=SOON,
    )
    session.add(listed)
    session.flush()
    session.add(Notice(
        public_id="n", case_id=case.id, list_id=listed.id, number=1, state="finished", texts={}, facts={}, plan={},
        fallback_language="en", made_at=SOON, edited_at=SOON, launched_at=SOON, list_count=10, accepted_count=6,
    ))
    session.commit()

    assert rows(session, people)[case.ref].people_sub == "60 % reached"
    pdf = reports.case_pdf(session, case.id, by=people.auditor, now=SOON, pdf=FakePdf(), law=the_law())
    assert b"deliveries" in pdf


def test_the_export_has_every_field_of_art_33_5_and_no_formula(session: Session, people: People) -> None:
    case = an_owed_case(session, people, title="=HYPERLINK(\"http://x\")")
    a_case(session, people.responder, title="@SUM(A1)")
    vault = FakeVault()
    filing = an_approved_filing(session, people, vault, case=case)
    submit(session, filing, people, vault, at=LATE, now=LATE, late_reason="The portal was down.")

    content = reports.export(session, by=people.auditor, now=LATE)

    text = content.decode("utf-8-sig")
    assert content.startswith(b"\xef\xbb\xbf")
    table = {line["Reference"]: line for line in csv.DictReader(io.StringIO(text))}
    line = table[case.ref]
    assert line["Title"] == "'=HYPERLINK(\"http://x\")"
    assert table["BR-2026-002"]["Title"] == "'@SUM(A1)"
    assert line["Authority: decision"] == "required"
    assert line["Authority: reason"] == "The prompts tell of health."
    assert "late: The portal was down." in line["Duties and submissions"]
    assert "reference AZ-88213" in line["Duties and submissions"]
    assert line["People"] == "about 10\u202f000"
    assert line["Confidentiality"] == "yes"
    assert line["Integrity"] == "not known"
    assert line["Actions"]
    assert table["BR-2026-002"]["People: decision"] == "not decided"
    entry = session.scalars(select(Entry).where(Entry.action == "register.exported")).one()
    assert entry.details["rows"] == 2


def test_only_readers_of_cases_export_and_print(session: Session, people: People) -> None:
    case = a_case(session, people.reporter)

    for by in (people.reporter, people.oncall_person, people.admin):
        with pytest.raises(Forbidden):
            reports.export(session, by=by, now=SOON)
        with pytest.raises(Forbidden):
            statistics.brief(session, 2026, by=by, now=SOON)
        with pytest.raises(Forbidden):
            reports.register_pdf(session, by=by, now=SOON, pdf=FakePdf())
        with pytest.raises(Forbidden):
            reports.case_pdf(session, case.id, by=by, now=SOON, pdf=FakePdf(), law=the_law())
    with pytest.raises(Forbidden):
        reports.register(session, by=people.admin, now=SOON)


def test_the_year_is_counted_without_drills(session: Session, people: People) -> None:
    vault = FakeVault()
    on_time, late = (an_owed_case(session, people, kind="exposed-storage") for _ in range(2))
    submit(session, an_approved_filing(session, people, vault, case=on_time), people, vault)
    submit(session, an_approved_filing(session, people, vault, case=late), people, vault, at=LATE, now=LATE,
           late_reason="The portal was down.")
    a_case(session, people.responder, is_drill=True)

    year = statistics.brief(session, 2026, by=people.auditor, now=LATE)

    assert (year.breach_count, year.share.on_time, year.share.late, year.share.percent) == (2, 1, 1, 50)
    assert year.by_kind == (("exposed-storage", 2),)
    assert [(one.ref, one.hours, one.late) for one in year.filings] == [(on_time.ref, 2.0, False), (late.ref, 80.0, True)]
    assert statistics.brief(session, 2020, by=people.auditor, now=LATE).share.percent is None
    assert reports.years(session, SOON, by=ANYBODY) == [2026]


def test_reports_are_printed_from_frozen_words(session: Session, people: People) -> None:
    case, vault = an_owed_case(session, people), FakeVault()
    submit(session, an_approved_filing(session, people, vault, case=case), people, vault)
    session.get_one(Case, case.id).closed_at = SOON
    session.commit()

    one = reports.case_pdf(session, case.id, by=people.auditor, now=SOON, pdf=FakePdf(), law=the_law())
    every = reports.register_pdf(session, by=people.auditor, now=SOON, pdf=FakePdf())

    assert one.startswith(b"%PDF-fake case.html BR-2026-001")
    assert every.startswith(b"%PDF-fake register.html Register of personal data breaches")
    with pytest.raises(NotFound):
        reports.case_pdf(session, 999, by=people.auditor, now=SOON, pdf=FakePdf(), law=the_law())
    with pytest.raises(Conflict, match="Pango"):
        reports.register_pdf(session, by=people.auditor, now=SOON, pdf=FakePdf("Install Pango."))


def test_a_case_nobody_worked_on_yet_is_printed_too(session: Session, people: People) -> None:
    case = a_case(session, people.responder)

    assert reports.case_pdf(session, case.id, by=people.auditor, now=SOON, pdf=FakePdf(), law=the_law())


@pytest.mark.parametrize(("late", "words"), [(False, "on time"), (True, "8 h 0 min late: The portal was down.")])
def test_the_summary_of_a_printed_filing_says_when_and_how_it_was_filed(
    session: Session, people: People, late: bool, words: str
) -> None:
    vault, at = FakeVault(), LATE if late else SOON
    filing = submit(session, an_approved_filing(session, people, vault), people, vault, at=at, now=at,
                    late_reason="The portal was down.")

    content = filings.content(session, filing, the_forms()["edpb-1"], at)

    summary = dict(content["summary"])
    assert words.removeprefix("8 h 0 min ") in summary["Filed"]
    assert "AZ-88213" in summary["Filed"]
    assert not content["draft"]
    report = reports.case_matter(session, filing.case, at, by=people.auditor)
    assert words in report["duties"][0]["outcome"]


def test_a_printed_draft_is_marked_and_says_what_is_left(session: Session, people: People) -> None:
    filing = a_draft(session, people)

    content = filings.content(session, filing, the_forms()["edpb-1"], SOON)
    overdue = filings.content(session, filing, the_forms()["edpb-1"], LATE)
    filing.obligation.due_at = None
    undated = filings.content(session, filing, the_forms()["edpb-1"], LATE)

    assert content["draft"]
    assert not content["is_complete"]
    assert dict(content["summary"])["Filed"] == "not yet; 2 d 22 h left"
    assert dict(overdue["summary"])["Filed"] == "not yet; overdue by 8 h 0 min"
    assert (dict(undated["summary"])["Filed"], dict(undated["summary"])["Due"]) == ("not yet", "no date in law")


@pytest.mark.parametrize(("hours", "stands"), [(79, "7 h 0 min late"), (31, "on time")])
def test_a_draft_where_the_duty_was_done_otherwise_is_neither_late_nor_overdue(
    session: Session, people: People, hours: int, stands: str
) -> None:
    # Given a duty that was done by mail, late or early, and a filing drafted for it afterwards
    filing, told = a_draft(session, people), START + timedelta(hours=hours)
    with writing(session):
        obligations.discharge(session, filing.obligation, at=told, how="email", reference="4711", proof_document_id=None,
                              late_reason="The portal was down." if hours > 72 else "", by=people.approver, now=told)
    weeks = START + timedelta(days=38)

    # When its form is opened and printed weeks later
    page = filings.page(session, filing, now=weeks, forms=the_forms(), law=the_law())
    summary = dict(filings.content(session, filing, the_forms()["edpb-1"], weeks)["summary"])

    # Then paper and screen say what became of the duty, and nobody is asked why this one is late
    assert summary["Filed"] == f"not yet; the duty was done {moment(filing.case, told)}, {stands}"
    assert not page.late
    assert "late_reasons" not in [one.field.id for section in page.sections for one in section.fields]


def test_a_printed_case_says_what_is_overdue_and_by_how_much(session: Session, people: People) -> None:
    case = an_owed_case(session, people)

    # While there is time left it is to be told, and eight hours after that it is overdue
    early, late = (reports.case_matter(session, case, at, by=people.auditor)["duties"][0]["outcome"] for at in (SOON, LATE))
    assert early == "to be told: The prompts tell of health."
    assert late == "Overdue by 8 h 0 min; to be told: The prompts tell of health."

    # So does its review
    pdf = Keeping()
    reports.review_pdf(session, case.id, by=people.auditor, now=LATE, pdf=pdf)
    shown: Any = pdf.content
    assert "open, overdue by 8 h 0 min" in [one["outcome"] for one in shown["deadlines"]]

    # And once it is closed over it, what stands is how it stood then
    case.closed_at = LATE
    weeks = reports.case_matter(session, case, LATE + timedelta(days=30), by=people.auditor)["duties"][0]["outcome"]
    assert weeks.startswith("Overdue by 8 h 0 min when the case was closed; ")
    filing = filings.draft(session, duty_of(session, case).id, by=people.responder, now=SOON, forms=the_forms(), law=the_law())
    case.closed_at = SOON
    assert dict(filings.content(session, filing, the_forms()["edpb-1"], LATE)["summary"])["Filed"] == "not yet"


def test_without_an_organisation_nothing_is_drafted(session: Session, people: People) -> None:
    case = an_owed_case(session, people)
    session.delete(session.scalars(select(Organisation)).one())
    session.commit()

    with pytest.raises(NotFound, match="organisation"):
        a_draft(session, people, case)


@pytest.mark.parametrize(("moment", "zone", "words"), [
    (datetime(2026, 11, 30, 9, 36, tzinfo=UTC), "Europe/Berlin", "2026-11-30 10:36 CET (09:36 UTC)"),
    (datetime(2026, 11, 30, 23, 36, tzinfo=UTC), "Europe/Berlin", "2026-12-01 00:36 CET (2026-11-30 23:36 UTC)"),
])
def test_the_foot_of_a_report_names_the_time_of_the_case_and_that_of_the_record(moment: datetime, zone: str, words: str) -> None:
    assert printed_foot(moment, zone) == words
