"""The register and the report of a case say in words what a file for machines keeps as ids."""

import csv
import io
from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy.orm import Session

from incident_app.domain.lessons import Lessons
from incident_app.domain.register import Column
from incident_app.models.cases import Case
from incident_app.services import cases, labels, lessons, reports
from incident_app.services.reports.register_parts import parts
from tests.builders import the_law, the_world
from tests.fakes import FakePdf
from tests.people import People
from tests.services.filing_steps import SOON, an_owed_case


def with_facts(session: Session, people: People, case: Case, **facts: object) -> Case:
    known = cases.facts_of(case)
    plain = {name: getattr(known, name) for name in known.__slots__} | facts
    cases.edit(session, case.id, cases.Facts(**plain), version=case.version, by=people.responder, now=SOON, world=the_world())
    return session.get_one(Case, case.id)


def a_leak(session: Session, people: People) -> Case:
    """A case whose facts name no cause; what was learnt later does."""
    case = with_facts(session, people, an_owed_case(session, people, kind="stolen-credentials"), cause="",
                      data_categories=("telegram_identity", "ai_prompts"), countries=("ES", "DE", "US-CA"))
    lessons.save(session, case.id, Lessons(cause="misdirected"), version=0, by=people.responder, now=SOON, words=the_law().words)
    return session.get_one(Case, case.id)


def printed(session: Session, case: Case) -> dict[str, str]:
    """Return what the register on paper says of a case, by the names of its lines."""
    (entry,) = next(parts(session, [case.id], SOON)).entries
    return {label: words for part in entry["parts"] for label, words in part["lines"]} | {"gaps": "\n".join(entry["gaps"])}


def reported(session: Session, people: People, case: Case) -> dict[str, str]:
    """Return the facts as the report of a case prints them."""
    kept: dict[str, object] = {}

    class Keeping(FakePdf):
        def write(self, template: str, content: Mapping[str, object], **more: Any) -> bytes:
            kept.update(content)
            return super().write(template, content, **more)

    reports.case_pdf(session, case.id, by=people.responder, now=SOON, pdf=Keeping(), law=the_law())
    return dict(cast("tuple[tuple[str, str], ...]", kept["facts"]))


def test_the_register_on_paper_and_on_the_page_and_as_a_file_has_words(
    session: Session, people: People,
) -> None:
    case = a_leak(session, people)
    kind, data, places = "Stolen credentials or taken-over accounts", "Telegram identity; AI prompts and answers", "Spain; Germany; United States (CA)"

    paper = printed(session, case)
    assert (paper["Kind"], paper["Data categories"], paper["Countries"]) == (kind, data, places)

    shown = reports.register(session, by=people.responder, now=SOON, columns=[Column.KIND, Column.CATEGORIES, Column.COUNTRIES])
    assert [shown.cells[case.ref][one] for one in (Column.KIND, Column.CATEGORIES, Column.COUNTRIES)] == [kind, data, places]

    file = reports.export(session, by=people.responder, now=SOON).decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(file))
    assert (row["Kind"], row["Data categories"], row["Countries"]) == (kind, data, places)


def test_a_cause_found_later_is_no_gap(session: Session, people: People) -> None:
    case = a_leak(session, people)

    paper = printed(session, case)

    assert paper["Cause"] == "Sent or shown to the wrong people"
    assert "No cause recorded" not in paper["gaps"]


def test_the_report_of_the_case_says_the_same_cause_and_the_names_of_countries(session: Session, people: People) -> None:
    case = a_leak(session, people)

    other = with_facts(session, people, an_owed_case(session, people), cause="")

    said, bare = reported(session, people, case), reported(session, people, other)

    assert (said["Cause"], said["Countries"]) == ("Sent or shown to the wrong people", "Spain, Germany, United States (CA)")
    assert bare["Cause"] == "not known yet"


def test_a_cause_in_the_facts_comes_first_and_no_cause_stays_a_gap(session: Session, people: People) -> None:
    case = a_leak(session, people)
    assert printed(session, with_facts(session, people, case, cause="A mail went astray."))["Cause"] == "A mail went astray."
    other = with_facts(session, people, an_owed_case(session, people), cause="")
    assert "No cause recorded" in printed(session, other)["gaps"]


def test_what_the_files_do_not_know_any_more_keeps_its_id() -> None:
    assert labels.kind("our-own_kind") == "Our own kind"
    assert [labels.category("gone"), labels.cause("gone"), labels.place("QQ")] == ["gone", "gone", "QQ"]
