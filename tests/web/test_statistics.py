"""A year on one page and on paper; its numbers equal a count of the demo's rows by hand."""

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy import update
from sqlalchemy.orm import Session

from incident_app.demo_letters import TOLD
from incident_app.domain.numbers import grouped
from incident_app.domain.refusals import Forbidden, Refused
from incident_app.domain.statistics import Year
from incident_app.extensions import db
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.paths import data_dir
from incident_app.services import accounts, deliveries, notices, statistics, teams
from incident_app.wiring import Ports
from tests.browsers import Signed
from tests.builders import a_case
from tests.fakes import FakeClock, FakePdf
from tests.letters_kit import Desk
from tests.people import ANYBODY, People
from tests.web.test_demo import seeded
from tests.web.walk import Client


def _hours(begin: str, end: str) -> float:
    return round((datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds() / 3600, 1)


@pytest.fixture
def demo(tmp_path: Path, test_ports: Ports, clock: FakeClock) -> tuple[Year, Path]:
    """The demo, and its year as the service counts it."""
    app = seeded(tmp_path, test_ports, clock)
    with app.app_context():
        user = accounts.find(db.session(), "auditor@example.org")
        assert user is not None
        return statistics.of_year(db.session(), 2026, by=user.actor, now=clock.now()), tmp_path / "demo.sqlite"


def test_the_numbers_equal_a_count_of_the_rows_of_the_demo_by_hand(demo: tuple[Year, Path], clock: FakeClock) -> None:
    year, path = demo
    with closing(sqlite3.connect(path)) as rows:
        cases = rows.execute("SELECT id, ref, kind, aware_at, data_categories, people_count FROM cases WHERE NOT is_drill").fetchall()
        duties = rows.execute(
            "SELECT c.ref, o.regime || ' ' || o.provision, c.aware_at, o.due_at, o.discharged_at, o.state, o.recipient_type"
            " FROM obligations o, cases c WHERE c.id = o.case_id AND NOT c.is_drill AND o.recipient_type != 'register'").fetchall()
        causes = rows.execute(
            "SELECT c.id, (SELECT l.cause FROM case_lessons l WHERE l.case_id = c.id ORDER BY l.number DESC LIMIT 1)"
            " FROM cases c WHERE NOT c.is_drill").fetchall()
        picked = rows.execute("SELECT s.name FROM case_systems p, systems s, cases c WHERE s.id = p.system_id AND c.id = p.case_id"
                              " AND NOT c.is_drill").fetchall()
        lasting = rows.execute("SELECT a.state, a.works FROM actions a, cases c WHERE c.id = a.case_id AND NOT c.is_drill"
                               " AND a.kind IN ('remedy', 'prevent')").fetchall()
        sent = rows.execute("SELECT list_count, accepted_count FROM notices WHERE launched_at IS NOT NULL").fetchall()

    # Breaches, and what they were
    assert year.breach_count == len(cases) == 6
    assert dict(year.by_kind) == Counter(kind for _, _, kind, _, _, _ in cases)
    assert dict(year.by_data) == Counter(name for *_, data, _ in cases for name in json.loads(data))

    # Why, where, and whether what was done about it works
    assert dict(year.by_cause) == Counter(cause or "" for _, cause in causes)
    assert dict(year.by_system) == Counter(name for (name,) in picked)
    assert len(year.by_cause) > 1 < len(year.by_system)
    verdicts = Counter(works for _, works in lasting if works)
    unseen = sum(1 for state, works in lasting if state == "done" and not works)
    assert [count for _, count in year.effects] == [verdicts["works"], verdicts["partly"], verdicts["not"], unseen]
    assert sum(count for _, count in year.effects) > 0

    # How long authorities waited, against each term
    filed = [(ref, law, _hours(aware, done), _hours(aware, due) if due else None)
             for ref, law, aware, due, done, state, who in duties if who == "authority" and state == "discharged"]
    assert sorted((one.ref, one.law, one.hours, one.term_hours) for one in year.filings) == sorted(filed)
    assert len(filed) >= 2
    dated = [(done, due, state) for _, _, _, due, done, state, who in duties if who == "authority" and due]
    on_time = sum(1 for done, due, state in dated if state == "discharged" and done <= due)
    late = sum(1 for done, due, state in dated if state == "discharged" and done > due)
    moment = clock.now().strftime("%Y-%m-%d %H:%M:%S.%f")
    missed = sum(1 for _, due, state in dated if state in {"owed", "undecided"} and due < moment)
    share = year.shares[0]
    assert (share.on_time, share.late, share.missed) == (on_time, late, missed)
    assert share.percent == 100 * on_time // (on_time + late + missed)

    # People: as far as somebody knows, and as were written to
    counts = [json.loads(people) for *_, people in cases]
    assert year.people.low == sum(one["low"] for one in counts if one.get("low") is not None)
    assert year.people.unknown == sum(1 for one in counts if one.get("low") is None)
    assert [(year.told, year.reached)] == sent
    assert year.told == TOLD


def test_the_first_page_and_the_statistics_say_the_same(tmp_path: Path, test_ports: Ports, clock: FakeClock) -> None:
    # Given the demo, in which two filings had a date in law and two had none
    app = seeded(tmp_path, test_ports, clock)
    with app.app_context():
        user = accounts.find(db.session(), "auditor@example.org")
        assert user is not None
        ours = statistics.of_year(db.session(), 2026, by=user.actor, now=clock.now())
        theirs = statistics.brief(db.session(), 2026, by=user.actor, now=clock.now())

    # Then both count the same breaches, filings and shares
    assert (ours.breach_count, ours.by_kind, ours.filings, ours.shares[0]) == (
        theirs.breach_count, theirs.by_kind, theirs.filings, theirs.share)
    dated = [one for one in ours.filings if one.term_hours is not None]
    assert 0 < len(dated) < len(ours.filings)

    # And both pages draw those with a date and say how many have none: they are neither on time nor late
    client = Signed(app, app.response_class, use_cookies=True)
    client.come_in(app, "auditor@example.org", clock)
    first, page = (unescape(client.get(address).text) for address in ("/", "/statistics"))
    undated, late = len(ours.filings) - len(dated), sum(one.late for one in dated)
    assert f"{len(dated)} filings, from" in first
    assert f"Hours from awareness to filing: {len(dated)} in 1 term, {late} late." in page
    for one in (first, page):
        assert f"{undated} filings without a date in law" in one
        assert f"{ours.shares[0].percent} " in one
    share = ours.shares[0]
    assert f"{share.on_time} on time, {share.late} late, {share.missed} overdue and not told" in first



def test_who_was_written_to_and_reached_is_counted_from_the_sends(session: Session, people: People, clock: FakeClock) -> None:
    # Given a notice that went out, and one that nobody sent
    desk = Desk(session, people, clock)
    notice = desk.launched()
    desk.drafted()
    desk.send_all()

    year = statistics.of_year(session, 2026, by=people.auditor, now=desk.now)

    progress = deliveries.overview(session, notice.id, now=desk.now)
    assert (year.told, year.reached) == (progress.sum.total, progress.sum.accepted)
    assert year.told
    assert year.breach_count == 2
    assert notices.get(session, notice.id).launched_at is not None


def test_drills_other_years_and_years_that_are_none_are_left_out(session: Session, people: People, clock: FakeClock) -> None:
    a_case(session, people.responder, is_drill=True)
    a_case(session, people.responder)

    year = statistics.of_year(session, 2026, by=people.auditor, now=clock.now())
    assert year.breach_count == 1
    assert (year.told, year.reached) == (None, None), "nothing was sent, and that is not nobody"
    assert statistics.of_year(session, 2025, by=people.auditor, now=clock.now()).breach_count == 0
    with pytest.raises(Refused):
        statistics.of_year(session, 0, by=people.auditor, now=clock.now())
    with pytest.raises(Forbidden):
        statistics.of_year(session, 2026, by=people.admin, now=clock.now())
    assert statistics.of_year(session, 2026, by=ANYBODY, now=clock.now()).breach_count == 1


def test_the_page_has_a_table_behind_each_picture(app: Flask, client_for: Client) -> None:
    with app.app_context():
        user = accounts.find(db.session(), "responder@example.org")
        assert user is not None
        a_case(db.session(), user.actor, kind="lost-device", data_categories=("health",))
    page = unescape(client_for("auditor").get("/statistics").text)

    pictures = re.findall(r'<svg class="picture".*?</svg>', page, re.DOTALL)
    assert len(pictures) == 3  # nothing was filed, sent, picked or done: the others have nothing to draw
    assert all('role="img" aria-label="Breaches by' in one and "style=" not in one for one in pictures)
    assert page.count("As a table") >= 2
    assert "“—” is not known, and not zero." in page
    assert "<dt>People written to</dt>\n        <dd>—</dd>" in page
    assert not re.search(r">\s*None\b", page.partition("Keys")[0])
    assert "Lost or stolen device or paper" in page
    assert "No breach in 2025" in client_for("auditor").get("/statistics?year=2025").text
    assert client_for("auditor").get("/statistics?year=9999").status_code == 422


def test_the_paper_says_what_the_page_says(session: Session, people: People, clock: FakeClock) -> None:
    # Given a year with one filing under way and nothing sent
    a_case(session, people.responder, kind="lost-device", data_categories=("health",))
    folder = data_dir("templates") / "reports"
    templates = Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined)
    templates.filters["thousands"] = grouped

    class Paper(FakePdf):
        """Fills the template as the printer does, and stops there."""

        def write(self, template: str, content: Mapping[str, object], **_more: Any) -> bytes:
            shown = {"language": "en", "direction": "ltr", "title": "x", "created_at": clock.now(), "page_word": "", "of_word": ""}
            return templates.get_template(template).render(**shown, **content).encode()

    page = statistics.pdf_of(session, 2026, by=people.auditor, now=clock.now(), pdf=Paper(), kinds={"lost-device": "Lost & found"},
                             data={}, causes={}).decode()

    assert "Personal data breaches in 2026" in page
    assert "Lost &amp; found" in page
    assert re.search(r'Drills in the 12 months before this was printed</th><td class="number">none</td>', page)
    assert page.count("<svg") == 3
    assert 'fill="#55524c"' in page
    assert '<th scope="row">People written to</th><td class="number">—</td>' in page


