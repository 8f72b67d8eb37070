"""As much of HTTP/1.1 as benches need: kept connections, bodies with a length, one answer each."""

import asyncio
import json
import re

from tests.bench.servers.ledger import Ledger

_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
_CHAT = re.compile(rb'(?:^|[&{ ,])"?chat_id"?[=:] *"?(\d+)')
_DATE = b"Date: Mon, 23 Nov 2026 09:40:00 GMT\r\n"
_SLOWER = b'{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 1","parameters":{"retry_after":1}}'
_BOT = b'{"ok":true,"result":{"id":110201543,"is_bot":true,"first_name":"Acme","username":"acme_bot"}}'
_MESSAGE = (
    b'{"ok":true,"result":{"message_id":%d,"from":{"id":110201543,"is_bot":true,"first_name":"Acme","username":"acme_bot"},'
    b'"chat":{"id":%b,"first_name":"Kim","type":"private"},"date":1795426800,"text":"Your data.",'
    b'"link_preview_options":{"is_disabled":true}}}'
)
_JSON = b"HTTP/1.1 %b\r\nServer: nginx/1.18.0\r\n%bContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


class Http(asyncio.Protocol):
    """One connection."""

    def __init__(self, ledger: Ledger, delay: float) -> None:
        self._ledger = ledger
        self._delay = delay
        self._waiting = b""
        self._needed = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        waiting = self._waiting + data if self._waiting else data
        while len(waiting) >= self._needed and (end := waiting.find(b"\r\n\r\n")) >= 0:
            length = _LENGTH.search(waiting, 0, end)
            self._needed = end + 4 + (int(length[1]) if length else 0)
            if len(waiting) < self._needed:
                break
            self._write(self.answer(waiting[end + 4 : self._needed]))
            waiting = waiting[self._needed :]
            self._needed = 0
        self._waiting = waiting

    def answer(self, body: bytes) -> bytes:
        """Return the whole answer to a request."""
        raise NotImplementedError

    def _write(self, answer: bytes) -> None:
        if self._delay:
            asyncio.get_running_loop().call_later(self._delay, self._transport.write, answer)
        else:
            self._transport.write(answer)


class Telegram(Http):
    """Answers every call with a chat as ``sendMessage``, and any other as ``getMe``."""

    def answer(self, body: bytes) -> bytes:
        found = _CHAT.search(body)
        if found is None:
            return _JSON % (b"200 OK", _DATE, len(_BOT)) + _BOT
        chat = found[1]
        if not self._ledger.take([chat]):
            return _JSON % (b"429 Too Many Requests", _DATE, len(_SLOWER)) + _SLOWER
        said = _MESSAGE % (self._ledger.requests, chat)
        return _JSON % (b"200 OK", _DATE, len(said)) + said


class SendGrid(Http):
    """Reads every request, person by person, as theirs has to, and queues it."""

    def answer(self, body: bytes) -> bytes:
        people = [
            person["custom_args"]["delivery_id"].encode()
            for person in json.loads(body)["personalizations"] if "@" in person["to"][0]["email"]
        ]
        self._ledger.take(people)
        return (
            b"HTTP/1.1 202 Accepted\r\nServer: nginx\r\n%bContent-Length: 0\r\nX-Message-Id: msg-%d\r\n\r\n"
            % (_DATE, self._ledger.requests))
