"""What providers say, by the thousand: kept in one statement, applied in one statement where the database can.

On PostgreSQL what came in one post waits as one row, the ``ReceiptPost``; when it is applied, its receipts are written as
they will stay, and the row goes. Those that change what counts for somebody then wait one by one, as all do on SQLite.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Integer,
    String,
    Text,
    any_,
    cast,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from incident_app.domain.deliveries import ACCEPTED_SAYS, NOT_REACHED, RANK, DeliveryState
from incident_app.models.appending import TallyKey, add_tallies, is_postgresql
from incident_app.models.base import UTC, BigId, Model
from incident_app.models.deliveries import ONCE, Attempt, Delivery, Receipt

_MOST_POSTS = 500
_BETWEEN = "\x1f"  # no word of a provider holds it: it is taken out


class ReceiptPost(Model):
    """Events that came together and wait to be applied, ``count`` of them: a list each, in the same order, words apart by U+001F.

    ``ats`` are seconds since 1970. No address is among them.
    """

    __tablename__ = "receipt_posts"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    provider: Mapped[str] = mapped_column(String(32))
    keys: Mapped[str] = mapped_column(Text)
    deliveries: Mapped[str] = mapped_column(Text)
    kinds: Mapped[str] = mapped_column(Text)
    reasons: Mapped[str] = mapped_column(Text)
    ats: Mapped[str] = mapped_column(Text)
    count: Mapped[int]
    came_at: Mapped[datetime] = mapped_column(UTC)


class Kept(NamedTuple):
    """Events as they are kept, by their key, once: a list of each, in the same order."""

    event_key: Sequence[str]
    delivery_public_id: Sequence[str]
    kind: Sequence[str]
    reason: Sequence[str]
    at: Sequence[datetime]


def keep_receipts(session: Session, provider: str, events: Kept, now: datetime) -> None:
    """Keep events that came ``now``: those that are known are left out here or when they are applied."""
    if not is_postgresql(session):
        table: Any = Receipt.__table__
        events = events._replace(event_key=[_written(one) for one in events.event_key],
                                 delivery_public_id=[_written(one) for one in events.delivery_public_id])
        session.execute(sqlite.insert(table).on_conflict_do_nothing(index_elements=ONCE), [
            {**dict(zip(Kept._fields, one, strict=True)), "provider": provider, "came_at": now, "due_at": now}
            for one in zip(*events, strict=True)])
        return
    session.execute(insert(ReceiptPost), {
        "provider": provider, "came_at": now, "count": len(events.at), "keys": _joined(events.event_key),
        "deliveries": _joined(events.delivery_public_id), "kinds": _joined(events.kind), "reasons": _joined(events.reason),
        "ats": _BETWEEN.join([str(at.timestamp()) for at in events.at])})


def _joined(words: Sequence[str]) -> str:
    """Return words as one parameter: the driver writes an array value by value, which takes ten times as long."""
    found = _BETWEEN.join(words)
    if found.count(_BETWEEN) == len(words) - 1 and "\0" not in found and (found.isascii() or _is_text(found)):
        return found
    return _BETWEEN.join([_written(one) for one in words])


def _is_text(words: str) -> bool:
    try:
        words.encode()
    except UnicodeEncodeError:
        return False
    return True


def _written(words: str) -> str:
    """Return words as the database can hold them."""
    return words.encode("utf-8", "replace").decode().replace("\0", "").replace(_BETWEEN, " ")


_ACCEPTED = DeliveryState.ACCEPTED.value
_RANKS = " ".join(f"WHEN '{kind.value}' THEN {rank}" for kind, rank in RANK.items())
_TELLING = ", ".join(f"'{kind.value}'" for kind in sorted(NOT_REACHED))
_APPLY = text(f"""
WITH gone AS (
  DELETE FROM receipt_posts WHERE id = ANY (CAST(string_to_array(:posts, ',') AS bigint[])) RETURNING *
), came AS (
  INSERT INTO receipts (provider, event_key, delivery_public_id, kind, reason, at, came_at, due_at, applied_at)
  SELECT g.provider, v.event_key, coalesce(v.delivery, ''), v.kind, coalesce(v.reason, ''), to_timestamp(v.at), g.came_at, g.came_at,
         CASE WHEN v.kind IN ({_TELLING}) THEN NULL ELSE CAST(:now AS timestamptz) END
  FROM gone g, unnest(string_to_array(g.keys, chr(31)), string_to_array(g.deliveries, chr(31)),
                      string_to_array(g.kinds, chr(31)), string_to_array(g.reasons, chr(31)),
                      CAST(string_to_array(g.ats, chr(31)) AS float8[])) AS v (event_key, delivery, kind, reason, at)
  ORDER BY v.delivery COLLATE "C", v.event_key COLLATE "C"
  ON CONFLICT ({", ".join(ONCE)}) DO NOTHING RETURNING id, delivery_public_id, kind, at, applied_at
), said AS MATERIALIZED (
  SELECT id, delivery_public_id, kind, at, CASE kind {_RANKS} END AS rank FROM came WHERE applied_at IS NOT NULL
), best AS MATERIALIZED (
  SELECT DISTINCT ON (delivery_public_id) delivery_public_id, kind, rank, at FROM said
  ORDER BY delivery_public_id, rank DESC, id
), seen AS MATERIALIZED (
  SELECT d.id, d.public_id, d.state, d.receipt_rank, b.kind, b.rank, b.at
  FROM best b JOIN deliveries d ON d.public_id = b.delivery_public_id
), found AS MATERIALIZED (
  SELECT d.id, d.public_id, d.notice_id, d.channel, d.state, d.receipt, d.receipt_rank, s.kind, s.rank, s.at
  FROM seen s JOIN deliveries d ON d.id = s.id
  WHERE s.rank > s.receipt_rank AND (s.state <> '{_ACCEPTED}' OR s.rank > {ACCEPTED_SAYS})
  ORDER BY d.id FOR NO KEY UPDATE OF d
), moved AS (
  UPDATE deliveries d SET receipt = f.kind, receipt_rank = f.rank, receipt_at = f.at FROM found f
  WHERE d.id = f.id AND f.state = '{_ACCEPTED}' AND f.rank > f.receipt_rank AND f.rank > {ACCEPTED_SAYS}
  RETURNING f.notice_id, f.channel, f.receipt AS before, f.kind AS after
)
SELECT CAST(NULL AS bigint) AS id, notice_id, channel, before, after, count(*) AS count FROM moved GROUP BY 2, 3, 4, 5
UNION ALL
SELECT s.id, f.notice_id, NULL, NULL, NULL, 1 FROM said s JOIN found f ON f.public_id = s.delivery_public_id
WHERE f.state <> '{_ACCEPTED}' AND s.rank > f.receipt_rank
UNION ALL
SELECT s.id, NULL, NULL, NULL, NULL, 1 FROM said s LEFT JOIN seen ON seen.public_id = s.delivery_public_id WHERE seen.id IS NULL
""")  # noqa: S608 (kinds and states of ours)


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of posts: how many receipts they held, and who is left.

    ``lost`` are receipts whose delivery is not there, ``telling`` those that change what counts for somebody.
    """

    looked_at: int = 0
    lost: list[int] = field(default_factory=list)
    telling: list[int] = field(default_factory=list)


