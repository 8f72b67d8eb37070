"""A first filing may be incomplete: of a seeded case it is ready in under five minutes from the case page."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.kit import PRINTED, Person

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]
CASE = "Conversation export open to anyone"
MOST_LOADS = 30
"""Ten seconds for each page, to look and to press, are five minutes."""


def _open(person: Person, question: str) -> None:
    person.follow(question, person.page.get_by_role("complementary", name="Facts from the case"))


def test_a_first_incomplete_filing_of_a_seeded_case_is_ready_in_under_five_minutes(sit_down: Callable[..., Person]) -> None:
    # Given the page of a case that was scored and decided
    person = sit_down("responder")
    person.go("/")
    person.follow(CASE)
    expect(person.page.get_by_role("heading", name=CASE, level=1)).to_be_visible()
    loads: list[Page] = []
    person.page.on("domcontentloaded", lambda page: loads.append(page))

    # When its filing is drafted from the case, and what nobody knows yet is said to be unknown, question by question
    person.tab("Filings")
    person.press(re.compile("^Draft the filing to AEPD"))
    person.press("Ask for approval")
    person.is_told("Not ready for approval")
    missing = re.findall("“(.+?)” is not answered", person.page.get_by_role("alert").first.inner_text())
    assert 5 < len(missing) < 15, "the case has answered most of it"
    for question in missing[:-1]:
        _open(person, question)
        person.press(f"Not yet known: {question}")
    _open(person, missing[-1])
    person.page.get_by_label(re.compile(rf"^\s*{re.escape(missing[-1])}")).fill("All of it, within five days.")
    person.press("Save")

    # Then it can be approved, and is on paper as what it is: incomplete, and not approved yet
    person.press("Ask for approval")
    person.is_told("A second person is asked to approve exactly this version.")
    person.sees("All of it, within five days.")
    person.press("Preview PDF")
    expect(person.page.get_by_role("link", name="Open the PDF")).to_be_visible(timeout=PRINTED)
    person.sees("incomplete: more will follow", "Nobody has approved this version.")
    assert len(loads) <= MOST_LOADS
