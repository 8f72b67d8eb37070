"""Requests that a proxy and a server may read differently, byte by byte against the server that `serve` starts."""

import re
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.house.running import Served

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("serving")]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The product, as it is served for real."""
    made = Served(Path(tmp_path_factory.mktemp("raw")) / "instance", "serve")
    made.wait_for("Serving on")
    yield made
    made.stop()


def ask(served: Served, request: bytes) -> list[int]:
    """Send bytes as they are; return the statuses of every answer that comes back."""
    with closing(socket.create_connection(("127.0.0.1", served.port), 20)) as wire:
        wire.sendall(request)
        wire.shutdown(socket.SHUT_WR)
        heard = b""
        while piece := wire.recv(65536):
            heard += piece
    return [int(one) for one in re.findall(rb"HTTP/1\.[01] (\d{3})", heard)]


HOST = b"Host: localhost\r\n"
HIDDEN = b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n"


def test_a_plain_request_is_answered(served: Served) -> None:
    assert ask(served, HIDDEN) == [200]


@pytest.mark.parametrize("headers", [
    b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
    b"Content-Length: 4\r\nContent-Length: 40\r\n", b"Content-Length: 0, 40\r\n", b"Content-Length: +4\r\n", b"Content-Length: 4_0\r\n",
    b"Content-Length: -1\r\n", b"Content-Length: 0x4\r\n", b"Transfer-Encoding: xchunked\r\n", b"Transfer-Encoding: chunked, identity\r\n",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", b"Transfer-Encoding : chunked\r\n", b"Transfer-Encoding:\x0bchunked\r\n",
    b"X-Folded: a\r\n b\r\n", b" X-First: a\r\n", b"X Space: a\r\n", b"X-Nul: a\x00b\r\n", b"X-Bare: a\rTransfer-Encoding: chunked\r\n",
])
def test_two_ways_to_read_a_request_are_none(served: Served, headers: bytes) -> None:
    # When a request says its length in two ways and hides another behind itself
    statuses = ask(served, b"POST /sign-in HTTP/1.1\r\n" + HOST + headers + b"\r\n0\r\n\r\n" + HIDDEN)

    # Then it is refused, and what was hidden is never answered
    assert 200 not in statuses
    assert statuses[:1] in ([], [400], [501])
    assert len(statuses) <= 1


@pytest.mark.parametrize("request_line", [
    b"GET /" + b"a" * 9000 + b" HTTP/1.1", b"GET / HTTP/9.9", b"GET /", b"G@T / HTTP/1.1", b"", b"\x16\x03\x01\x02\x00\x01",
])
def test_a_line_that_is_none_is_refused(served: Served, request_line: bytes) -> None:
    statuses = ask(served, request_line + b"\r\n" + HOST + b"\r\n")

    assert not statuses or statuses[0] in {400, 414, 405, 505}


def test_a_flood_of_headers_is_refused(served: Served) -> None:
    many = b"".join(b"X-%d: y\r\n" % number for number in range(300))
    long = b"X-Long: " + b"y" * 20_000 + b"\r\n"

    for headers in (many, long):
        assert ask(served, b"GET /healthz HTTP/1.1\r\n" + HOST + headers + b"\r\n") in ([400], [431])


@pytest.mark.parametrize("host", [b"Host: evil.example\r\n", b"Host: localhost\r\nHost: evil.example\r\n"])
def test_another_host_or_two_hosts_get_nothing(served: Served, host: bytes) -> None:
    assert 200 not in ask(served, b"GET /healthz HTTP/1.1\r\n" + host + b"\r\n")


def test_an_absolute_address_elsewhere_gets_nothing(served: Served) -> None:
    statuses = ask(served, b"GET http://evil.example/healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n")

    assert 200 not in statuses
