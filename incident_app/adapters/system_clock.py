"""The only file that reads the clock."""

from datetime import UTC, datetime
from typing import cast

from sqlalchemy import text
from sqlalchemy.engine import Engine


class SystemClock:
    """The Clock port: PostgreSQL's time where there is one (one truth for all machines), otherwise this machine's."""

    def __init__(self, engine: Engine | None = None) -> None:
        """Ask ``engine`` where it is PostgreSQL. Give it an engine of its own: asking must not touch a unit of work."""
        self._engine = engine if engine is not None and engine.dialect.name == "postgresql" else None

    def now(self) -> datetime:
        """Return this moment, aware, in UTC."""
        if self._engine is None:
            return datetime.now(UTC)
        with self._engine.connect() as connection:
            # clock_timestamp(), not now(): the latter is when the transaction began.
            return cast(datetime, connection.scalar(text("select clock_timestamp()"))).astimezone(UTC)