def test_it_is_printed_and_the_record_says_so(app: Flask, client_for: Client, test_ports: Ports) -> None:
    with app.app_context():
        user = accounts.find(db.session(), "responder@example.org")
        assert user is not None
        a_case(db.session(), user.actor)

    answer = client_for("auditor").get("/statistics.pdf?year=2026")

    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert 'filename="statistics-2026.pdf"' in answer.headers["Content-Disposition"]
    assert isinstance(test_ports.pdf, FakePdf)
    with app.app_context():
        entry = db.session().query(Entry).filter_by(action="report.printed").one()
        assert entry.details == {"year": 2026, "breaches": 1}


def test_drills_of_the_last_year_are_counted_apart_for_whoever_may_read_them(
    session: Session, people: People, clock: FakeClock,
) -> None:
    # Given a breach, a drill of a year ago and two since
    now = clock.now()
    a_case(session, people.responder)
    for days in (366, 200, 3):
        a_case(session, people.responder, is_drill=True).filed_at = now - timedelta(days=days)
        session.commit()

    # Then who reads them is told of the two, and when the last one was
    found = statistics.practised(session, by=people.auditor, now=now)
    assert (found.count, found.last_at) == (2, now - timedelta(days=3))
    assert found.words("Europe/Berlin") == "2, last on 20 Nov 2026"
    assert statistics.practised(session, by=people.auditor, now=now + timedelta(days=400)).words("UTC") == "none"

    # And drills of a team are its own
    teams.make(session, "Blue", {people.second_approver.id}, by=people.admin, now=now)
    session.execute(update(Case).values(team_id=1))
    session.commit()
    assert statistics.practised(session, by=people.responder, now=now).count == 0
    with pytest.raises(Forbidden):
        statistics.practised(session, by=people.reporter, now=now)


def test_the_page_says_how_many_drills_there_were(
    app: Flask, client_for: Client,
) -> None:
    with app.app_context():
        user = accounts.find(db.session(), "responder@example.org")
        assert user is not None
        a_case(db.session(), user.actor, is_drill=True)
        a_case(db.session(), user.actor)
    client = client_for("auditor")

    page = " ".join(client.get("/statistics?year=2026").text.split())
    assert '<a href="/register?filter=drill">Drills</a> in the last 12 months: 1, last on 23 Nov 2026.' in page
    assert "last 12 months: 1" in client.get("/statistics?year=2001").text
