"""Moments that start a clock and that only people know: classified, determined, paid."""

from datetime import datetime

from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.ports import Calendar
from incident_app.domain.refusals import Refused
from incident_app.domain.regimes import RECORDED, Law
from incident_app.models.cases import Moment
from incident_app.services import audit
from incident_app.services.holding import locked_case
from incident_app.services.obligations.arising import arise
from incident_app.services.unit import writing


def record_moment(
    session: Session, case_id: int, anchor: str, at: datetime, *, reason: str, by: Actor, now: datetime, law: Law,
    calendar: Calendar,
) -> Moment:
    """Record when a clock of its own started; a later version counts, the earlier one stays. The duties follow.

    Raises ``Refused`` by field for an unknown anchor, a moment to come, or no reason.
    """
    require(by, Permission.SET_AWARENESS)
    problems: dict[str, str] = {}
    if anchor not in RECORDED:
        problems["anchor"] = "This is not a moment that is recorded by itself."
    if at > now:
        problems["at"] = "This moment is still to come."
    if not reason.strip():
        problems["reason"] = "Say who established it and from what: the authority may ask."
    if problems:
        raise Refused("The moment was not recorded.", problems)
    with writing(session):
        case = locked_case(session, case_id)
        found = Moment(case_id=case_id, anchor=anchor, at=at, reason=reason.strip(), by_id=by.id or None, recorded_at=now)
        session.add(found)
        session.flush()
        audit.record(
            session, action="case.moment_recorded", by=by, now=now, case_id=case_id, subject="case",
            subject_id=case.ref, details={"anchor": anchor, "at": at.isoformat(), "moment": found.id},
        )
        arise(session, case, by=by, now=now, law=law, calendar=calendar)
    return found
