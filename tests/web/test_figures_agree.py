"""The register, the review and the statistics say the same about the demo's breaches, to the last figure (Art 33(5))."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from incident_app.domain.accounts import Actor
from incident_app.domain.notices import NoticeState
from incident_app.domain.register import Column, cells
from incident_app.domain.reports import share
from incident_app.domain.review import Review
from incident_app.extensions import db
from incident_app.models.cases import Case
from incident_app.models.notices import Notice
from incident_app.services import accounts, deliveries, notices, reports, review, statistics, writing_down
from incident_app.services.filings.telling import told_people
from incident_app.wiring import Ports
from tests.builders import the_law
from tests.fakes import FakeClock
from tests.web.test_demo import seeded

Words = Mapping[Column, str]
COUNTS = re.compile("notice \\d+, .*: (N) of (N) told, (N) not reached, (N) uncertain".replace("N", "[\\d\u202f]+"))


def exactly(at: datetime | None, zone: str) -> str:
    """Write a moment of the register to the microsecond."""
    del zone
    return at.astimezone(UTC).isoformat() if at else ""


@pytest.fixture
def demo(tmp_path: Path, test_ports: Ports, clock: FakeClock) -> Iterator[Flask]:
    """The demo, as it is seeded."""
    app = seeded(tmp_path, test_ports, clock)
    with app.app_context():
        yield app


def who(name: str) -> Actor:
    user = accounts.find(db.session(), f"{name}@example.org")
    assert user is not None
    return user.actor


def send_what_is_prepared(held: Ports, clock: FakeClock) -> Notice:
    """Approve and send the demo's notice, so that people are told in two of its cases."""
    session = db.session()
    notice = next(one for case in session.scalars(select(Case)) for one in notices.of_case(session, case.id)
                  if one.state == NoticeState.DRAFT)
    send(notice, held, clock)
    return notice


def send(notice: Notice, held: Ports, clock: FakeClock, rounds: int = 40) -> None:
    """Approve a notice and send it: to everybody, or for so many rounds only."""
    session = db.session()
    notices.ask_approval(session, notice.id, by=who("responder"), now=clock.now())
    ready = notices.approve(session, notice.id, by=who("approver"), now=clock.now())
    deliveries.launch(session, notice.id, typed_count=ready.list_count or 0, by=who("responder"), now=clock.now())
    for _ in range(rounds):
        deliveries.send_due(session, clock=clock, channels=held.channels, limiter=held.limiter, vault=held.vault,
                            letters=held.letters, worker="test", sleep=lambda seconds: None)
        deliveries.sweep(session, now=clock.move(minutes=1), law=the_law())


def further(first: Notice, clock: FakeClock) -> Notice:
    """Write one more notice to the list of another, in its words."""
    session = db.session()
    made = notices.draft(session, first.case_id, first.list_id, by=who("responder"), now=clock.now())
    for language, text in notices.texts_of(first).items():
        notices.edit(session, made.id, language=language, subject=text.subject, body=text.body, version=made.version, by=who("responder"),
                     now=clock.now())
    return made


def hold_against(register: Words, found: Review) -> int:
    """Hold every figure of a review against the words of the register; return how many there were."""
    held = 0
    lines = register[Column.SUBMISSIONS].split("\n") if register[Column.SUBMISSIONS] else []
    assert len(lines) == len(found.deadlines)
    for line, one in zip(lines, found.deadlines, strict=True):
        assert line.startswith(f"{one.recipient} ({one.provision}): ")
        told, due = re.search(r"told (\S+), reference", line), re.search(r"due ([^,]+)", line)
        late = re.search(r"late by (\d+) h (\d+) min", line)
        assert exactly(one.told_at, "") == (told[1] if told else "")
        assert exactly(one.due_at, "") == (due[1] if due else "")
        assert (one.outcome == "missed") == (late is not None)
        assert one.late_by_seconds // 60 == (60 * int(late[1]) + int(late[2]) if late else 0)
        if told:
            aware = datetime.fromisoformat(register[Column.AWARE])
            assert one.hours == round((datetime.fromisoformat(told[1]) - aware).total_seconds() / 3600, 1)
        held += 4
    sent = [[int(one.replace("\u202f", "")) for one in match] for match in COUNTS.findall(register[Column.TOLD])]
    told_by_us = [sum(column) for column in zip(*sent, strict=True)] or [0, 0, 0, 0]
    assert [found.reach.told, found.reach.listed, found.reach.failed, found.reach.uncertain] == told_by_us
    states = re.findall(r"\(([a-z ]+)\)$", register[Column.ACTIONS], re.MULTILINE)
    assert {state.replace("_", " "): count for state, count in found.actions.items()} == {
        state: states.count(state) for state in set(states)}
    assert found.people == register[Column.PEOPLE]
    detected, aware = (datetime.fromisoformat(register[one]) for one in (Column.DETECTED, Column.AWARE))
    assert found.hours.signal_to_awareness == round((aware - detected).total_seconds() / 3600, 1)
    return held + 4 + len(states) + 2


