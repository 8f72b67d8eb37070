"""What the organisation is: the kinds of business that have breach rules of their own."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.refusals import Refused
from incident_app.domain.regimes import Law
from incident_app.models.organisation import Organisation
from incident_app.services import audit, cases
from incident_app.services.obligations.house import cases_follow
from incident_app.services.unit import writing


def set_sectors(
    session: Session, answers: Mapping[str, bool | None], *, by: Actor, now: datetime, law: Law,
) -> Organisation:
    """Record what the organisation is, by the id of each question; the duties of open cases follow at the next tick.

    ``None`` is not answered. All answered: the ones with yes are kept. None answered: nothing is kept, and the rules
    of every sector stay in sight. Raises ``Refused`` for some of both, because a question left open would be read as
    no, and for a question that is not asked.
    """
    require(by, Permission.MANAGE_SETTINGS)
    asked = [one.id for one in law.sectors]
    problems = {name: "There is no such question." for name in answers if name not in asked}
    open_ones = [name for name in asked if answers.get(name) is None]
    if len(open_ones) < len(asked):
        problems |= dict.fromkeys(open_ones, "Answer this too: left open it would be read as no.")
    if problems:
        raise Refused("The answers were not saved.", problems)
    wanted = None if open_ones else sorted(name for name in asked if answers[name])
    with writing(session):
        home = cases.organisation(session)
        before, home.sectors = home.sectors, wanted
        audit.record(session, action="organisation.sectors_set", by=by, now=now, case_id=None, subject="organisation",
                     subject_id=home.id, details={"before": before, "sectors": wanted})
        cases_follow(session)
    return home
