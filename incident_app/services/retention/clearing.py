"""The daily run: evidence, texts and raw receipts whose time has come. Contacts are erased by ``recipients.erase_due``."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from incident_app.domain import retention as rules
from incident_app.domain.accounts import SYSTEM
from incident_app.domain.notices import NoticeState
from incident_app.domain.ports import Vault
from incident_app.models.cases import Case
from incident_app.models.deliveries import Delivery, Receipt
from incident_app.models.notices import Notice
from incident_app.models.reports import Document
from incident_app.models.retention import Destroyed, Hold, held
from incident_app.services.retention import evidence, texts
from incident_app.services.retention.holds import taken
from incident_app.services.retention.periods import current
from incident_app.services.unit import changed, writing

AT_ONCE = 5000


def clear_due(session: Session, *, now: datetime, vault: Vault, at_once: int = AT_ONCE) -> tuple[int, int]:
    """Destroy what is due; return of how many cases the evidence, and how many receipts (``at_once`` in a transaction)."""
    cases = sum(_evidence(session, case_id, now, vault) for case_id in _closed_with_files(session))
    for case_id in _long_closed(session, now):
        _texts(session, case_id, now, vault)
    return cases, _receipts(session, now, at_once)


def _closed_with_files(session: Session) -> list[int]:
    done = select(Destroyed.case_id)
    found = list(session.scalars(
        select(Document.case_id).join(Case, Case.id == Document.case_id)
        .where(Case.closed_at.is_not(None), Document.kind.in_(evidence.KINDS), Document.case_id.not_in(done))
        .distinct().order_by(Document.case_id)))
    session.rollback()
    return found


def _evidence(session: Session, case_id: int, now: datetime, vault: Vault) -> bool:
    with writing(session):
        case, periods = taken(session, case_id), current(session)[1]
        at = rules.evidence_at(case.closed_at, periods)
        if at is None or at > now or session.scalar(held(case_id)) is not None:
            return False
        evidence.destroy(session, case, by=SYSTEM, now=now, vault=vault)
    return True


def _long_closed(session: Session, now: datetime) -> list[int]:
    found = list(session.scalars(
        select(Case.id).where(Case.closed_at <= now - rules.RECORD_KEPT, Case.texts_erased_at.is_(None)).order_by(Case.id)))
    session.rollback()
    return found


def _texts(session: Session, case_id: int, now: datetime, vault: Vault) -> None:
    """Destroy the texts of a case unless it is held, or holds contacts still: those go first, with their own proof."""
    with writing(session):
        case = taken(session, case_id)
        if case.data_key is None and case.texts_erased_at is None and session.scalar(held(case_id)) is None:
            texts.destroy(session, case, by=SYSTEM, now=now, vault=vault)


def _receipts(session: Session, now: datetime, at_once: int) -> int:
    """Forget what providers said, raw; what it came to stands in the rows of the deliveries."""
    before, done = now - timedelta(days=current(session)[1].events), 0
    held_cases = select(Hold.case_id).where(Hold.lifted_at.is_(None))
    kept = (select(Delivery.id).join(Notice, Notice.id == Delivery.notice_id)
            .where(Delivery.public_id == Receipt.delivery_public_id,
                   Notice.case_id.in_(held_cases) | (Notice.state == NoticeState.SENDING.value))).exists()
    old = (select(Receipt.id).where(Receipt.applied_at.is_not(None), Receipt.came_at < before, ~kept)
           .order_by(Receipt.id).limit(at_once))
    while True:
        with writing(session):
            count = changed(session, delete(Receipt).where(Receipt.id.in_(list(session.scalars(old)))))
        done += count
        if count < at_once:
            return done
