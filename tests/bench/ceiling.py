"""The ceiling: a minimal asyncio client that sends ready-made bytes over kept connections, and does nothing else."""

import asyncio
import re
import time
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")


def a_request(path: str, content: bytes, content_type: str) -> bytes:
    """Return a request as it travels."""
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {content_type}\r\nContent-Length: {len(content)}\r\n\r\n"
    return head.encode() + content


class _Connection(asyncio.Protocol):
    """Writes the next request when the answer to the one before is there."""

    def __init__(self, left: Iterator[bytes]) -> None:
        self.left = left
        self.waiting = b""
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        self.waiting += data
        end = self.waiting.find(b"\r\n\r\n")
        if end < 0:
            return
        length = _LENGTH.search(self.waiting, 0, end)
        if len(self.waiting) >= end + 4 + (int(length[1]) if length else 0):
            self.waiting = b""
            self._next()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or ConnectionError("the server hung up"))

    def _next(self) -> None:
        request = next(self.left, None)
        if request is not None:
            self.transport.write(request)
        else:
            self.done.set_result(None)
            self.transport.close()


async def _run(port: int, requests: Sequence[bytes], connections: int) -> float:
    loop, left, begun = asyncio.get_running_loop(), iter(requests), time.perf_counter()
    made = [(await loop.create_connection(lambda: _Connection(left), "127.0.0.1", port))[1] for _ in range(connections)]
    await asyncio.gather(*(one.done for one in made))
    return time.perf_counter() - begun


def seconds_for(url: str, requests: Sequence[bytes], connections: int) -> float:
    """Return how long the ready-made requests took."""
    port = urlsplit(url).port
    assert port is not None
    return asyncio.run(_run(port, requests, connections))
