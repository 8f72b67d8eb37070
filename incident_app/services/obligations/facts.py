"""What the law asks about a case, gathered from its rows."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.cases import ControllerRole, PeopleData
from incident_app.domain.filings import FilingState
from incident_app.domain.refusals import Refused
from incident_app.domain.regimes import CaseFacts, Entity, Law, Sent
from incident_app.models.cases import Case, Moment
from incident_app.models.filings import Filing
from incident_app.models.obligations import Obligation, told
from incident_app.models.organisation import Organisation


def facts_of(session: Session, case: Case, law: Law) -> CaseFacts:
    """Return what the law asks about a case. Raises ``Refused`` where no organisation has been set up."""
    home = session.scalar(select(Organisation).order_by(Organisation.id))
    if home is None:
        raise Refused("No organisation has been set up yet.")
    return CaseFacts(
        home_country=case.home_country, zone=case.zone, aware_at=case.aware_at, role=ControllerRole(case.role),
        people_countries=tuple(case.countries), subdivision=home.subdivision, detected_at=case.detected_at,
        eu_establishment=home.eu_establishment, people_data=PeopleData(case.people_data), people=case.people,
        data_kinds=law.data_kinds(case.data_categories) if case.data_categories else None,
        sectors=None if home.sectors is None else frozenset(home.sectors),
        controllers=controllers_of(case), sent=tuple(_sent(session, case)),
        anchors={one.anchor: one.at for one in moments_of(session, case.id)},
    )


def controllers_of(case: Case) -> tuple[Entity, ...]:
    """Return the controllers of a case, each with its own moment where it has one."""
    return tuple(Entity.from_json(one) for one in case.controllers)


def moments_of(session: Session, case_id: int) -> Sequence[Moment]:
    """Return the moments recorded on a case, the first version first: the last one of an anchor counts."""
    return session.scalars(select(Moment).where(Moment.case_id == case_id).order_by(Moment.id)).all()


def _sent(session: Session, case: Case) -> list[Sent]:
    """Return what was submitted: every filing with its completeness, every other duty that was discharged."""
    filings = session.scalars(
        select(Filing).where(Filing.case_id == case.id, Filing.state == FilingState.SUBMITTED.value)
    ).all()
    filed = [
        Sent(one.obligation.regime, one.obligation.stage, one.obligation.recipient, one.submitted_at, one.complete)
        for one in filings if one.submitted_at is not None
    ]
    by_filing = {one.obligation_id for one in filings}
    others = [one for one in session.scalars(told(case.id)) if one.id not in by_filing]
    return [*filed, *(_other(one) for one in others)]


def _other(duty: Obligation) -> Sent:
    assert duty.discharged_at is not None  # noqa: S101 (the query asks for discharged ones only)
    return Sent(duty.regime, duty.stage, duty.recipient, duty.discharged_at, None)
