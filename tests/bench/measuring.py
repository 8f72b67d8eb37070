"""How benches measure: alternately, medians of three, and against the ceiling of the same run."""

import asyncio
import re
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import cast

ROUNDS = 3
_LENGTH = re.compile(rb"\r\nContent-Length: (\d+)")


@dataclass(frozen=True, slots=True)
class Sender:
    """One way to send: ``run`` sends to ``people`` people; CPU seconds other processes used for it, if any."""

    name: str
    people: int
    run: Callable[[], float]


def compare(senders: Sequence[Sender], *, ceiling: str, plain: str) -> dict[str, float]:
    """Let every sender run three times, alternately; print a table and return the rate of each, people a second."""
    rates: dict[str, list[float]] = {one.name: [] for one in senders}
    costs: dict[str, list[float]] = {one.name: [] for one in senders}
    for _ in range(ROUNDS):
        for one in senders:
            begun, used = time.perf_counter(), time.process_time()
            elsewhere = one.run()
            rates[one.name].append(one.people / (time.perf_counter() - begun))
            costs[one.name].append((time.process_time() - used + elsewhere) / one.people * 1_000_000)
    middle = {name: statistics.median(all_of_them) for name, all_of_them in rates.items()}
    sys.stdout.write(f"{'':44}{'people/s':>12}{'of ceiling':>12}{'x plain':>10}{'CPU us each':>13}\n")
    for name, rate in middle.items():
        cost = statistics.median(costs[name])
        sys.stdout.write(
            f"{name:44}{rate:>12,.0f}{rate / middle[ceiling]:>12.3f}{rate / middle[plain]:>10.1f}{cost:>13,.1f}\n")
    return middle


class _Client(asyncio.Protocol):
    """Writes its requests, one after the other, as soon as the answer before is here."""

    def __init__(self, requests: Sequence[bytes]) -> None:
        self._requests = iter(requests)
        self._received = b""
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._next()

    def data_received(self, data: bytes) -> None:
        self._received += data
        end = self._received.find(b"\r\n\r\n")
        length = _LENGTH.search(self._received)
        if end >= 0 and length is not None and len(self._received) >= end + 4 + int(length[1]):
            self._received = b""
            self._next()

    def _next(self) -> None:
        request = next(self._requests, None)
        if request is None:
            self._transport.close()
            self.done.set_result(None)
        else:
            self._transport.write(request)


def ready_made(port: int, requests: Sequence[bytes], connections: int) -> float:
    """Send these HTTP requests, made before, over some connections: the ceiling."""
    async def all_of_them() -> None:
        loop = asyncio.get_running_loop()
        clients = [
            (await loop.create_connection(partial(_Client, requests[first::connections]), "127.0.0.1", port))[1]
            for first in range(connections)
        ]
        await asyncio.gather(*(client.done for client in clients))

    asyncio.run(all_of_them())
    return 0.0


def post(path: str, body: bytes, headers: str = "") -> bytes:
    """Return a whole request."""
    head = f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n{headers}"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
