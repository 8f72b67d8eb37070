"""The page of a send follows it beside the sum too, and takes nothing out of the hands of who writes there."""

import threading
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, expect
from werkzeug.serving import BaseWSGIServer, make_server

from incident_app.domain.ports import Uncertain
from incident_app.extensions import db
from incident_app.services import accounts
from incident_app.wiring import Ports
from tests.browser.test_every_page import Quiet
from tests.builders import a_case
from tests.fakes import FakeChannel, FakeClock
from tests.post_kit import POSTAL
from tests.web.walk import AT, Walk

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]


@pytest.fixture
def walk(app: Flask, client_for: Callable[[str], FlaskClient], test_ports: Ports, clock: FakeClock) -> Walk:
    """A notice to three people that was launched: one by email, whose answer will be lost, two by letter."""
    with app.app_context():
        user = accounts.find(db.session(), "responder@example.org")
        assert user is not None
        a_case(db.session(), user.actor, data_categories=("ai_prompts",))
    email = test_ports.channels["email"]
    assert isinstance(email, FakeChannel)
    email.answer = lambda message: Uncertain("No answer came.")
    made = Walk(app, client_for, test_ports, clock)
    made.to_approved(POSTAL, order="email,post", wait_minutes="0", uncertain_policy="ask", canary="y")
    made.launch(3)
    return made


@pytest.fixture
def served(walk: Walk) -> Iterator[BaseWSGIServer]:
    """The app of that walk, behind an address."""
    server = make_server("127.0.0.1", 0, walk.app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join(10)


def test_cards_follow_while_somebody_writes_in_one_and_the_end_waits_for_them(
    walk: Walk, served: BaseWSGIServer, chromium: Browser
) -> None:
    # Given an approver who looks at a send in which nobody was written to yet
    base = f"http://127.0.0.1:{served.server_port}"
    context = chromium.new_context(locale="en-GB")
    kept = walk.approver.get_cookie("session")
    assert kept is not None
    context.add_cookies([{"name": "session", "value": kept.value, "url": base}])
    page = context.new_page()
    page.goto(f"{base}{AT}/delivery")
    page.evaluate("window.same = true")
    side = page.get_by_role("complementary", name="Reasons and proof")
    expect(side.get_by_text("Nobody.")).to_be_visible()
    expect(side.get_by_role("heading", name="Letters")).to_be_hidden()

    # When people are written to, then what became of them stands there, without the page being loaded anew
    walk.pump()
    expect(side.get_by_text("The message may or may not have gone out.")).to_be_visible()
    expect(side.get_by_text("The turn of 2 people is a letter now")).to_be_visible()
    expect(page.get_by_text("2 people wait for a letter")).to_be_visible()
    assert page.evaluate("window.same") is True

    # When they write why, and letters are asked for by somebody else meanwhile
    why = side.get_by_label("Why leave it?", exact=True)
    why.fill("She was told by pho")
    walk.post(walk.approver, f"{AT}/letters", f"{AT}/delivery", reason="Letters to people without email", form="csv")
    expect(side.get_by_text("waits for a second person")).to_be_visible()

    # Then what they wrote is still there, and they still write
    expect(why).to_have_value("She was told by pho")
    expect(why).to_be_focused()

    # … even when it is stopped for good: the page waits for them, and says so beside what they write
    walk.post(walk.approver, f"{AT}/delivery/stop", f"{AT}/delivery", reason="The rest is told by phone.", text="right")
    expect(side.get_by_text("Stopped for good by now.")).to_be_visible()
    expect(why).to_have_value("She was told by pho")
    assert page.evaluate("window.same") is True

    # … and comes with the server's own words as soon as nobody writes
    why.fill("")
    why.blur()
    expect(page.get_by_text("Stopped for good.", exact=True)).to_be_visible()
    assert page.evaluate("window.same") is None
    context.close()


def test_who_types_right_after_opening_a_sheet_types_into_it(walk: Walk, served: BaseWSGIServer, chromium: Browser) -> None:
    # Given a responder, who may log a breach by a key, at the page of a send that goes on
    base = f"http://127.0.0.1:{served.server_port}"
    context = chromium.new_context(locale="en-GB")
    kept = walk.responder.get_cookie("session")
    assert kept is not None
    context.add_cookies([{"name": "session", "value": kept.value, "url": base}])
    page = context.new_page()
    page.goto(f"{base}{AT}/delivery")
    sheet = page.locator("details.act").filter(has_text="Pause…")
    button = sheet.locator("summary")

    # When they open Pause… and write why at once, with letters that are keys elsewhere
    button.click()
    page.keyboard.type("nobody checked the names")

    # Then every letter of it stands in the field
    why = sheet.get_by_label("Why?", exact=True)
    expect(why).to_be_focused()
    expect(why).to_have_value("nobody checked the names")

    # When Escape is pressed, then it closes, the focus is on its button, and the words are there when it is opened again
    page.keyboard.press("Escape")
    expect(why).to_be_hidden()
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    expect(why).to_be_focused()
    expect(why).to_have_value("nobody checked the names")

    # When the focus goes back to the button, a letter still leads nowhere; Enter in the field pauses
    button.focus()
    page.keyboard.press("n")
    why.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Reason: “nobody checked the names”")).to_be_visible()
    assert page.url == f"{base}{AT}/delivery"

    # When everything is closed, then the letter is a key again
    page.wait_for_load_state("load")
    page.locator("body").press("n")
    expect(page).to_have_url(f"{base}/cases/new")
    context.close()
