"""How each database is opened: write-ahead log, foreign keys and a write lock taken at once on SQLite; limits on PostgreSQL."""

from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine

SQLITE_SETTINGS = ("journal_mode=wal", "foreign_keys=on", "busy_timeout=15000", "synchronous=normal")


def prepare(engine: Engine) -> Engine:
    """Bind the listeners SQLite needs: the driver's own idea of a transaction loses updates silently.

    A write unit asks for ``BEGIN IMMEDIATE`` by the execution option ``sqlite_write`` (see ``services/unit.py``).
    """
    if engine.dialect.name != "sqlite":
        return engine

    @event.listens_for(engine, "connect")
    def _connect(dbapi: Any, _record: object) -> None:
        dbapi.isolation_level = None
        for setting in SQLITE_SETTINGS:
            dbapi.execute("pragma " + setting)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        write = connection.get_execution_options().get("sqlite_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine
