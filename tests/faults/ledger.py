"""The provider that keeps the true ledger, and the fates and the weather it holds for whoever brings messages."""

import json
import time
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Mapping
from urllib.parse import parse_qs

from tests.loopback.serving import Failure, Reply
from tests.loopback.telegram_api import TelegramApi

Fate = Callable[[int], object]


class Ledger(TelegramApi):
    """A provider that knows who got what how often, and at which message fate strikes the worker that brings it.

    ``times`` says when each request came, ``asked`` how often each chat was asked for,
    ``brought`` how much each worker brought, ``waits`` when and for how many
    seconds we told somebody to wait, ``spoilt`` which chats met which weather.
    """

    def __init__(self) -> None:
        """Know nobody, plan nothing."""
        super().__init__()
        self.times: list[float] = []
        self.asked: Counter[int] = Counter()
        self.brought: Counter[int] = Counter()
        self.waits: list[tuple[float, float]] = []
        self.spoilt: list[tuple[int, Failure]] = []
        self.struck: list[int] = []
        self._fates: list[tuple[int, bool, Fate]] = []
        self._weather: Callable[[int], Failure | None] = lambda _: None

    @property
    def got(self) -> Mapping[int, int]:
        """How many messages each chat got."""
        with self._script.lock:
            return Counter(int(message["chat_id"]) for message in self.sent)

    @property
    def arrivals(self) -> int:
        """How many requests came."""
        return len(self.times)

    def between(self, start: float, end: float) -> int:
        """Return how many requests came in that time."""
        with self._script.lock:
            return bisect_right(self.times, end) - bisect_left(self.times, start)

    def busiest(self, seconds: float) -> int:
        """Return the most requests in any such span of time."""
        return max((self.between(start, start + seconds) for start in list(self.times)), default=0)

    def at(self, arrival: int, fate: Fate, *, taken: bool = True) -> None:
        """Let ``fate`` strike the worker that brings this message (``taken``: after it was carried to the person)."""
        self._fates.append((arrival, taken, fate))

    def every(self, step: int, *kinds: Failure, until: int = 10**9) -> None:
        """Let every such message fail as the next of these kinds, in turn, up to the arrival ``until``."""

        def weather(arrival: int) -> Failure | None:
            turn, rest = divmod(arrival, step)
            return kinds[(turn - 1) % len(kinds)] if rest == 0 and arrival <= until else None

        self._weather = weather

    def answer(self, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Answer as Telegram does; whoever is struck gets an answer it can no longer read."""
        _, worker, rest = path.split("/", 2)
        chat = int(parse_qs(body.decode())["chat_id"][0])
        with self._script.lock:
            self.times.append(time.monotonic())
            self.asked[chat] += 1
            self.brought[int(worker)] += 1
            due = self._due(int(worker))
            spoilt = self._weather(self.arrivals)
            if spoilt is not None:
                self.spoilt.append((chat, spoilt))
                self._script.add(str(chat), Failure(spoilt.kind, 1, spoilt.seconds, spoilt.delivered))
        if due and not due[0]:
            due[1](int(worker))
            return Reply(reset=True)
        reply = super().answer(f"/{rest}", headers, body)
        if reply.status == 429:
            seconds = json.loads(reply.body)["parameters"]["retry_after"]
            with self._script.lock:
                self.waits.append((time.monotonic(), seconds))
        if due:
            due[1](int(worker))
        return reply

    def _due(self, worker: int) -> tuple[bool, Fate] | None:
        if not self._fates or self.arrivals < self._fates[0][0] or worker in self.struck:
            return None
        _, taken, fate = self._fates.pop(0)
        self.struck.append(worker)
        return taken, fate
