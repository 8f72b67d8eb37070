"""After a copy took the database's place: it does not know what went out since, so nothing goes on by itself.

However it was put back, it is noticed before the next message leaves: the database counts on while something is sent, and
what count it had come to is kept outside of it too.
"""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from incident_app.domain.accounts import SYSTEM
from incident_app.domain.epochs import EVERY, Mark, went_back
from incident_app.domain.notices import NoticeState
from incident_app.domain.ports import Marks
from incident_app.models.epochs import IN_ORDER, Epoch
from incident_app.models.notices import Notice
from incident_app.services import audit, trials
from incident_app.services.deliveries.controls import stop_sending
from incident_app.services.unit import writing

REASON = "Restored from a backup: whoever was written to after it was made is not known here."
REASON_TRIAL = "The database was put back from a backup: whether trial mode was over by then is not known here."
_MOMENT = timedelta(microseconds=1)


def hold(session: Session, *, now: datetime, marks: Marks | None = None) -> list[int]:
    """Begin a new epoch: pause every notice that was being sent, and record the restore; returns the ids of those notices."""
    found = _look(session)
    seen = marks.seen(found[0].epoch) if marks and found else ()
    with writing(session):
        name, held = _begin_anew(session, seen, now)
    if marks:
        marks.keep(name, Mark(_look(session)[-1].epoch, 0))
    return held


def is_back(session: Session, marks: Marks | None, now: datetime, every: timedelta | None = EVERY) -> bool:
    """Tell whether nothing may be sent because the database went back; then what was being sent is held, once.

    Otherwise the count goes on where it last did ``every`` ago (``None``: not at all), and is kept outside. Call it right
    before messages leave, where no transaction is open, and at the end.
    """
    if marks is None:
        return False
    found = _look(session)
    if not found:
        return not _begin_first(session, marks, now)
    name, newest = found[0].epoch, found[-1]
    seen = marks.seen(name)
    # Looked at once more: between these two another worker may have counted on.
    if _behind(found, seen) and _behind(_look(session), seen):
        _hold_once(session, name, seen, marks, now)
        return True
    mark = Mark(newest.epoch, newest.ticks)
    if every is not None and not timedelta() <= now - newest.ticked_at < every:
        mark = Mark(newest.epoch, _count_on(session, newest, now))
    if {*seen} != {mark}:
        marks.keep(name, mark)
    return False


def _look(session: Session) -> Sequence[Any]:
    found = session.connection().execute(IN_ORDER).all()
    session.rollback()
    return found


def _behind(found: Sequence[Any], seen: Iterable[Mark]) -> bool:
    return bool(found) and went_back(Mark(found[-1].epoch, found[-1].ticks), {one.epoch for one in found}, seen)


def _begin_first(session: Session, marks: Marks, now: datetime) -> bool:
    """Begin the first epoch; not where this process knows another: then somebody is filling the tables just now."""
    if marks.seen(None):
        return False
    with writing(session):
        session.add(_epoch(now))
    return True


def _count_on(session: Session, newest: Any, now: datetime) -> int:
    """Count one on, unless somebody else just did; return where the count is at least."""
    with writing(session):
        ticks = session.scalar(
            update(Epoch).where(Epoch.epoch == newest.epoch, Epoch.ticks == newest.ticks)
            .values(ticks=Epoch.ticks + 1, ticked_at=now).returning(Epoch.ticks),
            execution_options={"synchronize_session": False})
    return int(ticks or newest.ticks)


def _hold_once(session: Session, name: str, seen: Sequence[Mark], marks: Marks, now: datetime) -> None:
    """Hold what is being sent, unless another worker did so just now."""
    # What this process is still connected to may be the file that was there before, which others no longer see.
    session.connection().engine.dispose()
    with writing(session):
        session.execute(select(Epoch.epoch).where(Epoch.epoch == name).with_for_update())
        found = session.connection().execute(IN_ORDER).all()
        if not _behind(found, seen) or found[0].epoch != name:
            return
        _begin_anew(session, seen, now)
    marks.keep(name, Mark(_look(session)[-1].epoch, 0))


def _begin_anew(session: Session, seen: Iterable[Mark], now: datetime) -> tuple[str, list[int]]:
    """Begin a new epoch and pause what was being sent; return the name of the database, and the ids of those notices.

    Epochs that only others still know of become old ones, so that nobody takes them for a second restore.
    """
    known = session.connection().execute(IN_ORDER).all()
    lost = sorted({one.epoch for one in seen} - {one.epoch for one in known})
    begun_at = max([now, *(one.begun_at + _MOMENT for one in known)])
    added = [_epoch(begun_at + number * _MOMENT, epoch) for number, epoch in enumerate([*lost, str(uuid.uuid4())])]
    session.add_all(added)
    # Notices before the record, as everybody does who works meanwhile: or two wait for each other.
    found = session.scalars(
        select(Notice).where(Notice.state == NoticeState.SENDING.value).order_by(Notice.id).with_for_update()
    ).all()
    audit.record(session, action="database.restored", by=SYSTEM, now=now)
    trials.back_on(session, REASON_TRIAL, by=SYSTEM, now=now)
    for notice in found:
        stop_sending(session, notice, REASON, by=SYSTEM, now=now)
    return (known[0].epoch if known else added[0].epoch), [notice.id for notice in found]


def _epoch(begun_at: datetime, epoch: str | None = None) -> Epoch:
    return Epoch(epoch=epoch or str(uuid.uuid4()), begun_at=begun_at, ticks=0, ticked_at=begun_at)
