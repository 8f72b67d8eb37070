"""A session lost at three in the morning: what was typed is there after signing in."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.kit import Person

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]
WORDS = "The export was open from nine to eleven."


def test_what_was_typed_is_there_in_another_browser_and_nowhere_in_the_first(sit_down: Callable[..., Person]) -> None:
    # Given somebody who types a note and never saves it
    person = sit_down("responder")
    person.go("/register")
    person.page.locator("a[href^='/cases/BR-']").first.click()
    person.tab("Timeline")
    address = person.page.url.removeprefix(person.base)
    person.page.locator("#add-note textarea").press_sequentially(WORDS)
    expect(person.page.locator("form[data-draft-kept=yes]")).to_be_attached()
    assert person.page.evaluate("localStorage.length + sessionStorage.length") == 0

    # When the browser is gone, and the person comes back with another one
    again = sit_down("responder", viewport={"width": 360, "height": 740})
    again.go(address)
    again.sees("You have unsaved text from")
    again.page.get_by_role("button", name="Take it up").click()

    # Then the text is in the form, and once it is saved nothing is offered any more
    expect(again.page.locator("#add-note textarea")).to_have_value(WORDS)
    again.press("Add this note")
    again.is_told("The note stands in the timeline.")
    again.go(address)
    expect(again.page.get_by_text("You have unsaved text from")).to_have_count(0)


def test_a_link_pressed_right_after_typing_takes_nothing_away(sit_down: Callable[..., Person]) -> None:
    # Given somebody who has just typed, and turns away before anything was kept
    person = sit_down("responder")
    person.go("/register")
    person.page.locator("a[href^='/cases/BR-']").first.click()
    person.tab("Timeline")
    address = person.page.url.removeprefix(person.base)
    person.page.locator("#add-note textarea").press_sequentially(WORDS)
    person.tab("Overview")

    # When they come back, it is offered
    person.go(address)
    person.sees("You have unsaved text from")
    person.page.get_by_role("button", name="Take it up").click()
    expect(person.page.locator("#add-note textarea")).to_have_value(WORDS)
