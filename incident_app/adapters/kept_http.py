"""HTTP/1.1 posts over kept connections, written by hand because Telegram takes one message a request.

aiohttp does the same more generally at some 150 µs of the processor's time for each request, this at some 40 µs; where
a request carries a thousand people aiohttp is good enough (``transport``). What fails before anything was written is
``NotSent``; what fails later is ``AnswerLost``, and is never asked again.
"""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

from incident_app.adapters.http_answers import LARGEST, read_answer
from incident_app.adapters.transport import Answer, AnswerLost, NotSent

IDLE_SECONDS = 15
"""Connections idle for so long are closed by us, before the provider does and a request meets a dead one."""
_TRY_THE_OTHER_AFTER = 0.25  # seconds until a second address of the same name is tried too (RFC 8305)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a URL leads, and the request up to the length of its body."""

    host: str
    port: int
    encrypted: bool
    head: bytes


class KeptHttp:
    """Posts to one provider. Never follows a redirect, never tries twice.

    ``connect`` and ``total`` are seconds: until there is a connection, and from then until the answer is there. At most
    ``connections`` requests are under way; further ones wait their turn, which is not the provider's fault. ``headers``
    go with every request. Belongs to the loop it is first used on.
    """

    def __init__(self, connect: float, total: float, connections: int, headers: Mapping[str, str],
                 trust: ssl.SSLContext | None = None) -> None:
        """Open nothing yet. ``trust`` says whose certificates are believed; by default those this machine believes."""
        self._connect = connect
        self.total = total
        self._connections = connections
        self._headers = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._trust = trust
        self._places: dict[str, _Place] = {}
        self._home: asyncio.AbstractEventLoop | None = None

    async def post(self, url: str, *, data: bytes, total: float | None = None) -> Answer:
        """Post and read the answer. Raises ``NotSent`` or ``AnswerLost``."""
        self._settle(asyncio.get_running_loop())
        place = self._places.get(url) or self._find(url)
        async with self._turns:
            line = self._idle_line(place) or await self._open(place)
            try:
                return await line.ask(place.head + b"%d\r\n\r\n" % len(data) + data, total or self.total)
            finally:
                self._put_back(place, line)

    async def open_ahead(self, url: str, connections: int) -> None:
        """Open connections until there are so many. One that cannot be opened is left to whoever needs it."""
        self._settle(asyncio.get_running_loop())
        place = self._places.get(url) or self._find(url)
        self._idle.setdefault((place.host, place.port, place.encrypted), [])
        try:
            while len(self._lines) < connections:
                self._put_back(place, await self._open(place))
        except NotSent:
            return

    async def close(self) -> None:
        """Close what is open."""
        if self._home is asyncio.get_running_loop():
            for line in self._lines:
                line.drop()
        self._home = None

    def _settle(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._home is not loop:  # after a fork too: the connections of another process are not ours
            self._home = loop
            self._turns = asyncio.Semaphore(self._connections)
            self._idle: dict[tuple[str, int, bool], list[_Line]] = {}
            self._lines: set[_Line] = set()

    def _find(self, url: str) -> _Place:
        parts = urlsplit(url)
        encrypted = parts.scheme == "https"
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        head = (f"POST {target or '/'} HTTP/1.1\r\nHost: {parts.netloc}\r\n{self._headers}Content-Length: ").encode()
        place = _Place(parts.hostname or "", parts.port or (443 if encrypted else 80), encrypted, head)
        self._places[url] = place
        return place

    def _idle_line(self, place: _Place) -> "_Line | None":
        idle = self._idle.setdefault((place.host, place.port, place.encrypted), [])
        oldest = asyncio.get_running_loop().time() - IDLE_SECONDS
        while idle:
            line = idle.pop()
            if line.usable and line.idle_since > oldest:
                return line
            self._forget(line)
        return None

    async def _open(self, place: _Place) -> "_Line":
        if place.encrypted and self._trust is None:
            self._trust = ssl.create_default_context()
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._connect):
                _, line = await loop.create_connection(
                    lambda: _Line(loop), place.host, place.port, ssl=self._trust if place.encrypted else None,
                    happy_eyeballs_delay=_TRY_THE_OTHER_AFTER)
        except TimeoutError as error:
            raise NotSent("no connection in time") from error
        except OSError as error:
            raise NotSent(type(error).__name__) from error
        self._lines.add(line)
        return line

    def _put_back(self, place: _Place, line: "_Line") -> None:
        if line.usable:
            line.idle_since = asyncio.get_running_loop().time()
            self._idle[place.host, place.port, place.encrypted].append(line)
        else:
            self._forget(line)

    def _forget(self, line: "_Line") -> None:
        line.drop()
        self._lines.discard(line)


class _Line(asyncio.Protocol):
    """One connection: one request at a time. ``usable`` while a further request may be written to it."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._answer: asyncio.Future[Answer] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._deadline = 0.0
        self._received = b""
        self.usable = False
        self.idle_since = 0.0

    async def ask(self, request: bytes, seconds: float) -> Answer:
        self.usable = False  # until the whole answer is here
        self._received = b""
        self._answer = self._loop.create_future()
        self._wait_until(self._loop.time() + seconds)
        self._transport.write(request)
        return await self._answer

    def _wait_until(self, deadline: float) -> None:
        """Give up at ``deadline``. The timer of an earlier request is left to run: it looks again when it rings."""
        self._deadline = deadline
        if self._timer is not None and self._timer.when() > deadline:
            self._timer.cancel()
            self._timer = None
        if self._timer is None:
            self._timer = self._loop.call_at(deadline, self._ring)

    def _ring(self) -> None:
        self._timer = None
        if self._answer is None or self._answer.done():
            return
        if self._loop.time() < self._deadline:
            self._wait_until(self._deadline)
        else:
            self._fail("no answer in time", TimeoutError())

    def drop(self) -> None:
        self.usable = False
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self.usable = True

    def data_received(self, data: bytes) -> None:
        if self._answer is None or self._answer.done():
            self.drop()  # nobody asked: whoever sends this would answer the next request with it
            return
        self._received = self._received + data if self._received else data
        self._read(ended=False)

    def connection_lost(self, exc: Exception | None) -> None:
        self.usable = False
        if self._timer is not None:
            self._timer.cancel()
        if exc is None:
            self._read(ended=True)
        self._fail("the connection was lost", exc)

    def _read(self, *, ended: bool) -> None:
        if self._answer is None or self._answer.done():
            return
        try:
            if len(self._received) > LARGEST:
                raise ValueError("too large")
            found = read_answer(self._received, ended=ended)
        except ValueError as error:
            self._fail("the answer cannot be read", error)
            return
        if found is not None:
            answer, used, keep = found
            self.usable = keep and not ended and used == len(self._received)
            self._answer.set_result(answer)

    def _fail(self, words: str, cause: Exception | None) -> None:
        self.usable = False
        if self._answer is not None and not self._answer.done():
            lost = AnswerLost(words)
            lost.__cause__ = cause
            self._answer.set_exception(lost)
