"""One row per notice, person, channel and round: the queue and the truth."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CompoundSelect,
    ForeignKey,
    Index,
    LargeBinary,
    Select,
    String,
    Text,
    UniqueConstraint,
    bindparam,
    func,
    select,
    text,
    true,
    union,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from incident_app.domain.deliveries import BY_HAND, DUE, IN_FLIGHT
from incident_app.models.base import UTC, BigId, Json, Model
from incident_app.models.notices import Notice
from incident_app.models.recipients import Recipient, between

_DUE = text("state IN ('queued', 'retry_wait')")
_HELD = text("state IN ('claimed', 'sending')")
_CURRENT = text("is_current")
_TOLD_APART = text("is_current AND state <> 'accepted'")
_WAITING = text("state = 'waiting'")
_RESENT = text("state = 'resent'")
ONCE = ("delivery_public_id", "event_key")  # one index: finds what was said of a message, and that it was said before
_NEW = text("applied_at IS NULL")
_UNKNOWN = text("kind = 'unknown'")


class Chunk(Model):
    """People ``first`` to ``last`` of the list of a notice whose first channel is this one: what a worker claims.

    Everybody up to ``done_to`` has a row of their own. ``sending`` holds the numbers of those whose message is under
    way: written before any request leaves, so that after a crash it is known who is uncertain. ``secret`` makes the
    ids providers see; ``digest`` is what the approved list holds here.
    """

    __tablename__ = "delivery_chunks"
    __table_args__ = (
        Index("ix_delivery_chunks_waiting", "notice_id", "channel", "due_at", "first", postgresql_where=_WAITING,
              sqlite_where=_WAITING),
        Index("ix_delivery_chunks_held", "lease_until", postgresql_where=_HELD, sqlite_where=_HELD),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notices.id"))
    channel: Mapped[str] = mapped_column(String(16))
    first: Mapped[int]
    last: Mapped[int]
    done_to: Mapped[int]
    people_count: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(16), default="waiting")  # waiting | claimed | sending | done
    sending: Mapped[list[int]] = mapped_column(Json, default=list)
    sending_at: Mapped[datetime | None] = mapped_column(UTC)
    due_at: Mapped[datetime] = mapped_column(UTC)
    claim_token: Mapped[str | None] = mapped_column(String(36))
    claimed_by: Mapped[str | None] = mapped_column(String(120))
    lease_until: Mapped[datetime | None] = mapped_column(UTC)


class Delivery(Model):
    """One message to one person on one channel. ``is_current`` marks the row that counts for the person.

    Written once, with its outcome; only what did not end well at once is changed later. ``number`` is the person's in
    the list, ``public_id`` the only id a provider sees, ``cause`` the reason without its particulars. ``round`` 2 and
    more exist only where somebody decided to send again. Neither notice nor person is a foreign key (``people_kept``):
    the notice stays because its chunks do, people because triggers keep whomever a notice was sent to.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("notice_id", "recipient_id", "channel", "round"),
        Index("ix_deliveries_due", "notice_id", "channel", "next_attempt_at", "id", postgresql_where=_DUE,
              sqlite_where=_DUE),
        Index("ix_deliveries_held", "lease_until", postgresql_where=_HELD, sqlite_where=_HELD),
        Index("ux_deliveries_current", "notice_id", "recipient_id", unique=True, postgresql_where=_CURRENT,
              sqlite_where=_CURRENT),
        Index("ix_deliveries_told_apart", "notice_id", "state", "number", postgresql_where=_TOLD_APART,
              sqlite_where=_TOLD_APART),
        Index("ix_deliveries_twice", "notice_id", "number", "recipient_id", postgresql_where=_RESENT,
              sqlite_where=_RESENT),
        {"postgresql_with": {"fillfactor": 80}},  # a receipt changes the row where it is, and no index
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(36), unique=True)
    notice_id: Mapped[int]
    recipient_id: Mapped[int] = mapped_column(BigId)
    number: Mapped[int]
    channel: Mapped[str] = mapped_column(String(16))
    round: Mapped[int] = mapped_column(default=1, server_default="1")
    is_current: Mapped[bool] = mapped_column(default=True, server_default=true())
    state: Mapped[str] = mapped_column(String(16), default="queued")
    reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    cause: Mapped[str] = mapped_column(String(120), default="", server_default="")
    attempts: Mapped[int] = mapped_column(default=0)
    claim_token: Mapped[str | None] = mapped_column(String(36))
    claimed_by: Mapped[str | None] = mapped_column(String(120))
    lease_until: Mapped[datetime | None] = mapped_column(UTC)
    next_attempt_at: Mapped[datetime | None] = mapped_column(UTC)
    sending_at: Mapped[datetime | None] = mapped_column(UTC)
    result_at: Mapped[datetime | None] = mapped_column(UTC)
    provider_reference: Mapped[str] = mapped_column(String(255), default="")
    receipt: Mapped[str] = mapped_column(String(16), default="", server_default="")
    receipt_rank: Mapped[int] = mapped_column(default=0, server_default="0")
    receipt_at: Mapped[datetime | None] = mapped_column(UTC)
    decided_at: Mapped[datetime | None] = mapped_column(UTC)


