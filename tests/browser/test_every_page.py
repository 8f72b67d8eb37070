"""Every page there is, in Chromium, in a house whose every word is an attack: nothing runs, nothing complains (T-58, T-104)."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page
from playwright.sync_api import Error as BrowserError
from sqlalchemy import Column, String, Text, update
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from incident_app.domain.accounts import PERMISSIONS, Role
from incident_app.extensions import Base, db
from incident_app.models import written_once
from incident_app.wiring import Ports
from tests.fakes import FakeClock
from tests.house.full_house import FullHouse

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]

EVIL = '"><img src=x onerror="window.pwned=1"><script>window.pwned=1</script><svg onload="window.pwned=1">'
WORDS = {"title", "summary", "name", "reason", "words", "cause", "aware_source", "consequences", "measures_taken", "list_name",
         "file_name", "legal_name", "service_name", "gap_reason", "state_reason", "told", "recipient"}
WHO = {"all": {Role.REPORTER, Role.RESPONDER, Role.APPROVER, Role.ONCALL}, "keys": {Role.ADMIN}, "audit": {Role.AUDITOR}, "": set()}
KEPT = {"roles", "heartbeats", "health_states"}
"""Names that are ours."""
WATCH = """addEventListener("securitypolicyviolation", one => (window.refused ||= []).push(`${one.violatedDirective} ${one.blockedURI}`))"""
FILE = ("Download is starting", "net::ERR_ABORTED")


@dataclass
class Walk:
    """One page that goes everywhere, and what it had to complain about."""

    page: Page
    base: str
    where: str = ""
    complaints: list[str] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    seen: int = 0

    def __post_init__(self) -> None:
        self.page.add_init_script(WATCH)
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(f"{self.where}: {error}"))

    def _heard(self, message: ConsoleMessage) -> None:
        # A page that is not there is written down as a file that was not found, now or while the next one loads.
        # A file (PDF, JSON) names no icon: then the browser asks for one where it always did.
        own = message.location.get("url", "").removeprefix(self.base) in {*self.asked, "/favicon.ico"} and "status of" in message.text
        if message.type in {"error", "warning"} and not own:
            self.complaints.append(f"{self.where}: {message.text} {message.location.get('url')}")

    def go(self, address: str) -> None:
        """Open an address; a file that is handed out is none of this walk's business."""
        self.where = address
        self.asked.add(address)
        try:
            self.page.goto(self.base + address, wait_until="domcontentloaded")
        except BrowserError as error:
            if not any(words in error.message for words in FILE):
                raise
            return
        self.seen += 1
        refused, ran = self.page.evaluate("[window.refused || [], window.pwned || 0]")
        self.complaints += [f"{address}: the policy refused {one}" for one in refused]
        if ran:
            self.complaints.append(f"{address}: what somebody wrote ran")


@pytest.fixture
def house(tmp_path: Path, test_ports: Ports, clock: FakeClock) -> Iterator[FullHouse]:
    """A house with everything in it, where whatever people named and wrote tries to run."""
    made = FullHouse(tmp_path, test_ports, clock)
    made.app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 3600  # a walk through a hundred pages fetches each file once
    made._hire("audit", {Role.AUDITOR})
    with made.app.app_context():
        written_once.unprotect(db.session.connection())
        for table in Base.metadata.sorted_tables:
            evil = {column.name: EVIL[: getattr(column.type, "length", None) or 500] for column in table.columns if _written(column)}
            if evil and table.name not in KEPT and not table.name.startswith("audit_"):
                db.session.execute(update(table).values(**evil))
        db.session.commit()
    yield made
    made.close()


def _written(column: Column[object]) -> bool:
    words = isinstance(column.type, String | Text) and column.name in WORDS and not column.unique
    return words and not column.primary_key


class Quiet(WSGIRequestHandler):
    """Keeps connections, and writes nothing down."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


@pytest.fixture
def served(house: FullHouse) -> Iterator[BaseWSGIServer]:
    """The house, behind an address."""
    server = make_server("127.0.0.1", 0, house.app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join(10)


def _signed_in(house: FullHouse, context: BrowserContext, base: str, name: str) -> None:
    kept = house._signed_in(name).get_cookie("session")
    assert kept is not None
    context.clear_cookies()
    context.add_cookies([{"name": "session", "value": kept.value, "url": base}])


def test_no_page_complains_and_nothing_that_was_written_runs(house: FullHouse, served: BaseWSGIServer, chromium: Browser) -> None:
    # Given every address of a page, one of each kind
    base = f"http://127.0.0.1:{served.server_port}"
    addresses = {rule.endpoint: (rule, where) for rule, method, where in house.routes(api=False) if method == "GET"}
    assert len(addresses) > 70
    may = {who: {one for one, roles in PERMISSIONS.items() if not roles.isdisjoint(held)} for who, held in WHO.items()}
    context = chromium.new_context(locale="en-GB")
    walk = Walk(context.new_page(), base)

    # When who may do most, an administrator, an auditor and a stranger open each of them in a browser
    for who, least in (("all", 45), ("keys", 5), ("audit", 25), ("", 3)):
        if who:
            _signed_in(house, context, base, who)
        else:
            context.clear_cookies()
        walk.seen = 0
        for rule, where in addresses.values():
            permission = house._permission(rule)
            if (permission is None) != (who == ""):
                continue
            if permission is not None and (permission not in may[who] or (who == "keys" and permission in may["all"])):
                continue
            walk.go(where)
        assert walk.seen >= least, (who, walk.seen)
        assert not who or "/sign-in" not in walk.page.url

    # Then no browser complained about anything, and nothing of what was written ran
    context.close()
    assert walk.complaints == [], "\n".join(walk.complaints)
