"""A notice to everybody: drafted from the case, approved by a second person, read by anybody in their language."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.kit import Person

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]
CASE = "Conversation export open to anyone"


def test_two_people_bring_a_public_notice_to_everybody(sit_down: Callable[..., Person], chromium: Browser) -> None:
    # Given a draft in two languages, from the facts of a case
    responder = sit_down("responder")
    responder.go("/")
    responder.follow(CASE)
    found = re.search(r"/cases/[^/?#]+", responder.page.url)
    assert found is not None
    responder.go(f"{found[0]}/public-notices")
    responder.tick("English", "العربية")
    responder.press("Draft a public notice")
    responder.is_told("Nobody outside sees it before a second person approves it.")
    responder.sees("Nobody outside can read it.")
    at = responder.page.url.removeprefix(responder.base)

    # When its writer asks for approval, and a second person proves who they are and gives it
    responder.press("Ask for approval")
    responder.is_told("Waiting for a second person to approve it.")
    approver = sit_down("approver")
    approver.prove()
    approver.go(at)
    approver.press("Approve, for everybody to read")
    approver.is_told("Everybody can read it on its days")
    address = approver.page.get_by_role("link", name="Open it").get_attribute("href")
    assert address is not None

    # Then somebody without an account reads it, in English and in Arabic from right to left
    visitor = chromium.new_context(viewport={"width": 360, "height": 800}, locale="en-GB").new_page()
    visitor.goto(responder.base + "/notice/" + address.rpartition("/")[2])
    expect(visitor.get_by_role("heading", name="What happened", exact=True)).to_be_visible()
    assert visitor.locator("html").get_attribute("dir") == "ltr"
    visitor.get_by_role("link", name="العربية").click()
    expect(visitor.locator("html")).to_have_attribute("dir", "rtl")
    assert visitor.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    visitor.context.close()


def test_five_languages_fit_on_a_phone(sit_down: Callable[..., Person]) -> None:
    # Given somebody on a phone who drafts a public notice in more languages than fit in one line
    person = sit_down("responder", viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True, reduced_motion="reduce")
    person.go("/register")
    person.follow(CASE)
    person.go(person.page.url.removeprefix(person.base) + "/public-notices")
    person.tick("English", "Deutsch", "Français", "Português", "العربية")
    person.press("Draft a public notice")

    # Then neither the page nor anything in its cards is wider than the phone, and every language can be come to
    assert person.page.evaluate("document.documentElement.scrollWidth") == 360
    assert person.page.evaluate("""[...document.querySelectorAll(".card .nav, .card input:not([type=hidden]), .card textarea, .card .card-body")]
        .filter((one) => one.getBoundingClientRect().right > 360).map((one) => one.className)""") == []
    person.follow("العربية")
    expect(person.page.get_by_label("Text", exact=True)).to_have_attribute("lang", "ar")
