"""The product itself, served as a newcomer starts it, and Chromium with a browser for each person."""

import re
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, StorageState, expect, sync_playwright

from tests.browser.kit import Person
from tests.house.running import Served

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]
PATIENCE = 60_000
"""Milliseconds until a page is late: other tests may be using the machine."""


class Open(Served):
    """A served demo that may stay open for a whole walk."""

    patience = 1800


@pytest.fixture(scope="package")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    """The demo, on a port of its own and a new SQLite file, with its worker and its clock inside."""
    demo = Open(tmp_path_factory.mktemp("browser") / "instance", "demo")
    demo.wait_for("Stop: Ctrl")
    assert demo.ready()
    yield demo
    demo.stop()


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """A Chromium of the system. Its loop ends with this package: other tests run loops of their own."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


def _signed_in(browser: Browser, link: str) -> StorageState:
    """Use a one-time link up, and return what the browser keeps of it."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(link)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Dashboard")).to_be_attached()
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture(scope="package")
def keys(chromium: Browser, served: Open) -> dict[str, StorageState]:
    """What signs the responder and the approver in, taken from the links the demo printed."""
    links = re.findall(r"^ +(\w+) .*(http://\S+/start/\S+)", "".join(served.said), re.MULTILINE)
    return {role: _signed_in(chromium, link) for role, link in links}


@pytest.fixture
def sit_down(chromium: Browser, keys: dict[str, StorageState], served: Open) -> Iterator[Callable[..., Person]]:
    """``sit_down("approver")`` is that person at a browser of their own; at the end no browser has complained."""
    contexts: list[BrowserContext] = []
    people: list[Person] = []

    def person(role: str, **screen: Any) -> Person:
        context = chromium.new_context(storage_state=keys[role], locale="en-GB", **screen)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        people.append(Person(context.new_page(), f"http://127.0.0.1:{served.port}"))
        people[-1].prove()
        return people[-1]

    yield person
    for context in contexts:
        context.close()
    assert [complaint for one in people for complaint in one.complaints] == []
