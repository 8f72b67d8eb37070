"""Reads an HTTP/1.1 answer from bytes (RFC 9112): by its length, in chunks, or up to the end of the connection."""

import re
from collections.abc import Mapping
from functools import lru_cache

from incident_app.adapters.transport import Answer

LARGEST = 8 * 1024 * 1024
"""No provider's answer is larger: one that is, is not read on."""
_LARGEST_HEAD = 64 * 1024
_STATUS = re.compile(r"HTTP/1\.([01]) ([1-9][0-9]{2})(?: .*)?")
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;.*)?")
_NO_BODY = frozenset({204, 304})


def read_answer(received: bytes, *, ended: bool) -> tuple[Answer, int, bool] | None:
    """Return the answer, how many bytes it took, and whether the connection may be kept; ``None``: not all here yet.

    ``ended``: nothing follows. Names of headers are in lower case. Raises ``ValueError`` for what is no answer.
    """
    start, status, keep = 0, 100, False
    headers: Mapping[str, str] = {}
    while status < 200:  # “continue” and the like come before the answer
        end = received.find(b"\r\n\r\n", start)
        if end < 0:
            if len(received) - start > _LARGEST_HEAD:
                raise ValueError("the head has no end")
            return None
        status, keep, headers = _head(received[start:end])
        start = end + 4
    body = _body(received, start, status, headers)
    if body is None:
        if not ended or "content-length" in headers or "transfer-encoding" in headers:
            return None
        body, keep = (received[start:], len(received)), False
    return Answer(status, headers, body[0]), body[1], keep


@lru_cache(maxsize=64)
def _head(head: bytes) -> tuple[int, bool, Mapping[str, str]]:
    """Return status, whether the connection may be kept, and headers; within a second a provider says the same to many."""
    first, *lines = head.decode("latin-1").split("\r\n")
    matched = _STATUS.fullmatch(first)
    if matched is None:
        raise ValueError("no status line")
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name or name.split() != [name]:  # a line that begins with a space would continue the last
            raise ValueError("not a header")
        key, words = name.lower(), value.strip(" \t")
        headers[key] = f"{headers[key]}, {words}" if key in headers else words
    keep = matched[1] == "1" and "close" not in headers.get("connection", "").lower()
    return int(matched[2]), keep, headers


def _body(received: bytes, start: int, status: int, headers: Mapping[str, str]) -> tuple[bytes, int] | None:
    """Return the body and where it ends; ``None``: more has to come."""
    if status in _NO_BODY:
        return b"", start
    if (coding := headers.get("transfer-encoding")) is not None:
        if coding.lower() != "chunked" or "content-length" in headers:
            raise ValueError("another coding, or two lengths")
        return _chunks(received, start)
    if (length := headers.get("content-length")) is not None:
        if not (length.isascii() and length.isdecimal()) or len(length) > 9 or int(length) > LARGEST:
            raise ValueError("not a length")
        end = start + int(length)
        return (received[start:end], end) if len(received) >= end else None
    return None


def _chunks(received: bytes, start: int) -> tuple[bytes, int] | None:
    parts: list[bytes] = []
    while (end := received.find(b"\r\n", start)) >= 0:
        matched = _SIZE.fullmatch(received[start:end])
        if matched is None:
            raise ValueError("not the size of a chunk")
        start, size = end + 2, int(matched[1], 16)
        if size == 0:
            return _after_trailers(received, start, b"".join(parts))
        if size > LARGEST:
            raise ValueError("too large a chunk")
        if len(received) < start + size + 2:
            return None
        if received[start + size : start + size + 2] != b"\r\n":
            raise ValueError("a chunk is longer than it says")
        parts.append(received[start : start + size])
        start += size + 2
    return None


def _after_trailers(received: bytes, start: int, body: bytes) -> tuple[bytes, int] | None:
    while (end := received.find(b"\r\n", start)) >= 0:
        if end == start:
            return body, end + 2
        start = end + 2
    return None
