"""Find a case, the house it belongs to, and what was done about it."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.domain.refusals import NotFound
from incident_app.domain.regimes import Law
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.obligations import NOT_LIVING, Obligation
from incident_app.models.organisation import Organisation
from incident_app.services import audit, scope

_HOME = select(Organisation).order_by(Organisation.id)


def organisation(session: Session) -> Organisation:
    """Return the organisation this installation serves."""
    found = session.scalar(_HOME)
    if found is None:
        raise NotFound("No organisation has been set up yet: run `incident-app demo`, or `incident-app init`.")
    return found


def find(session: Session, ref: str, *, by: Actor) -> Case:
    """Return a case that ``by`` may read. Any other does not exist for them: one question, and the same answer."""
    found = session.scalar(select(Case).where(Case.ref == ref, scope.visible_to(by)))
    if found is None:
        raise NotFound("There is no such case, or it is not open to you.")
    return found


def lead_authority(session: Session, case: Case, law: Law) -> str | None:
    """Return the authority that leads because the main establishment is there (GDPR Art 56); ``None`` without one."""
    shops = [regime.id for regime in law.regimes if regime.one_stop_shop]
    question = select(Obligation.recipient).where(
        Obligation.case_id == case.id, Obligation.recipient_type == "authority", Obligation.regime.in_(shops),
        Obligation.state.not_in(NOT_LIVING),
    )
    return session.scalar(question.limit(1)) if organisation(session).eu_establishment else None


def timeline(session: Session, case_id: int) -> Sequence[Entry]:
    """Return everything done about one case, by whom, when; the newest first."""
    return audit.of_case(session, case_id)