class Tally(Model):
    """How many rows that count stand alike: pages read these few rows, not a million.

    Receipts are counted beside them, as rows whose state is ``delivered`` and so on, changed by another transaction.
    """

    __tablename__ = "delivery_tallies"

    notice_id: Mapped[int] = mapped_column(ForeignKey("notices.id"), primary_key=True)
    channel: Mapped[str] = mapped_column(String(16), primary_key=True)
    language: Mapped[str] = mapped_column(String(8), primary_key=True)
    country: Mapped[str] = mapped_column(String(6), primary_key=True)
    state: Mapped[str] = mapped_column(String(16), primary_key=True)
    cause: Mapped[str] = mapped_column(String(120), primary_key=True)
    count: Mapped[int] = mapped_column(BigId)


class Pulse(Model):
    """How many people's messages were taken in one minute: how fast it goes, and the picture of it."""

    __tablename__ = "delivery_pulses"

    notice_id: Mapped[int] = mapped_column(ForeignKey("notices.id"), primary_key=True)
    minute: Mapped[datetime] = mapped_column(UTC, primary_key=True)
    count: Mapped[int]


class Attempt(Model):
    """One try and what came of it; part of a person's story. A first try that was taken stands in the row itself."""

    __tablename__ = "attempts"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("deliveries.id"), index=True)
    started_at: Mapped[datetime | None] = mapped_column(UTC)
    ended_at: Mapped[datetime] = mapped_column(UTC)
    outcome: Mapped[str] = mapped_column(String(16))  # sent | rejected | uncertain
    permanent: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str] = mapped_column(Text, default="")
    reference: Mapped[str] = mapped_column(String(255), default="")


