"""What the page of a send that goes on asks of its rows, again and again: ends and short stretches of an index, never all of it.

The words of the index stand in each question: by them SQLite knows which one answers it.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, func, select, text

from incident_app.models.deliveries import Delivery
from incident_app.models.posting import POST, due_now

_DUE = text("deliveries.state IN ('queued', 'retry_wait')")
_RESENT = text("deliveries.state = 'resent'")


def last_turn(notice_id: int, channel: str) -> Select[datetime | None]:
    """Ask when the last of those who wait on a channel may be tried."""
    return select(func.max(Delivery.next_attempt_at)).where(Delivery.notice_id == notice_id, Delivery.channel == channel, _DUE)


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
