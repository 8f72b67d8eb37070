"""Answers in bytes, as servers send them, in any pieces: read the same, or refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident_app.adapters.http_answers import LARGEST, read_answer
from incident_app.adapters.transport import Answer

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 4\r\n\r\nabcd"
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"3;name=value\r\nabc\r\n1 \r\nd\r\n0\r\nX-Trailer: 1\r\n\r\n")


def body_of(received: bytes, *, ended: bool = False) -> tuple[bytes, bool] | None:
    found = read_answer(received, ended=ended)
    return None if found is None else (found[0].content, found[2])


def test_an_answer_with_a_length_is_read_and_the_connection_kept() -> None:
    assert read_answer(PLAIN + b"more", ended=False) == (
        Answer(200, {"content-type": "application/json", "content-length": "4"}, b"abcd"), len(PLAIN), True)


def test_an_answer_in_chunks_is_put_together() -> None:
    assert body_of(CHUNKED) == (b"abcd", True)
    assert body_of(CHUNKED + b"more") == (b"abcd", True)


@pytest.mark.parametrize("whole", [PLAIN, CHUNKED, b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + PLAIN])
def test_as_long_as_something_is_missing_there_is_no_answer(whole: bytes) -> None:
    assert [body_of(whole[:length], ended=ended) for length in range(len(whole)) for ended in (False, True)] == (
        [None] * len(whole) * 2)
    assert body_of(whole) == (b"abcd", True)


def test_an_answer_without_a_length_ends_with_the_connection() -> None:
    received = b"HTTP/1.1 502 Bad Gateway\r\nServer: x\r\n\r\n<html>"
    assert body_of(received) is None
    assert body_of(received, ended=True) == (b"<html>", False)


@pytest.mark.parametrize("head", [b"HTTP/1.0 200 OK\r\n", b"HTTP/1.1 200 OK\r\nConnection: Close\r\n"])
def test_a_server_that_closes_says_so(head: bytes) -> None:
    assert body_of(head + b"Content-Length: 0\r\n\r\n") == (b"", False)


def test_some_answers_have_no_body_whatever_they_say() -> None:
    assert body_of(b"HTTP/1.1 204 No Content\r\n\r\n") == (b"", True)


@pytest.mark.parametrize("received", [
    b"SSH-2.0-OpenSSH\r\n\r\n", b"HTTP/2 200\r\n\r\n", b"HTTP/1.1 99 x\r\n\r\n", b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nA: 1\r\n folded: 2\r\n\r\n", b"HTTP/1.1 200 OK\r\nName : 1\r\n\r\n", b"HTTP/1.1 200 OK\r\n: 1\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcd", b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (LARGEST + 1), b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n",
    CHUNKED.replace(b"3;", b"x;"), CHUNKED.replace(b"3;", b"2;"), CHUNKED.replace(b"3;", b"fffffff;"), b"a" * 70_000,
])
def test_what_is_no_answer_is_refused(received: bytes) -> None:
    with pytest.raises(ValueError):
        read_answer(received, ended=False)


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_read_or_refused(received: bytes, ended: bool) -> None:
    for bytes_ in (received, b"HTTP/1.1 200 OK\r\n" + received, PLAIN[:40] + received, CHUNKED[:50] + received):
        try:
            found = read_answer(bytes_, ended=ended)
        except ValueError:
            continue
        assert found is None or 0 < found[1] <= len(bytes_)
