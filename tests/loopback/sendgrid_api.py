"""Speaks SendGrid's Web API v3 (mail/send, suppression) on this machine: its checks, answers and errors, and a ledger.

``with SendGridApi() as api:`` gives ``api.url``, ``api.fail("kim@example.org", "unavailable")`` and ``api.mails``, one
entry per person: to, subject, text, html (as that person reads them), custom_args, message_id, and the whole request.
``api.suppress("kim@example.org", "bounces")`` puts an address on one of the lists that can be asked for.
"""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.loopback.serving import Failure, Reply, Script, Server, as_json

KEY = "SG.test-key-that-opens-nothing"
DATE = "Mon, 23 Nov 2026 09:40:00 GMT"
DATE_AS_SECONDS = 1795426800
_ADDRESS = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+")
_HELP = "http://sendgrid.com/docs/API_Reference/Web_API_v3/Mail/errors.html"
_ERRORS: dict[str, tuple[int, str, str | None]] = {
    "unauthorized": (401, "The provided authorization grant is invalid, expired, or revoked", None),
    "forbidden": (403, "The from address does not match a verified Sender Identity.", "from"),
    "not_found": (404, "not found", None),
    "bad_request": (400, "The subject is required.", "subject"),
    "bad_request_unnamed": (400, "Bad Request", None),
    "too_large": (413, "Payload too large", None),
    "server_error": (500, "internal server error", None),
    "bad_gateway": (502, "bad gateway", None),
    "unavailable": (503, "service unavailable", None),
    "flood": (429, "too many requests", None),
    "flood_without_time": (429, "too many requests", None),
}
_LISTS: dict[str, dict[str, object]] = {
    "bounces": {"reason": "550 5.1.1 The email account that you tried to reach does not exist", "status": "5.1.1"},
    "blocks": {"reason": "550 5.7.1 Message blocked", "status": "5.7.1"},
    "spam_reports": {"ip": "127.0.0.1"},
    "invalid_emails": {"reason": "Mail domain mentioned in email address is unknown"},
    "unsubscribes": {},
}
KINDS = (*_ERRORS, "bad_address", "timeout", "reset", "garbage")


class SendGridApi(Server):
    """The server. A request fails if one of its addresses is scripted to; ``bad_address`` names that address, as theirs does."""

    def __init__(self, key: str = KEY) -> None:
        """Know one key."""
        super().__init__()
        self.key = key
        self.largest_page = 500
        self.mails: list[dict[str, Any]] = []
        self.requests: list[dict[str, Any]] = []
        self.suppressed: dict[str, list[str]] = {name: [] for name in _LISTS}
        self.asked: list[str] = []
        self._script = Script()

    def suppress(self, address: str, name: str) -> None:
        """Put ``address`` on the list of that name."""
        self.suppressed[name].append(address)

    def show(self, path: str, headers: Mapping[str, str]) -> Reply:
        """Answer a question for one page of a list of suppressed addresses."""
        parts = urlsplit(path)
        name = parts.path.removeprefix("/v3/suppression/")
        given = parse_qs(parts.query)
        limit, offset = min(int(given["limit"][0]), self.largest_page), int(given["offset"][0])
        self.asked.append(path)
        failure = self._script.take(name)
        if headers.get("Authorization") != f"Bearer {self.key}":
            return _error("unauthorized")
        if failure is not None:
            return _error(failure.kind, failure.seconds) if failure.kind in _ERRORS else _lost(failure)
        if name not in _LISTS:
            return _error("not_found")
        page = self.suppressed[name][offset : offset + limit]
        return as_json(200, [{"created": DATE_AS_SECONDS, "email": address, **_LISTS[name]} for address in page])

    def fail(self, address: str | None, kind: str, *, times: int | None = None, seconds: int = 1,
             delivered: bool = False) -> None:
        """Let requests with ``address`` (``None``: all) fail as ``kind``, the next ``times`` times or always.

        ``seconds`` until a flood is over; ``delivered`` says whether mails whose answer is lost arrived.
        """
        assert kind in KINDS, f"not a kind of failure: {kind}"
        self._script.add(address, Failure(kind, times, seconds, delivered))

    def heal(self) -> None:
        """Let everything succeed again."""
        self._script.clear()

    def answer(self, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Answer one request."""
        assert path == "/v3/mail/send", path
        request = json.loads(body)
        with self._script.lock:
            self.requests.append(request)
            if headers.get("Authorization") != f"Bearer {self.key}":
                return _error("unauthorized")
            to = [person["to"][0]["email"] for person in request["personalizations"]]
            problems = _problems(request)
            taken = [self._script.take(address) for address in to]
            problems += [_bad_address(number) for number, one in enumerate(taken) if one and one.kind == "bad_address"]
            failure = next((one for one in taken if one and one.kind != "bad_address"), None)
            if failure is not None and failure.kind in _ERRORS:
                return _error(failure.kind, failure.seconds)
            if problems:
                return as_json(400, {"errors": problems})
            reference = f"msg-{len(self.requests)}"
            if failure is None or failure.delivered:
                self._deliver(request, reference)
        if failure is not None:
            return _lost(failure)
        return Reply(202, b"", {"X-Message-Id": reference, "Date": DATE})

    def _deliver(self, request: dict[str, Any], reference: str) -> None:
        parts = {part["type"]: part["value"] for part in request["content"]}
        for person in request["personalizations"]:
            fill = person.get("substitutions", {})
            self.mails.append({
                "to": person["to"][0]["email"], "custom_args": person.get("custom_args", {}),
                "subject": _put_in(request["subject"], fill), "text": _put_in(parts["text/plain"], fill),
                "html": _put_in(parts["text/html"], fill) if "text/html" in parts else None,
                "from": request["from"], "message_id": reference, "request": request,
            })


def _problems(request: dict[str, Any]) -> list[dict[str, Any]]:
    """Check what theirs checks: one recipient each, at most 1,000, addresses that look like some."""
    people = request["personalizations"]
    problems = [_bad_address(number) for number, person in enumerate(people)
                if not _ADDRESS.fullmatch(person["to"][0]["email"])]
    problems += [
        {"message": "Substitutions may not exceed 10000 bytes", "field": f"personalizations.{number}.substitutions",
         "help": _HELP} for number, person in enumerate(people)
        if sum(len((mark + words).encode()) for mark, words in person.get("substitutions", {}).items()) >= 10_000]
    if len(people) > 1000:
        problems.append({"message": "Too many personalizations", "field": "personalizations", "help": _HELP})
    return problems


def _put_in(words: str, fill: Mapping[str, str]) -> str:
    """Put in what stands for the marks; up to four times over, as theirs does: words may hold a mark again."""
    for _ in range(4):
        for mark, value in fill.items():
            words = words.replace(mark, value)
    return words


def _bad_address(number: int) -> dict[str, Any]:
    return {"message": "Does not contain a valid address.", "field": f"personalizations.{number}.to.0.email",
            "help": _HELP}


def _error(kind: str, seconds: int = 1) -> Reply:
    status, words, name = _ERRORS[kind]
    headers = {"Date": DATE}
    if kind == "flood":
        headers |= {"X-RateLimit-Limit": "600", "X-RateLimit-Remaining": "0",
                    "X-RateLimit-Reset": str(DATE_AS_SECONDS + seconds)}
    return as_json(status, {"errors": [{"message": words, "field": name, "help": None}]}, headers)


def _lost(failure: Failure) -> Reply:
    if failure.kind == "garbage":
        return Reply(200, b"<html>", {"Content-Type": "text/html"})
    return Reply(silent=failure.kind == "timeout", reset=failure.kind == "reset")
