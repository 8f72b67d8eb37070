"""A controller says that a notice arrived: by the code in its link and nothing else, no account, nothing about a person asked
but the name of who says it. Looking at the page says nothing; only sending its form does."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import SYSTEM
from incident_app.domain.recipients import controller_label
from incident_app.domain.refusals import NotFound, Refused
from incident_app.models.cases import Case
from incident_app.models.controllers import ControllerReceipt
from incident_app.models.notices import Notice
from incident_app.services import audit
from incident_app.services.controllers.telling import settle_duties
from incident_app.services.notices.receipts import hash_of, read_code
from incident_app.services.trust import house
from incident_app.services.unit import writing

LONGEST_NAME = 120
NOBODYS = "-"
"""What no code has as its hash: asked for where none was read, so that every answer costs the same question."""
PROVE_AFTER = timedelta(seconds=60)
NOTHING = "There is no such receipt."


class Stand(StrEnum):
    """Where a receipt stands for who opens its link. ``OVER``: too old, or the texts of the case were destroyed."""

    OPEN = "open"
    GIVEN = "given"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Page:
    """What the page of a code may show: when the notice went out and, if it did, when it was acknowledged; no name of
    anybody. Moments in the zone of the organisation. ``first``: it was acknowledged just now."""

    stand: Stand
    sent_on: date
    at: datetime | None = None
    drill: bool = False
    first: bool = False


def _find(session: Session, typed: str) -> ControllerReceipt:
    code = read_code(typed)
    wanted = hash_of(code) if code else NOBODYS
    found = session.scalar(select(ControllerReceipt).where(ControllerReceipt.code_hash == wanted)
                           .with_for_update(of=ControllerReceipt).execution_options(populate_existing=True))
    if found is None:
        raise NotFound(NOTHING)
    return found


def _page(session: Session, receipt: ControllerReceipt, now: datetime, *, first: bool = False) -> Page:
    zone, case = ZoneInfo(house(session).zone), session.get_one(Case, receipt.case_id)
    over = now >= receipt.expires_at or case.text_key is None
    at = receipt.acknowledged_at.astimezone(zone) if receipt.acknowledged_at else None
    stand = Stand.GIVEN if at else Stand.OVER if over else Stand.OPEN
    return Page(stand, receipt.made_at.astimezone(zone).date(), at, case.is_drill, first)


def page_of(session: Session, typed: str, *, now: datetime) -> Page:
    """Return what the page of a code shows; nothing is written. Raises ``NotFound`` for a code that is nobody's."""
    found = _page(session, _find(session, typed), now)
    session.rollback()
    return found


def acknowledge(session: Session, typed: str, name: str, *, now: datetime) -> Page:
    """Record that a notice arrived, once: the first answer stands, a later one is told that it was given before.

    Raises ``NotFound`` as :func:`page_of`, ``Refused`` without a name; where the link is over nothing is recorded.
    """
    _find(session, typed)
    with writing(session):
        audit.lock(session)  # two at once: the second one sees what the first one said
        receipt = _find(session, typed)
        before = _page(session, receipt, now)
        if before.stand is not Stand.OPEN:
            return before
        words = " ".join("".join(sign if sign.isprintable() else " " for sign in name).split())
        if not 0 < len(words) <= LONGEST_NAME:
            raise Refused("Nothing was recorded.", {"name": "missing"})
        _record(session, receipt, words, now)
        return _page(session, receipt, now, first=True)


def _record(session: Session, receipt: ControllerReceipt, name: str, now: datetime) -> None:
    """Write it down for the notice and, with a reminder, for what it reminds of, or the other way round."""
    notice = session.get_one(Notice, receipt.notice_id)
    root = notice.follows_id if notice.is_reminder and notice.follows_id else notice.id
    chain = select(Notice.id).where(or_(Notice.id == root, (Notice.follows_id == root) & Notice.is_reminder))
    same = session.scalars(
        select(ControllerReceipt).where(ControllerReceipt.notice_id.in_(chain), ControllerReceipt.who == receipt.who,
                                        ControllerReceipt.acknowledged_at.is_(None))
        .order_by(ControllerReceipt.notice_id)).all()
    for one in same:
        one.acknowledged_at, one.through_id, one.by = now, notice.id, name
    session.flush()
    for one in same:
        of = session.get_one(Notice, one.notice_id)
        audit.record(
            session, action="controllers.acknowledged", by=SYSTEM, now=now, case_id=of.case_id, subject="notice", subject_id=of.id,
            details={"controller": controller_label(one.number), "organisation": one.organisation, "through": notice.number})
        if of.finished_at is not None:
            of.proof_due_at = of.proof_due_at or now + PROVE_AFTER
        settle_duties(session, of, now)


