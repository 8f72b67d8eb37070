"""Channels that lead nowhere: what would have been sent is kept in a file of our own and shown on a page.

A seeded share of addresses bounces or has blocked the bot, and now and then the provider is busy, so that a trial
meets what a real notice meets. The same address always answers alike.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

from incident_app.domain.ports import Channel, Clock, Message, OutboxItem, Outcome, Rejected, Sent

FILE = "outbox.sqlite"  # in the instance folder
BOUNCED = 0.03
BLOCKED = 0.02
BUSY_EVERY = 400
"""One message in so many is told to come back in a second."""

_TABLES = """
create table if not exists outbox (
    number integer primary key, channel text not null, delivery_id text not null, address text not null,
    subject text not null, text text not null, html text, language text not null, buttons text not null,
    outcome text not null, sent_at text not null
);
create index if not exists outbox_by_channel on outbox (channel, number);
create table if not exists asked (channel text primary key, count integer not null);
"""
_REFUSALS = {
    "telegram": ("blocked", BLOCKED, "The person has blocked the bot."),
    "email": ("bounced", BOUNCED, "The mail server knows no such mailbox."),
}


class Simulator:
    """The Outbox port, and the channels that fill it. Threads and processes may share the file."""

    def __init__(self, path: Path, clock: Clock, seed: str = "demo") -> None:
        """Open the file at ``path``, made on first use and readable by its owner alone."""
        self._path = path
        self._clock = clock
        self._seed = seed
        path.touch(mode=0o600)
        with self._open() as connection:
            connection.execute("pragma journal_mode = wal")
            connection.executescript(_TABLES)

    def channel(self, name: str, *, reliable: bool = False) -> Channel:
        """Return a channel by that name; a ``reliable`` one (to our own staff) takes everything."""
        return _SimulatedChannel(self, name, reliable=reliable)

    def items(self, *, channel: str | None = None, search: str = "", before: int | None = None,
              limit: int = 50) -> list[OutboxItem]:
        """Return the newest first, at most ``limit``, older than number ``before``."""
        wanted, values = ["1 = 1"], list[object]()
        if channel is not None:
            wanted.append("channel = ?")
            values.append(channel)
        if before is not None:
            wanted.append("number < ?")
            values.append(before)
        if search.strip():
            pattern = search.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
            columns = ("address", "subject", "text", "delivery_id")
            wanted.append("(" + " or ".join(f"{name} like ? escape '\\'" for name in columns) + ")")
            values += [f"%{pattern}%"] * len(columns)
        question = f"select * from outbox where {' and '.join(wanted)} order by number desc limit ?"  # noqa: S608 (every value is a parameter)
        with self._open() as connection:
            rows = connection.execute(question, [*values, limit]).fetchall()
        return [_item(row) for row in rows]

    def count(self) -> int:
        """Return how many messages the simulator holds."""
        with self._open() as connection:
            return int(connection.execute("select count(*) from outbox").fetchone()[0])

    def take(self, channel: str, messages: Sequence[Message], *, reliable: bool) -> list[Outcome]:
        """Answer as the provider would, and keep what would have been seen. One transaction for all of them."""
        sent_at = self._clock.now().isoformat()
        with self._open() as connection:
            connection.execute("begin immediate")
            asked = connection.execute(
                "insert into asked values (?, ?) on conflict (channel) do update set count = count + excluded.count"
                " returning count", (channel, len(messages)),
            ).fetchone()[0] - len(messages)
            return [
                self._answer(connection, channel, message, asked + number, sent_at, reliable=reliable)
                for number, message in enumerate(messages, start=1)
            ]

    def _answer(self, connection: sqlite3.Connection, channel: str, message: Message, asked: int, sent_at: str, *,
                reliable: bool) -> Outcome:
        if not reliable and asked % BUSY_EVERY == 0:
            return Rejected("Too many requests.", permanent=False, retry_after=1.0)
        outcome, refusal = "sent", None
        if not reliable and channel in _REFUSALS:
            name, share, words = _REFUSALS[channel]
            if self._chance(channel, message.address) < share:
                outcome, refusal = name, Rejected(words, permanent=True)
        number = connection.execute(
            "insert into outbox (channel, delivery_id, address, subject, text, html, language, buttons, outcome, sent_at)"
            " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (channel, message.delivery_id, message.address, message.subject, message.text, message.html,
             message.language, json.dumps([button.label for button in message.buttons]), outcome, sent_at),
        ).lastrowid
        return refusal or Sent(f"simulated-{number}")

    def _chance(self, channel: str, address: str) -> float:
        digest = hashlib.sha256(f"{self._seed}|{channel}|{address}".encode()).digest()
        return int.from_bytes(digest[:8]) / 2**64

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        # A connection per use: nothing is shared between threads, or carried over a fork.
        with closing(sqlite3.connect(self._path, timeout=10)) as connection, connection:
            connection.row_factory = sqlite3.Row
            connection.execute("pragma synchronous = normal")
            yield connection


class _SimulatedChannel:
    """One way to nobody."""

    batch = 20

    def __init__(self, simulator: Simulator, name: str, *, reliable: bool) -> None:
        self.name = name
        self._simulator = simulator
        self._reliable = reliable

    def send(self, messages: Sequence[Message], *, wait: float = 0.0, spare: int = 0) -> list[Outcome]:
        """Keep them; nothing leaves, so nothing waits."""
        del wait, spare
        found = [message.filled() for message in messages]
        return self._simulator.take(self.name, found, reliable=self._reliable) if found else []


def _item(row: sqlite3.Row) -> OutboxItem:
    return OutboxItem(
        number=row["number"], channel=row["channel"], delivery_id=row["delivery_id"], address=row["address"],
        subject=row["subject"], text=row["text"], html=row["html"], outcome=row["outcome"],
        sent_at=datetime.fromisoformat(row["sent_at"]), buttons=tuple(json.loads(row["buttons"])),
    )
