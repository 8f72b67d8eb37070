"""How long the rest of a send takes, and what it waits for: a provider's wish, a worker who is gone, somebody's turn."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incident_app.domain import deliveries as rules
from incident_app.domain.notices import NoticeState
from incident_app.models.deliveries import Pulse
from incident_app.models.following import last_first_turn, last_turn, unanswered_chunk, unanswered_row
from incident_app.models.notices import Notice

MEASURED = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Rest:
    """What is left of a send. ``seconds``: ``None`` where nobody knows, or nothing goes on.

    ``until``: the last moment somebody waits for, where that takes longer than the sending itself or nothing leaves before.
    ``holds``: which channel a provider asked us to leave alone, and until when. ``taken_over_at``: when others take over what
    a worker has in hand who does not answer.
    """

    seconds: int | None = None
    until: datetime | None = None
    holds: tuple[tuple[str, datetime], ...] = ()
    taken_over_at: datetime | None = None


def pace_now(session: Session, notice_id: int, now: datetime) -> float | None:
    """Return how many people a second were taken in the last two whole minutes, ``None`` where nobody was."""
    minute = now.replace(second=0, microsecond=0)
    count = session.scalar(select(func.sum(Pulse.count)).where(
        Pulse.notice_id == notice_id, Pulse.minute >= minute - MEASURED, Pulse.minute < minute))
    return count / MEASURED.total_seconds() if count else None


def rest_of(session: Session, notice: Notice, waiting: Mapping[str, int], now: datetime, *, rates: Mapping[str, float],
            holds: Mapping[str, float]) -> Rest:
    """Return how long it takes until those who are ``waiting``, by channel, have been written to.

    ``rates`` are messages a second, ``holds`` the seconds for which nothing leaves on a channel.
    """
    sent = [channel for channel in waiting if channel not in {*rules.BY_HAND, rules.NO_CHANNEL}]
    if notice.state != NoticeState.SENDING or not sent:
        return Rest()
    pace = pace_now(session, notice.id, now)
    rates = {**(dict.fromkeys(waiting, pace) if pace else {}), **rates}
    sending = rules.seconds_for(waiting, rates)
    held = sorted((channel, now + timedelta(seconds=holds[channel])) for channel in sent if channel in holds)
    behind = max((math.ceil(holds[channel]) + rules.seconds_for({channel: waiting[channel]}, rates) for channel, _ in held),
                 default=0)
    over = _taken_over_at(session, notice.id, now)
    turns = [at for channel in sent for question in (last_turn, last_first_turn)
             if (at := session.scalar(question(notice.id, channel))) is not None]
    ends = [at for _, at in held]
    until = max((*turns, *ends, *((over,) if over else ())), default=now)
    wait = math.ceil((until - now).total_seconds())
    return Rest(max(sending, behind, wait), until if wait > sending else max(ends, default=None), tuple(held), over)


def _taken_over_at(session: Session, notice_id: int, now: datetime) -> datetime | None:
    found = [session.scalar(question(notice_id, now)) for question in (unanswered_row, unanswered_chunk)]
    return max((at for at in found if at is not None), default=None)
