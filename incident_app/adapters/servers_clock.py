"""A server's clock as this process sees it: all who use it name the same moments, whatever their own clocks say.

An answer that took long says little about when the server read its clock, and on a busy machine many do. So the answer
that took least is kept, and a later one takes its place when that has grown too old to be more exact.
"""

import time
from collections.abc import Callable
from threading import Lock

DRIFT = 0.0002  # seconds a second two clocks may go apart, at the most what a clock is steered by


class ServersClock:
    """Translates moments of the server into our own. Times in seconds; threads may share it."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        """Know nothing yet. ``seconds`` is our own clock."""
        self._seconds = seconds
        self._ahead, self._error, self._at = 0.0, float("inf"), 0.0
        self._lock = Lock()

    def told(self, asked: float, moment: float) -> None:
        """Take note that the server, asked at ``asked`` by our clock and answering now, said that it was ``moment``."""
        answered = self._seconds()
        ahead, error = moment - (asked + answered) / 2, (answered - asked) / 2
        with self._lock:
            kept = self._error + (answered - self._at) * DRIFT
            if error <= kept or abs(ahead - self._ahead) > error + kept:  # more exact, or somebody set the server's clock
                self._ahead, self._error, self._at = ahead, error, answered

    def until(self, moment: float) -> float:
        """Return the seconds until a moment of the server; below 0 where it has gone by. Ask after ``told``."""
        with self._lock:
            ahead = self._ahead
        return moment - ahead - self._seconds()
