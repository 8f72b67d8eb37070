"""How long PostgreSQL may take: a page answers within seconds or says so, and no lock is waited for without end."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.exc import InvalidatePoolError

ALWAYS = {
    "options": "-c lock_timeout=10000 -c idle_in_transaction_session_timeout=30000",
    "tcp_user_timeout": 5000, "connect_timeout": 5, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3,
}
"""For every connection: a machine that went silent is noticed within seconds (milliseconds, seconds)."""


_TOLD = "patience"
IDLE = 1.0
"""Seconds after which a connection at rest is asked whether it still lives."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Milliseconds for one statement, and for one lock."""

    statement: int
    lock: int


PAGE = Patience(5_000, 2_000)
TASK = Patience(60_000, 10_000)


def limit(engine: Engine, patience: Callable[[], Patience | None]) -> None:
    """Give each transaction the patience of the moment; with ``None`` (commands, migrations) nothing is limited.

    A connection keeps what it was told, and is told anew only where that differs: pages ask pages' connections.
    """
    if engine.dialect.name != "postgresql":
        return

    @event.listens_for(engine, "checkout")
    def _told(raw: Any, record: Any, _proxy: object) -> None:
        chosen = patience()
        if record.info.get(_TOLD) == chosen:
            return
        try:
            raw.autocommit = True  # before the transaction begins: what that ends with must not take this back
            raw.execute("RESET statement_timeout; RESET lock_timeout" if chosen is None else
                        f"SET statement_timeout = {chosen.statement}; SET lock_timeout = {chosen.lock}")
            raw.autocommit = False
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error
        record.info[_TOLD] = chosen


def ask_the_idle(engine: Engine) -> None:
    """Ask a connection that rested whether it still lives, and take a fresh one where it does not.

    ``pool_pre_ping`` asks each time, which a worker that takes one seven times for a thousand people notices.
    """

    @event.listens_for(engine, "checkin")
    def _rests(_raw: object, record: Any) -> None:
        record.info["rests_since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _wakes(raw: Any, record: Any, _proxy: object) -> None:
        since = record.info.get("rests_since")
        if since is None or time.monotonic() - since < IDLE:
            return
        try:
            engine.dialect.do_ping(raw)
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error
