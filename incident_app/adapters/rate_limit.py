"""The pace shared by all workers: one line of slots per channel, handed out in order (GCRA).

Slots lie a little further apart than the provider's limit asks (1 %): at exactly the limit jitter alone breaks it.
Taking several slots at once means to use them one after the other at that same distance (see ``pace``).

At a slow pace what really left is counted too, for every message that leaves: so one that comes late to its slot still
goes, as soon as the last second holds fewer than are allowed, and the slot is not lost.

Whoever is urgent does not queue. At a slow pace they ask for a gift: the message whose slot comes next gives it away and
goes to the end of the line, so that nothing already granted moves and no second holds one message more. Where no gift
comes within a moment the line stands still, and there is room. At a fast pace one message more is lost in the margin.
"""

import time
import uuid
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import cast

import redis

from incident_app.adapters.servers_clock import ServersClock

MARGIN = 0.99
SLOW, FAST_MARGIN = 100.0, 0.982  # above so many a second, what comes late by some milliseconds is several messages
SECOND = 1.008  # between a message and the one as many later as are allowed a second: on the way they may come closer
GIFT_SECONDS = 0.25  # no message within that: nobody uses the line
LATE_SECONDS = 0.005  # later, a gift is no slot any more
MOST_GIFTS = 4
# Where Redis cannot be reached each worker keeps its own pace: slow enough for four of them together.
ALONE = 4

# Times in microseconds by the server's clock: what a worker's own clock says does not matter.
_TAKE = """
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local free = tonumber(redis.call('GET', KEYS[1]) or 0)
if free < now + ARGV[2] then free = now + ARGV[2] end
redis.call('SET', KEYS[1], string.format('%.0f', free + ARGV[1]), 'PX', math.ceil((free + ARGV[1] - now) / 1000) + 60000)
return {free, now}
"""
_PAUSE = """
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local free = tonumber(redis.call('GET', KEYS[1]) or 0)
local till = now + ARGV[1]
if till > free then
  redis.call('SET', KEYS[1], string.format('%.0f', till), 'PX', math.ceil(ARGV[1] / 1000) + 60000)
end
local long = math.ceil(ARGV[1] / 1000)
if long > redis.call('PTTL', KEYS[2]) then redis.call('SET', KEYS[2], 1, 'PX', long) end
return 0
"""
_WAITS = """
local t = redis.call('TIME')
return tonumber(redis.call('GET', KEYS[1]) or 0) - (t[1] * 1000000 + t[2])
"""
_ASK = "redis.call('RPUSH', KEYS[1], ARGV[1]) return redis.call('PEXPIRE', KEYS[1], 2000)"
_GIVE = """
local who = redis.call('LPOP', KEYS[1])
if not who then return 0 end
local t = redis.call('TIME')
redis.call('RPUSH', KEYS[1] .. ':' .. who, string.format('%.0f', t[1] * 1000000 + t[2] + ARGV[1]))
redis.call('PEXPIRE', KEYS[1] .. ':' .. who, 2000)
return 1
"""


_LEAVES = """
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local oldest = redis.call('LINDEX', KEYS[1], ARGV[1] - 1)
local wait = oldest and oldest + ARGV[2] - now or 0
if wait > 0 and wait <= tonumber(ARGV[2]) then return wait end
redis.call('LPUSH', KEYS[1], string.format('%.0f', now))
redis.call('LTRIM', KEYS[1], 0, ARGV[1] - 1)
redis.call('PEXPIRE', KEYS[1], 5000)
return 0
"""
_LEFT = """
local t = redis.call('TIME')
redis.call('LPUSH', KEYS[1], string.format('%.0f', t[1] * 1000000 + t[2] + ARGV[1]))
return redis.call('PEXPIRE', KEYS[1], 5000)
"""


def pace(rate: float) -> float:
    """Return the messages a second we really send where ``rate`` are allowed."""
    return rate * (MARGIN if rate <= SLOW else FAST_MARGIN)


