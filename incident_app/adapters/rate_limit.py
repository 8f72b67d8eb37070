"""The pace shared by all workers: one line of slots per channel, handed out in order (GCRA).

Slots lie a little further apart than the provider's limit asks (1 %): at exactly the limit jitter alone breaks it.
Taking several slots at once means to use them one after the other at that same distance (see ``pace``).
"""

import time
from collections.abc import Mapping
from threading import Lock
from typing import cast

import redis

MARGIN = 0.99
SLOW, FAST_MARGIN = 100.0, 0.985  # above so many a second, what comes late by some milliseconds is several messages
# Where Redis cannot be reached each worker keeps its own pace: slow enough for four of them together.
ALONE = 4

# Times in microseconds by the server's clock: what a worker's own clock says does not matter.
_TAKE = """
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local free = tonumber(redis.call('GET', KEYS[1]) or 0)
if free < now then free = now end
redis.call('SET', KEYS[1], string.format('%.0f', free + ARGV[1]), 'PX', math.ceil((free + ARGV[1] - now) / 1000) + 60000)
return free - now
"""
_PAUSE = """
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local free = tonumber(redis.call('GET', KEYS[1]) or 0)
local till = now + ARGV[1]
if till > free then
  redis.call('SET', KEYS[1], string.format('%.0f', till), 'PX', math.ceil(ARGV[1] / 1000) + 60000)
end
return 0
"""


def pace(rate: float) -> float:
    """Return the messages a second we really send where ``rate`` are allowed."""
    return rate * (MARGIN if rate <= SLOW else FAST_MARGIN)


class SlotLimiter:
    """The RateLimit port. ``rates`` are messages a second by channel; a channel that is not named never waits.

    Without ``redis_url`` the slots are shared by the threads of this process, with it by all workers.
    """

    def __init__(self, rates: Mapping[str, float], redis_url: str | None = None) -> None:
        """Remember the pace; connects at first use."""
        self._step = {channel: 1 / pace(rate) for channel, rate in rates.items()}
        self._free: dict[str, float] = {}
        self._lock = Lock()
        self._redis: redis.Redis | None = None
        if redis_url is not None:
            self._redis = redis.Redis.from_url(redis_url, socket_timeout=2, socket_connect_timeout=2)

    def rate(self, channel: str) -> float | None:
        """Return the messages a second the channel is really used with, by all workers together; ``None``: no limit."""
        step = self._step.get(channel)
        return 1 / step if step else None

    def wait_for(self, channel: str, count: int) -> float:
        """Take ``count`` slots; return the seconds to wait before the first may be used (0 = at once)."""
        step = self._step.get(channel)
        if step is None or count < 1:
            return 0.0
        if self._redis is None:
            return self._take(channel, step * count)
        try:
            waiting = self._redis.eval(_TAKE, 1, _key(channel), str(round(step * count * 1_000_000)))
        except redis.RedisError:
            return self._take(channel, step * count * ALONE)
        return cast(int, waiting) / 1_000_000

    def pause(self, channel: str, seconds: float) -> None:
        """Hold the whole channel for ``seconds``, for every worker."""
        with self._lock:
            self._free[channel] = max(self._free.get(channel, 0.0), time.monotonic() + seconds)
        if self._redis is None:
            return
        try:
            self._redis.eval(_PAUSE, 1, _key(channel), str(round(seconds * 1_000_000)))
        except redis.RedisError:
            return  # held in this process; the others hear it from the provider themselves

    def _take(self, channel: str, length: float) -> float:
        with self._lock:
            now = time.monotonic()
            start = max(self._free.get(channel, 0.0), now)
            self._free[channel] = start + length
        return start - now


def _key(channel: str) -> str:
    return f"incident-app:slots:{channel}"
