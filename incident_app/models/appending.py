"""Rows written by the thousand: ``COPY`` where the database has it, and counters that many workers add to."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, Text, bindparam, insert, select, text, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Session

from incident_app.domain.deliveries import STATES
from incident_app.models.base import UTC
from incident_app.models.deliveries import Delivery, Receipt, Tally

_TYPES = {
    "public_id": "varchar", "notice_id": "int4", "recipient_id": "int8", "number": "int4", "channel": "varchar",
    "round": "int4", "is_current": "bool", "state": "varchar", "reason": "text", "cause": "varchar", "attempts": "int4",
    "claim_token": "varchar", "next_attempt_at": "timestamptz", "sending_at": "timestamptz", "result_at": "timestamptz",
    "provider_reference": "varchar", "receipt": "varchar", "receipt_rank": "int4",
}
COLUMNS = tuple(_TYPES)
TAKEN = ("public_id", "notice_id", "recipient_id", "number", "channel", "state", "attempts", "sending_at", "result_at",
         "provider_reference")
"""What is written of a first try that was taken; the other columns have what the table gives them."""
Row = tuple[Any, ...]
TallyKey = tuple[str, str, str, str, str]
"""Channel, language, country, state, cause."""


# Ready words, the same on both databases: these run with every few hundred messages.
_ADD_TALLIES = text("""
INSERT INTO delivery_tallies (notice_id, channel, language, country, state, cause, count)
VALUES (:notice_id, :channel, :language, :country, :state, :cause, :count)
ON CONFLICT (notice_id, channel, language, country, state, cause)
DO UPDATE SET count = delivery_tallies.count + excluded.count
""")
_ADD_PULSE = text("""
INSERT INTO delivery_pulses (notice_id, minute, count) VALUES (:notice_id, :minute, :count)
ON CONFLICT (notice_id, minute) DO UPDATE SET count = delivery_pulses.count + excluded.count
""").bindparams(bindparam("minute", type_=UTC()))


def _is_postgresql(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"


def append(session: Session, rows: Sequence[Row], columns: Sequence[str] = COLUMNS) -> None:
    """Add deliveries, each in the order of ``columns``."""
    if not rows:
        return
    if not _is_postgresql(session):
        session.execute(insert(Delivery), [dict(zip(columns, row, strict=True)) for row in rows])
        return
    raw: Any = session.connection().connection.dbapi_connection
    words = f"COPY deliveries ({', '.join(columns)}) FROM STDIN (FORMAT BINARY)"
    with raw.cursor() as cursor, cursor.copy(words) as copy:
        copy.set_types([_TYPES[name] for name in columns])
        for row in rows:
            copy.write_row(row)


def add_tallies(session: Session, notice_id: int, changes: Mapping[TallyKey, int]) -> None:
    """Add to the tallies of a notice; always in the same order, so that nobody waits in a circle."""
    rows = [
        {"notice_id": notice_id, "channel": channel, "language": language, "country": country, "state": state,
         "cause": cause, "count": count}
        for (channel, language, country, state, cause), count in sorted(changes.items()) if count
    ]
    if not rows:
        return
    session.connection().execute(_ADD_TALLIES, rows)


def add_pulse(session: Session, notice_id: int, minute: datetime, count: int) -> None:
    """Count people whose message was taken in this minute."""
    session.connection().execute(_ADD_PULSE, {"notice_id": notice_id, "minute": minute, "count": count})


_BY_ROWS = """
SELECT d.channel, r.language, r.country,
       CASE WHEN d.state IN ('queued', 'claimed', 'sending', 'retry_wait') THEN 'waiting' ELSE d.state END AS state,
       CASE WHEN d.state IN ('queued', 'claimed', 'sending', 'retry_wait') THEN '' ELSE d.cause END AS cause,
       count(*) AS count
