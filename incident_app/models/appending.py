"""Rows written by the thousand: ``COPY`` where the database has it, and counters that many workers add to."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, text
from sqlalchemy.orm import Session

from incident_app.domain.deliveries import STATES
from incident_app.models.base import UTC
from incident_app.models.deliveries import Delivery, Tally

_TYPES = {
    "public_id": "varchar", "notice_id": "int4", "recipient_id": "int8", "number": "int4", "channel": "varchar",
    "round": "int4", "is_current": "bool", "state": "varchar", "reason": "text", "cause": "varchar", "attempts": "int4",
    "claim_token": "varchar", "next_attempt_at": "timestamptz", "sending_at": "timestamptz", "result_at": "timestamptz",
    "provider_reference": "varchar", "receipt": "varchar", "receipt_rank": "int4",
}
COLUMNS = tuple(_TYPES)
_OWN = ("public_id", "recipient_id", "number", "provider_reference")
_ALIKE = ("notice_id", "channel", "sending_at", "result_at", "state", "attempts")
_COPY_TAKEN = f"COPY deliveries ({', '.join(_OWN + _ALIKE)}) FROM STDIN"
_ESCAPED = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r", "\0": ""})
Row = tuple[Any, ...]
TakenRow = tuple[str, int, int, str]
"""Id the provider knows, id of the person, their number, the provider's reference."""
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


def is_postgresql(session: Session) -> bool:
    """Whether the database has COPY, and statements that change several tables."""
    return session.get_bind().dialect.name == "postgresql"


def append(session: Session, rows: Sequence[Row]) -> None:
    """Add deliveries, each in the order of ``COLUMNS``."""
    if not rows:
        return
    if not is_postgresql(session):
        session.execute(insert(Delivery), [dict(zip(COLUMNS, row, strict=True)) for row in rows])
        return
    raw: Any = session.connection().connection.dbapi_connection
    words = f"COPY deliveries ({', '.join(COLUMNS)}) FROM STDIN (FORMAT BINARY)"
    with raw.cursor() as cursor, cursor.copy(words) as copy:
        copy.set_types(list(_TYPES.values()))
        for row in rows:
            copy.write_row(row)


def append_taken(session: Session, rows: Sequence[TakenRow], *, notice_id: int, channel: str, sending_at: datetime,
                 now: datetime) -> None:
    """Add deliveries whose first message was taken; the other columns have what the table gives them.

    To PostgreSQL they go as one text of ready lines: a third of the time that the driver takes for value after value.
    """
    if not rows:
        return
    alike = (notice_id, channel, sending_at, now, "accepted", 1)
    if not is_postgresql(session):
        common = dict(zip(_ALIKE, alike, strict=True))
        session.execute(insert(Delivery), [dict(zip(_OWN, row, strict=True)) | common for row in rows])
        return
    end = "".join(f"\t{value}" for value in alike) + "\n"
    lines = [f"{public_id}\t{person}\t{number}\t{reference.translate(_ESCAPED)}{end}"
             for public_id, person, number, reference in rows]
    raw: Any = session.connection().connection.dbapi_connection
    with raw.cursor() as cursor, cursor.copy(_COPY_TAKEN) as copy:
        copy.write("".join(lines))


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
