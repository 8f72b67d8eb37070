"""The figures of a year, of the breaches within scope."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from incident_app.domain import reports as rules
from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.reports import Filed, YearStatistics
from incident_app.models.cases import Case
from incident_app.models.obligations import DISCHARGED, Obligation
from incident_app.services import scope

DAY = timedelta(days=1)


def about_in(year: int) -> tuple[ColumnElement[bool], ...]:
    """Ask whether awareness was in a year, with a day more at each end: which year it is hangs on the zone of each case."""
    return Case.aware_at >= datetime(year, 1, 1, tzinfo=UTC) - DAY, Case.aware_at < datetime(year + 1, 1, 1, tzinfo=UTC) + DAY


def statistics(session: Session, year: int, *, by: Actor) -> YearStatistics:
    """Return the figures of one year of awareness of the cases within scope, drills left out."""
    require(by, Permission.SEE_CASES)
    mine = (Case.is_drill.is_(False), scope.visible_to(by), *about_in(year))
    breaches = session.execute(select(Case.kind, Case.aware_at, Case.zone).where(*mine).order_by(Case.id))
    sent = session.execute(
        select(Case.ref, Case.kind, Case.aware_at, Case.zone, Obligation.discharged_at, Obligation.due_at)
        .join(Case, Obligation.case_id == Case.id)
        .where(Obligation.state == DISCHARGED, Obligation.recipient_type == "authority", *mine)
        .order_by(Case.aware_at, Obligation.id)
    )
    return rules.statistics(year, [(kind, aware_at, zone) for kind, aware_at, zone in breaches], [
        Filed(ref, kind, aware_at, zone, filed_at, due_at)
        for ref, kind, aware_at, zone, filed_at, due_at in sent if filed_at is not None
    ])


def years(session: Session, now: datetime, *, by: Actor) -> list[int]:
    """Return the years that have breaches within scope, and the current one, the newest first."""
    rows = session.execute(select(Case.aware_at, Case.zone).where(Case.is_drill.is_(False), scope.visible_to(by)))
    found = {aware_at.astimezone(ZoneInfo(zone)).year for aware_at, zone in rows}
    return sorted(found | {now.year}, reverse=True)
