"""What arrived at a server, kept as cheaply as can be."""

import time
from collections import Counter, deque
from collections.abc import Callable

HELD_SECONDS = 1


class Ledger:
    """Counts, and refuses what would be too much in any one second."""

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        """``rate`` 0 takes everything."""
        self._rate = int(rate)
        self._clock = clock
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self.seen: Counter[bytes] = Counter()
        self.requests = self.refused = self._most = 0
        self._first = self._last = self._held_until = 0.0
        self._lately: deque[float] = deque()

    def take(self, people: list[bytes]) -> bool:
        """Take a request for these people; tell whether it was taken."""
        now = self._clock()
        self.requests += 1
        if self._rate and not self._fits(now):
            self.refused += len(people)
            return False
        self.seen.update(people)
        self._first = self._first or now
        self._last = now
        return True

    def _fits(self, now: float) -> bool:
        lately = self._lately
        while lately and now - lately[0] >= 1:
            lately.popleft()
        if now < self._held_until:
            return False
        if len(lately) >= self._rate:
            self._held_until = now + HELD_SECONDS
            return False
        lately.append(now)
        self._most = max(self._most, len(lately))
        return True

    def counts(self) -> dict[str, float]:
        """Return the fields of ``process.Counts``."""
        messages = self.seen.total()
        return {
            "messages": messages, "requests": self.requests, "people": len(self.seen),
            "doubles": messages - len(self.seen), "refused": self.refused, "most": self._most,
            "seconds": self._last - self._first, "cpu": time.process_time(),
        }
