"""HTTP to the providers: one loop in a thread of its own, kept connections, and the two ways in which a request fails.

A request that fails before it was written (``NotSent``) may be made again; one that fails later (``AnswerLost``) may
have been carried out.
"""

import asyncio
import os
import threading
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import aiohttp
from yarl import URL

from incident_app.adapters.reach import Looking, OutOfReach, Reach

_T = TypeVar("_T")


class NotSent(Exception):
    """No connection: name, network, certificate or time-out while connecting. Nothing left this machine."""


class AnswerLost(Exception):
    """The request left, the answer did not come or cannot be read."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the provider said."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class Loop:
    """An event loop in a thread of its own, started at first use and again after a fork."""

    def __init__(self, name: str) -> None:
        """Start nothing yet."""
        self._name = name
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._process = 0

    def run(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Run ``work`` on the loop and wait for what it returns or raises."""
        return asyncio.run_coroutine_threadsafe(work, self._running()).result()

    def stop(self) -> None:
        """End the thread; the next ``run`` starts another."""
        with self._lock:
            if self._loop is not None and self._process == os.getpid():
                self._loop.call_soon_threadsafe(self._loop.stop)
            self._loop = None

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None or self._process != os.getpid():
                self._process = os.getpid()
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=_live, args=(self._loop,), name=self._name, daemon=True).start()
            return self._loop


def _live(loop: asyncio.AbstractEventLoop) -> None:
    try:
        loop.run_forever()
    finally:
        loop.close()


class Http:
    """Asks one provider over kept connections. Never follows a redirect, never tries twice.

    ``connect`` and ``total`` are seconds. Belongs to the loop it is first used on. ``reach`` limits the addresses that are
    spoken to, where somebody else names them; ``largest`` how many bytes of an answer are read.
    """

    def __init__(self, connect: float, total: float, connections: int, *, reach: Reach | None = None,
                 largest: int | None = None) -> None:
        """Open nothing yet."""
        self._reach, self._largest = reach, largest
        self._connect = connect
        self.total = total
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None
        self._home: asyncio.AbstractEventLoop | None = None

    async def post(self, url: str, *, data: bytes, headers: Mapping[str, str],
                   total: float | None = None) -> Answer:
        """Post and read the answer. Raises ``NotSent`` or ``AnswerLost``."""
        return await self._ask("POST", url, data, headers, total)

    async def get(self, url: str, *, headers: Mapping[str, str]) -> Answer:
        """Ask and read the answer. Raises ``NotSent`` or ``AnswerLost``."""
        return await self._ask("GET", url, None, headers, None)

    async def _ask(self, method: str, url: str, data: bytes | None, headers: Mapping[str, str],
                   total: float | None) -> Answer:
        # sock_connect, not connect: waiting for one of our own connections is not the provider's fault.
        limits = aiohttp.ClientTimeout(total=total or self.total, sock_connect=self._connect)
        try:
            if self._reach is not None:
                self._reach.check(URL(url).scheme, URL(url).host or "")
            async with self._opened().request(
                method, url, data=data, headers=headers, timeout=limits, allow_redirects=False
            ) as response:
                return Answer(response.status, response.headers, await self._content(response))
        except OutOfReach as error:
            raise NotSent(str(error)) from error
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            within = getattr(error, "os_error", None)
            raise NotSent(str(within) if isinstance(within, OutOfReach) else type(error).__name__) from error
        except TimeoutError as error:
            raise AnswerLost("no answer in time") from error
        except (aiohttp.ClientError, OSError) as error:
            raise AnswerLost(type(error).__name__) from error

    async def _content(self, response: aiohttp.ClientResponse) -> bytes:
        if self._largest is None:
            return await response.read()
        found = bytearray()
        async for part in response.content.iter_any():
            found += part
            if len(found) > self._largest:
                raise aiohttp.ClientPayloadError("too large")
        return bytes(found)

    async def close(self) -> None:
        """Close what is open."""
        if self._session is not None and self._home is asyncio.get_running_loop():
            await self._session.close()
        self._session = None

    def _opened(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        if self._session is None or self._home is not loop:
            # Connections idle for 15 s are closed by us, before the provider does and a request meets a dead one.
            connector = aiohttp.TCPConnector(
                limit=self._connections, keepalive_timeout=15, resolver=Looking(self._reach) if self._reach is not None else None)
            self._session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
            self._home = loop
        return self._session
