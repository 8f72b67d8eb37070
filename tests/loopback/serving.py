"""A small HTTP/1.1 server in a thread, on a port of its own, that can also hang up or stay silent."""

import json
import socket
import struct
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self


@dataclass(slots=True)
class Reply:
    """What to answer; ``silent`` answers nothing until the server closes, ``reset`` cuts the connection, before the answer.

    ``truncated`` cuts it in the middle of the answer.
    """

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    silent: bool = False
    reset: bool = False
    truncated: bool = False


def as_json(status: int, body: object, headers: dict[str, str] | None = None) -> Reply:
    """Return a reply in JSON."""
    return Reply(status, json.dumps(body).encode(), {"Content-Type": "application/json", **(headers or {})})


@dataclass(slots=True)
class Failure:
    """A scripted failure and how often it still happens (``None``: always)."""

    kind: str
    times: int | None = None
    seconds: int = 1
    delivered: bool = False


class Script:
    """Failures by address; ``None`` is everybody."""

    def __init__(self) -> None:
        """Let everything succeed."""
        self._failures: dict[str | None, list[Failure]] = {}
        self.lock = threading.RLock()

    def add(self, address: str | None, failure: Failure) -> None:
        """Let ``address`` fail from now on; several failures come one after the other."""
        with self.lock:
            self._failures.setdefault(address, []).append(failure)

    def clear(self) -> None:
        """Let everything succeed again."""
        with self.lock:
            self._failures.clear()

    def take(self, address: str | None) -> Failure | None:
        """Return the failure that happens now, if any, and use it up."""
        with self.lock:
            for key in (address, None):
                waiting = self._failures.get(key) or []
                if waiting:
                    first = waiting[0]
                    if first.times is not None:
                        first.times -= 1
                        if first.times == 0:
                            waiting.pop(0)
                    return first
            return None


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256  # a batch connects all at once; with the usual 5 some would wait a second


class Server:
    """Run ``answer`` for every request while the ``with`` block lasts."""

    def __init__(self) -> None:
        """Take a free port; requests are answered once the block is entered."""
        owner = self
        self.closing = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                owner._give(self, owner.answer(self.path, dict(self.headers.items()), body))

            def do_GET(self) -> None:
                owner._give(self, owner.show(self.path, dict(self.headers.items())))

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the library's name for it)
                """Say nothing."""

        self._server = _Listener(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def answer(self, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Return the reply to a POST."""
        raise NotImplementedError

    def show(self, path: str, headers: Mapping[str, str]) -> Reply:
        """Return the reply to a GET."""
        raise NotImplementedError

    def _give(self, handler: BaseHTTPRequestHandler, reply: Reply) -> None:
        if reply.silent or reply.reset:
            if reply.silent:
                self.closing.wait(30)
            handler.close_connection = True
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            handler.connection.close()
            return
        handler.close_connection = handler.close_connection or reply.truncated
        length = len(reply.body) + 100 * reply.truncated
        head = [f"HTTP/1.1 {reply.status} x", f"Content-Length: {length}"]
        head += [f"{name}: {value}" for name, value in reply.headers.items()]
        try:
            handler.wfile.write("\r\n".join([*head, "", ""]).encode() + reply.body)
        except OSError:
            handler.close_connection = True

    def __enter__(self) -> Self:
        """Start."""
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """Stop; whoever still waits for an answer is cut off."""
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)
