"""The only file that reads the clock."""

import time
from datetime import UTC, datetime, timedelta
from typing import cast

from sqlalchemy import text
from sqlalchemy.engine import Engine

TRUSTED = 1.0
"""For so many seconds a worker that sends thousands goes on from the last answer by its running time, which no one sets."""


class SystemClock:
    """The Clock port: PostgreSQL's time where there is one (one truth for all machines), otherwise this machine's."""

    def __init__(self, engine: Engine | None = None) -> None:
        """Ask ``engine`` where it is PostgreSQL. Give it an engine of its own: asking must not touch a unit of work."""
        self._engine = engine if engine is not None and engine.dialect.name == "postgresql" else None
        self._heard: tuple[datetime, float] | None = None

    def now(self) -> datetime:
        """Return this moment, aware, in UTC."""
        if self._engine is None:
            return datetime.now(UTC)
        heard = self._heard
        if heard is not None and (since := time.monotonic() - heard[1]) < TRUSTED:
            return heard[0] + timedelta(seconds=since)
        with self._engine.connect() as connection:
            # clock_timestamp(), not now(): the latter is when the transaction began.
            told = cast(datetime, connection.scalar(text("select clock_timestamp()"))).astimezone(UTC)
        self._heard = (told, time.monotonic())  # read afterwards: so it lags a little, and never jumps back
        return told
