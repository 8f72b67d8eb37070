"""What is well: signs of life, work nobody takes up, the machine; since when it is not; and whom that wakes."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from incident_app.domain.alerts import clock_time, known_zone, span

STALE = timedelta(seconds=60)
FULL_PASS_WITHIN = timedelta(seconds=180)
TELL_AFTER = timedelta(minutes=2)
"""What is not well for so long wakes somebody; a restart is over by then."""
NOT_LOOKED = timedelta(minutes=5)
"""After so long without a look nobody knows since when: everything was stopped, and counts anew."""
FORGOTTEN_AFTER = timedelta(hours=1)
OLDEST_SEND = timedelta(minutes=5)
SLOW_DATABASE = timedelta(seconds=2)
CLOCK_OFF = timedelta(seconds=5)
LEAST_FREE, LEAST_SHARE = 10**9, 0.05
OLDEST_BACKUP = timedelta(days=3)
SELF_TEST_MISSED = timedelta(days=8)
SELF_TEST_AT = time(10)
NOT_ANSWERED = "Until it does, this app wakes nobody: look at the deadlines yourself."


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: whether it is well, and the words.

    ``began`` is since when it is not, as far as that can be read off; ``since`` since when it is as it is, where
    somebody has kept count. ``told``: another alert says it already.
    """

    name: str
    ok: bool
    words: str
    seen_at: datetime | None = None
    began: datetime | None = None
    since: datetime | None = None
    told: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """Something that must keep running: what it does, how old its sign of life may be, and what stops it too."""

    what: str
    limit: timedelta = STALE
    stands_on: frozenset[str] = frozenset()


_WOKEN = frozenset({"broker", "scheduler"})
_URGENT = _WOKEN | {"worker urgent"}
PARTS: Mapping[str, Part] = {
    "scheduler": Part("wakes the workers"),
    "worker urgent": Part("raises alerts", stands_on=_WOKEN),
    "worker bulk": Part("sends notices", stands_on=_WOKEN),
    "worker receipts": Part("applies what providers say", stands_on=_WOKEN),
    "worker documents": Part("reads lists of people", timedelta(minutes=5), _WOKEN),
    "worker bot": Part("hears and answers on-call people", stands_on=_WOKEN),
    "alerts": Part("evaluates every deadline", FULL_PASS_WITHIN, _URGENT),
    "duties": Part("keeps duties in line with the law", FULL_PASS_WITHIN, _URGENT),
    "watchdog": Part("evaluates too, and watches the others", FULL_PASS_WITHIN),
}
STAFF_BOT, MONITOR, BACKUP, SELF_TEST = "staff bot", "outside monitor", "backup", "self-test"
BY_PEOPLE = frozenset({BACKUP, SELF_TEST})
"""What people do now and then: late, it wakes somebody, and yet this app is ready."""
NOW_AND_THEN: Mapping[str, Part] = {
    STAFF_BOT: Part("hears what on-call people answer", stands_on=_WOKEN | {"worker bot"}),
    MONITOR: Part("is told that everything was evaluated", timedelta(minutes=10), frozenset({"watchdog"})),
}
"""What is looked for only where it is set up and has been seen."""
EVALUATORS = ("alerts", "watchdog")
ALERTS_THEMSELVES = frozenset({*EVALUATORS, "duties"})
"""Whose bad news is that a case failed: that case has an alert of its own."""
WAITING: Mapping[str, tuple[str, timedelta, frozenset[str]]] = {
    "alert messages": ("due, and nobody has got one", OLDEST_SEND, _URGENT),
    "sending": ("due, and no worker sends", timedelta(minutes=2), _WOKEN | {"worker bulk"}),
    "receipts": ("came, and are not applied", timedelta(minutes=10), _WOKEN | {"worker receipts"}),
    "lists": ("uploaded, and nobody reads them", timedelta(minutes=10), _WOKEN | {"worker documents"}),
    "notes to staff": ("due, and nobody sends them", timedelta(minutes=5), _WOKEN | {"worker receipts"}),
}
"""Work by kind: in which words it waits, how old the oldest may be, and what it waits for."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A sign of life as it was written."""

    at: datetime
    ok: bool = True
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Disk:
    """Room on the disk that holds our files, in bytes."""

    free: int
    total: int


class Machine(Protocol):
    """What can be asked of the machine this process runs on."""

    name: str

    def now(self) -> datetime:
        """Return what this machine's own clock says, aware, in UTC; only for when the database cannot be asked."""

    def disk(self) -> Disk:
        """Return the room where our files are."""

    def clock_offset(self) -> timedelta | None:
        """Return how far this machine's clock is ahead of the database's; ``None`` where both are one."""

    def broker(self) -> str | None:
        """Return "" where something listens at the broker's address, else words; ``None`` where there is no broker."""


