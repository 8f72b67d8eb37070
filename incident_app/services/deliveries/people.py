"""Look at the people of a send, never at their contacts: what became of each, and the story of one."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from incident_app.domain import deliveries as rules
from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.deliveries import DeliveryState
from incident_app.domain.notices import CONTROLLERS, NoticeState
from incident_app.domain.recipients import controller_label
from incident_app.domain.refusals import NotFound
from incident_app.models.deliveries import Attempt, Chunk, Delivery, Receipt
from incident_app.models.following import sent_twice
from incident_app.models.notices import Notice
from incident_app.models.recipients import Recipient
from incident_app.services import audit
from incident_app.services.deliveries.addressing import Addressing
from incident_app.services.notices.looking import get
from incident_app.services.recipients.looking import find_person, label_of
from incident_app.services.unit import writing


@dataclass(frozen=True, slots=True)
class Hop:
    """What became of one channel for one person."""

    channel: str
    state: str
    round: int


@dataclass(frozen=True, slots=True)
class Line:
    """One person of a send, as lists show them: P-00412, or C-0041 for a controller, without contacts."""

    number: int
    label: str
    language: str
    country: str
    state: str
    bucket: str
    reason: str
    hops: tuple[Hop, ...]
    last_at: datetime | None

    @property
    def twice(self) -> bool:
        """Whether they may have got it twice: an answer was lost, and it was sent once more, there or on the next channel."""
        return any(hop.state == DeliveryState.RESENT for hop in self.hops)


def people_page(
    session: Session, notice_id: int, *, by: Actor, bucket: str | None = None, reason: str | None = None,
    after: int = 0, limit: int = 50,
) -> list[Line]:
    """Return up to ``limit`` people after number ``after``: those of one term of the sum or one cause, or who may have got
    it ``twice``."""
    require(by, Permission.SEE_PEOPLE)
    return _lines(session, get(session, notice_id), bucket, reason, after, max(1, min(limit, 500)))


def _states(bucket: str) -> list[str]:
    return [state.value for state in DeliveryState if rules.bucket(state) == bucket]


def _by_row(notice: Notice, bucket: str, reason: str | None) -> list[ColumnElement[bool]]:
    """Ask for people whose row says so. Rows that are not simply accepted have an index of their own."""
    asked = [Delivery.notice_id == notice.id, and_(Delivery.is_current), Delivery.state.in_(_states(bucket)),
             Delivery.state != DeliveryState.ACCEPTED.value]
    return [*asked, Delivery.cause == reason] if reason else asked


def _first_waiting(session: Session, notice: Notice) -> int:
    """Return the number before the first person who may still wait, so that those who are done are not looked at."""
    chunk = session.scalar(select(func.min(Chunk.done_to)).where(Chunk.notice_id == notice.id, Chunk.state != "done"))
    row = session.scalar(select(func.min(Delivery.number)).where(
        Delivery.notice_id == notice.id, Delivery.is_current, Delivery.state.in_(_states("waiting")),
        Delivery.state != DeliveryState.ACCEPTED.value))
    uncut = notice.cut_to if notice.cut_to < (notice.list_count or 0) else None
    found = [one for one in (chunk, row - 1 if row else None, uncut) if one is not None]
    stopped = notice.stopped_to if notice.state == NoticeState.CANCELLED else None
    return min([*found, *([stopped] if stopped is not None else [])], default=notice.list_count or 0)


def _lines(
    session: Session, notice: Notice, bucket: str | None, reason: str | None, after: int, limit: int
) -> list[Line]:
    mine = and_(Delivery.notice_id == notice.id, Delivery.recipient_id == Recipient.id, Delivery.is_current)
    question = select(Recipient, Delivery)
    if bucket == rules.TWICE:
        twice = sent_twice(notice.id).where(Delivery.number > after).limit(limit).subquery()
        question = question.join(twice, twice.c.recipient_id == Recipient.id).join(Delivery, mine).order_by(Recipient.number)
    elif bucket in {None, "waiting"} and not reason:
        start = after if bucket is None else max(after, _first_waiting(session, notice))
        question = question.outerjoin(Delivery, mine).where(
            Recipient.list_id == notice.list_id, Recipient.number > start).order_by(Recipient.number)
        if bucket:
            question = question.where(or_(Delivery.id.is_(None), Delivery.state.in_(_states("waiting"))))
    elif bucket == DeliveryState.ACCEPTED:  # nearly everybody: walk the list, rather than sort them all
        question = question.join(Delivery, mine).where(
            Recipient.list_id == notice.list_id, Recipient.number > after, Delivery.state.in_(_states(bucket)),
            *([Delivery.cause == reason] if reason else []),
        ).order_by(Recipient.number)
    else:
        question = question.join(Delivery, mine).where(
            *_by_row(notice, bucket or DeliveryState.FAILED, reason), Delivery.number > after).order_by(Delivery.number)
    found = session.execute(question.limit(limit)).all()
    hops = _hops(session, notice, [person.id for person, _ in found])
    return [_line(notice, person, row, hops.get(person.id, ())) for person, row in found]


def _hops(session: Session, notice: Notice, people: list[int]) -> dict[int, tuple[Hop, ...]]:
    hops: dict[int, tuple[Hop, ...]] = {}
    for row in session.scalars(select(Delivery).where(
            Delivery.notice_id == notice.id, Delivery.recipient_id.in_(people)).order_by(Delivery.id)):
        hops[row.recipient_id] = (*hops.get(row.recipient_id, ()), Hop(row.channel, row.state, row.round))
    return hops


def _line(notice: Notice, person: Recipient, row: Delivery | None, hops: tuple[Hop, ...]) -> Line:
    label = controller_label(person.number) if notice.kind == CONTROLLERS else label_of(person.number)
    if row is None:
        first = next(iter(Addressing(notice).who(person).channels), rules.NO_CHANNEL)
        return Line(person.number, label, person.language, person.country, DeliveryState.QUEUED.value,
                    "waiting", "", (Hop(first, DeliveryState.QUEUED.value, 1),), None)
    return Line(person.number, label, person.language, person.country, row.state,
                rules.bucket(row.state), row.reason, hops, row.result_at or row.sending_at)


def outcomes(session: Session, notice_id: int, *, by: Actor, now: datetime) -> Iterator[Line]:
    """Return every person of a send in order, for the export, as a stream; no contacts. The export is recorded."""
    require(by, Permission.SEE_PEOPLE)
    case_id = get(session, notice_id).case_id
    with writing(session):
        audit.record(session, action="deliveries.exported", by=by, now=now, case_id=case_id, subject="notice",
                     subject_id=notice_id)
    return _everybody(session, notice_id)


def _everybody(session: Session, notice_id: int) -> Iterator[Line]:
    notice, after = get(session, notice_id), 0
    while page := _lines(session, notice, None, None, after, 500):
        yield from page
        after = page[-1].number


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened to one person's message."""

    at: datetime
    channel: str
    what: str
    reason: str
    reference: str


