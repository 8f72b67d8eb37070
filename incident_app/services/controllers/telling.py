"""The duty to tell the controllers (GDPR Art 33(2)) ends when each of them was told, with the proof of the notice."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Select, and_, select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import SYSTEM
from incident_app.domain.deliveries import DeliveryState
from incident_app.domain.notices import CONTROLLERS
from incident_app.domain.numbers import grouped
from incident_app.domain.obligations.reaching import BY_HAND
from incident_app.domain.recipients import plain_organisation, quoted_names
from incident_app.models.cases import Case
from incident_app.models.controllers import ControllerReceipt
from incident_app.models.deliveries import Delivery, Proof
from incident_app.models.notices import Notice
from incident_app.models.obligations import DISCHARGED, OWED, Obligation, of_case
from incident_app.services import audit, obligations

DUTY = "controller"
NO_LINE = "No list that was written to has a line for {}."
_SAID = re.compile(r" told, .+? acknowledged, proof ")


class Told(NamedTuple):
    """One controller of a case, by what it is called in the first list that has it: whether it was told, and whether it said so."""

    name: str
    is_told: bool
    acknowledged: bool

    @property
    def organisation(self) -> str:
        """The same in every list and in the facts of the case."""
        return plain_organisation(self.name)


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
        found[receipt.who] = Told(before.name if before else receipt.organisation,
                                  told or (before is not None and before.is_told),
                                  said or (before is not None and before.acknowledged))
    return found


def settle_duties(session: Session, notice: Notice, now: datetime) -> None:
    """Stop the clock of the duties that this notice to controllers, with those before it, fulfils. Call inside a write unit.

    A duty to one named controller ends when that one was told; one to all of them when nobody is left. Where it is late it
    stays open: lateness needs a person's reasons. Without a proof sheet nothing ends. One that ended before says how many
    have acknowledged by now.
    """
    proof = session.scalar(select(Proof).where(Proof.notice_id == notice.id).order_by(Proof.number.desc()).limit(1))
    everybody = told_of_case(session, notice.case_id).values()
    for duty in session.scalars(of_case(notice.case_id)).all():
        if duty.recipient_type != DUTY:
            continue
        theirs = _theirs(duty, everybody)
        if duty.state == DISCHARGED:
            _say_again(duty, theirs)
        elif duty.state == OWED and proof is not None and _fulfilled(duty, theirs, now):
            count = len(theirs)
            words = (f"Notice {notice.number}: {grouped(count)} of {grouped(count)} {'controller' if count == 1 else 'controllers'}"
                     f"{_said(theirs)}{proof.digest[:12]}")
            obligations.discharge(session, duty, at=now, how="notice", reference=words, proof_document_id=None, late_reason="",
                                  by=SYSTEM, now=now)


def _theirs(duty: Obligation, everybody: Iterable[Told]) -> list[Told]:
    named = plain_organisation(duty.controller or "")
    return [one for one in everybody if not named or one.organisation == named]


def still_owed(session: Session, case: Case, *, now: datetime) -> dict[int, str]:
    """Return why each duty to tell a controller is still owed though a notice to them ended, by its id.

    Nothing before one ended, nor where all that is missing is its proof sheet.
    """
    owed = [one for one in session.scalars(of_case(case.id)) if one.recipient_type == DUTY and one.state == OWED]
    if not owed or case.closed_at is not None or session.scalar(_ended(case.id)) is None:
        return {}
    everybody = told_of_case(session, case.id).values()
    named = {plain_organisation(str(one["name"])) for one in case.controllers}
    strangers = dict.fromkeys(one.name for one in everybody if named and one.organisation not in named)
    found = {duty.id: _why(duty, _theirs(duty, everybody), list(strangers), now) for duty in owed}
    return {number: words for number, words in found.items() if words}


def _ended(case_id: int) -> Select[int]:
    return select(Notice.id).where(Notice.case_id == case_id, Notice.kind == CONTROLLERS, Notice.finished_at.is_not(None)).limit(1)


def _why(duty: Obligation, theirs: Sequence[Told], strangers: Sequence[str], now: datetime) -> str:
    waiting = [one.name for one in theirs if not one.is_told]
    if not theirs:
        beside = f" Written to, but not named in the case: {quoted_names(strangers)}." if strangers else ""
        return f"{NO_LINE.format(quoted_names([duty.controller]))}{beside} {BY_HAND}"
    if waiting:
        return f"No provider took a message for {quoted_names(waiting)}. {BY_HAND}"
    late = duty.due_at is not None and now > duty.due_at
    return f"They were told. {BY_HAND} It is past its date, so say why." if late else ""


def record_left_out(session: Session, notice: Notice, now: datetime) -> None:
    """Say in the record which named controllers no list that was written to has a line for. Call inside a write unit."""
    everybody = told_of_case(session, notice.case_id).values()
    for duty in session.scalars(of_case(notice.case_id)).all():
        if duty.recipient_type == DUTY and duty.state == OWED and not _theirs(duty, everybody):
            audit.record(session, action="obligation.still_owed", by=SYSTEM, now=now, case_id=notice.case_id, subject="obligation",
                         subject_id=duty.id, details={"organisation": duty.controller, "words": NO_LINE.format("it"), "notice": notice.number})


def _fulfilled(duty: Obligation, theirs: Sequence[Told], now: datetime) -> bool:
    in_time = duty.due_at is None or now <= duty.due_at
    return in_time and bool(theirs) and all(one.is_told for one in theirs)


def _said(theirs: Sequence[Told]) -> str:
    return f" told, {grouped(sum(one.acknowledged for one in theirs))} acknowledged, proof "


def _say_again(duty: Obligation, theirs: Sequence[Told]) -> None:
    """Let a duty that a notice ended say how many have acknowledged by now; what a person wrote in is left as it is."""
    words = _SAID.sub(_said(theirs), duty.receipt_reference, count=1)
    if obligations.by_our_message(duty) and words != duty.receipt_reference:
        duty.receipt_reference = words
        duty.version += 1
