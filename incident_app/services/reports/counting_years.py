"""Which years there are to count, and which cases belong to one."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.models.cases import Case
from incident_app.services import scope

DAY = timedelta(days=1)


def about_in(year: int) -> tuple[ColumnElement[bool], ...]:
    """Ask whether awareness was in a year, with a day more at each end: which year it is hangs on the zone of each case."""
    return Case.aware_at >= datetime(year, 1, 1, tzinfo=UTC) - DAY, Case.aware_at < datetime(year + 1, 1, 1, tzinfo=UTC) + DAY


def years(session: Session, now: datetime, *, by: Actor) -> list[int]:
    """Return the years that have breaches within scope, and the current one, the newest first."""
    rows = session.execute(select(Case.aware_at, Case.zone).where(Case.is_drill.is_(False), scope.visible_to(by)))
    found = {aware_at.astimezone(ZoneInfo(zone)).year for aware_at, zone in rows}
    return sorted(found | {now.year}, reverse=True)
