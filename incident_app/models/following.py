"""What the page of a send that goes on asks of its rows, again and again: ends and short stretches of an index, never all of it.

The words of the index stand in each question: by them SQLite knows which one answers it.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, text

from incident_app.domain.deliveries import LEASE, QUIET, SENDING_LEASE
from incident_app.models.deliveries import Chunk, Delivery
from incident_app.models.posting import POST, due_now

_DUE = text("deliveries.state IN ('queued', 'retry_wait')")
_RESENT = text("deliveries.state = 'resent'")
_WAITING_CHUNK = text("delivery_chunks.state = 'waiting'")
_HELD = text("deliveries.state IN ('claimed', 'sending')")
_HELD_CHUNK = text("delivery_chunks.state IN ('claimed', 'sending')")


def last_turn(notice_id: int, channel: str) -> Select[datetime | None]:
    """Ask when the last of those who wait on a channel may be tried."""
    return select(func.max(Delivery.next_attempt_at)).where(Delivery.notice_id == notice_id, Delivery.channel == channel, _DUE)


def last_first_turn(notice_id: int, channel: str) -> Select[datetime | None]:
    """Ask when the last of those without a row, whom no worker has in hand, may be tried on a channel."""
    return select(func.max(Chunk.due_at)).where(Chunk.notice_id == notice_id, Chunk.channel == channel, _WAITING_CHUNK)


def unanswered_row(notice_id: int, now: datetime) -> Select[datetime | None]:
    """Ask when others take over the last row of a worker who has written nothing of it for ``QUIET``; few are in any hand."""
    return (
        select(Delivery.lease_until)
        .where(_HELD, Delivery.lease_until > now, Delivery.notice_id + 0 == notice_id,  # not by the index of all its rows
               or_(and_(Delivery.state == "claimed", Delivery.lease_until <= now + LEASE - QUIET),
                   and_(Delivery.state == "sending", Delivery.lease_until <= now + SENDING_LEASE - QUIET)))
        .order_by(Delivery.lease_until.desc()).limit(1)
    )


def unanswered_chunk(notice_id: int, now: datetime) -> Select[datetime | None]:
    """Ask the same of those without a row."""
    return (
        select(Chunk.lease_until)
        .where(_HELD_CHUNK, Chunk.lease_until > now, Chunk.notice_id == notice_id,
               or_(and_(Chunk.state == "claimed", Chunk.lease_until <= now + LEASE - QUIET),
                   and_(Chunk.state == "sending", Chunk.lease_until <= now + SENDING_LEASE - QUIET)))
        .order_by(Chunk.lease_until.desc()).limit(1)
    )


def sent_twice(notice_id: int) -> Select[int, int]:
    """Ask who (number, recipient) may have got a notice twice: their answer was lost, and they were sent it again.

    Nobody is in it twice, though they may have two such rows.
    """
    return (
        select(Delivery.number, Delivery.recipient_id).where(Delivery.notice_id == notice_id, _RESENT)
        .distinct().order_by(Delivery.number, Delivery.recipient_id)
    )


def due_letters_up_to(notice_id: int, now: datetime, most: int) -> Select[int]:
    """Ask how many people's turn is a letter now; ``most`` + 1 stands for more than that."""
    return _at_most(most, *due_now(notice_id, now))


def later_letters_up_to(notice_id: int, now: datetime, most: int) -> Select[int]:
    """Ask how many people's turn is a letter later than now; ``most`` + 1 stands for more than that."""
    return _at_most(most, Delivery.notice_id == notice_id, Delivery.channel == POST, and_(Delivery.is_current),
                    Delivery.next_attempt_at > now)


def _at_most(most: int, *conditions: ColumnElement[bool]) -> Select[int]:
    some = select(Delivery.id).where(*conditions, _DUE).limit(most + 1)
    return select(func.count()).select_from(some.subquery())
