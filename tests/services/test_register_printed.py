"""The register on paper: asked for, made by a worker in parts, for who asked for it, gone after a day."""

import io
import zipfile
from collections.abc import Mapping
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.refusals import Conflict, Forbidden, NotFound, Refused
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.printed import PrintedReport
from incident_app.services import reports
from incident_app.services.reports.register_parts import LONGEST_CELL, MOST_TEXT, PER_PART, parts
from tests.builders import a_case
from tests.fakes import START, FakeClock, FakePdf, FakeVault
from tests.people import People
from tests.services.filing_steps import SOON

LATER = SOON + timedelta(minutes=5)


class Telling(FakePdf):
    """Keeps what it was given to print."""

    def __init__(self) -> None:
        """Nothing yet."""
        super().__init__()
        self.told: list[Mapping[str, object]] = []

    def write(self, template: str, content: Mapping[str, object], **more: object) -> bytes:
        """Print it, and keep it."""
        self.told.append(content)
        return f"%PDF {more['title']}".encode()


def many(session: Session, count: int) -> None:
    session.add_all(Case(ref=f"c{number:04}", title="t", home_country="ES", zone="UTC", aware_at=START, filed_at=START)
                    for number in range(count))
    session.commit()


def make(session: Session, vault: FakeVault, pdf: FakePdf | None = None) -> list[int]:
    return list(reports.make_report(session, clock=FakeClock(LATER), vault=vault, pdf=pdf or FakePdf()))


def state_of(session: Session, report: PrintedReport) -> str:
    return session.get_one(PrintedReport, report.id, populate_existing=True).state


def test_a_register_is_asked_for_made_by_a_worker_and_gone_after_a_day(session: Session, people: People) -> None:
    # Given one breach, and somebody who asks twice for the register
    a_case(session, people.responder)
    vault, printer = FakeVault(), Telling()
    report = reports.ask_register(session, by=people.auditor, now=SOON)
    assert reports.ask_register(session, by=people.auditor, now=SOON).id == report.id
    assert reports.ask_register(session, by=people.auditor, now=SOON, given={"q": "no such"}).id != report.id
    with pytest.raises(Conflict, match="still being made"):
        reports.open_report(session, report.public_id, by=people.auditor, vault=vault)

    # When a worker comes
    assert make(session, vault, printer) == [1]

    # Then it is there for who asked for it, on record, and nobody else sees it
    found, content = reports.open_report(session, report.public_id, by=people.auditor, vault=vault)
    assert (found.name, found.media_type, found.done_count) == ("register-2026-11-23.pdf", "application/pdf", 1)
    assert content.startswith(b"%PDF Register of personal data breaches, ")
    assert (printer.told[0]["first"], printer.told[0]["last"], printer.told[0]["count"]) == (1, 1, 1)
    entry = session.scalars(select(Entry).where(Entry.action == "report.printed")).one()
    assert (entry.actor_name, entry.details["rows"], entry.details["parts"]) == (people.auditor.name, 1, 1)
    assert entry.details["sha256"] == printer.told[0]["hash"]
    for other in (people.approver, people.responder):
        with pytest.raises(NotFound, match="only for who asked"):
            reports.open_report(session, report.public_id, by=other, vault=vault)
    with pytest.raises(Forbidden):
        reports.ask_register(session, by=people.reporter, now=SOON)

    # And one of nothing is printed too; a day later all is gone
    assert make(session, vault) == [0]
    assert make(session, vault) == []
    assert reports.forget_reports(session, now=SOON + timedelta(hours=23)) == 0
    assert reports.forget_reports(session, now=SOON + timedelta(hours=25)) == 2


def test_however_many_breaches_all_of_them_come_on_paper_in_parts(session: Session, people: People) -> None:
    # Given more breaches than the press takes at once
    many(session, 2 * PER_PART + 3)
    with pytest.raises(Refused, match="too long for paper at once: 203 breaches"):
        reports.register_pdf(session, by=people.auditor, now=SOON, pdf=FakePdf())
    vault, printer = FakeVault(), Telling()
    report = reports.ask_register(session, by=people.auditor, now=SOON)

    # When a worker makes it, it says after every part how far it is
    going = reports.make_report(session, clock=FakeClock(LATER), vault=vault, pdf=printer)
    assert next(going) == 100
    assert session.get_one(PrintedReport, report.id).done_count == 100
    assert list(going) == [200, 203]

    # Then it is one ZIP in which every breach stands once
    found, content = reports.open_report(session, report.public_id, by=people.auditor, vault=vault)
    assert (found.name, found.media_type) == ("register-2026-11-23.zip", "application/zip")
    packed = zipfile.ZipFile(io.BytesIO(content))
    assert packed.namelist() == [
        "register-2026-11-23-part-001-breaches-1-to-100.pdf", "register-2026-11-23-part-002-breaches-101-to-200.pdf",
        "register-2026-11-23-part-003-breaches-201-to-203.pdf"]
    assert packed.read(packed.namelist()[2]).endswith(b", 201 to 203 of 203")
    refs = [entry["ref"] for told in printer.told for entry in told["entries"]]  # type: ignore[attr-defined]  # what this printer was told is untyped
    assert sorted(refs) == [f"c{number:04}" for number in range(203)]


