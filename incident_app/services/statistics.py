"""The figures of a year, of the breaches within scope: three questions, however many breaches there are."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain import statistics as rules
from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.cases import FIRST_YEAR, LAST_YEAR, Count
from incident_app.domain.ports import PdfWriter
from incident_app.domain.refusals import Refused
from incident_app.domain.statistics import Breach, Duty, Sent, Year
from incident_app.models.cases import Case
from incident_app.models.notices import Notice
from incident_app.models.obligations import DISCHARGED, STILL_OPEN, Obligation
from incident_app.services import reports, scope

DAY = timedelta(days=1)
TEMPLATE = "statistics.html"


def of_year(session: Session, year: int, *, by: Actor, now: datetime) -> Year:
    """Return the figures of one year of awareness of the cases within scope, drills left out.

    Raises ``Refused`` for a year no case can be about.
    """
    require(by, Permission.SEE_CASES)
    if not FIRST_YEAR < year < LAST_YEAR:
        raise Refused("There is no such year.", {"year": f"Between {FIRST_YEAR + 1} and {LAST_YEAR - 1}."})
    # A day more at each end: which year it is hangs on the zone of each case.
    mine = (Case.is_drill.is_(False), scope.visible_to(by), Case.aware_at >= datetime(year, 1, 1, tzinfo=UTC) - DAY,
            Case.aware_at < datetime(year + 1, 1, 1, tzinfo=UTC) + DAY)
    cases = session.execute(select(
        Case.id, Case.ref, Case.kind, Case.aware_at, Case.zone, Case.data_categories, Case.people_count,
    ).where(*mine).order_by(Case.aware_at, Case.id))
    breaches = [Breach(found, ref, kind, aware_at, zone, tuple(data), Count.from_json(people))
                for found, ref, kind, aware_at, zone, data, people in cases]
    duties = session.execute(select(
        Obligation.case_id, Obligation.regime, Obligation.provision, Obligation.recipient_type, Obligation.due_at,
        Obligation.discharged_at, Obligation.discharged_how,
    ).join(Case, Case.id == Obligation.case_id).where(
        *mine, Obligation.state.in_((DISCHARGED, *STILL_OPEN)), Obligation.recipient_type != "register",
    ).order_by(Case.aware_at, Obligation.id))
    sent = session.execute(select(
        Notice.case_id, Notice.list_id, Notice.list_count, Notice.accepted_count,
    ).join(Case, Case.id == Notice.case_id).where(*mine, Notice.launched_at.is_not(None)).order_by(Notice.id))
    return rules.of_year(
        year, breaches,
        [Duty(case_id, f"{regime} {provision}", who, due_at, done_at, how)
         for case_id, regime, provision, who, due_at, done_at, how in duties],
        [Sent(case_id, list_id, total or 0, reached) for case_id, list_id, total, reached in sent], now=now)


def pdf_of(
    session: Session, year: int, *, by: Actor, now: datetime, pdf: PdfWriter, kinds: Mapping[str, str], data: Mapping[str, str],
) -> bytes:
    """Return the figures of a year on paper; ``kinds`` and ``data`` name the kinds of breach and of data."""
    found = of_year(session, year, by=by, now=now).named(kinds, data)
    us = reports.home(session)
    content = {**us, "drill": False, "year": found, "pictures": found.pictures(), "dash": rules.NONE,
               "printed_at": reports.printed_at(now, us["home_zone"])}
    return reports.write(session, TEMPLATE, content, title=f"Statistics: {year}", language="en", now=now, pdf=pdf, by=by,
                         details={"year": year, "breaches": found.breach_count})
