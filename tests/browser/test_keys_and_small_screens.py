"""Without a mouse, and on a phone: everything can be reached, seen and read."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.keyboard import Keyboard
from tests.browser.kit import Person

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]
PHONE = {"width": 360, "height": 740}
SEEDED = "Conversation export open to anyone"
PLACES = ("/", "/cases/new", "/register", "/actions", "/oncall", "/oncall/rota", "/oncall/rota/rotation", "/outbox", "/health", "/help", "/me")
OF_A_CASE = (
    "", "/edit", "/awareness", "/assess", "/filings", "/people", "/people/{list}", "/notices", "/notices/1/audience",
    "/notices/1/message", "/notices/1/channels", "/notices/1/check", "/notices/1/approval", "/actions", "/evidence",
    "/timeline",
)
WIDER = """(width) => document.documentElement.scrollWidth <= width ? [] : [...document.querySelectorAll("body *")]
  .filter((one) => one.getBoundingClientRect().right > width + 1)
  .map((one) => `${one.tagName} ${one.className}`).slice(0, 3)"""


def test_a_breach_is_logged_with_the_keyboard_alone(sit_down: Callable[..., Person]) -> None:
    person = sit_down("responder", reduced_motion="reduce")
    keys = Keyboard(person.page)

    # From the dashboard, past the menu, to the form
    keys.go_to("Skip to content")
    keys.go_to("Log breachLog")
    keys.enter()

    # The questions are answered by typing, and by arrows where answers stand side by side
    keys.write("What happened?", "Badge list left in a train")
    keys.write("Who or what told us?", "The holder")
    keys.go_to("Not sure")
    keys.go_to("Yes", "ArrowRight")
    keys.go_to("Unknown")
    keys.go_to("About", "ArrowRight")
    keys.write("Number", "12")

    # And the clock is started
    keys.go_to("Start the clock")
    keys.enter()
    person.is_told("Clock to AEPD ends")
    expect(person.page.get_by_role("heading", name="Badge list left in a train", level=1)).to_be_visible()
    person.sees("about 12 people")


def test_no_page_is_wider_than_a_phone(sit_down: Callable[..., Person]) -> None:
    person = sit_down("responder", viewport=PHONE, has_touch=True, is_mobile=True, reduced_motion="reduce")
    person.go("/register")
    person.follow(SEEDED)
    case = person.page.url.removeprefix(person.base)
    person.follow("People", person.page.get_by_role("navigation", name="Case"))
    person.follow("people.csv")
    listed = person.page.url.rpartition("/")[2]

    too_wide = {}
    for place in (*PLACES, *(case + one.format(list=listed) for one in OF_A_CASE)):
        person.go(place)
        expect(person.page.get_by_role("main")).to_be_visible()
        too_wide[place] = person.page.evaluate(WIDER, PHONE["width"])

    assert {place: parts for place, parts in too_wide.items() if parts} == {}
