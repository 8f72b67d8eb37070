"""The duty to tell the controllers (GDPR Art 33(2)) ends when each of them was told, with the proof of the notice."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import SYSTEM
from incident_app.domain.deliveries import DeliveryState
from incident_app.domain.notices import CONTROLLERS
from incident_app.domain.numbers import grouped
from incident_app.models.controllers import ControllerReceipt
from incident_app.models.deliveries import Delivery, Proof
from incident_app.models.notices import Notice
from incident_app.models.obligations import OWED, of_case
from incident_app.services import obligations

DUTY = "controller"


class Told(NamedTuple):
    """One controller of a case, by what it is called in every list of it: whether it was told, and whether it said so."""

    organisation: str
    is_told: bool
    acknowledged: bool


def told_of_case(session: Session, case_id: int) -> Mapping[bytes, Told]:
    """Return every controller that a launched notice of a case goes to.

    Told is whom a provider took a message for, or who acknowledged one; by whichever notice.
    """
    question = (
        select(ControllerReceipt, Delivery.state)
        .join(Notice, Notice.id == ControllerReceipt.notice_id)
        .outerjoin(Delivery, and_(Delivery.notice_id == ControllerReceipt.notice_id, Delivery.number == ControllerReceipt.number,
                                  Delivery.is_current))
        .where(ControllerReceipt.case_id == case_id).order_by(ControllerReceipt.id)
    )
    found: dict[bytes, Told] = {}
    for receipt, state in session.execute(question):
        before = found.get(receipt.who)
        said = receipt.acknowledged_at is not None
        told = said or state == DeliveryState.ACCEPTED
        found[receipt.who] = Told(before.organisation if before else " ".join(receipt.organisation.casefold().split()),
                                  told or (before is not None and before.is_told),
                                  said or (before is not None and before.acknowledged))
    return found


def settle_duties(session: Session, notice: Notice, now: datetime) -> None:
    """Stop the clock of the duties that this notice, with those before it, fulfils. Call inside a write unit.

    A duty to one named controller ends when that one was told; one to all of them when nobody is left. Where it is late it
    stays open: lateness needs a person's reasons. Without a proof sheet nothing ends.
    """
    proof = session.scalar(select(Proof).where(Proof.notice_id == notice.id).order_by(Proof.number.desc()).limit(1))
    if notice.kind != CONTROLLERS or proof is None:
        return
    everybody = told_of_case(session, notice.case_id).values()
    for duty in session.scalars(of_case(notice.case_id)).all():
        if duty.recipient_type != DUTY or duty.state != OWED or (duty.due_at is not None and now > duty.due_at):
            continue
        named = " ".join((duty.controller or "").casefold().split())
        theirs = [one for one in everybody if not named or one.organisation == named]
        if theirs and all(one.is_told for one in theirs):
            count, said = len(theirs), sum(one.acknowledged for one in theirs)
            words = (f"Notice {notice.number}: {grouped(count)} of {grouped(count)} {'controller' if count == 1 else 'controllers'} told, "
                     f"{grouped(said)} acknowledged, proof {proof.digest[:12]}")
            obligations.discharge(session, duty, at=now, how="notice", reference=words, proof_document_id=None, late_reason="",
                                  by=SYSTEM, now=now)
