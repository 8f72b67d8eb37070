"""A monitor outside, of the kind that minds when the pings stop."""

import threading
from collections.abc import Mapping

from tests.loopback.serving import Reply, Server


class MonitorServer(Server):
    """Counts the pings by method and path; ``replies`` are given first, then 200. ``only_post`` answers a GET with 405."""

    def __init__(self, *replies: Reply, only_post: bool = False) -> None:
        """Hear nothing yet."""
        super().__init__()
        self.heard: list[str] = []
        self.bodies: list[bytes] = []
        self.replies, self.only_post = list(replies), only_post
        self.came = threading.Event()

    def show(self, path: str, headers: Mapping[str, str]) -> Reply:
        """Answer a GET."""
        return self._hear("GET", path, 405 if self.only_post else 200)

    def answer(self, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Answer a POST."""
        self.bodies.append(body)
        return self._hear("POST", path, 200)

    def _hear(self, method: str, path: str, status: int) -> Reply:
        self.heard.append(f"{method} {path}")
        self.came.set()
        return self.replies.pop(0) if self.replies else Reply(status, b"OK")
