"""Keep count since when each thing is as it is; wake somebody about what lasts, and end that when it is well again."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain import health as rules
from incident_app.domain.alerts import clock_time, known_zone
from incident_app.domain.health import Check, Standing
from incident_app.models.health import HealthState
from incident_app.models.organisation import Organisation
from incident_app.services import alerts, audit
from incident_app.services.unit import writing

KIND = "health"


def keep(session: Session, checks: Sequence[Check], *, now: datetime) -> int:
    """Write down how things stand, once for however many look at the same time; return how many alerts were raised."""
    bad = {check.name for check in checks if not check.ok}
    raised = 0
    with writing(session):
        audit.lock(session)
        zone = known_zone(session.scalar(select(Organisation.zone).order_by(Organisation.id).limit(1)) or "UTC")
        rows = {row.name: row for row in session.scalars(select(HealthState))}
        for check in checks:
            row = rows.pop(check.name, None)
            raised += _keep_one(session, row, check, bad, zone, now)
        for row in rows.values():
            if now - row.looked_at > rules.FORGOTTEN_AFTER:
                _well(session, row, f"Nobody has looked at {row.name} any more since {clock_time(row.looked_at, zone)}.", now)
                session.delete(row)
    return raised


def _keep_one(
    session: Session, row: HealthState | None, check: Check, bad: Iterable[str], zone: str, now: datetime
) -> bool:
    before = None if row is None else Standing(row.ok, row.since, row.looked_at, alerted=row.alert_id is not None)
    since = rules.since(before, check, now)
    if row is None:
        row = HealthState(name=check.name)
        session.add(row)
    row.ok, row.words, row.since, row.looked_at = check.ok, check.words, since, now
    if check.ok:
        _well(session, row, f"{check.name} is well again since {clock_time(since, zone)}.", now)
    if row.alert_id is not None or not rules.wakes(check, since, now, tuple(bad)):
        return False
    made = alerts.raise_about(session, kind=KIND, key=f"{check.name}/{since.isoformat()}", now=now,
                              words=rules.alert_words(check, since, zone))
    row.alert_id = made.id if made is not None else None
    return made is not None


def _well(session: Session, row: HealthState, reason: str, now: datetime) -> None:
    if row.alert_id is not None:
        alerts.end_about(session, kind=KIND, begins=f"{row.name}/", reason=reason, now=now)
        row.alert_id = None


def remembered(session: Session, checks: Iterable[Check]) -> list[Check]:
    """Return the checks with since when each is as it is, where somebody has kept count of the same."""
    rows = {row.name: row for row in session.scalars(select(HealthState))}
    return [
        replace(check, since=rows[check.name].since) if check.name in rows and rows[check.name].ok == check.ok else check
        for check in checks
    ]
