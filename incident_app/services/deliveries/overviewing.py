"""Look at a send: the sum, the reasons, the people (never their contacts), the story of one person."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from incident_app.domain import deliveries as rules
from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.deliveries import DeliveryState, Sum
from incident_app.domain.notices import NoticeState, language_for
from incident_app.domain.refusals import NotFound
from incident_app.models.cases import Case
from incident_app.models.deliveries import Attempt, Delivery, Receipt
from incident_app.models.notices import Notice
from incident_app.models.recipients import Recipient
from incident_app.services.deliveries.counting import sum_of, sum_of_rows
from incident_app.services.notices.looking import get
from incident_app.services.recipients.looking import find_person, label_of

MOST_REASONS = 12


@dataclass(frozen=True, slots=True)
class Share:
    """How many of a group (a channel, a language) were reached."""

    name: str
    accepted: int
    total: int

    @property
    def percent(self) -> float:
        """Share reached, in percent with one decimal."""
        return self.accepted * 1000 // self.total / 10 if self.total else 0.0


@dataclass(frozen=True, slots=True)
class Progress:
    """A send as it stands at ``now``. ``reasons`` are of people not reached, most frequent first."""

    notice_id: int
    state: str
    state_reason: str
    sum: Sum
    now: datetime
    launched_at: datetime | None
    finished_at: datetime | None
    last_result_at: datetime | None
    seconds_left: int | None
    resent: int
    delivered: int
    undecided: int
    reasons: tuple[tuple[str, int], ...]
    by_channel: tuple[Share, ...]
    by_language: tuple[Share, ...]

    @property
    def total(self) -> int:
        """How many people are in the approved list."""
        return self.sum.total

    @property
    def accepted(self) -> int:
        """How many people's message a provider took."""
        return self.sum.accepted

    @property
    def failed(self) -> int:
        """How many people were not reached on any channel."""
        return self.sum.failed

    @property
    def uncertain(self) -> int:
        """How many people may or may not have got it."""
        return self.sum.uncertain

    @property
    def waiting(self) -> int:
        """How many people's turn is still to come."""
        return self.sum.waiting

    @property
    def cancelled(self) -> int:
        """How many people were not written to because somebody stopped it."""
        return self.sum.cancelled

    @property
    def adds_up(self) -> bool:
        """Whether nobody is unaccounted for."""
        return self.sum.adds_up

    @property
    def percent(self) -> float:
        """Share of people whose message was taken."""
        return self.sum.percent


def _mine(notice_id: int) -> ColumnElement[bool]:
    return and_(Delivery.notice_id == notice_id, Delivery.is_current)


def _shares(counts: dict[str, list[int]]) -> tuple[Share, ...]:
    return tuple(Share(name, accepted, total) for name, (accepted, total) in sorted(
        counts.items(), key=lambda item: (-item[1][1], item[0])))


def _groups(session: Session, notice: Notice) -> tuple[tuple[Share, ...], tuple[Share, ...], dict[str, int]]:
    channels: dict[str, list[int]] = {}
    languages: dict[str, list[int]] = {}
    waiting: dict[str, int] = {}
    for channel, language, state, count in session.execute(
        select(Delivery.channel, Recipient.language, Delivery.state, func.count())
        .join(Recipient, Recipient.id == Delivery.recipient_id).where(_mine(notice.id))
        .group_by(Delivery.channel, Recipient.language, Delivery.state)
    ):
        written = language_for(language, tuple(notice.texts), notice.fallback_language)
        for group, name in ((channels, channel), (languages, written)):
            pair = group.setdefault(name, [0, 0])
            pair[0] += count if state == DeliveryState.ACCEPTED else 0
            pair[1] += count
        if state in rules.WAITING:
            waiting[channel] = waiting.get(channel, 0) + count
    return _shares(channels), _shares(languages), waiting


def _count(session: Session, *where: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(Delivery).where(*where)) or 0


def overview(session: Session, notice_id: int, *, now: datetime, brief: bool = False) -> Progress:
    """Return a send as it stands; ``brief`` leaves the groups and reasons out (for polling) and trusts the counters."""
    notice = get(session, notice_id)
    if brief or notice.launched_at is None:
        return _progress(notice, sum_of(notice), now, None, 0, 0, 0, (), (), ())
    reasons = session.execute(
        select(Delivery.reason, func.count()).where(_mine(notice.id), Delivery.state == DeliveryState.FAILED)
        .group_by(Delivery.reason).order_by(func.count().desc(), Delivery.reason).limit(MOST_REASONS)
    ).all()
    by_channel, by_language, waiting = _groups(session, notice)
    seconds = rules.seconds_for(waiting) if notice.state == NoticeState.SENDING and waiting else None
    return _progress(
        notice, sum_of_rows(session, notice), now, seconds,
        _count(session, Delivery.notice_id == notice.id, Delivery.state == DeliveryState.RESENT),
        _count(session, _mine(notice.id), Delivery.receipt == "delivered"),
        _count(session, _mine(notice.id), Delivery.state == DeliveryState.UNCERTAIN, Delivery.decided_at.is_(None)),
        tuple((reason, count) for reason, count in reasons), by_channel, by_language,
    )