def apply_posts(session: Session, limit: int, now: datetime) -> Applied:
    """Apply posts that wait, up to ``limit`` receipts; those another worker holds are skipped.

    Rows are locked in their order, so that nobody waits in a circle.
    """
    posts = session.connection().execute(
        select(ReceiptPost.id, ReceiptPost.count.label("held")).order_by(ReceiptPost.id).limit(_MOST_POSTS)
        .with_for_update(skip_locked=True)).all()
    upto = accumulate(one.held for one in posts)
    held = [one.id for one, end in zip(posts, upto, strict=True) if end - one.held < limit]
    if not held:
        return Applied()
    done, moved = Applied(sum(one.held for one in posts[: len(held)])), dict[int, Counter[TallyKey]]()
    for id_, notice_id, channel, before, after, count in session.connection().execute(
            _APPLY, {"posts": ",".join(map(str, held)), "now": now}):
        if id_ is not None:
            (done.lost if notice_id is None else done.telling).append(id_)
            continue
        counted = moved.setdefault(notice_id, Counter())
        counted[channel, "", "", after, ""] += count
        if before:
            counted[channel, "", "", before, ""] -= count
    for notice_id, counted in sorted(moved.items()):
        add_tallies(session, notice_id, counted)
    return done


def named(session: Session, ids: Sequence[int]) -> Sequence[Any]:
    """Return which delivery receipts are about, and when they came."""
    question = select(Receipt.id, Receipt.delivery_public_id, Receipt.came_at)
    return session.connection().execute(question.where(among(session, Receipt.id, ids))).all() if ids else ()


def _as_json(values: object) -> str:
    return json.dumps(values, default=datetime.isoformat)


_MARK = text("""
UPDATE deliveries d SET receipt = v.receipt, receipt_rank = v.rank, receipt_at = v.at
FROM json_to_recordset(CAST(:marks AS json)) AS v (id bigint, receipt text, rank int, at timestamptz) WHERE d.id = v.id
""")


Mark = tuple[int, str, int, datetime]
"""A row's id, its receipt, the rank of it, and when it was."""


def mark_receipts(session: Session, marks: Sequence[Mark]) -> None:
    """Write receipts to deliveries, in the order of the ids."""
    if not marks:
        return
    ordered = sorted(marks)
    if is_postgresql(session):
        names = ("id", "receipt", "rank", "at")
        session.execute(_MARK, {"marks": _as_json([dict(zip(names, mark, strict=True)) for mark in ordered])})
        return
    session.execute(update(Delivery), [
        {"id": row_id, "receipt": receipt, "receipt_rank": rank, "receipt_at": at}
        for row_id, receipt, rank, at in ordered])


