"""The periods: lowered by an administrator, version after version; never raised."""

from datetime import datetime

from sqlalchemy.orm import Session

from incident_app.domain import retention as rules
from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.refusals import Refused, Stale
from incident_app.domain.retention import Periods
from incident_app.models.retention import PeriodsRow, newest_periods
from incident_app.services import audit
from incident_app.services.unit import writing


def current(session: Session) -> tuple[int, Periods]:
    """Return version and periods that count."""
    return newest_periods(session)


def lower(
    session: Session, wanted: Periods, reason: str, *, version: int, by: Actor, now: datetime
) -> tuple[int, Periods]:
    """Shorten periods, with a reason. Raises ``Refused`` for what is longer or too short, ``Conflict`` for a lost race."""
    require(by, Permission.LOWER_RETENTION)
    with writing(session):
        audit.lock(session)
        at, old = newest_periods(session)
        if at != version:
            raise Stale("Somebody changed the periods while you were editing. Nothing of yours was saved: look again.")
        problems = rules.problems(old, wanted, reason)
        if problems:
            raise Refused("The periods were not changed.", problems)
        session.add(PeriodsRow(version=at + 1, days=wanted.plain(), reason=reason.strip(), by_id=by.id, at=now))
        session.flush()
        before, after = old.plain(), wanted.plain()
        audit.record(session, action="retention.lowered", by=by, now=now, subject="retention", subject_id=at + 1,
                     details={"changed": {name: [before[name], after[name]] for name in after if before[name] != after[name]},
                              "reason": reason.strip()})
    return at + 1, wanted
