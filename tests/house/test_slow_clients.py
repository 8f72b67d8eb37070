"""Clients that send a request by halves keep nobody out: against the server that `serve` starts, with more of them than threads (T-99)."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from incident_app.patient import LARGEST_LOOK, SMALL_BODY, is_whole, length_of
from tests.house.running import PATIENCE, Served

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("serving")]

MANY = 60
WHOLE = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
HALVES = {
    "nothing": b"",
    "half a line": b"GET /sign-in HT",
    "half a head": b"GET /sign-in HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
    "half a body": b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                   b"Content-Length: 400\r\n\r\nemail=a%40example.org",
    "a whole request and half of the next": WHOLE + b"GET /sign-in HTTP/1.1\r\nHost: loc",
}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The product as it is served for real: one process, sixteen threads."""
    made = Served(Path(tmp_path_factory.mktemp("slow")) / "instance", "serve")
    made.wait_for("Serving on")
    assert made.get("/healthz")[0] == 200
    yield made
    made.stop()


def opened(served: Served, stack: ExitStack, words: bytes) -> socket.socket:
    wire = stack.enter_context(socket.create_connection(("127.0.0.1", served.port), PATIENCE))
    wire.sendall(words)
    return wire


def answered(wire: socket.socket) -> bytes:
    """Return the status line."""
    return wire.recv(12)


def hung_up(wire: socket.socket) -> bool:
    """Wait until the other end is gone."""
    try:
        return wire.recv(100) == b""
    except ConnectionResetError:  # it had not read what was sent by halves
        return True


@pytest.mark.parametrize("half", HALVES)
def test_t99_sixty_half_requests_keep_nobody_out(served: Served, half: str) -> None:
    with ExitStack() as stack:
        # Given more half requests than there are threads
        slow = [opened(served, stack, HALVES[half]) for _ in range(MANY)]

        # When somebody asks properly, then they are answered: a thread would wait for each half without end
        for _ in range(3):
            assert answered(opened(served, stack, WHOLE)) == b"HTTP/1.1 200"

        # And who sends the other half is answered too, who does not is hung up on
        late = opened(served, stack, HALVES["half a head"])
        late.sendall(b"x\r\n\r\n")
        assert answered(late) == b"HTTP/1.1 200"
        if half == "half a head":
            assert hung_up(slow[0])


def test_what_is_whole_is_told_from_what_is_not() -> None:
    head = b"POST / HTTP/1.1\r\nContent-Length: %d\r\n"
    assert [is_whole(one) for one in (b"", b"GET /", WHOLE[:-2], WHOLE, head % 3 + b"\r\nab", head % 3 + b"\r\nabc")] == [
        False, False, False, True, False, True]
    assert is_whole(b"x" * LARGEST_LOOK)
    assert is_whole(head % 10**9 + b"\r\n" + b"x" * SMALL_BODY)
    assert [length_of(head % 7), length_of(b"GET /\r\n"), length_of(b"POST /\r\nContent-Length: -1\r\n")] == [7, 0, 0]
