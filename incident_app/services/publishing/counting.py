"""A public notice discharges a duty to tell people (Art 34(3)(c)), the snapshot of its approval as proof."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.refusals import Conflict
from incident_app.models.obligations import OWED, STILL_OPEN, Obligation, told
from incident_app.models.publishing import PublicNotice
from incident_app.services.obligations.deciding import find_duty
from incident_app.services.obligations.discharging import discharge
from incident_app.services.publications import IN_PUBLIC, publications
from incident_app.services.publishing.looking import PATH, address_of
from incident_app.services.publishing.writing import locked
from incident_app.services.unit import writing


def open_duties(session: Session, case_id: int) -> Sequence[Obligation]:
    """Return the duties to tell people that a public notice may discharge."""
    return session.scalars(select(Obligation).where(
        Obligation.case_id == case_id, Obligation.recipient_type == "data_subjects", Obligation.state.in_(STILL_OPEN),
    ).order_by(Obligation.id)).all()


def stands_for(session: Session, notice: PublicNotice) -> Sequence[Obligation]:
    """Return the duties that are done because this notice told the people."""
    return [one for one in session.scalars(told(notice.case_id))
            if one.discharged_how == IN_PUBLIC and one.receipt_reference.endswith(f"{PATH}{notice.slug}")]


def count(
    session: Session, notice_id: int, obligation_id: int, *, public_reason: str, late_reason: str = "", by: Actor, now: datetime, public_url: str
) -> Obligation:
    """Record that people were told in public, the snapshot as its proof, as of when it could be read first.

    ``public_reason``: why not one by one; Art 34(3)(c) GDPR allows it where that would take disproportionate effort.
    """
    require(by, Permission.MARK_SUBMITTED)
    with writing(session):
        notice = locked(session, notice_id, "be counted", None)
        runs = [one for one in publications(session, [notice.case_id])[notice.case_id] if one.number == notice.number]
        if notice.approval_id is None or not runs:
            raise Conflict("Nobody has approved it, so nobody can read it. Nothing was changed.")
        since = runs[-1].since
        if since > now:
            raise Conflict("Nobody can read it yet. It counts from its first day on.")
        row = find_duty(session, notice.case_id, obligation_id, lock=True)
        if row.recipient_type != "data_subjects" or row.state not in STILL_OPEN:
            raise Conflict("This duty is settled, or others are to be told. Nothing was changed.")
        row.state = OWED
        return discharge(session, row, at=since, how=IN_PUBLIC, reference=address_of(notice, public_url),
                         proof_document_id=notice.document_id, late_reason=late_reason, public_reason=public_reason, by=by, now=now)
