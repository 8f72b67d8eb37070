"""The one place where what was written in a case is destroyed: its key, and what was printed of it.

What is sealed stays where it is and opens for nobody, backups of the database included (keys are backed up apart). The
entries of the record, the sums, the hashes and the proof of every notice stay: they never needed the key.
"""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.domain.ports import Vault
from incident_app.models import drafts
from incident_app.models.cases import Case
from incident_app.models.filings import Filing
from incident_app.models.papers import Paper
from incident_app.models.reports import Document
from incident_app.models.retention import Destroyed
from incident_app.services import audit, documents
from incident_app.services.retention import evidence

TITLE = "A case whose texts were erased"


def destroy(session: Session, case: Case, *, by: Actor, now: datetime, vault: Vault) -> int:
    """Destroy them; return how many printed files went too. Call inside a write unit that holds the case."""
    if session.get(Destroyed, case.id) is None:
        evidence.destroy(session, case, by=by, now=now, vault=vault)
    else:
        documents.destroy_within(session, case, by=by, now=now, vault=vault)  # what came in since then
    printed = session.scalars(select(Document.id).where(Document.case_id == case.id, Document.erased_at.is_(None))).all()
    session.execute(update(Document).where(Document.id.in_(printed)).values(sealed=b"", erased_at=now))
    of_case = select(Filing.id).where(Filing.case_id == case.id)
    session.execute(update(Paper).where(Paper.filing_id.in_(of_case)).values(data_key=None, sealed=None))
    session.execute(drafts.all_of_case(case.id))
    case.text_key = case.file_key = None
    case.title, case.texts_erased_at = TITLE, now
    session.flush()
    audit.record(session, action="case.texts_erased", by=by, now=now, case_id=case.id, subject="case", subject_id=case.ref,
                 details={"files": len(printed)})
    return len(printed)