FROM deliveries d JOIN recipients r ON r.id = d.recipient_id
WHERE d.notice_id = :notice_id AND d.is_current GROUP BY 1, 2, 3, 4, 5
"""


def count_anew(session: Session, notice_id: int) -> bool:
    """Compare the tallies of rows that count with the rows; put them right and tell whether they were wrong."""
    found = {tuple(row[:5]): int(row[5]) for row in session.execute(text(_BY_ROWS), {"notice_id": notice_id})}
    known = {(one.channel, one.language, one.country, one.state, one.cause): one.count for one in session.scalars(
        select(Tally).where(Tally.notice_id == notice_id, Tally.state.in_([*STATES, "waiting"])))}
    wrong = {key: found.get(key, 0) - known.get(key, 0) for key in found.keys() | known.keys()}
    changes = {key: difference for key, difference in wrong.items() if difference}
    add_tallies(session, notice_id, changes)
    return bool(changes)


_KEEP = text("""
INSERT INTO receipts (provider, event_key, delivery_public_id, kind, reason, at, came_at, due_at)
SELECT :provider, v.event_key, v.delivery_public_id, v.kind, v.reason, v.at, :now, :now
FROM json_to_recordset(CAST(:rows AS json)) AS v (
  event_key text, delivery_public_id text, kind text, reason text, at timestamptz)
ON CONFLICT (event_key) DO NOTHING
""").bindparams(bindparam("provider", type_=Text()), bindparam("now", type_=DateTime(timezone=True)))


def _as_json(values: object) -> str:
    """Return values as one parameter: the driver writes an array value by value, which takes ten times as long."""
    return json.dumps(values, default=datetime.isoformat)


def keep_receipts(session: Session, provider: str, rows: Sequence[Mapping[str, Any]], now: datetime) -> int:
    """Keep events that are not known yet, by their key; return how many were new.

    Each has ``event_key``, ``delivery_public_id``, ``kind``, ``reason`` and ``at``; they came ``now``.
    """
    if not rows:
        return 0
    ordered = sorted(rows, key=lambda row: str(row["event_key"]))
    if _is_postgresql(session):
        done = session.execute(_KEEP, {"provider": provider, "now": now, "rows": _as_json(ordered)})
    else:
        table: Any = Receipt.__table__  # plain, not by the mapper: only so is it known how many were new
        done = session.connection().execute(
            sqlite.insert(table).on_conflict_do_nothing(index_elements=["event_key"]),
            [{**row, "provider": provider, "came_at": now, "due_at": now} for row in ordered])
    return int(done.rowcount)  # type: ignore[attr-defined]  # an INSERT has it


_MARK = text("""
UPDATE deliveries d SET receipt = v.receipt, receipt_rank = v.rank, receipt_at = v.at
FROM json_to_recordset(CAST(:marks AS json)) AS v (id bigint, receipt text, rank int, at timestamptz) WHERE d.id = v.id
""")


def mark_receipts(session: Session, marks: Sequence[tuple[int, str, int, datetime]]) -> None:
    """Write (row id, receipt, rank, moment) to deliveries, in the order of the ids."""
    if not marks:
        return
    ordered = sorted(marks)
    if _is_postgresql(session):
        names = ("id", "receipt", "rank", "at")
        session.execute(_MARK, {"marks": _as_json([dict(zip(names, mark, strict=True)) for mark in ordered])})
        return
    session.execute(update(Delivery), [
        {"id": row_id, "receipt": receipt, "receipt_rank": rank, "receipt_at": at}
        for row_id, receipt, rank, at in ordered])


_AMONG = text("deliveries.public_id = ANY (ARRAY(SELECT json_array_elements_text(CAST(:among AS json))))")


def arrived(session: Session, public_ids: Sequence[str]) -> Sequence[Any]:
    """Return what receipts need of rows, by the ids providers see.

    They are locked in the order of the rows, so that nobody waits in a circle.
    """
    question = select(
        Delivery.id, Delivery.public_id, Delivery.notice_id, Delivery.channel, Delivery.state, Delivery.receipt,
        Delivery.receipt_rank,
    ).order_by(Delivery.id).with_for_update(of=Delivery)
    among = _AMONG.bindparams(among=_as_json(public_ids)) if _is_postgresql(session) else Delivery.public_id.in_(public_ids)
    return session.connection().execute(question.where(among)).all()


_APPLIED = text("UPDATE receipts SET applied_at = :now WHERE id = ANY (CAST(:ids AS bigint[]))").bindparams(
    bindparam("now", type_=DateTime(timezone=True)))


def applied(session: Session, ids: Sequence[int], now: datetime) -> None:
    """Write that receipts were applied."""
    if ids and _is_postgresql(session):
        session.execute(_APPLIED, {"now": now, "ids": f"{{{','.join(map(str, ids))}}}"})
    elif ids:
        session.execute(update(Receipt).where(Receipt.id.in_(ids)).values(applied_at=now),
                        execution_options={"synchronize_session": False})