class Monitor(Protocol):
    """A service outside that minds when it is no longer pinged."""

    def ping(self, words: str = "") -> str:
        """Tell it that all is well, with ``words`` for it to keep.

        Returns "" where it took that, else why not, in words without the address.
        """


@dataclass(frozen=True, slots=True)
class Standing:
    """How one thing stood when it was last looked at. ``alerted``: somebody was woken about it."""

    ok: bool
    since: datetime
    looked_at: datetime
    alerted: bool = False


@dataclass(frozen=True, slots=True)
class Expected:
    """What is set up here beside the parts that are everywhere."""

    staff_bot: bool = False
    monitor: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What was found in the database. ``oldest`` is since when the oldest of each kind waits; a kind without is none."""

    signs: Mapping[str, Seen]
    oldest: Mapping[str, datetime] = field(default_factory=dict)
    reading: bool = False
    last_receipt_at: datetime | None = None
    self_test_since: datetime | None = None
    self_test_words: str = ""


def ago(length: timedelta) -> str:
    """Return how long ago something was: "61 s ago", then in minutes, hours, days."""
    seconds = max(0, int(length.total_seconds()))
    return f"{seconds} s ago" if seconds < 120 else f"{span(length)} ago"


def life(name: str, part: Part, seen: Seen | None, now: datetime) -> Check:
    """Judge a sign of life: never seen, seen too long ago, or seen with bad news is not well."""
    if seen is None:
        return Check(name, ok=False, words=f"{part.what}; has not been seen yet")
    age = max(timedelta(), now - seen.at)
    words = f"{part.what}; seen {ago(age)}" + ("" if seen.ok else f": {seen.detail}")
    if age > part.limit:
        return Check(name, ok=False, words=words, seen_at=seen.at, began=seen.at + part.limit)
    return Check(name, ok=seen.ok, words=words, seen_at=seen.at, told=not seen.ok and name in ALERTS_THEMSELVES)


def lives(facts: Facts, now: datetime, expected: Expected | None = None) -> list[Check]:
    """Judge every part that must keep running, and those that are set up."""
    found = []
    for name, part in PARTS.items():
        seen = facts.signs.get(name)
        if name == "worker documents" and facts.reading and seen is not None:
            seen = Seen(now, seen.ok, seen.detail)  # a long list holds its worker; its lease says that it lives
        found.append(life(name, part, seen, now))
    wanted = expected or Expected()
    for name, there in ((STAFF_BOT, wanted.staff_bot), (MONITOR, wanted.monitor)):
        if there and name in facts.signs:
            found.append(life(name, NOW_AND_THEN[name], _words_only(facts.signs[name]), now))
    return found


def _words_only(seen: Seen) -> Seen:
    # The bot keeps a number there that means nothing to a reader.
    return Seen(seen.at, seen.ok, "" if seen.detail.isdecimal() else seen.detail)


def waits(facts: Facts, now: datetime) -> list[Check]:
    """Judge the oldest work of each kind that nobody has taken up."""
    found = []
    for name, (what, limit, _) in WAITING.items():
        oldest = facts.oldest.get(name)
        if oldest is None or now - oldest <= limit:
            last = facts.last_receipt_at if name == "receipts" else None
            words = "nothing waits too long" + (f"; the last came {ago(now - last)}" if last else "")
            found.append(Check(name, ok=True, words=words))
        else:
            found.append(Check(name, ok=False, words=f"{what} for {span(now - oldest)}", began=oldest + limit))
    return found


def kept(facts: Facts, now: datetime) -> list[Check]:
    """Judge what people must do now and then: backups where this app makes them, and the weekly self-test."""
    found = []
    backup = facts.signs.get(BACKUP)
    if backup is not None:
        late = now - backup.at > OLDEST_BACKUP
        found.append(Check(BACKUP, ok=not late, words=f"the last one was made {ago(now - backup.at)}", seen_at=backup.at,
                           began=backup.at + OLDEST_BACKUP if late else None))
    if facts.self_test_words:
        missed = facts.self_test_since is not None and now - facts.self_test_since > SELF_TEST_MISSED
        found.append(Check(SELF_TEST, ok=not missed, words=facts.self_test_words))
    return found


def database(answered_in: timedelta) -> Check:
    """Judge how fast the database answered."""
    milliseconds = int(answered_in.total_seconds() * 1000)
    words = f"answers in {milliseconds} ms" if milliseconds else "answers"
    return Check("database", ok=answered_in <= SLOW_DATABASE, words=words)


def machine(one: Machine) -> list[Check]:
    """Judge the machine: room on the disk, the clock against the database's, and whether the broker listens."""
    disk, offset, broker = one.disk(), one.clock_offset(), one.broker()
    share = disk.free / disk.total if disk.total else 0.0
    found = [Check(
        f"disk of {one.name}"[:60], ok=disk.free >= LEAST_FREE and share >= LEAST_SHARE,
        words=f"{disk.free / 10**9:.1f} GB free of {disk.total / 10**9:.1f} ({share:.0%})",
    )]
    if offset is not None:
        seconds = abs(offset.total_seconds())
        way = "ahead of" if offset > timedelta() else "behind"
        words = f"{seconds:.1f} s {way} the database's" if seconds >= 0.1 else "as the database's"
        found.append(Check(f"clock of {one.name}"[:60], ok=abs(offset) <= CLOCK_OFF, words=words))
    if broker is not None:
        found.append(Check("broker", ok=not broker, words=broker or "answers"))
    return found


