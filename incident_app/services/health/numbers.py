"""The numbers for the monitor."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incident_app.domain.deliveries import BUCKETS
from incident_app.models.alerts import Alert
from incident_app.models.cases import Case
from incident_app.models.notices import Notice


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