def test_much_text_makes_smaller_parts_and_a_cell_without_end_says_that_it_is_cut(session: Session, people: People) -> None:
    cases = [a_case(session, people.responder, summary=f"{number}x" * 500_000) for number in range(3)]
    for case in cases:
        held = session.get_one(Case, case.id)
        held.cause = held.consequences = held.measures_before = held.measures_taken = held.measures_planned = "y" * 90_000
        held.gap_reason = held.close_reason = "y" * 90_000
    session.commit()

    found = list(parts(session, [case.id for case in cases], SOON))

    assert [(part.first, part.last) for part in found] == [(1, 2), (3, 3)]
    for part in found:
        said = [words for one in part.entries[0]["parts"] for _, words in one["lines"]]
        assert sum(map(len, said)) < MOST_TEXT
        assert max(map(len, said)) == LONGEST_CELL
        assert any(words.endswith("[shortened: 1\u202f000\u202f000 characters; all of them stand in the case]") for words in said)


def test_what_cannot_be_printed_says_why(session: Session, people: People) -> None:
    class TooLong(FakePdf):
        """Cannot print this one."""

        def write(self, *args: object, **more: object) -> bytes:
            raise Refused("The report is too long to be printed.")

    vault = FakeVault()
    for printer, words in ((TooLong(), "too long"), (FakePdf(missing="Install Pango."), "Install Pango")):
        report = reports.ask_register(session, by=people.auditor, now=SOON)
        assert make(session, vault, printer) == []
        with pytest.raises(Conflict, match=words):
            reports.open_report(session, report.public_id, by=people.auditor, vault=vault)


def test_one_whose_worker_died_is_taken_up_and_given_up_after_three_times(session: Session, people: People) -> None:
    many(session, PER_PART + 1)
    vault = FakeVault()
    report = reports.ask_register(session, by=people.auditor, now=SOON)
    for attempt in range(3):
        clock = FakeClock(LATER + attempt * timedelta(minutes=10))
        assert next(reports.make_report(session, clock=clock, vault=vault, pdf=FakePdf())) == PER_PART
        assert list(reports.make_report(session, clock=clock, vault=vault, pdf=FakePdf())) == [], "it is being made"

    assert list(reports.make_report(session, clock=FakeClock(LATER + timedelta(hours=1)), vault=vault, pdf=FakePdf())) == []
    with pytest.raises(Conflict, match="cut short three times"):
        reports.open_report(session, report.public_id, by=people.auditor, vault=vault)


class Overtaken(FakePdf):
    """While it prints, another worker takes the work over."""

    def __init__(self, session: Session, at: int) -> None:
        """At which print that happens."""
        super().__init__()
        self._session, self._left = session, at

    def write(self, *args: object, **more: object) -> bytes:
        """Print."""
        self._left -= 1
        if self._left == 0:
            self._session.scalars(select(PrintedReport)).one().token = "another"
            self._session.commit()
        return b"%PDF"


def test_what_another_worker_took_over_is_the_others_to_keep(session: Session, people: People) -> None:
    many(session, 1)
    report = reports.ask_register(session, by=people.auditor, now=SOON)

    assert make(session, FakeVault(), Overtaken(session, 1)) == []

    assert state_of(session, report) == "making"


def test_what_is_taken_over_at_the_very_end_is_the_others_too(session: Session, people: People) -> None:
    many(session, 1)
    report, vault = reports.ask_register(session, by=people.auditor, now=SOON), FakeVault()

    going = reports.make_report(session, clock=FakeClock(LATER), vault=vault, pdf=FakePdf())
    next(going)
    session.get_one(PrintedReport, report.id).token = "another"
    session.commit()
    assert list(going) == []
    assert state_of(session, report) == "making"

    # Nor does a failure of the one before say anything about it
    class Late(Overtaken):
        def write(self, *args: object, **more: object) -> bytes:
            super().write(*args, **more)
            raise Refused("too late")

    held = session.get_one(PrintedReport, report.id)
    held.state = "waiting"
    session.commit()
    assert make(session, vault, Late(session, 1)) == []
    assert state_of(session, report) == "making"


def test_what_does_not_open_any_more_is_said(session: Session, people: People) -> None:
    report, vault = reports.ask_register(session, by=people.auditor, now=SOON), FakeVault()
    make(session, vault)

    with pytest.raises(Conflict, match="cannot be opened any more"):
        reports.open_report(session, report.public_id, by=people.auditor, vault=FakeVault("another"))