def among(session: Session, column: Any, values: Sequence[int] | Sequence[str]) -> Any:
    """Return the condition that a column is one of these, many: as one parameter, each by itself is read one by one."""
    if not is_postgresql(session):
        return column.in_(values)
    kind = BigInteger if isinstance(column.type, Integer) else Text
    return column == any_(cast(func.string_to_array(_joined([str(one) for one in values]), _BETWEEN), postgresql.ARRAY(kind)))


def arrived(session: Session, public_ids: Sequence[str]) -> Sequence[Any]:
    """Return what receipts need of rows, by the ids providers see.

    They are locked in the order of the rows, so that nobody waits in a circle.
    """
    question = select(
        Delivery.id, Delivery.public_id, Delivery.notice_id, Delivery.channel, Delivery.state, Delivery.receipt,
        Delivery.receipt_rank,
    ).order_by(Delivery.id).with_for_update(of=Delivery)
    return session.connection().execute(question.where(among(session, Delivery.public_id, public_ids))).all()


def applied(session: Session, ids: Sequence[int], now: datetime, **values: object) -> None:
    """Write that receipts were applied; ``values`` is what else is known of them now."""
    if ids:
        session.execute(update(Receipt).where(among(session, Receipt.id, ids)).values(applied_at=now, **values),
                        execution_options={"synchronize_session": False})


def apply_again(session: Session, ids: Sequence[int], at: datetime) -> None:
    """Let receipts of a post wait one by one, and be looked at from ``at`` on."""
    if ids:
        session.execute(update(Receipt).where(among(session, Receipt.id, ids)).values(applied_at=None, due_at=at),
                        execution_options={"synchronize_session": False})


@dataclass(slots=True)
class Told:
    """A delivery that a receipt says something of that counts: what may change, and what is needed to see how."""

    id: int
    public_id: str
    recipient_id: int
    channel: str
    round: int
    sending_at: datetime | None
    receipt: str
    receipt_rank: int
    receipt_at: datetime | None
    is_current: bool
    state: str
    reason: str
    cause: str
    attempts: int
    lease_until: datetime | None
    next_attempt_at: datetime | None
    result_at: datetime | None
    provider_reference: str


_MOVING = {
    "receipt": "text", "receipt_rank": "int", "receipt_at": "timestamptz", "is_current": "bool", "state": "text", "reason": "text", "cause": "text", "attempts": "int", "lease_until": "timestamptz",
    "next_attempt_at": "timestamptz", "result_at": "timestamptz", "provider_reference": "text",
}
_COLUMNS = ("id", "public_id", "recipient_id", "channel", "round", "sending_at", *_MOVING)
_MOVE = text(f"""
UPDATE deliveries d SET {", ".join(f"{name} = v.{name}" for name in _MOVING)}
FROM json_to_recordset(CAST(:rows AS json)) AS v (id bigint, {", ".join(f"{name} {kind}" for name, kind in _MOVING.items())})
WHERE d.id = v.id
""")  # noqa: S608 (columns of ours)


def told(session: Session, public_ids: Sequence[str]) -> dict[str, Told]:
    """Return deliveries that receipts are about, by the ids providers see; locked in the order of the rows."""
    question = (select(*(getattr(Delivery, name) for name in _COLUMNS)).order_by(Delivery.id).with_for_update(of=Delivery)
                .where(among(session, Delivery.public_id, public_ids)))
    return {row.public_id: Told(*row) for row in session.connection().execute(question)}


def move_told(session: Session, rows: Sequence[Told]) -> None:
    """Write where deliveries that are locked stand now."""
    changes = [{"id": row.id, **{name: getattr(row, name) for name in _MOVING}} for row in rows]
    if changes and is_postgresql(session):
        session.execute(_MOVE, {"rows": _as_json(changes)})
    elif changes:
        session.execute(update(Delivery), changes)


_TRIED = {"delivery_id": "bigint", "started_at": "timestamptz", "ended_at": "timestamptz", "outcome": "text",
          "reference": "text", "reason": "text", "permanent": "bool"}
_ATTEMPTS = text(f"""
INSERT INTO attempts ({", ".join(_TRIED)}) SELECT {", ".join(_TRIED)}
FROM json_to_recordset(CAST(:rows AS json)) AS v ({", ".join(f"{name} {kind}" for name, kind in _TRIED.items())})
""")  # noqa: S608 (columns of ours)


def add_attempts(session: Session, rows: Sequence[dict[str, object]]) -> None:
    """Add tries to people's stories, each with all of what an attempt holds."""
    if rows and is_postgresql(session):
        session.execute(_ATTEMPTS, {"rows": _as_json(rows)})
    elif rows:
        session.execute(insert(Attempt), rows)
