"""The one place where evidence is destroyed. What it was, who had it and its hashes stay in the record."""

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.domain.documents import DocumentKind
from incident_app.models.reports import Document
from incident_app.models.retention import Destroyed
from incident_app.services import audit

KINDS = (DocumentKind.EVIDENCE.value, DocumentKind.PROOF.value)


def destroy(session: Session, case_id: int, *, by: Actor, now: datetime) -> int:
    """Destroy the files people put into a case; return how many. Call inside a write unit that holds the case."""
    found = session.scalar(
        select(func.count()).select_from(Document).where(Document.case_id == case_id, Document.kind.in_(KINDS))) or 0
    session.execute(update(Document).where(Document.case_id == case_id, Document.kind.in_(KINDS)).values(sealed=b""))
    session.add(Destroyed(case_id=case_id, at=now, files=found))
    session.flush()
    audit.record(session, action="evidence.destroyed", by=by, now=now, case_id=case_id, subject="case",
                 subject_id=case_id, details={"files": found})
    return found
