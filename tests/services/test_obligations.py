"""A duty stops on proof only."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.domain.refusals import Conflict, Refused
from incident_app.models.obligations import DISCHARGED, Obligation, running
from incident_app.models.organisation import Organisation
from incident_app.services import obligations
from incident_app.services.unit import writing
from tests.builders import a_case, the_law
from tests.fakes import START


def authority_duty(session: Session) -> Obligation:
    """Return the duty to tell the authority."""
    return session.scalars(select(Obligation).where(Obligation.provision == "Art 33(1)")).one()


def test_proof_stops_the_clock_and_freezes_lateness(session: Session, responder: Actor, approver: Actor) -> None:
    a_case(session, responder)
    duty, late = authority_duty(session), START + timedelta(hours=80)

    with writing(session):
        obligations.discharge(session, duty, at=late, how="portal", reference="88213", proof_document_id=None,
                              late_reason="A queue nobody watched", by=approver, now=late)

    assert (duty.state, duty.late_by_seconds) == (DISCHARGED, 8 * 3600)
    assert duty.id not in {one.id for one in session.scalars(running())}
    with pytest.raises(Conflict), writing(session):
        obligations.discharge(session, duty, at=late, how="portal", reference="88214", proof_document_id=None,
                              late_reason="x", by=approver, now=late)


@pytest.mark.parametrize(
    ("hours", "reference", "field"),
    [(200, "1", "submitted_at"), (-1, "1", "submitted_at"), (10, " ", "reference"), (80, "1", "late_reason")],
)
def test_a_bad_proof_is_refused(session: Session, responder: Actor, hours: int, reference: str, field: str) -> None:
    a_case(session, responder)
    duty = authority_duty(session)

    with pytest.raises(Refused) as refused, writing(session):
        obligations.discharge(session, duty, at=START + timedelta(hours=hours), how="portal", reference=reference,
                              proof_document_id=None, late_reason="", by=responder, now=START + timedelta(hours=100))

    assert field in refused.value.problems
    assert duty.state != DISCHARGED


def test_a_duty_without_a_date_cannot_be_late(session: Session, responder: Actor) -> None:
    a_case(session, responder)
    duty = session.scalars(select(Obligation).where(Obligation.provision == "Art 34(1)")).one()

    with writing(session):
        obligations.discharge(session, duty, at=START, how="email", reference="1", proof_document_id=None, late_reason="",
                              by=responder, now=START)

    assert duty.late_by_seconds is None


def test_the_law_is_not_asked_without_an_organisation(session: Session, responder: Actor) -> None:
    case = a_case(session, responder)
    session.delete(session.scalars(select(Organisation)).one())
    session.commit()

    with pytest.raises(Refused, match="No organisation"):
        obligations.facts_of(session, case, the_law())