@dataclass(slots=True, eq=False)
class _Wish:
    """Somebody of this process who waits for a gift; ``at`` is when the slot is."""

    given: Event = field(default_factory=Event)
    at: float = 0.0


class SlotLimiter:
    """The RateLimit port. ``rates`` are messages a second by channel; a channel that is not named never waits.

    Without ``redis_url`` the slots are shared by the threads of this process, with it by all workers.
    """

    def __init__(self, rates: Mapping[str, float], redis_url: str | None = None) -> None:
        """Remember the pace; connects at first use."""
        self._step = {channel: 1 / pace(rate) for channel, rate in rates.items()}
        self._most = {channel: max(1, int(rate)) for channel, rate in rates.items() if rate <= SLOW}
        self._left = {channel: deque[float](maxlen=most) for channel, most in self._most.items()}
        self._free: dict[str, float] = {}
        self._held: dict[str, float] = {}
        self._lock = Lock()
        self._wishes: dict[str, deque[_Wish]] = {channel: deque() for channel in rates}
        self._clock = ServersClock()
        self._redis: redis.Redis | None = None
        if redis_url is not None:
            self._redis = redis.Redis.from_url(redis_url, socket_timeout=2, socket_connect_timeout=2)

    def rate(self, channel: str) -> float | None:
        """Return the messages a second the channel is really used with, by all workers together; ``None``: no limit."""
        step = self._step.get(channel)
        return 1 / step if step else None

    def wait_for(self, channel: str, count: int, lead: float = 0.0) -> float:
        """Take ``count`` slots, the first in ``lead`` seconds at the soonest; return the seconds until it.

        0 is now, and below 0: it went by while Redis answered. At a slow pace a slot may be used late, so none needs a lead.
        """
        step = self._step.get(channel)
        if step is None or count < 1:
            return 0.0
        lead = lead if step < 1 / SLOW else 0.0
        if self._redis is None:
            return self._take(channel, step * count, lead)
        asked = time.monotonic()
        try:
            said = self._redis.eval(_TAKE, 1, _key(channel), str(round(step * count * 1_000_000)), str(round(lead * 1_000_000)))
        except redis.RedisError:
            return self._take(channel, step * count * ALONE, lead)
        first, now = cast(tuple[int, int], said)
        self._clock.told(asked, now / 1_000_000)
        return self._clock.until(first / 1_000_000)

    def overtake(self, channel: str) -> float:
        """Take the very next slot; return the seconds to wait before it may be used. Waits for a gift itself."""
        step = self._step.get(channel)
        if step is None:
            return 0.0
        try:
            wait = self._overtaken(channel, step)
            self._count(channel, wait)
        except redis.RedisError:
            return 0.0  # an alert is never held by a line nobody can see
        return max(wait, 0.0)

    def _overtaken(self, channel: str, step: float) -> float:
        if self._ahead(channel) <= 2 * step:
            return self.wait_for(channel, 1)
        if step < 1 / SLOW:
            self.wait_for(channel, 1)  # those behind go one later, which keeps the average
            return 0.0
        for _ in range(MOST_GIFTS):
            wait = self._gift(channel)
            if wait is None or wait >= -LATE_SECONDS:
                return max(wait or 0.0, 0.0)
        return 0.0

    def _count(self, channel: str, wait: float) -> None:
        """Count an urgent message, which leaves in ``wait`` seconds whatever else did."""
        if channel not in self._most:
            return
        if self._redis is not None:
            self._redis.eval(_LEFT, 1, _left(channel), str(round(wait * 1_000_000)))
            return
        with self._lock:
            self._left[channel].append(time.monotonic() + wait)

    def leaves(self, channel: str) -> float:
        """Ask whether a message may leave now: 0, and it counts as left; or seconds to wait and ask again."""
        most = self._most.get(channel)
        if most is None:
            return 0.0
        if self._redis is not None:
            try:
                return cast(int, self._redis.eval(_LEAVES, 1, _left(channel), str(most), str(round(SECOND * 1_000_000)))) / 1_000_000
            except redis.RedisError:
                return 0.0  # alone a worker is slow enough
        with self._lock:
            left, now = self._left[channel], time.monotonic()
            if len(left) == most and (wait := left[0] + SECOND - now) > 0:
                return wait
            left.append(now)
            return 0.0

    def give_way(self, channel: str, early: float) -> bool:
        """Give a slot that is due in ``early`` seconds to whoever overtakes; tell whether somebody took it."""
        if self._step.get(channel, 0.0) < 1 / SLOW:
            return False
        if self._redis is not None:
            try:
                return bool(self._redis.eval(_GIVE, 1, _wishes(channel), str(round(early * 1_000_000))))
            except redis.RedisError:
                return False
        with self._lock:
            if not self._wishes[channel]:
                return False
            wish = self._wishes[channel].popleft()
            wish.at = time.monotonic() + early
            wish.given.set()
            return True

    def _ahead(self, channel: str) -> float:
        """Return how many seconds of the line are taken."""
        if self._redis is not None:
            return cast(int, self._redis.eval(_WAITS, 1, _key(channel))) / 1_000_000
        with self._lock:
            return self._free.get(channel, 0.0) - time.monotonic()

    def _gift(self, channel: str) -> float | None:
        """Wait for a slot to be given; return in how many seconds it is, ``None`` where nobody gives any."""
        if self._redis is None:
            return self._gift_here(channel)
        who = uuid.uuid4().hex
        self._redis.eval(_ASK, 1, _wishes(channel), who)
        found = cast(tuple[bytes, bytes] | None, self._redis.blpop([f"{_wishes(channel)}:{who}"], timeout=GIFT_SECONDS))
        if found is None and self._redis.lrem(_wishes(channel), 0, who):
            return None
        if found is None:  # given at the last moment
            return -1.0
        asked = time.monotonic()
        seconds, micros = cast(tuple[int, int], self._redis.time())
        self._clock.told(asked, seconds + micros / 1_000_000)
        return self._clock.until(int(found[1]) / 1_000_000)

    def _gift_here(self, channel: str) -> float | None:
        wish = _Wish()
        with self._lock:
            self._wishes[channel].append(wish)
        wish.given.wait(GIFT_SECONDS)
        with self._lock:
            if wish in self._wishes[channel]:
                self._wishes[channel].remove(wish)
                return None
        return wish.at - time.monotonic()

    def pause(self, channel: str, seconds: float) -> None:
        """Hold the whole channel for ``seconds``, for every worker."""
        with self._lock:
            till = time.monotonic() + seconds
            for kept in (self._free, self._held):
                kept[channel] = max(kept.get(channel, 0.0), till)
        if self._redis is None or seconds <= 0:
            return
        try:
            self._redis.eval(_PAUSE, 2, _key(channel), _held(channel), str(round(seconds * 1_000_000)))
        except redis.RedisError:
            return  # held in this process; the others hear it from the provider themselves

    def held(self, channel: str) -> float:
        """Return for how many seconds more a pause holds the channel; 0: not at all, or nobody can be asked."""
        if channel not in self._step:
            return 0.0
        if self._redis is not None:
            try:
                return max(cast(int, self._redis.pttl(_held(channel))) / 1000, 0.0)
            except redis.RedisError:
                return 0.0
        with self._lock:
            return max(self._held.get(channel, 0.0) - time.monotonic(), 0.0)

    def _take(self, channel: str, length: float, lead: float) -> float:
        with self._lock:
            now = time.monotonic()
            start = max(self._free.get(channel, 0.0), now + lead)
            self._free[channel] = start + length
        return start - now


def _key(channel: str) -> str:
    return f"incident-app:slots:{channel}"


def _held(channel: str) -> str:
    return f"incident-app:held:{channel}"


def _left(channel: str) -> str:
    return f"incident-app:left:{channel}"


def _wishes(channel: str) -> str:
    return f"incident-app:urgent:{channel}"
