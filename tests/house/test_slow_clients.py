"""Clients that send a request by halves keep nobody out: against the server that `serve` starts, with more of them than threads (T-99)."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

import pytest
from gunicorn.http.body import Body, ChunkedReader, LengthReader
from gunicorn.http.unreader import IterUnreader

from incident_app.patient import LARGEST_LOOK, SMALL_BODY, is_left, is_whole, length_of
from incident_app.web.plain_input import LARGEST_BODY
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


def answer_on(wire: socket.socket, words: bytes) -> tuple[int, str]:
    """Send a request and read its answer whole; return the status and what it says of the connection."""
    wire.sendall(words)
    answer = HTTPResponse(wire)
    answer.begin()
    answer.read()
    return answer.status, str(answer.headers["Connection"])


def body_of(size: int, came: int | None = None, path: str = "/sign-in", kind: bytes = b"application/json") -> bytes:
    """Return a request with a body of so many bytes, of which so many come along."""
    head = b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
    return head % (path.encode(), kind, size) + b"x" * (size if came is None else came)


@pytest.mark.parametrize(("refused", "refusal"), [
    (body_of(3 * LARGEST_BODY, 2 * SMALL_BODY, "/api/v1/cases"), 413), (body_of(3 * LARGEST_BODY, path="/api/v1/cases"), 413),
    (body_of(5 * SMALL_BODY, 2 * SMALL_BODY, "/nowhere"), 404), (body_of(3 * LARGEST_BODY, 2 * SMALL_BODY), 400),
    (body_of(5 * SMALL_BODY, 2 * SMALL_BODY, "/hooks/nowhere", b"text/plain"), 404),
])
def test_who_is_refused_before_the_body_was_read_is_told_that_the_connection_ends(
    served: Served, refused: bytes, refusal: int
) -> None:
    # Given a connection that is kept
    with ExitStack() as stack:
        wire = opened(served, stack, b"")
        assert answer_on(wire, WHOLE) == (200, "keep-alive")

        # When a large body is refused by its head alone
        status, connection = answer_on(wire, refused)

        # Then the answer arrives, and says what the server does next: who knows it loses no other request
        assert status == refusal
        assert connection == "close"
        assert hung_up(wire)


@pytest.mark.parametrize("refused", [
    body_of(300, path="/nowhere"), body_of(300, path="/api/v1/cases"), body_of(300), body_of(2 * SMALL_BODY, path="/api/v1/cases"),
])
def test_who_is_refused_with_a_body_that_was_read_or_is_small_keeps_the_connection(served: Served, refused: bytes) -> None:
    with ExitStack() as stack:
        wire = opened(served, stack, b"")

        assert answer_on(wire, refused)[1] == "keep-alive"

        assert answer_on(wire, WHOLE) == (200, "keep-alive")


def test_how_much_is_left_of_a_body_is_known_however_its_length_is_said() -> None:
    # Given a body whose length is said, and one that comes in chunks
    reader: Any = ChunkedReader
    said: Any = Body(LengthReader(IterUnreader([b"x" * 3 * SMALL_BODY]), 3 * SMALL_BODY))
    chunks: Any = Body(reader(None, IterUnreader([b"3\r\nabc\r\n0\r\n\r\n"])))
    assert [is_left(said), is_left(chunks)] == [True, True]

    # When they are read
    said.read(2 * SMALL_BODY)
    chunks.read()
    assert [is_left(said), is_left(chunks)] == [False, False]

    # Then what could not be understood of one is left too
    said.failed = True
    assert is_left(said)


def test_what_is_whole_is_told_from_what_is_not() -> None:
    head = b"POST / HTTP/1.1\r\nContent-Length: %d\r\n"
    assert [is_whole(one) for one in (b"", b"GET /", WHOLE[:-2], WHOLE, head % 3 + b"\r\nab", head % 3 + b"\r\nabc")] == [
        False, False, False, True, False, True]
    assert is_whole(b"x" * LARGEST_LOOK)
    assert is_whole(head % 10**9 + b"\r\n" + b"x" * SMALL_BODY)
    assert [length_of(head % 7), length_of(b"GET /\r\n"), length_of(b"POST /\r\nContent-Length: -1\r\n")] == [7, 0, 0]
