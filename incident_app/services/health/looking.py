"""Look at everything that must be well, and say it in words. Nothing is written here."""

import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, exists, func, or_, select, text
from sqlalchemy.orm import Session

from incident_app.domain import health as rules
from incident_app.domain.deliveries import BY_HAND, IN_FLIGHT
from incident_app.domain.health import Check, Expected, Facts, Machine, Seen
from incident_app.models import suppressions, uploads
from incident_app.models.alerts import Heartbeat
from incident_app.models.deliveries import Chunk, Delivery, Receipt, lanes
from incident_app.models.health import HealthState, oldest_send, oldest_unheard
from incident_app.models.linking import oldest_note
from incident_app.models.notices import Notice
from incident_app.models.receiving import ReceiptPost
from incident_app.models.suppressions import SuppressionCheck
from incident_app.models.uploads import Upload
from incident_app.services.health.self_test import last_self_test

# Asked for every page: put together once.
_SIGNS = select(Heartbeat.name, Heartbeat.at, Heartbeat.ok, Heartbeat.detail)
_READING = select(or_(
    exists().where(Upload.state == uploads.READING, Upload.lease_until > bindparam("now")),
    exists().where(SuppressionCheck.state == suppressions.CHECKING, SuppressionCheck.lease_until > bindparam("now")),
))
_FOUND = select(HealthState.name, HealthState.words).where(
    HealthState.ok.is_(False), HealthState.looked_at > bindparam("since")).order_by(HealthState.name)


def _signs(session: Session) -> dict[str, Seen]:
    return {name: Seen(at, ok, detail) for name, at, ok, detail in session.execute(_SIGNS)}


def _reading(session: Session, now: datetime) -> bool:
    """Tell whether somebody reads or checks a list and keeps saying so."""
    return bool(session.scalar(_READING, {"now": now}))


def _unsent(session: Session, now: datetime) -> datetime | None:
    """Return since when messages are due that no living worker sends: a long notice that goes on is not late."""
    alive = (select(model.id).where(model.state.in_(IN_FLIGHT), model.lease_until > now).limit(1)
             for model in (Chunk, Delivery))
    due = {row.notice_id for row in lanes(session, now)}
    if not due or any(session.scalar(question) is not None for question in alive):
        return None
    began = [
        max(notice.last_result_at or first, first)
        for notice in session.scalars(select(Notice).where(Notice.id.in_(due)))
        for first in _first_due(session, notice.id, now)
    ]
    return min(began, default=None)


def _first_due(session: Session, notice_id: int, now: datetime) -> Iterator[datetime]:
    begun = select(func.min(Chunk.due_at)).where(
        Chunk.notice_id == notice_id, Chunk.state == "waiting", Chunk.due_at <= now)
    again = select(func.min(Delivery.next_attempt_at)).where(
        Delivery.notice_id == notice_id, Delivery.state.in_(["queued", "retry_wait"]), Delivery.next_attempt_at <= now,
        Delivery.channel.not_in(BY_HAND))
    for question in (begun, again):
        found = session.scalar(question)
        if found is not None:
            yield found


def _unread(session: Session, now: datetime, *, reading: bool) -> datetime | None:
    """Return since when a list waits that nobody reads."""
    if reading:
        return None
    queued = session.scalar(select(func.min(Upload.changed_at)).where(Upload.state == uploads.QUEUED))
    left = session.scalar(select(func.min(Upload.lease_until)).where(Upload.state == uploads.READING))
    return min((at for at in (queued, left) if at is not None and at <= now), default=None)


def _unheard(session: Session, now: datetime) -> datetime | None:
    """Return since when an alert waits to be taken: not sent, or refused by whatever way it was sent."""
    found = (session.scalar(oldest_send(now)), session.scalar(oldest_unheard()))
    return min((at for at in found if at is not None), default=None)


def _facts(session: Session, now: datetime) -> Facts:
    reading = _reading(session, now)
    unapplied = select(func.min(Receipt.due_at)).where(Receipt.applied_at.is_(None), Receipt.due_at <= now)
    oldest = {
        "alert messages": _unheard(session, now), "sending": _unsent(session, now),
        "receipts": min(filter(None, map(session.scalar, (unapplied, select(func.min(ReceiptPost.came_at))))), default=None),
        "lists": _unread(session, now, reading=reading),
        "notes to staff": session.scalar(oldest_note(now)),
    }
    last = last_self_test(session)
    return Facts(
        signs=_signs(session), oldest={name: at for name, at in oldest.items() if at is not None}, reading=reading,
        last_receipt_at=session.scalar(select(Receipt.came_at).order_by(Receipt.id.desc()).limit(1)),
        self_test_since=last.counts_from if last else None, self_test_words=last.words if last else "",
    )


def database(session: Session) -> Check:
    """Ask the database something. Raises what the driver raises where it does not answer."""
    asked = time.perf_counter()
    session.execute(text("SELECT 1"))
    return rules.database(timedelta(seconds=time.perf_counter() - asked))


def signs_of_life(session: Session, *, now: datetime) -> list[Check]:
    """Return one check for each part that must keep running; what was seen too long ago is not well."""
    return rules.lives(Facts(_signs(session), reading=_reading(session, now)), now)


def deadlines(session: Session, *, now: datetime) -> Check:
    """Return whether every deadline was evaluated lately, by whichever evaluator."""
    return rules.full_pass(_signs(session), now)


def look(session: Session, *, now: datetime, machine: Machine | None = None, expected: Expected | None = None
         ) -> list[Check]:
    """Look at everything: the database, the machine, the parts, the work that waits, and what is done now and then."""
    found = [database(session)]
    if machine is not None:
        found += rules.machine(machine)
    facts = _facts(session, now)
    return found + rules.lives(facts, now, expected) + rules.waits(facts, now) + rules.kept(facts, now)


def at_a_glance(checks: Sequence[Check], *, now: datetime) -> Check:
    """Return one line for the head of every page: how long ago the last worker was seen, or what is wrong."""
    bad = next((check for check in checks if not check.ok), None)
    if bad is not None:
        return Check("Not healthy", ok=False, words=f"{bad.name}: {bad.words.split('; ')[-1]}")
    seen = [check.seen_at for check in checks if check.seen_at is not None and check.name.startswith("worker ")]
    words = f"worker {rules.ago(now - min(seen))}" if seen else ""
    return Check("Healthy", ok=True, words=words)


def glance(session: Session, *, now: datetime) -> Check:
    """Return the line for the head of every page, of the signs of life and of what the watchdog found lately."""
    signs = signs_of_life(session, now=now)
    names = {check.name for check in signs}
    kept = session.execute(_FOUND, {"since": now - rules.NOT_LOOKED})
    found = [Check(name, ok=False, words=words) for name, words in kept if name not in names]
    return at_a_glance([*signs, *found], now=now)