def test_every_figure_of_the_demo_is_the_same_everywhere(demo: Flask, clock: FakeClock, test_ports: Ports) -> None:
    # Given the demo, with its notice sent
    send_what_is_prepared(test_ports, clock)
    session, approver, now = db.session(), who("approver"), clock.now()
    cases = {case.ref: case for case in session.scalars(select(Case).order_by(Case.id))}

    # When the register writes each of its breaches down, and each is reviewed
    register = {one.ref: cells(one, now, exactly) for one in writing_down.entries(session, [case.id for case in cases.values()])}
    found = {ref: review.facts(session, case) for ref, case in cases.items()}

    # Then each figure of the one is that of the other
    assert sum(hold_against(register[ref], one) for ref, one in found.items()) > 60
    assert sum(one.reach.told for one in found.values()) > 0

    # And the statistics count the same filings, hours and deadlines
    real = {ref: one for ref, one in found.items() if not cases[ref].is_drill}
    filed = sorted((ref, one.hours) for ref, review_of in real.items() for one in review_of.deadlines
                   if one.recipient_type == "authority" and one.told_at is not None)
    years = [statistics.brief(session, year, by=approver, now=now) for year in reports.years(session, now, by=approver)]
    assert sorted((one.ref, one.hours) for year in years for one in year.filings) == filed
    assert filed
    authority = [one for review_of in real.values() for one in review_of.deadlines
                 if one.recipient_type == "authority" and one.told_at is not None and one.due_at is not None]
    assert sum(year.share.on_time + year.share.late for year in years) == len(authority)
    assert sum(year.share.on_time for year in years) == sum(one.outcome == "kept" for one in authority)
    assert sum(year.breach_count for year in years) == len(real)


def test_whoever_got_two_notices_is_one_person_everywhere(demo: Flask, clock: FakeClock, test_ports: Ports) -> None:
    # Given a list that got a notice, a further one, and a third that was stopped after its first people
    first = send_what_is_prepared(test_ports, clock)
    send(second := further(first, clock), test_ports, clock)
    send(third := further(first, clock), test_ports, clock, rounds=1)
    session, approver = db.session(), who("approver")
    deliveries.cancel(session, third.id, "It says nothing that is new to them.", by=who("responder"), now=clock.now())
    case = session.get_one(Case, first.case_id)
    session.refresh(third)
    assert second.accepted_count
    assert 0 < third.accepted_count < first.accepted_count
    assert third.cancelled_count
    best = max((first, second), key=lambda one: one.accepted_count)

    # Then every page counts the people of the list once, as the notice has them that reached most
    reach = review.facts(session, case).reach
    assert (reach.listed, reach.told, reach.failed, reach.uncertain, reach.none, reach.missing) == (
        best.list_count, best.accepted_count, best.failed_count, best.uncertain_count, best.waiting_count + best.cancelled_count, 0)
    assert reach.reached <= reach.told
    told = told_people(session, case.id)
    assert told is not None
    assert (told.total, told.accepted, told.uncertain) == (reach.listed, reach.told, reach.uncertain)
    row = next(one for one in reports.register(session, by=approver, now=clock.now()).rows if one.ref == case.ref)
    assert row.people_sub == f"{share(reach.told, reach.listed)} reached"

    # And the figures of the years are the sum of those of the breaches
    reviewed = [review.facts(session, one).reach for one in session.scalars(select(Case).where(Case.is_drill.is_(False)))]
    years = [statistics.of_year(session, year, by=approver, now=clock.now()) for year in reports.years(session, clock.now(), by=approver)]
    assert sum(year.told or 0 for year in years) == sum(one.listed for one in reviewed)
    assert sum(year.reached or 0 for year in years) == sum(one.told for one in reviewed)
