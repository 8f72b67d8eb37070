"""What people wrote about a case after the fire is written once: triggers refuse that a row is changed or taken away.

Only what seals its words may be replaced, by something exactly as long: so a row is sealed anew under a fresh key. A
signature may be called void, once. A closing may be called reopened, once, and only then are its words another length.
"""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Table, event
from sqlalchemy.engine import Connection

from incident_app.extensions import Base
from incident_app.models import closing, lessons, remediation, review, systems


class Kept(NamedTuple):
    """A table, the columns of it that never change, whether it has sealed words, whether it may be called void or
    reopened."""

    table: str
    columns: str
    sealed: bool = True
    voided: bool = False
    reopened: bool = False


KEPT = (
    Kept(lessons.LessonsVersion.__tablename__, "id case_id number cause factors by_id at"),
    Kept(remediation.Deed.__tablename__, "id case_id action_id number what outcome document_id sha256 by_id at"),
    Kept(review.ReviewWords.__tablename__, "id case_id number by_id at"),
    Kept(review.ReviewSignature.__tablename__, "id case_id words_number content_hash by_id person decides method state_before at",
         voided=True),
    Kept(systems.ProfileVersion.__tablename__, "id subject subject_id number before after by_id at", sealed=False),
    Kept(closing.Closing.__tablename__, "id case_id number at by_id asked_by_id state_before over_count gaps_hash review_hash",
         reopened=True),
)
NEVER = "this is written once and never changes"
_REOPENING = (("OLD.reopened_at", "NEW.reopened_at"), ("OLD.reopened_by_id", "NEW.reopened_by_id"))
_REOPENED = "OLD.reopened_at IS NULL AND NEW.reopened_at IS NOT NULL"


def _changed(one: Kept, differs: str) -> str:
    pairs = [(f'OLD."{name}"', f'NEW."{name}"') for name in one.columns.split()]
    words = [("length(OLD.sealed)", "length(NEW.sealed)")] if one.sealed else []
    if one.reopened:
        return f"{_any(pairs, differs)} OR ({_any([*_REOPENING, *words], differs)}) AND NOT ({_REOPENED})"
    changed = _any([*pairs, *words], differs)
    return f"{changed} OR (OLD.voided_at IS NOT NULL AND OLD.voided_at {differs} NEW.voided_at)" if one.voided else changed


def _any(pairs: Sequence[tuple[str, str]], differs: str) -> str:
    return " OR ".join(f"{old} {differs} {new}" for old, new in pairs)


def _sqlite(one: Kept) -> tuple[str, ...]:
    stop = f"BEGIN SELECT RAISE(ABORT, '{NEVER}'); END"
    return (
        f"CREATE TRIGGER {one.table}_never_change BEFORE UPDATE ON {one.table} WHEN {_changed(one, 'IS NOT')} {stop}",
        f"CREATE TRIGGER {one.table}_never_go BEFORE DELETE ON {one.table} {stop}",
        f"CREATE TRIGGER {one.table}_never_replaced BEFORE INSERT ON {one.table} "  # noqa: S608 (names of ours)
        f"WHEN EXISTS (SELECT 1 FROM {one.table} WHERE id = NEW.id) {stop}",
    )


def _postgresql(one: Kept) -> tuple[str, ...]:
    stop = "EXECUTE FUNCTION written_once()"
    return (
        f"CREATE TRIGGER {one.table}_never_change BEFORE UPDATE ON {one.table} FOR EACH ROW "
        f"WHEN ({_changed(one, 'IS DISTINCT FROM')}) {stop}",
        f"CREATE TRIGGER {one.table}_never_go BEFORE DELETE ON {one.table} FOR EACH ROW {stop}",
        f"CREATE TRIGGER {one.table}_never_empty BEFORE TRUNCATE ON {one.table} FOR EACH STATEMENT {stop}",
    )


_FUNCTION = (
    f"CREATE OR REPLACE FUNCTION written_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{NEVER}'; END $$"
)


def protect(connection: Connection, one: Kept) -> None:
    """Create the triggers of one table, in the dialect of ``connection``."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(_FUNCTION)
    for trigger in _sqlite(one) if connection.dialect.name == "sqlite" else _postgresql(one):
        connection.exec_driver_sql(trigger)


def unprotect(connection: Connection, tables: Sequence[Kept] = KEPT) -> None:
    """Take the triggers of these tables away, for a migration; with those of all of them, what they call."""
    last = {"sqlite": "replaced", "postgresql": "empty"}[connection.dialect.name]
    for one in tables:
        for what in ("change", "go", last):
            on = f" ON {one.table}" if connection.dialect.name == "postgresql" else ""
            connection.exec_driver_sql(f"DROP TRIGGER {one.table}_never_{what}{on}")
    if connection.dialect.name == "postgresql" and len(tables) > 1:
        connection.exec_driver_sql("DROP FUNCTION written_once()")


for _one in KEPT:
    @event.listens_for(Base.metadata.tables[_one.table], "after_create")
    def _protect_new_table(_table: Table, connection: Connection, _kept: Kept = _one, **_: object) -> None:
        protect(connection, _kept)
