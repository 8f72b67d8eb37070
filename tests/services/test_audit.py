"""The record in real databases: what refuses to be changed, and what is found where somebody changed it all the same."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from incident_app.domain.accounts import SYSTEM
from incident_app.domain.audit import GENESIS, Anchor
from incident_app.models import audit_triggers
from incident_app.models.audit import AnchorRow, Entry, Head
from incident_app.services import anchoring, audit
from incident_app.services.unit import writing
from tests.fakes import START

ENTRY = ("INTO audit_entries (seq, at, actor_id, actor_name, action, subject, subject_id, details, prev, hash)"
         " VALUES ({seq}, '2026-11-23 10:00:00', 0, 'x', 'x', 'x', 'x', '{{}}', 'x', 'x')")


def written(session: Session, count: int = 5) -> None:
    """Record some acts."""
    with writing(session):
        for number in range(count):
            audit.record(session, action="case.noted", by=SYSTEM, now=START + timedelta(seconds=number), case_id=1,
                         details={"number": number, "words": "Größe „x“"})


@contextmanager
def without_triggers(session: Session) -> Iterator[None]:
    """Be somebody who owns the tables: triggers are gone meanwhile."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        kept = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").all()
        for name, _ in kept:
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
    else:
        for table in ("audit_entries", "audit_head", "audit_anchors"):
            connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
    yield
    session.commit()
    session.expire_all()


def is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


@pytest.mark.parametrize("words", [
    "UPDATE audit_entries SET actor_name = 'x'", "DELETE FROM audit_entries", "DELETE FROM audit_entries WHERE seq = 5",
    "UPDATE audit_head SET seq = 4", "UPDATE audit_head SET hash = repeat_hash", "UPDATE audit_head SET seq = 6",
    "UPDATE audit_head SET id = 2", "DELETE FROM audit_head", "UPDATE audit_anchors SET taken = false",
    "DELETE FROM audit_anchors", "INSERT " + ENTRY.format(seq=3), "INSERT " + ENTRY.format(seq=0),
    "INSERT INTO audit_head (id, seq, hash) VALUES (2, 0, 'x')",
])
def test_the_database_refuses_to_change_the_record(session: Session, words: str) -> None:
    written(session)
    anchoring.keep(session, anchoring.FILE, audit.head_of(session), taken=True, now=START)

    with pytest.raises(DatabaseError, match=r"never change|next entry only"), writing(session):
        session.execute(text(words.replace("repeat_hash", f"'{GENESIS}'")))

    assert anchoring.verify(session, None).complete


@pytest.mark.parametrize("table", ["audit_entries", "audit_head", "audit_anchors"])
def test_the_record_cannot_be_truncated(session: Session, table: str) -> None:
    written(session)
    words = f"DELETE FROM {table}" if is_sqlite(session) else f"TRUNCATE {table} CASCADE"  # SQLite's truncate is a delete
    anchoring.keep(session, anchoring.FILE, audit.head_of(session), taken=True, now=START)

    with pytest.raises(DatabaseError, match=r"never change|next entry only"), writing(session):
        session.execute(text(words))


@pytest.mark.parametrize("words", [
    "INSERT OR REPLACE " + ENTRY.format(seq=5), "REPLACE " + ENTRY.format(seq=1), "INSERT OR IGNORE " + ENTRY.format(seq=5),
    "UPDATE OR REPLACE audit_entries SET seq = 4 WHERE seq = 5",
    "INSERT OR REPLACE INTO audit_head (id, seq, hash) VALUES (1, 0, 'x')",
    "INSERT OR REPLACE INTO audit_anchors (id, seq, hash, at, place, words) VALUES (1, 1, 'x', '2026-11-23', 'file', '')",
])
def test_replacing_is_refused_where_sqlite_asks_no_delete_trigger(session: Session, words: str) -> None:
    if not is_sqlite(session):  # PostgreSQL knows no such statement; its ON CONFLICT is an update
        words = "INSERT " + ENTRY.format(seq=5) + " ON CONFLICT (seq) DO UPDATE SET actor_name = 'x'"
    written(session)
    anchoring.keep(session, anchoring.FILE, audit.head_of(session), taken=True, now=START)

    with pytest.raises(DatabaseError, match=r"never change|next entry only"), writing(session):
        session.execute(text(words))

    assert anchoring.verify(session, None).complete


def test_the_head_moves_only_to_the_entry_that_follows(session: Session) -> None:
    written(session)

    assert audit.head_of(session) == tuple(session.execute(
        select(Entry.seq, Entry.hash).order_by(Entry.seq.desc()).limit(1)).one())
    with writing(session):
        session.execute(text("INSERT " + ENTRY.format(seq=6)))
    with pytest.raises(DatabaseError, match="next entry only"), writing(session):
        session.execute(text("UPDATE audit_head SET seq = 6, hash = 'x'"))


