"""The server's threads are for requests that are there: one that is sent slowly, or never to its end, waits without a thread.

A thread of gunicorn that has begun to read a request waits for the rest of it for as long as the client likes, so that as
many half requests as there are threads keep everybody out (T-99). Here a connection is given to a thread once its head is
whole, and its body where that is small; a large body has to come at a pace, or the connection is closed. Who is answered
before a large body was read (413) is told that the connection ends with that: what they send next on it would be lost.
"""

import re
import socket
import struct
import time
from functools import partial
from selectors import EVENT_READ
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

HEAD_SECONDS = 10.0
"""From the first moment of a connection, or of its next request, until the request is whole."""
LOOK_SECONDS = 0.05
"""How often what came in halves is looked at again: waiting for it to be readable would never sleep, it is."""
LARGEST_LOOK = 64 * 1024
SMALL_BODY = 32 * 1024
BODY_SECONDS, SLOWEST = 30.0, 16 * 1024
"""A larger body has so many seconds, and one more for so many bytes."""
SILENT_SECONDS = 20
"""A client that says nothing for so long while its body is read, or takes nothing of its answer."""
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,15})[ \t]*\r\n", re.IGNORECASE)
_TIMEVAL = struct.pack("ll", SILENT_SECONDS, 0)


def length_of(head: bytes) -> int:
    """Return how long the body is said to be; 0 where nothing is said, the parser judges what is said badly."""
    found = _LENGTH.search(head)
    return int(found.group(1)) if found else 0


def is_whole(seen: bytes) -> bool:
    """Tell whether this is a request a thread can read without waiting, or more than is looked at."""
    end = seen.find(b"\r\n\r\n")
    if end < 0:
        return len(seen) >= LARGEST_LOOK
    return len(seen) - end - 4 >= min(length_of(seen[: end + 2]), SMALL_BODY)


def is_left(body: Any) -> bool:
    """Tell whether more of a body was left unread than what came whole with its head and is thrown away at no cost.

    ``body`` is gunicorn's: behind it the rest of a length that was said, or chunks until the last of them was read.
    """
    if hasattr(body.reader, "length"):
        return bool(body.failed or body.reader.length > SMALL_BODY)
    return bool(body.failed or body.reader.parser is not None)


class PatientWorker(ThreadWorker):
    """gunicorn's worker of threads, to which a half request costs a file descriptor and nothing else."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Hold nothing yet."""
        super().__init__(*args, **kwargs)
        self.gathering: dict[Any, float] = {}
        self.halves: set[Any] = set()
        self.reading: dict[Any, float] = {}

    def enqueue_req(self, conn: Any) -> None:
        """Give a connection to a thread, or wait until its request is whole."""
        seen = self._seen(conn)
        if seen is None or is_whole(seen):
            self._give(conn, seen or b"")
            return
        self.gathering[conn] = time.monotonic() + HEAD_SECONDS
        self._wait(conn, begun=bool(seen))

    def _wait(self, conn: Any, *, begun: bool) -> None:
        if begun:
            self.halves.add(conn)
            return
        conn.sock.setblocking(False)
        self.poller.register(conn.sock, EVENT_READ, partial(self._first, conn))

    def _first(self, conn: Any, _socket: object) -> None:
        """Something came: most requests are whole at once."""
        self.poller.unregister(conn.sock)
        self._look(conn)

    def _look(self, conn: Any) -> None:
        seen = self._seen(conn)
        if seen is None or is_whole(seen):
            del self.gathering[conn]
            self.halves.discard(conn)
            self._give(conn, seen or b"")
        else:
            self.halves.add(conn)

    @staticmethod
    def _seen(conn: Any) -> bytes | None:
        """Return what has come of a request without taking it; ``None`` where the client has hung up."""
        before: bytes = conn.parser.unreader.buf.getvalue() if conn.parser is not None else b""
        try:
            more = conn.sock.recv(LARGEST_LOOK, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return before
        except OSError:
            return None
        return before + more if more else None

    def _give(self, conn: Any, seen: bytes) -> None:
        conn.data_ready = True
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            conn.sock.setsockopt(socket.SOL_SOCKET, option, _TIMEVAL)
        self.reading[conn] = time.monotonic() + BODY_SECONDS + length_of(seen) / SLOWEST
        super().enqueue_req(conn)

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Answer; where much of the body was left unread by then, say that the connection ends: it does."""
        asked = req.should_close
        req.should_close = lambda: asked() or is_left(req.body)
        return super().handle_request(req, conn)

    def finish_request(self, conn: Any, fs: Any) -> None:
        """Forget the time a request had: it was read, or given up."""
        self.reading.pop(conn, None)
        super().finish_request(conn, fs)

    def wait_for_and_dispatch_events(self, timeout: float | None) -> None:
        """Look at what came in halves too, and close what had its time."""
        super().wait_for_and_dispatch_events(LOOK_SECONDS if self.halves else timeout)
        for conn in tuple(self.halves):
            self._look(conn)
        now = time.monotonic()
        for conn in [one for one, until in self.gathering.items() if until <= now or not self.alive]:
            self._drop(conn)
        for conn in [one for one, until in self.reading.items() if until <= now]:
            del self.reading[conn]
            _hear_no_more(conn.sock)

    def _drop(self, conn: Any) -> None:
        del self.gathering[conn]
        if conn in self.halves:
            self.halves.discard(conn)
        else:
            self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        conn.close()


def _hear_no_more(wire: socket.socket) -> None:
    """End the reading of a request; an answer that is being written goes on."""
    try:
        wire.shutdown(socket.SHUT_RD)
    except OSError:
        return