def stands_on(name: str) -> frozenset[str]:
    """Return what stops this thing too when it stops."""
    part = PARTS.get(name) or NOW_AND_THEN.get(name)
    if part is not None:
        return part.stands_on
    return WAITING[name][2] if name in WAITING else frozenset()


def since(before: Standing | None, check: Check, now: datetime) -> datetime:
    """Return since when a thing is as it is: never longer than somebody has looked without a long break."""
    if before is None:
        return now
    looked = now - before.looked_at <= NOT_LOOKED
    if check.ok:
        return before.since if before.ok else now
    if before.ok:
        return max(check.began or now, before.looked_at) if looked else now
    return before.since if looked or before.alerted else now


def wakes(check: Check, began: datetime, now: datetime, bad: Collection[str]) -> bool:
    """Tell whether a thing that is not well must wake somebody now: it lasts, and nothing below it explains it."""
    return not (check.ok or check.told) and now - began >= TELL_AFTER and stands_on(check.name).isdisjoint(bad)


def alert_words(check: Check, began: datetime, zone: str) -> str:
    """Return what an alert about a thing that is not well is headed with."""
    return f"{check.name} not well since {clock_time(began, zone)}: {check.words}"[:300]


def full_pass(signs: Mapping[str, Seen], now: datetime) -> Check:
    """Judge the evaluation of deadlines: one of the two evaluators must have looked at all of them lately."""
    fresh = [signs[name] for name in EVALUATORS if name in signs and now - signs[name].at <= FULL_PASS_WITHIN]
    if not fresh:
        seen = max((signs[name].at for name in EVALUATORS if name in signs), default=None)
        words = f"no deadline was evaluated for {span(now - seen)}" if seen else "no deadline has been evaluated yet"
        return Check("deadlines", ok=False, words=words, seen_at=seen)
    bad = next((seen for seen in fresh if not seen.ok), None)
    if bad is not None:
        return Check("deadlines", ok=False, words=bad.detail, seen_at=bad.at)
    newest = max(fresh, key=lambda seen: seen.at)
    return Check("deadlines", ok=True, words=f"all evaluated {ago(now - newest.at)}", seen_at=newest.at)


def why_not_ping(failed: int, checks: Iterable[Check]) -> str:
    """Return why the monitor outside must not be told that all is well; "" where it may be.

    ``failed`` is how many deadlines could not be evaluated in this pass.
    """
    if failed:
        return f"{failed} deadlines could not be evaluated"
    late = next((check for check in checks if check.name == "alert messages" and not check.ok), None)
    return f"alert messages: {late.words}" if late else ""


def next_self_test(now: datetime, zone: str) -> datetime:
    """Return the next Monday 10:00 after ``now`` in the organisation's zone, in UTC."""
    here = ZoneInfo(zone)
    today = now.astimezone(here).date()
    monday = today + timedelta(days=-today.weekday() % 7)
    at = datetime.combine(monday, SELF_TEST_AT, here)
    if at <= now:
        at = datetime.combine(monday + timedelta(days=7), SELF_TEST_AT, here)
    return at.astimezone(ZoneInfo("UTC"))


def week_of(at: datetime, zone: str) -> str:
    """Return the ISO week of a moment, in a zone: "2026-W48"."""
    year, week, _ = at.astimezone(ZoneInfo(zone)).isocalendar()
    return f"{year}-W{week:02}"


def away_words(began: datetime, zone: str) -> str:
    """Return what people are told once while the database is away."""
    return f"The database of incident-app has not answered since {clock_time(began, known_zone(zone))}. {NOT_ANSWERED}"


def back_words(began: datetime, back: datetime, zone: str) -> str:
    """Return what people are told once it is back."""
    here = known_zone(zone)
    return (f"The database of incident-app answers again since {clock_time(back, here)}; it was away from "
            f"{clock_time(began, here)}. What became due meanwhile is being raised now.")


def masked(secret: str | None) -> str:
    """Return enough of a key to tell it from another: its last four characters; "" where there is none."""
    if not secret:
        return ""
    return f"…{secret[-4:]}" if len(secret) >= 16 else "set"
