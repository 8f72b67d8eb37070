"""The register in pages, by filters, in files and saved views; nobody's data in it."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from incident_app.adapters.workbooks import Xlsx
from incident_app.domain.refusals import Forbidden, NotFound, Refused, Stale
from incident_app.domain.register import CHOICES, DEFAULT, LEFT_OUT, Column
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.filings import Filing
from incident_app.models.notices import Notice
from incident_app.models.recipients import RecipientList
from incident_app.models.register import RegisterView
from incident_app.models.remediation import Action
from incident_app.models.reports import Document
from incident_app.models.teams import CaseReader
from incident_app.services import reports
from incident_app.services.reports import Look
from incident_app.services.reports.register_parts import PER_PART
from tests.builders import not_told
from tests.fakes import START, FakePdf
from tests.people import People
from tests.services.duties import a_duty, a_plain_case
from tests.services.filing_steps import SOON, an_owed_case
from tests.story import canaries

LATE = START + timedelta(hours=80)
HOUR = timedelta(hours=1)
WHO = f"{canaries.NAME}.0001@{canaries.DOMAIN}-0001.example"


class PlainPdf(FakePdf):
    """Prints everything it was given."""

    def write(self, template: str, content: Mapping[str, object], **more: object) -> bytes:
        """Return the words."""
        return f"{template} {more['title']} {sorted(content.items())}".encode()


def a_notice(session: Session, case: Case, **facts: object) -> None:
    listed = RecipientList(
        public_id=f"l{case.id}", case_id=case.id, number=1, name=f"{canaries.NAME}.csv", digest="", people_count=10, line_count=10,
        other_count=0, refused_count=0, duplicate_count=0, telegram_count=10, email_count=0, both_count=0, at=SOON)
    session.add(listed)
    session.flush()
    texts = {"en": {"subject": canaries.SURNAME, "body": canaries.STREET}}
    session.add(Notice(**{
        "public_id": f"n{case.id}", "case_id": case.id, "list_id": listed.id, "number": 1, "state": "finished", "texts": texts,
        "facts": {"who": canaries.NAME}, "plan": {}, "fallback_language": "en", "made_at": SOON, "edited_at": SOON,
        "launched_at": SOON, "list_count": 10, "accepted_count": 8, "failed_count": 2} | facts))
    session.commit()


def a_filing(session: Session, case: Case, duty_id: int, systems: str | None) -> None:
    session.add(Filing(
        public_id=f"f{case.id}", case_id=case.id, obligation_id=duty_id, number=1, form_id="edpb-1", form_version="1",
        answers={"systems": {"value": systems, "source": "typed", "not_yet_known": systems is None}}, content_hash="", made_at=SOON,
        saved_at=SOON))
    session.commit()


def a_row_of_every_kind(session: Session) -> None:
    """Told on time, told late, overdue, not owed, without a duty, a drill."""
    told = a_plain_case(session, "told", countries=["DE", "ES"], confidentiality=True, state="notified", processors=["Example_Cloud"])
    duty = a_duty(session, told, state="discharged", discharged_at=START + HOUR, receipt_reference="AZ-1", late_by_seconds=0)
    a_filing(session, told, duty.id, "CRM, Madrid")
    a_notice(session, told)
    late = a_plain_case(session, "late", aware_at=START - 24 * HOUR, closed_at=SOON, state="closed", integrity=True)
    duty = a_duty(session, late, state="discharged", discharged_at=START + HOUR, late_by_seconds=600)
    a_filing(session, late, duty.id, None)
    a_notice(session, late, accepted_count=0)
    a_duty(session, a_plain_case(session, "overdue", aware_at=START + HOUR, kind="other"))
    a_duty(session, a_plain_case(session, "excused", availability=True), state="excused", state_reason="No risk.")
    a_plain_case(session, "nothing", title="100 % of a_backup", summary="A tape.")
    a_duty(session, a_plain_case(session, "drill", is_drill=True), state="undecided", due_at=LATE + HOUR)


def found(session: Session, staff: People, **given: str) -> list[str]:
    pill = given.pop("pill", "all")
    return [row.ref for row in reports.register(session, by=staff.auditor, now=LATE, filter=pill, given=given).rows]


def test_what_is_due_next_comes_first_and_every_filter_narrows(session: Session, people: People) -> None:
    a_row_of_every_kind(session)

    assert found(session, people) == ["overdue", "drill", "nothing", "excused", "told", "late"]
    for asked, refs in (
        ({"pill": "running"}, "overdue"), ({"pill": "overdue"}, "overdue"), ({"pill": "decide"}, ""), ({"pill": "drill"}, "drill"),
        ({"pill": "closed"}, "late"), ({"state": "closed"}, "late"), ({"country": "es"}, "told"), ({"country": "FR"}, ""),
        ({"cause": "other"}, "overdue"), ({"kind": "confidentiality"}, "told"), ({"kind": "integrity"}, "late"),
        ({"kind": "availability"}, "excused"), ({"system": "crm"}, ""), ({"system": "e_c"}, "told"), ({"system": "eXc"}, ""),
        ({"timing": "on_time"}, "told"), ({"timing": "late"}, "late"), ({"timing": "overdue"}, "overdue"),
        ({"timing": "not_due"}, "drill nothing excused"), ({"authority": "told"}, "told late"),
        ({"authority": "not_told"}, "overdue drill nothing excused"), ({"people": "told"}, "told"),
        ({"people": "not_told"}, "overdue drill nothing excused late"), ({"q": "0 % of a_b"}, "nothing"), ({"q": "0_%"}, ""),
        ({"until": "2026-11-22"}, "late"), ({"since": "2026-11-23", "q": "a_backup"}, "nothing"), ({"since": "2026-11-24"}, ""),
    ):
        assert found(session, people, **asked) == refs.split(), asked
    counts = reports.register(session, by=people.auditor, now=LATE, given={"authority": "not_told"}).counts
    assert counts == {"all": 4, "running": 1, "decide": 0, "overdue": 1, "closed": 0, "drill": 1}


def test_pages_follow_one_another_whatever_comes_in_between(session: Session, people: People) -> None:
    # Given rows of every rank, some due or known at the same moment
    for number in range(3):
        a_duty(session, a_plain_case(session, f"dated{number}"))
        a_duty(session, a_plain_case(session, f"undated{number}"), due_at=START).due_at = None
        a_plain_case(session, f"quiet{number}", aware_at=START + number * HOUR)
        a_plain_case(session, f"closed{number}", closed_at=SOON)
    session.commit()
    every = found(session, people)

    # When they are read in small pages, and others come in meanwhile
    after, read = "", list[str]()
    while True:
        page = reports.register(session, by=people.auditor, now=LATE, after=after, size=2)
        read += [row.ref for row in page.rows]
        a_duty(session, a_plain_case(session, f"new{len(read)}", aware_at=START + 90 * HOUR), due_at=START + HOUR)
        if page.more is None:
            break
        after = page.more

    # Then each was read once, in order
    assert read == every
    assert [ref[:-1] for ref in every[::3]] == ["dated", "undated", "quiet", "closed"]
    with pytest.raises(Refused, match="no such page"):
        reports.register(session, by=people.auditor, now=LATE, after="made up")


@contextmanager
def questions(session: Session) -> Iterator[list[str]]:
    asked: list[str] = []

    def heard(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", heard)
    yield asked
    event.remove(engine, "before_cursor_execute", heard)


def test_a_page_and_a_file_ask_as_much_for_many_breaches_as_for_few(session: Session, people: People) -> None:
    def asked() -> list[int]:
        counted = []
        ways: tuple[Callable[[], object], ...] = (
            lambda: reports.register(session, by=people.auditor, now=LATE, columns=CHOICES),
            lambda: reports.export(session, by=people.auditor, now=LATE),
            lambda: reports.register_pdf(session, by=people.auditor, now=LATE, pdf=PlainPdf()),
        )
        for way in ways:
            session.expunge_all()
            with questions(session) as heard:
                way()
            counted.append(len(heard))
        return counted

    a_row_of_every_kind(session)
    few = asked()
    for number in range(40):
        a_duty(session, a_plain_case(session, f"more{number}"))

    assert asked() == few
    assert few[0] <= 26


def test_the_register_tells_nothing_of_what_one_may_not_read(session: Session, people: People) -> None:
    case = a_plain_case(session, "hidden", restricted=True, title="Zwirbel", countries=["ES"], confidentiality=True)
    a_duty(session, case, due_at=START + HOUR)
    session.add(CaseReader(case_id=case.id, user_id=people.approver.id))
    session.commit()

    for given in ({}, {"q": "Zwirbel"}, {"country": "ES"}, {"kind": "confidentiality"}, {"timing": "overdue"}, {"since": "2026-01-01"}):
        other = reports.register(session, by=people.auditor, now=LATE, given=given, columns=CHOICES)
        assert (other.rows, set(other.counts.values()), dict(other.cells)) == ((), {0}, {})
        assert found_by(session, people, given) == ["hidden"]
    assert b"Zwirbel" not in reports.export(session, by=people.auditor, now=LATE)
    assert b"Zwirbel" not in reports.register_pdf(session, by=people.auditor, now=LATE, pdf=PlainPdf())

    # Who knows numbers and clocks only has no filters: they would tell the rest, and no words beside them
    open_case = a_plain_case(session, "open", title="Zwirbel two", summary="Zwirbel three")
    a_duty(session, open_case)
    night = reports.register(session, by=people.oncall_person, now=LATE, given={"country": "FR"}, columns=CHOICES)
    assert [(row.ref, row.title) for row in night.rows] == [("hidden", ""), ("open", "")]
    assert dict(night.cells) == {}


def found_by(session: Session, people: People, given: dict[str, str]) -> list[str]:
    return [row.ref for row in reports.register(session, by=people.approver, now=LATE, given=given).rows]


def test_files_hold_everything_also_of_those_not_told_and_name_the_gaps(session: Session, people: People) -> None:
    # Given one not told with a reason, one overdue without any, both with words a spreadsheet would run
    quiet = an_owed_case(session, people, title="=1+1", summary="x" * 40_000)
    not_told(session, quiet.id, "authority", "The disk was encrypted.", people.approver, people.second_approver, SOON)
    a_duty(session, a_plain_case(session, "bare", title="+49"))

    # When both files are taken
    plain = list(csv.DictReader(io.StringIO(reports.export(session, by=people.auditor, now=LATE).decode("utf-8-sig"))))
    packed = reports.export(session, by=people.auditor, now=LATE, workbooks=Xlsx())
    head, *rows = CalamineWorkbook.from_filelike(io.BytesIO(packed)).get_sheet_by_index(0).to_python()

    # Then they say the same, but for what is too long for a cell
    assert head == list(plain[0])
    for row, line in zip(rows, plain, strict=True):
        assert [one for one in row if len(str(one)) < 32_000] == [one for one in line.values() if len(one) < 32_000]
    by_ref = {line["Reference"]: line for line in plain}
    assert by_ref[quiet.ref]["Title"] == "'=1+1"
    assert by_ref[quiet.ref]["Authority: reason"] == "The disk was encrypted."
    assert "confirmed by Sam Second" in by_ref[quiet.ref]["Authority: decided by"]
    assert "Overdue and not told, no reason recorded: AEPD" in by_ref["bare"]["Gaps"]
    assert any(str(one).endswith("the CSV file has all of it)") for row in rows for one in row)

    # … a narrowed file has reference, title and the columns chosen; and each export is on record with its hash
    narrow = reports.export(session, by=people.auditor, now=LATE, given={"q": "bare"}, columns=[Column.STATE]).decode("utf-8-sig")
    assert narrow.splitlines() == ['"Reference","Title","State"', '"bare","\'+49","logged"']
    entries = session.scalars(select(Entry).where(Entry.action == "register.exported").order_by(Entry.seq)).all()
    assert [(one.details["format"], one.details["rows"], one.details["filters"]) for one in entries] == [
        ("csv", 2, []), ("xlsx", 2, []), ("csv", 1, ["q"])]
    assert all(len(one.details["sha256"]) == 64 for one in entries)


def test_nothing_in_the_register_names_anybody_concerned(session: Session, people: People) -> None:
    # Given a breach with people in its list, its notice, its files, and one pasted into the text
    case = a_plain_case(session, "told", title=f"Mail of {WHO} was read", summary=f"{WHO} rang from +49 30 {canaries.CHAT}",
                        cause=WHO, consequences=WHO, measures_taken=WHO, close_reason=WHO)
    duty = a_duty(session, case, state="excused", state_reason=WHO)
    a_filing(session, case, duty.id, WHO)
    a_notice(session, case)
    session.add(Document(public_id="d", case_id=case.id, kind="evidence", name=f"{canaries.NAME}.pdf", media_type="text/plain", size=1,
                         sha256="0" * 64, sealed=b"", at=SOON))
    session.add(Action(case_id=case.id, own_title=f"Call {WHO}", kind="remedial", made_at=SOON))
    session.commit()

    # When it is shown and taken away by every way
    page = reports.register(session, by=people.auditor, now=LATE, columns=CHOICES)
    ways = [
        repr((page.rows, page.cells)).encode(), reports.export(session, by=people.auditor, now=LATE),
        reports.register_pdf(session, by=people.auditor, now=LATE, pdf=PlainPdf()),
        repr(CalamineWorkbook.from_filelike(io.BytesIO(reports.export(
            session, by=people.auditor, now=LATE, workbooks=Xlsx()))).get_sheet_by_index(0).to_python()).encode(),
    ]

    # Then nobody stands there, and it is said that something was left out
    for way in ways:
        assert canaries.traces(way) == set()
        assert LEFT_OUT.encode() in way
    assert "contact stands in the text" in page.cells["told"][Column.GAPS]


def test_a_register_too_long_for_paper_is_refused_in_words(session: Session, people: People) -> None:
    session.add_all(Case(ref=f"c{number}", title="t", home_country="ES", zone="UTC", aware_at=START, filed_at=START)
                    for number in range(PER_PART + 1))
    session.commit()

    with pytest.raises(Refused, match="too long for paper"):
        reports.register_pdf(session, by=people.auditor, now=LATE, pdf=PlainPdf())
    printed = reports.register_pdf(session, by=people.auditor, now=LATE, pdf=PlainPdf(), given={"q": "c99"})
    assert b"Words: c99" in printed
    entry = session.scalars(select(Entry).where(Entry.action == "report.printed")).one()
    assert (entry.details["rows"], len(entry.details["sha256"])) == (1, 64)


def test_columns_are_remembered_for_each_person(session: Session, people: People) -> None:
    assert reports.columns_of(session, by=people.auditor) == DEFAULT
    assert reports.choose_columns(session, ["facts", "aware"], by=people.auditor, now=SOON) == (Column.AWARE, Column.FACTS)
    assert reports.columns_of(session, by=people.auditor) == (Column.AWARE, Column.FACTS)
    assert reports.columns_of(session, by=people.approver) == DEFAULT
    assert reports.choose_columns(session, [], by=people.auditor, now=SOON) == DEFAULT
    with pytest.raises(Refused):
        reports.choose_columns(session, ["victims"], by=people.auditor, now=SOON)
    with pytest.raises(Forbidden):
        reports.choose_columns(session, ["facts"], by=people.reporter, now=SOON)


LOOK = Look("Late in Spain", "closed", {"timing": "late", "country": "ES"}, ["facts"])


def test_a_view_is_saved_shared_and_changed_and_a_clash_is_told_in_words(session: Session, people: People) -> None:
    # Given a view of one's own, which nobody else sees
    own = reports.save_view(session, LOOK, by=people.auditor, now=SOON)
    assert [one.name for one in reports.every_view(session, by=people.auditor)] == ["Late in Spain"]
    assert reports.filters_of(own).given == {"country": "ES", "timing": "late"}
    with pytest.raises(NotFound):
        reports.one_view(session, own.public_id, by=people.approver)

    # When it is shared, others look at it, and who works on cases may change it
    look = Look("Late in Spain", "closed", LOOK.given, [], shared=True)
    shared = reports.change_view(session, own.public_id, look, version=1, by=people.auditor, now=SOON)
    assert (shared.shared, shared.version, shared.columns) == (True, 2, [one.value for one in DEFAULT])
    theirs = Look("Late", "all", {"timing": "late"}, [])
    reports.change_view(session, own.public_id, theirs, version=2, by=people.approver, now=SOON)
    assert reports.one_view(session, own.public_id, by=people.second_approver).shared, "only its owner says whether it is shared"

    # Then who changes the version before is told both, and nothing is saved
    with pytest.raises(Stale, match=r"Ada Approver changed this view .* now “Late” .All; Told late.; yours would be “Mine”") as stale:
        reports.change_view(session, own.public_id, Look("Mine", "all", {}, []), version=2, by=people.auditor, now=SOON)
    assert stale.value.both["version"] == 3
    with pytest.raises(Stale):
        reports.remove_view(session, own.public_id, version=2, by=people.auditor, now=SOON)
    assert reports.one_view(session, own.public_id, by=people.auditor).name == "Late"

    # … only its owner removes it, and none of it names what was looked for
    with pytest.raises(Forbidden, match="Only who made"):
        reports.remove_view(session, own.public_id, version=3, by=people.approver, now=SOON)
    reports.remove_view(session, own.public_id, version=3, by=people.auditor, now=SOON)
    assert reports.every_view(session, by=people.auditor) == []
    entries = session.scalars(select(Entry).where(Entry.subject == "register_view").order_by(Entry.seq)).all()
    assert [one.action for one in entries] == ["register.view_saved", *["register.view_changed"] * 2, "register.view_removed"]
    assert all("Late" not in str(one.details) for one in entries)


def test_who_only_reads_changes_no_view_of_others_and_nobody_hoards(session: Session, people: People) -> None:
    shared = reports.save_view(session, Look("Ours", "all", {}, [], shared=True), by=people.approver, now=SOON)

    with pytest.raises(Forbidden, match="look at this view"):
        reports.change_view(session, shared.public_id, LOOK, version=1, by=people.auditor, now=SOON)
    for by in (people.reporter, people.oncall_person, people.admin):
        with pytest.raises(Forbidden):
            reports.every_view(session, by=by)
    for odd in (Look("", "all", {}, []), Look("x", "odd", {}, []), Look("x", "all", {"country": "Spain"}, []),
                Look("x", "all", {}, ["odd"])):
        with pytest.raises(Refused):
            reports.save_view(session, odd, by=people.auditor, now=SOON)
    session.add_all(
        RegisterView(public_id=str(number), owner_id=people.auditor.id, name="x", pill="all", wanted={}, columns=[],
                     changed_by_id=people.auditor.id, changed_at=SOON) for number in range(50))
    session.commit()
    with pytest.raises(Refused, match="you have 50 already"):
        reports.save_view(session, LOOK, by=people.auditor, now=SOON)