def story(session: Session, notice_id: int, number: int, *, by: Actor) -> list[Step]:
    """Tell everything that happened to the message for person ``number``: tries, answers, receipts, in order."""
    require(by, Permission.SEE_PEOPLE)
    notice = get(session, notice_id)
    person = find_person(session, notice.list_id, number)
    rows = {row.id: row for row in session.scalars(
        select(Delivery).where(Delivery.notice_id == notice.id, Delivery.recipient_id == person.id))}
    if not rows:
        raise NotFound("This person has not been written to in this notice.")
    steps = [(row.id, _taken(row)) for row in rows.values() if row.state == DeliveryState.ACCEPTED and row.result_at]
    steps += [
        (one.delivery_id, Step(one.ended_at, rows[one.delivery_id].channel, one.outcome, one.reason, one.reference))
        for one in session.scalars(select(Attempt).where(Attempt.delivery_id.in_(rows)).order_by(Attempt.id))
        if one.outcome != "sent" or rows[one.delivery_id].state != DeliveryState.ACCEPTED
    ]
    by_id = {row.public_id: row for row in rows.values()}
    steps += [
        (by_id[one.delivery_public_id].id, Step(one.at, by_id[one.delivery_public_id].channel, one.kind, one.reason, ""))
        for one in session.scalars(select(Receipt).where(Receipt.delivery_public_id.in_(by_id)).order_by(Receipt.id))
    ]
    return [step for _, step in sorted(steps, key=lambda pair: (pair[1].at, pair[0]))]


def _taken(row: Delivery) -> Step:
    """Return the step that the row itself tells: the provider took it."""
    return Step(cast(datetime, row.result_at), row.channel, "sent", "", row.provider_reference)
