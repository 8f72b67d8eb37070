"""The app as people see it: a real serving process, and browsers that are signed in."""

import base64
import http.client
import http.cookiejar
import re
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from threading import Event, Thread
from typing import Any, NamedTuple, Self
from urllib.parse import urlencode, urlsplit

from sqlalchemy.orm import Session

from incident_app.adapters.system_clock import SystemClock
from incident_app.services import accounts
from incident_app.settings import Settings
from tests.bench.rig import Machine
from tests.house.running import Running, free_port

_CONTEXT = get_context("forkserver")
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
WATCHERS = 10
EVERY = 1.0  # seconds between two looks of a person
PARTS_EVERY = 10  # looks


class Serving(Running):
    """``incident-app serve`` for as long as a bench may take."""

    patience = 7200


def until(true: Callable[[], object], what: str, patience: float, breath: float = 0.05) -> None:
    """Wait until something is true; give up in words."""
    end, event = time.perf_counter() + patience, Event()
    while not true():
        assert time.perf_counter() < end, f"waited in vain until {what}"
        event.wait(breath)


def environment(chosen: Settings) -> dict[str, str]:
    """Return the variables that say what these settings say."""
    name, key = chosen.vault_keys[0]
    said = {
        "DATABASE_URL": chosen.database_url, "REDIS_URL": chosen.redis_url, "SECRET_KEY": chosen.secret_key,
        "PASSWORD_SALT": chosen.password_salt, "TOTP_SECRET": chosen.totp_secret,
        "VAULT_KEYS": f"{name}:{base64.b64encode(key).decode()}", "DELIVERY_MODE": chosen.delivery_mode,
        "TELEGRAM_BOT_TOKEN": chosen.telegram_bot_token, "TELEGRAM_API_URL": chosen.telegram_api_url,
        "SENDGRID_API_KEY": chosen.sendgrid_api_key, "SENDGRID_API_URL": chosen.sendgrid_api_url,
        "SENDGRID_WEBHOOK_PUBLIC_KEY": chosen.sendgrid_webhook_public_key, "MAIL_FROM": chosen.mail_from,
    }
    return {name: value for name, value in said.items() if value}


@contextmanager
def a_web(machine: Machine, chosen: Settings, workers: int = 1) -> Iterator[str]:
    """Run ``incident-app serve`` on a free port; yield its address."""
    port = free_port()
    serving = Serving(machine.folder, "serve", "--port", str(port), "--workers", str(workers), **environment(chosen))
    try:
        serving.wait_for("Serving on")
        yield f"http://127.0.0.1:{port}"
    finally:
        serving.stop()


def sign_in(web: str, session: Session, who: str = "responder") -> str:
    """Come in by a link, as a person does; return the cookies."""
    secret = accounts.make_sign_in_link(session, f"{who}@example.org", now=SystemClock().now())
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    token = TOKEN.search(browser.open(f"{web}/start/{secret}").read().decode())
    assert token is not None
    browser.open(f"{web}/start/{secret}", urlencode({"csrf_token": token[1]}).encode())
    return "; ".join(f"{one.name}={one.value}" for one in jar)


class Browser:
    """One kept connection of somebody who is signed in."""

    def __init__(self, web: str, cookies: str) -> None:
        """Connect at first use."""
        self._connection = http.client.HTTPConnection(urlsplit(web).netloc, timeout=60)
        self._headers = {"Cookie": cookies, "Accept": "text/html,application/json"}

    def look(self, path: str) -> float:
        """Ask for a page; return the seconds until it is all there."""
        begun = time.perf_counter()
        self._connection.request("GET", path, headers=self._headers)
        answer = self._connection.getresponse()
        content = answer.read()
        assert answer.status == 200, (answer.status, content[:200])
        return time.perf_counter() - begun


class Seen(NamedTuple):
    """How long answers took, in seconds: of the sum, and of the parts of a page that follow besides."""

    sums: list[float]
    parts: list[float]


def _watch(web: str, cookies: str, path: str, number: int, home: Any, seen: Seen) -> None:
    browser, over, looks = Browser(web, cookies), home.wait(EVERY * number / WATCHERS), number
    while True:  # once at least: a very short send is seen too
        took = browser.look(path)
        seen.sums.append(took)
        if looks % PARTS_EVERY == 0:
            seen.parts.append(browser.look(f"{path.removesuffix('/progress.json')}?part=live"))
            took += seen.parts[-1]
        looks += 1
        if over or home.wait(max(EVERY - took, 0)):
            return


def _crowd(web: str, cookies: list[str], path: str, home: Any, answers: Any) -> None:
    seen = Seen([], [])
    threads = [Thread(target=_watch, args=(web, one, path, number, home, seen)) for number, one in enumerate(cookies)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answers.put(seen)


class Watchers:
    """People who look at a delivery page, in a process of their own: at its sum once a second, at what else follows every
    tenth time, as the page itself does."""

    def __init__(self, web: str, cookies: list[str], path: str) -> None:
        """Nobody looks yet. ``path`` is that of the sum."""
        self._home, self._answers = _CONTEXT.Event(), _CONTEXT.SimpleQueue()
        self._process = _CONTEXT.Process(
            target=_crowd, args=(web, cookies, path, self._home, self._answers), daemon=True)
        self.seen = Seen([], [])

    def __enter__(self) -> Self:
        """Begin to look."""
        self._process.start()
        return self

    def __exit__(self, *_why: object) -> None:
        """Look away; ``seen`` holds how long each answer took."""
        self._home.set()
        until(lambda: not self._answers.empty() or not self._process.is_alive(), "the watchers look away", 70)
        self.seen = self.seen if self._answers.empty() else self._answers.get()
        self._process.join(5)
