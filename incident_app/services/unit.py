"""The unit of work: one use case, one transaction."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import Delete, Update

FIRST = "first in the next unit"
First = Callable[[Session], None]


@contextmanager
def writing(session: Session) -> Iterator[None]:
    """Run one use case in one write transaction; commit at the end, keep nothing after an error.

    Whatever was read before is read afresh inside. On SQLite the transaction takes the write lock at once
    (``BEGIN IMMEDIATE``), so that no other writer can slip between a read and the write that rests on it; on
    PostgreSQL rows are locked by the questions that need it.

    What an entrance laid into ``session.info[FIRST]`` is done first, in the same transaction: so a form that was sent
    is remembered if, and only if, what it asks for happens.
    """
    session.rollback()
    session.expire_all()
    session.connection(execution_options={"sqlite_write": True})
    first: First | None = session.info.pop(FIRST, None)
    try:
        if first is not None:
            first(session)
        yield
        session.commit()
    finally:
        if session.in_transaction():
            session.rollback()


def changed(session: Session, statement: Update | Delete) -> int:
    """Run an UPDATE or DELETE and return how many rows it changed; records that were read before do not follow it."""
    done = session.execute(statement, execution_options={"synchronize_session": False})
    return int(done.rowcount)  # type: ignore[attr-defined]  # both have it
