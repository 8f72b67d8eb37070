"""How long PostgreSQL may take: a page answers within seconds or says so, and no lock is waited for without end."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine

ALWAYS = {
    "options": "-c lock_timeout=10000 -c idle_in_transaction_session_timeout=30000",
    "tcp_user_timeout": 5000, "connect_timeout": 5, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3,
}
"""For every connection: a machine that went silent is noticed within seconds (milliseconds, seconds)."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Milliseconds for one statement, and for one lock."""

    statement: int
    lock: int


PAGE = Patience(5_000, 2_000)
TASK = Patience(60_000, 10_000)


def limit(engine: Engine, patience: Callable[[], Patience | None]) -> None:
    """Give each transaction the patience of the moment; with ``None`` (commands, migrations) nothing is limited."""
    if engine.dialect.name != "postgresql":
        return

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        chosen = patience()
        if chosen is not None:
            connection.exec_driver_sql(
                f"SET LOCAL statement_timeout = {chosen.statement}; SET LOCAL lock_timeout = {chosen.lock}")