class Receipt(Model):
    """What a provider said later, kept at once and applied soon. ``ONCE`` makes each count once; no address is kept.

    ``due_at`` is when to look for its delivery (again): an answer may be faster than our own writing.
    """

    __tablename__ = "receipts"
    __table_args__ = (
        UniqueConstraint(*ONCE),
        Index("ix_receipts_new", "due_at", "id", postgresql_where=_NEW, sqlite_where=_NEW),
        Index("ix_receipts_unknown", "applied_at", postgresql_where=_UNKNOWN, sqlite_where=_UNKNOWN),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    provider: Mapped[str] = mapped_column(String(32))
    event_key: Mapped[str] = mapped_column(String(160))
    delivery_public_id: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(UTC)
    came_at: Mapped[datetime] = mapped_column(UTC)
    due_at: Mapped[datetime] = mapped_column(UTC)
    applied_at: Mapped[datetime | None] = mapped_column(UTC)


class Proof(Model):
    """The proof sheet: the sum and a digest over every outcome, as it stood when everybody had one."""

    __tablename__ = "proofs"
    __table_args__ = (UniqueConstraint("notice_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notices.id"))
    number: Mapped[int]
    at: Mapped[datetime] = mapped_column(UTC)
    digest: Mapped[str] = mapped_column(String(64))
    counts: Mapped[dict[str, Any]] = mapped_column(Json)


_chunks: Any = Chunk.__table__  # plain, and written once: these run with every few hundred messages
_MINE = (_chunks.c.id == bindparam("chunk_id"), _chunks.c.claim_token == bindparam("token"))
_GOING = select(Notice.id).where(Notice.id == bindparam("notice"), Notice.state == "sending").exists()
_BEGIN = update(_chunks).where(*_MINE, _chunks.c.state == "claimed", _GOING).values(
    state="sending", sending=bindparam("numbers"), sending_at=bindparam("at"), lease_until=bindparam("until"))
_MOVE_ON = update(_chunks).where(*_MINE, _chunks.c.state.in_(IN_FLIGHT)).values(
    done_to=bindparam("to"), sending=[], lease_until=bindparam("until"), state=bindparam("becomes"))


_NEXT = (
    select(_chunks.c.id).where(
        _chunks.c.notice_id == bindparam("notice"), _chunks.c.channel == bindparam("lane"), _chunks.c.state == "waiting",
        _chunks.c.due_at <= bindparam("at"))
    .order_by(_chunks.c.due_at, _chunks.c.first).limit(bindparam("most")).with_for_update(skip_locked=True).cte("next"))
_CLAIM = update(_chunks).where(_chunks.c.id.in_(select(_NEXT.c.id))).values(
    state="claimed", claim_token=bindparam("token"), claimed_by=bindparam("worker"), lease_until=bindparam("until"),
).returning(*(_chunks.c[name] for name in ("id", "first", "last", "done_to", "digest", "secret")))


def claim_chunks(session: Session, notice_id: int, channel: str, most: int, *, token: str, worker: str, now: datetime,
                 until: datetime) -> Sequence[Any]:
    """Claim the next chunks of a lane, in order; those that another worker holds are skipped (PostgreSQL)."""
    found = session.connection().execute(_CLAIM, {
        "notice": notice_id, "lane": channel, "most": most, "token": token, "worker": worker, "at": now, "until": until})
    return sorted(found.all(), key=lambda one: one.first)


def begin_chunk(session: Session, notice_id: int, chunk_id: int, token: str, numbers: Sequence[int], *, now: datetime,
                until: datetime) -> bool:
    """Write who of a chunk is being written to; tell whether it is still claimed by ``token``, its notice being sent."""
    done = session.connection().execute(_BEGIN, {
        "notice": notice_id, "chunk_id": chunk_id, "token": token, "numbers": list(numbers), "at": now, "until": until})
    return bool(done.rowcount == 1)


def move_chunk_on(session: Session, chunk_id: int, token: str, *, to: int, over: bool, until: datetime) -> bool:
    """Move a chunk past its people up to ``to``; tell whether it was still held by ``token``."""
    done = session.connection().execute(_MOVE_ON, {
        "chunk_id": chunk_id, "token": token, "to": to, "until": until, "becomes": "done" if over else "claimed"})
    return bool(done.rowcount == 1)


_AGAIN = (
    select(Delivery.notice_id, Delivery.channel).join(Notice, Notice.id == Delivery.notice_id)
    .where(Notice.state == "sending", Delivery.state.in_(DUE), Delivery.next_attempt_at <= bindparam("at", type_=UTC()),
           Delivery.channel.not_in(BY_HAND)))
_FIRST = (
    select(Chunk.notice_id, Chunk.channel).join(Notice, Notice.id == Chunk.notice_id)
    .where(Notice.state == "sending", Chunk.state == "waiting", Chunk.due_at <= bindparam("at", type_=UTC())))
_LANES = union(_FIRST, _AGAIN).order_by("notice_id", "channel")
_UNCUT = select(Notice.id).where(Notice.state == "sending", Notice.cut_to < Notice.list_count).order_by(Notice.id)


def lanes(session: Session, now: datetime, notice_id: int | None = None) -> Sequence[Any]:
    """Return which notices that are being sent have something due for a worker, on which channels; letters wait for people."""
    found = session.connection().execute(_LANES, {"at": now}).all()
    return [one for one in found if notice_id in {None, one.notice_id}]


def uncut(session: Session) -> Sequence[int]:
    """Return the notices being sent of whose list a part is in no chunk yet."""
    return session.connection().execute(_UNCUT).scalars().all()


def due(notice_id: int, channel: str, now: datetime, limit: int) -> Select[Delivery]:
    """Ask for due rows of one notice on one channel; other workers' locked rows are skipped (PostgreSQL)."""
    return (
        select(Delivery)
        .where(Delivery.notice_id == notice_id, Delivery.channel == channel, Delivery.state.in_(DUE),
               Delivery.next_attempt_at <= now)
        .order_by(Delivery.next_attempt_at, Delivery.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=Delivery)
    )


def again(ids: Sequence[int]) -> Any:
    """Ask for rows by id, with what sending needs of the person, in the order of the ids."""
    return (
        select(
            Recipient.id, Recipient.number, Recipient.public_id, Recipient.sealed, Recipient.language,
            Recipient.country, Recipient.has_telegram, Recipient.has_email, Recipient.has_post, Recipient.sensitive,
            Delivery.public_id.label("delivery_id"),
            Delivery.round, Delivery.attempts, Delivery.id.label("row_id"),
        )
        .join(Recipient, Recipient.id == Delivery.recipient_id).where(Delivery.id.in_(ids)).order_by(Delivery.id)
    )


def left_over(notice_id: int) -> Select[Delivery, Recipient]:
    """Ask for rows of a stopped notice that wait for another try, with their people, locked."""
    return (
        select(Delivery, Recipient).join(Recipient, Recipient.id == Delivery.recipient_id)
        .where(Delivery.notice_id == notice_id, Delivery.state.in_((*DUE, "claimed")), Delivery.is_current)
        .order_by(Delivery.id).with_for_update(of=Delivery)
    )


def without_row(notice_id: int, list_id: int, first: int, last: int) -> Select[Recipient]:
    """Ask for people of a list, between two numbers, who have no row in a notice."""
    theirs = select(Delivery.id).where(Delivery.notice_id == notice_id, Delivery.recipient_id == Recipient.id)
    return between(list_id, first, last).where(~theirs.exists())


def lapsed_notices(now: datetime) -> CompoundSelect[int]:
    """Ask which notices have chunks or rows whose worker is gone."""
    return union(
        select(Delivery.notice_id).where(Delivery.state.in_(IN_FLIGHT), Delivery.lease_until <= now),
        select(Chunk.notice_id).where(Chunk.state.in_(IN_FLIGHT), Chunk.lease_until <= now),
    ).order_by("notice_id")


def lapsed_chunks(notice_id: int, now: datetime) -> Select[Chunk]:
    """Ask for chunks of a notice whose worker is gone."""
    return (
        select(Chunk).where(Chunk.notice_id == notice_id, Chunk.state.in_(IN_FLIGHT), Chunk.lease_until <= now)
        .order_by(Chunk.id).with_for_update(skip_locked=True, of=Chunk)
    )


def held_chunks(notice_id: int) -> Select[int]:
    """Ask for the chunks of a notice that somebody works on."""
    return select(Chunk.id).where(Chunk.notice_id == notice_id, Chunk.state.in_(IN_FLIGHT))


def open_chunks(notice_id: int) -> Select[Chunk]:
    """Ask for the chunks of a notice in which somebody has no row yet."""
    return select(Chunk).where(Chunk.notice_id == notice_id, Chunk.state != "done").order_by(Chunk.first)


def lapsed(notice_id: int, now: datetime, limit: int = 5000) -> Select[Delivery]:
    """Ask for rows of a notice whose worker is gone: claimed or sending, lease run out."""
    return (
        select(Delivery)
        .where(Delivery.notice_id == notice_id, Delivery.state.in_(IN_FLIGHT), Delivery.lease_until <= now)
        .order_by(Delivery.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=Delivery)
    )


def uncertain_notices() -> Select[int]:
    """Ask which launched notices have uncertain rows of round 1 nobody decided about; none whose text was withdrawn."""
    return (
        select(Delivery.notice_id).join(Notice, Notice.id == Delivery.notice_id)
        .where(Delivery.state == "uncertain", Delivery.is_current, Delivery.round == 1, Delivery.decided_at.is_(None),
               Notice.state.in_(("sending", "finished")), Notice.text_withdrawn.is_(False))
        .distinct().order_by(Delivery.notice_id)
    )


def undecided(notice_id: int) -> Select[Delivery]:
    """Ask for the uncertain rows of a notice nobody decided about, locked."""
    return (
        select(Delivery)
        .where(Delivery.notice_id == notice_id, Delivery.is_current, Delivery.state == "uncertain",
               Delivery.decided_at.is_(None))
        .order_by(Delivery.id)
        .with_for_update(of=Delivery)
    )


def current_states(notice_id: int) -> Select[str, int]:
    """Count the rows that count for a person, by state."""
    return (
        select(Delivery.state, func.count())
        .where(Delivery.notice_id == notice_id, Delivery.is_current)
        .group_by(Delivery.state)
    )


def new_receipts(now: datetime, limit: int) -> Any:
    """Ask for receipts that were not applied yet, as plain rows; those another worker holds are skipped (PostgreSQL)."""
    return (
        select(Receipt.id, Receipt.delivery_public_id, Receipt.kind, Receipt.at, Receipt.came_at)
        .where(Receipt.applied_at.is_(None), Receipt.due_at <= now)
        .order_by(Receipt.due_at, Receipt.id).limit(limit).with_for_update(skip_locked=True, of=Receipt)
    )
