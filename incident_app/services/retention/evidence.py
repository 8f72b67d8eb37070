"""The one place where evidence is destroyed. What it was, who had it and its hashes stay in the record."""

from datetime import datetime

from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.domain.documents import DocumentKind
from incident_app.domain.ports import Vault
from incident_app.models.cases import Case
from incident_app.models.retention import Destroyed
from incident_app.services import documents

KINDS = (DocumentKind.EVIDENCE.value, DocumentKind.PROOF.value)


def destroy(session: Session, case: Case, *, by: Actor, now: datetime, vault: Vault) -> int:
    """Destroy the files people put into a case; return how many. Call inside a write unit that holds the case."""
    found = documents.destroy_within(session, case, by=by, now=now, vault=vault)
    session.add(Destroyed(case_id=case.id, at=now, files=found))
    session.flush()
    return found