@pytest.mark.parametrize(("words", "bad", "said"), [
    ("UPDATE audit_entries SET actor_name = 'Nobody' WHERE seq = 3", 3, "changed after"),
    ("UPDATE audit_entries SET details = '{\"number\": 7}' WHERE seq = 2", 2, "changed after"),
    ("UPDATE audit_entries SET details = '[]' WHERE seq = 2", 2, "changed after"),
    ("UPDATE audit_entries SET actor_session = 'x' WHERE seq = 4", 4, "changed after"),
    ("UPDATE audit_entries SET at = '2026-11-23 09:40:03.5' WHERE seq = 4", 4, "changed after"),
    ("DELETE FROM audit_entries WHERE seq = 3", 3, "is missing"),
    ("DELETE FROM audit_entries WHERE seq > 3", 4, "the tail was cut"),
    ("DELETE FROM audit_entries", 1, "the tail was cut"),
    ("DELETE FROM audit_head", 6, "the head was replaced"),
    ("UPDATE audit_head SET hash = 'x'", 6, "the head was replaced"),
])
def test_what_an_owner_of_the_tables_changed_is_named(session: Session, words: str, bad: int, said: str) -> None:
    written(session)
    with without_triggers(session):
        session.execute(text(words.replace(":", r"\:")))

    verdict = audit.verify(session)

    assert (verdict.broken_at, said in verdict.words) == (bad, True), verdict.words


@pytest.mark.parametrize("column", ["details", "at"])
def test_an_entry_made_unreadable_is_a_bad_entry_not_an_error(session: Session, column: str) -> None:
    written(session)
    if not is_sqlite(session):
        assert audit.verify(session).complete  # PostgreSQL keeps nothing unreadable in such a column
        return
    with without_triggers(session):
        session.execute(text(f"UPDATE audit_entries SET {column} = '}}nonsense' WHERE seq = 2"))

    assert audit.verify(session).broken_at == 2


def test_a_chain_without_head_or_entries_is_empty(session: Session) -> None:
    assert session.get(Head, 1) is None
    assert audit.verify(session).words == "Complete up to entry 0."


def cut_with_its_head(session: Session) -> None:
    """Cut the last two entries, and put the head back, as somebody who can write everything."""
    with without_triggers(session):
        session.execute(text("DELETE FROM audit_entries WHERE seq > 3"))
        session.execute(text("UPDATE audit_head SET seq = 3, hash = (SELECT hash FROM audit_entries WHERE seq = 3)"))
        session.execute(text("DELETE FROM audit_anchors"))


def test_a_tail_cut_together_with_head_and_anchors_is_found_by_what_was_told_outside(session: Session) -> None:
    # Given a head that was told outside
    written(session)
    seq, digest = audit.head_of(session)

    # When the tail is cut, the head put back and every anchor here is deleted
    cut_with_its_head(session)

    # Then nothing here tells, and the first digits out of an email or a PDF do
    assert anchoring.verify(session, None).complete
    by_hand = Anchor(seq, digest[:16], None, "the anchor given by hand")
    verdict = anchoring.verify(session, None, [by_hand])
    assert (verdict.broken_at, verdict.words) == (
        4, "The chain ends at entry 3, but the anchor given by hand knows entry 5: the tail was cut.")


def test_a_chain_written_anew_is_found_by_what_was_told_outside(session: Session) -> None:
    written(session)
    seq, digest = audit.head_of(session)
    with without_triggers(session):
        for table in ("audit_entries", "audit_head", "audit_anchors"):
            session.execute(text(f"DELETE FROM {table}"))
    audit_triggers_again(session)
    with writing(session):
        for number in range(5):
            audit.record(session, action="case.noted", by=SYSTEM, now=START + timedelta(seconds=number), case_id=1,
                         details={"number": number, "words": "as if nothing had been"})

    assert audit.verify(session).complete
    verdict = audit.verify(session, [Anchor(seq, digest, START, "the anchor in the email")])
    assert verdict.broken_at == 5
    assert verdict.words == (
        "Entry 5 does not have the fingerprint that the anchor in the email of 2026-11-23 09:40 UTC names. "
        "The record was rewritten somewhere between entry 1 and entry 5.")


def audit_triggers_again(session: Session) -> None:
    """Put the triggers back, so that nobody sees they were gone."""
    connection = session.connection()
    if is_sqlite(session):
        audit_triggers.protect(connection)
        audit_triggers.protect_head(connection)
        audit_triggers.protect_anchors(connection)
    else:
        for table in ("audit_entries", "audit_head", "audit_anchors"):
            connection.exec_driver_sql(f"ALTER TABLE {table} ENABLE TRIGGER ALL")
    session.commit()


def test_an_entry_with_a_session_is_chained_with_it(session: Session) -> None:
    with writing(session):
        audit.record(session, action="account.signed_in", by=replace(SYSTEM, session="ab" * 32), now=START)

    assert session.scalars(select(Entry.actor_session)).one() == "ab" * 32
    assert audit.verify(session).complete


def test_two_requests_for_anchors_leave_both(session: Session) -> None:
    written(session)
    for _ in range(2):
        anchoring.keep(session, anchoring.MONITOR, audit.head_of(session), taken=False, words="it answered 405", now=START)

    assert session.scalar(select(func.count()).select_from(AnchorRow)) == 2
    assert anchoring.verify(session, None).anchors == 2


def test_several_may_begin_the_record_at_the_same_moment(session: Session, engine: Engine) -> None:
    # Given a database without any entry, and four who do the first thing in it
    assert session.scalar(select(func.count(Entry.seq))) == 0
    session.rollback()
    ready = Barrier(4)

    def begin(number: int) -> None:
        with Session(engine) as own:
            ready.wait()
            with writing(own):
                audit.record(own, action="case.noted", by=SYSTEM, now=START, details={"number": number})

    with ThreadPoolExecutor(4) as hands:
        assert list(hands.map(begin, range(4))) == [None] * 4

    # Then each has its entry, and the chain holds
    assert audit.verify(session).complete
    assert audit.head_of(session)[0] == 4
