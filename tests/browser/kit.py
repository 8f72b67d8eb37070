"""A person at a browser of their own: what they press, choose, write and read, by the words on the page."""

import re
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from playwright.sync_api import ConsoleMessage, Locator, Page, Request, Response, expect

# A form that comes back with its errors is a 422: Chromium writes that down as if a file were missing.
EXPECTED = re.compile(r"Failed to load resource: the server responded with a status of 422")

PRINTED = 120_000
"""Milliseconds until a PDF is late: its worker shares the machine with other tests."""


class Person:
    """Somebody in front of a page; ``complaints`` is everything their browser was unhappy with."""

    def __init__(self, page: Page, base: str) -> None:
        """Look at the dashboard at ``base``."""
        self.page, self.base = page, base
        self.complaints: list[str] = []
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on("request", self._asked)
        page.on("response", self._answered)
        page.goto(base)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not EXPECTED.match(message.text):
            self.complaints.append(f"{self.page.url}: {message.text}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.base, "data:")):
            self.complaints.append(f"{self.page.url} asked somebody else: {request.url}")

    def _answered(self, response: Response) -> None:
        if response.status >= 500 or response.status == 404:
            self.complaints.append(f"{response.url} answered {response.status}")

    # ------------------------------------------------------------------------------------------------- where to look

    def group(self, name: str | re.Pattern[str]) -> Locator:
        """A question with several answers, or another named group."""
        return self.page.get_by_role("group", name=name)

    def region(self, name: str) -> Locator:
        """A named part of the page."""
        return self.page.get_by_role("region", name=name)

    def tile(self, duty: str) -> Locator:
        """The clock of one duty."""
        heading = self.page.get_by_role("heading", name=duty)
        return self.page.get_by_role("article").filter(has=heading)

    def row(self, words: str) -> Locator:
        """A row of a table."""
        return self.page.get_by_role("row").filter(has_text=words)

    def now(self, zone: str = "Europe/Madrid") -> datetime:
        """The clock at the top of the page, on the wall of that zone."""
        written = self.page.get_by_role("banner").get_by_role("time").first.get_attribute("datetime")
        assert written is not None
        return datetime.fromisoformat(written).astimezone(ZoneInfo(zone))

    def wall(self, **ago: float) -> str:
        """A moment so long ago, as a field for date and time takes it."""
        return (self.now() - timedelta(**ago)).strftime("%Y-%m-%dT%H:%M")

    # -------------------------------------------------------------------------------------------------- what they do

    def go(self, address: str) -> None:
        """Type an address."""
        self.page.goto(self.base + address)

    def prove(self) -> None:
        """Say who it is, as the demo asks for it: however long the steps before took, the next one is not held up."""
        self.go("/prove")
        self.press("This is the demo: it is me")

    def follow(self, name: str, within: Locator | None = None) -> None:
        """Press a link, and wait for where it leads."""
        with self.page.expect_event("framenavigated"):
            (within or self.page).get_by_role("link", name=name).first.click()
        self.page.wait_for_load_state("domcontentloaded")

    def press(self, name: str | re.Pattern[str], within: Locator | None = None) -> None:
        """Press a button, and wait for the page that answers: what was said before must not be taken for its answer."""
        with self.page.expect_event("domcontentloaded"):
            (within or self.page).get_by_role("button", name=name, exact=True).click()

    def tab(self, name: str) -> None:
        """Turn to a tab of the case."""
        self.follow(name, self.page.get_by_role("navigation", name="Case"))

    def write(self, label: str, words: str, within: Locator | None = None) -> None:
        """Fill a field."""
        (within or self.page).get_by_label(label, exact=True).fill(words)

    def pick(self, label: str, option: str, within: Locator | None = None) -> None:
        """Choose from a list that opens."""
        (within or self.page).get_by_label(label, exact=True).select_option(label=option)

    def answer(self, question: str, words: str) -> None:
        """Press one of the answers that stand side by side; it is then chosen."""
        group = self.group(question)
        group.get_by_text(words, exact=True).click()
        expect(group.get_by_label(words, exact=True)).to_be_checked()

    def tick(self, *labels: str) -> None:
        """Tick boxes."""
        for label in labels:
            self.page.get_by_label(label, exact=True).check()

    def take(self, name: str) -> bytes:
        """Press a link that hands out a file, and return the file."""
        with self.page.expect_download() as started:
            self.page.get_by_role("link", name=name).click()
        path = started.value.path()
        return Path(path).read_bytes()

    # ------------------------------------------------------------------------------------------------- what they see

    def sees(self, *words: str | re.Pattern[str], within: Locator | None = None) -> None:
        """Wait until all the words stand on the page."""
        for one in words:
            expect((within or self.page).get_by_text(one).first).to_be_visible()

    def is_told(self, words: str | re.Pattern[str]) -> None:
        """Wait until the page says so at its top: what was done, or what is wrong."""
        said = self.page.get_by_role("status").or_(self.page.get_by_role("alert"))
        expect(said.filter(has_text=words).first).to_be_visible()