def under_way(session: Session, *, now: datetime) -> list[tuple[str, Notice, Progress]]:
    """Return (case number, notice, progress) of the sends that are not over, the first to begin first."""
    going = [NoticeState.SENDING.value, NoticeState.PAUSED.value, NoticeState.HELD.value]
    question = select(Case.ref, Notice).join(Case, Case.id == Notice.case_id).where(Notice.state.in_(going))
    return [(ref, notice, overview(session, notice.id, now=now, brief=True))
            for ref, notice in session.execute(question.order_by(Notice.launched_at, Notice.id))]


def _progress(
    notice: Notice, total: Sum, now: datetime, seconds: int | None, resent: int, delivered: int, undecided: int,
    reasons: tuple[tuple[str, int], ...], by_channel: tuple[Share, ...], by_language: tuple[Share, ...],
) -> Progress:
    return Progress(
        notice.id, notice.state, notice.state_reason, total, now, notice.launched_at, notice.finished_at,
        notice.last_result_at, seconds, resent, delivered, undecided, reasons, by_channel, by_language,
    )


@dataclass(frozen=True, slots=True)
class Hop:
    """What became of one channel for one person."""

    channel: str
    state: str
    round: int


@dataclass(frozen=True, slots=True)
class Line:
    """One person of a send, as lists show them: P-00412, without contacts."""

    number: int
    label: str
    language: str
    country: str
    state: str
    bucket: str
    reason: str
    hops: tuple[Hop, ...]
    last_at: datetime | None


def _where(bucket: str | None, reason: str | None) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if bucket:
        states = [state.value for state in DeliveryState if rules.bucket(state) == bucket]
        conditions.append(Delivery.state.in_(states))
    if reason:
        conditions.append(Delivery.reason == reason)
    return conditions


def people_page(
    session: Session, notice_id: int, *, by: Actor, bucket: str | None = None, reason: str | None = None,
    after: int = 0, limit: int = 50,
) -> list[Line]:
    """Return up to ``limit`` people after number ``after``, those of one term of the sum or one reason."""
    require(by, Permission.SEE_PEOPLE)
    return _lines(session, notice_id, _where(bucket, reason), after, max(1, min(limit, 500)))


def _lines(session: Session, notice_id: int, where: list[ColumnElement[bool]], after: int, limit: int) -> list[Line]:
    found = session.execute(
        select(Delivery, Recipient).join(Recipient, Recipient.id == Delivery.recipient_id)
        .where(_mine(notice_id), Recipient.number > after, *where).order_by(Recipient.number).limit(limit)
    ).all()
    hops: dict[int, list[Hop]] = {}
    for row in session.scalars(
        select(Delivery).where(Delivery.notice_id == notice_id,
                               Delivery.recipient_id.in_([person.id for _, person in found])).order_by(Delivery.id)
    ):
        hops.setdefault(row.recipient_id, []).append(Hop(row.channel, row.state, row.round))
    return [
        Line(person.number, label_of(person.number), person.language, person.country, row.state,
             rules.bucket(row.state), row.reason, tuple(hops[person.id]), row.result_at or row.sending_at)
        for row, person in found
    ]


def outcomes(session: Session, notice_id: int, *, by: Actor) -> Iterator[Line]:
    """Yield every person of a send in order, for the export; no contacts."""
    require(by, Permission.SEE_PEOPLE)
    get(session, notice_id)
    after = 0
    while page := _lines(session, notice_id, [], after, 500):
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
    steps = [
        Step(one.ended_at, rows[one.delivery_id].channel, one.outcome, one.reason, one.reference)
        for one in session.scalars(select(Attempt).where(Attempt.delivery_id.in_(rows)))
    ]
    channels = {row.public_id: row.channel for row in rows.values()}
    steps += [
        Step(one.at, channels[one.delivery_public_id], one.kind, one.reason, "")
        for one in session.scalars(select(Receipt).where(Receipt.delivery_public_id.in_(channels)))
    ]
    return sorted(steps, key=lambda step: step.at)

