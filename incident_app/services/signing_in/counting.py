"""Counting tries in the database: exact whatever comes at once, and without anything else to run."""

from collections.abc import Container, Mapping
from datetime import datetime, timedelta

from sqlalchemy import and_, delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from incident_app.domain import signing_in as rules
from incident_app.domain.signing_in import LIMITS, Scope, TooMany, Tries
from incident_app.models.sessions import SignInTries

Keys = Mapping[Scope, str]
KEPT = timedelta(days=2)


def _row(session: Session, scope: Scope, key: str, now: datetime) -> SignInTries:
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    session.execute(insert(SignInTries).values(
        scope=scope.value, key=key, count=0, since=now, strikes=0).on_conflict_do_nothing())
    return session.scalars(
        select(SignInTries).where(SignInTries.scope == scope.value, SignInTries.key == key).with_for_update()
    ).one()


def _read(row: SignInTries) -> Tries:
    return Tries(row.count, row.since, row.locked_until, row.strikes)


def _write(row: SignInTries, tries: Tries) -> None:
    row.count, row.since, row.locked_until, row.strikes = tries.count, tries.since, tries.locked_until, tries.strikes


def count(session: Session, keys: Keys, *, now: datetime, lenient: Container[Scope] = ()) -> list[Scope]:
    """Count one try inside the caller's unit, before it is made; return the scopes that are locked from now on.

    Raises ``TooMany`` where no try counts now; a scope in ``lenient`` does not hold, and does not count while it would.
    """
    rows = {scope: _row(session, scope, keys[scope], now) for scope in sorted(keys)}  # one order: no deadlock
    until = {scope: moment for scope, row in rows.items() if (moment := rules.held(_read(row), now)) is not None}
    hard = [moment for scope, moment in until.items() if scope not in lenient]
    if hard:
        raise TooMany(max(hard), now)
    locked = []
    for scope, row in rows.items():
        if scope not in until:
            _write(row, rules.one_more(_read(row), LIMITS[scope], now))
            locked += [scope] if row.locked_until is not None else []
    return locked


def refuse_held(session: Session, keys: Keys, *, now: datetime, lenient: Container[Scope] = ()) -> None:
    """Raise ``TooMany`` where no try counts now; nothing is counted. A scope in ``lenient`` does not hold."""
    rows = session.scalars(select(SignInTries).where(
        or_(*(and_(SignInTries.scope == scope.value, SignInTries.key == key) for scope, key in keys.items()))))
    until = [moment for row in rows if row.scope not in lenient and (moment := rules.held(_read(row), now)) is not None]
    if until:
        raise TooMany(max(until), now)


def forgive(session: Session, keys: Keys, *, now: datetime) -> None:
    """Take the try back that turned out right, inside the caller's unit; its own place starts afresh."""
    for scope in sorted(keys):
        row = _row(session, scope, keys[scope], now)
        fresh = scope in {Scope.PLACE, Scope.CODE}
        _write(row, Tries(0, now) if fresh else rules.one_less(_read(row), LIMITS[scope]))


def forget(session: Session, *, now: datetime) -> None:
    """Drop counts that mean nothing any more, inside the caller's unit."""
    session.execute(delete(SignInTries).where(SignInTries.since < now - KEPT))
