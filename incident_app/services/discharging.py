"""Record by hand that somebody was told: whoever is no authority, people told late, people told in public."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.documents import DocumentKind
from incident_app.domain.filings import How
from incident_app.domain.ports import Vault
from incident_app.domain.refusals import Conflict, NotFound, Refused
from incident_app.models.obligations import OWED, Obligation
from incident_app.services import documents, obligations
from incident_app.services.unit import writing

PUBLIC = "public"  # GDPR Art 34(3)(c): a public communication, where writing to each would take too much
WAYS = (*(how.value for how in How), PUBLIC)


def told(
    session: Session, case_id: int, duty_id: int, *, told_at: datetime, how: str, reference: str, proof_name: str,
    proof_bytes: bytes, late_reason: str = "", by: Actor, now: datetime, vault: Vault,
) -> Obligation:
    """Record that the recipient of an owed duty was told, with the proof; only then its clock stops.

    ``how`` is one of :data:`WAYS`. An authority is told by a filing, never by hand. Raises ``Refused`` by field,
    ``Conflict`` for a duty that is not owed (any more).
    """
    require(by, Permission.MARK_SUBMITTED)
    with writing(session):
        case = documents.locked_case(session, case_id)
        duty = session.scalar(select(Obligation).where(Obligation.id == duty_id, Obligation.case_id == case_id))
        if duty is None or duty.recipient_type == "register":
            raise NotFound("There is no such duty to tell somebody in this case.")
        if duty.recipient_type == "authority":
            raise Refused(f"{duty.recipient} is told by a filing: draft it, have it approved, record its submission.")
        if duty.state != OWED:
            raise Conflict(f"The duty to tell {duty.recipient} is {duty.state}, not owed. Nothing was changed.")
        if how not in WAYS:
            raise Refused("It was not recorded as done.", {"how": f"Choose {', '.join(WAYS)}."})
        proof = documents.keep(session, case, kind=DocumentKind.PROOF.value, name=proof_name, media_type="",
                               content=proof_bytes, by=by, now=now, vault=vault)
        return obligations.discharge(session, duty, at=told_at, how=how, reference=reference,
                                     proof_document_id=proof.id, late_reason=late_reason, by=by, now=now)
