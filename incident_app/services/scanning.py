"""What a scanner says of the files people put in: claim one, look with no transaction open, keep what was said.

A file found bad stays what it is, evidence; it is marked, and leaves only as an encrypted zip. Nothing waits for a scanner.
"""

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from incident_app.domain import scanning as rules
from incident_app.domain.accounts import SYSTEM
from incident_app.domain.documents import DocumentKind
from incident_app.domain.ports import Clock, NotScanned, Scanner, ScanVerdict, Vault, VaultError
from incident_app.domain.scanning import ScanState
from incident_app.models.reports import Document
from incident_app.services import audit, documents
from incident_app.services.unit import writing


def scan_next(session: Session, *, clock: Clock, vault: Vault, scanner: Scanner) -> bool:
    """Let the scanner look at the next file that waits for it; return whether there was one."""
    claimed = _claim(session, clock.now())
    if claimed is None:
        return False
    document_id, until = claimed
    try:
        verdict = scanner.scan(documents.pieces_of(session, document_id, vault))
    except VaultError as error:
        session.rollback()
        verdict = NotScanned(f"it cannot be opened: {error}", again=False)
    _settle(session, document_id, until, verdict, now=clock.now())
    return True


def _claim(session: Session, now: datetime) -> tuple[int, datetime] | None:
    """Take the oldest file that is due, until the lease runs out."""
    due = select(Document).where(
        Document.scan == ScanState.WAITING.value, Document.kind != DocumentKind.PDF.value, Document.erased_at.is_(None),
        or_(Document.scan_after.is_(None), Document.scan_after <= now))
    with writing(session):
        found = session.scalar(due.order_by(Document.id).limit(1).with_for_update(skip_locked=True, of=Document))
        if found is None:
            return None
        found.scan_after = now + rules.LEASE
        return found.id, found.scan_after


def _settle(session: Session, document_id: int, until: datetime, verdict: ScanVerdict, *, now: datetime) -> None:
    """Keep what was said, unless the file is gone or the lease was lost; a scanner that was away is no entry."""
    state = rules.state_after(verdict)
    with writing(session):
        found = session.scalar(select(Document).where(
            Document.id == document_id, Document.scan_after == until, Document.erased_at.is_(None)).with_for_update(of=Document))
        if found is None:
            return
        found.scan, found.scan_words = state.value, rules.words_of(verdict)
        found.scan_after = now + rules.ask_again_after(now - found.at) if state is ScanState.WAITING else None
        if state in {ScanState.CLEAN, ScanState.BAD}:
            found.scan_at = now
            audit.record(session, action="document.scanned", by=SYSTEM, now=now, case_id=found.case_id, subject="document",
                         subject_id=found.id, details={"name": found.name, "outcome": state.value, "found": found.scan_words})
