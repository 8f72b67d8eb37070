"""Is everything working? The signs of life of what must keep running, and the numbers that show it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from incident_app.domain.deliveries import BUCKETS
from incident_app.models.alerts import Alert, Heartbeat
from incident_app.models.cases import Case
from incident_app.models.notices import Notice

STALE = timedelta(seconds=60)
MUST_LIVE = {
    "scheduler": "wakes the workers",
    "worker urgent": "raises alerts",
    "worker bulk": "sends notices",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: whether it is well, and the words."""

    name: str
    ok: bool
    words: str
    seen_at: datetime | None = None


def _judge(name: str, seen: Heartbeat | None, now: datetime) -> Check:
    what = MUST_LIVE[name]
    if seen is None:
        return Check(name, ok=False, words=f"{what}; has not been seen yet")
    age = max(timedelta(), now - seen.at)
    words = f"{what}; seen {int(age.total_seconds())} s ago"
    if not seen.ok:
        return Check(name, ok=False, words=f"{words}: {seen.detail}", seen_at=seen.at)
    return Check(name, ok=age <= STALE, words=words, seen_at=seen.at)


def signs_of_life(session: Session, *, now: datetime) -> list[Check]:
    """Return one check for each part that must keep running; older than 60 s is not well."""
    seen = {row.name: row for row in session.scalars(select(Heartbeat).where(Heartbeat.name.in_(MUST_LIVE)))}
    return [_judge(name, seen.get(name), now) for name in MUST_LIVE]


def at_a_glance(checks: Sequence[Check], *, now: datetime) -> Check:
    """Return one line for the head of every page: how long ago the last worker was seen, or what is wrong."""
    bad = next((check for check in checks if not check.ok), None)
    if bad is not None:
        return Check("Not healthy", ok=False, words=f"{bad.name}: {bad.words.split('; ')[-1]}")
    seen = [check.seen_at for check in checks if check.seen_at is not None]
    words = f"worker {int(max(timedelta(), now - min(seen)).total_seconds())} s ago" if seen else ""
    return Check("Healthy", ok=True, words=words)


def database(session: Session) -> Check:
    """Ask the database something. Raises what the driver raises where it does not answer."""
    session.execute(text("SELECT 1"))
    return Check("database", ok=True, words="answers")


@dataclass(frozen=True, slots=True)
class Number:
    """One number for the monitor: rows of ``name`` in ``state``."""

    name: str
    state: str
    count: int


def numbers(session: Session) -> Sequence[Number]:
    """Count cases, alerts and deliveries by state. Nothing here tells one case or person from another."""
    found = []
    for name, column in (("cases", Case.state), ("alerts", Alert.state)):
        rows = session.execute(select(column, func.count()).group_by(column).order_by(column))
        found += [Number(name, str(state), count) for state, count in rows]
    sums = session.execute(select(*(func.coalesce(func.sum(getattr(Notice, f"{name}_count")), 0) for name in BUCKETS)))
    return found + [Number("deliveries", name, count) for name, count in zip(BUCKETS, sums.one(), strict=True) if count]
