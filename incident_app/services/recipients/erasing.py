"""Contacts are erased when their time has come; what was done with them stays, and still answers."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from incident_app.domain import recipients as rules
from incident_app.domain.accounts import SYSTEM, Actor
from incident_app.domain.notices import LAUNCHED
from incident_app.domain.ports import Vault
from incident_app.models import drafts
from incident_app.models.cases import Case
from incident_app.models.notices import Notice
from incident_app.models.posting import parts_of_case
from incident_app.models.recipients import Recipient, RecipientList
from incident_app.models.retention import held, newest_periods
from incident_app.models.uploads import UNFINISHED, Piece, Upload
from incident_app.services import audit, documents
from incident_app.services.unit import writing

_ENDED = ("finished", "cancelled")


def due_at(session: Session, case: Case) -> datetime | None:
    """Return when the contacts of a case will be erased, ``None`` where there are none or a notice is under way.

    A legal hold does not move that moment: it only stops the erasing.
    """
    newest = session.scalar(
        select(func.max(RecipientList.at)).where(RecipientList.case_id == case.id, RecipientList.erased_at.is_(None))
    )
    if newest is None:
        return None
    launched = session.execute(
        select(Notice.state, Notice.finished_at, Notice.edited_at)
        .where(Notice.case_id == case.id, Notice.state.in_(LAUNCHED))
    ).all()
    ends = [(finished or edited) if state in _ENDED else None for state, finished, edited in launched]
    periods = newest_periods(session)[1]
    return rules.erase_at(case.closed_at, newest, ends, after_the_end=timedelta(days=periods.people),
                          at_most=timedelta(days=periods.people_most))


def _cases_with_contacts(session: Session) -> Sequence[int]:
    return session.scalars(
        select(RecipientList.case_id).where(RecipientList.erased_at.is_(None)).distinct()
        .order_by(RecipientList.case_id)
    ).all()


def erase_due(session: Session, *, now: datetime, vault: Vault) -> int:
    """Erase the contacts of every case whose time has come; return how many cases."""
    done = 0
    for case_id in _cases_with_contacts(session):
        case = session.get_one(Case, case_id)
        due = due_at(session, case)
        if due is not None and due <= now:
            done += _erase_one(session, case_id, now=now, vault=vault)
    session.rollback()
    return done


def _erase_one(session: Session, case_id: int, *, now: datetime, vault: Vault) -> bool:
    """Erase the contacts of a case unless it is held, or something changed since it was found due."""
    with writing(session):
        case = session.get_one(Case, case_id, with_for_update={"of": Case})
        due = due_at(session, case)
        if due is None or due > now or session.scalar(held(case_id)) is not None:
            return False
        erase(session, case, by=SYSTEM, now=now, vault=vault)
    return True


def erase(
    session: Session, case: Case, *, by: Actor, now: datetime, vault: Vault, reason: str = ""
) -> tuple[int, int]:
    """Destroy the key of a case's people and everything sealed under it; only the key of the blind index is left.

    Files are no people: those that were sealed under the same key once are moved to a key of their own first.

    Who was told, when and how stays: deliveries name nobody, and the blind index answers for an address somebody
    brings, without giving one away. Call inside a write unit that holds the case. Returns how many lists and people.
    """
    case_id = case.id
    lists = session.scalars(
        select(RecipientList).where(RecipientList.case_id == case_id, RecipientList.erased_at.is_(None))
    ).all()
    index = vault.index_only(case.data_key) if case.data_key is not None else None
    people = 0
    for one in lists:
        session.execute(update(Recipient).where(Recipient.list_id == one.id).values(sealed=b""))
        one.erased_at, one.index_key, one.sealed = now, index, b""  # why many addresses were one mailbox: of people too
        people += one.people_count
    unread = select(Upload.id).where(Upload.case_id == case_id, Upload.state.in_(UNFINISHED))
    session.execute(delete(Piece).where(Piece.upload_id.in_(unread)))
    session.execute(update(Upload).where(Upload.id.in_(unread)).values(state="discarded", changed_at=now))
    documents.keep_apart(session, case, vault=vault)
    case.data_key = None
    session.execute(parts_of_case(case_id))
    session.execute(drafts.all_of_case(case_id))
    audit.record(
        session, action="recipients.erased", by=by, now=now, case_id=case_id, subject="case",
        subject_id=case_id, details={"lists": len(lists), "people": people} | ({"reason": reason} if reason else {}),
    )
    return len(lists), people
