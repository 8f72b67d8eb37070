"""Before a launch: who of a list would the mail provider drop? Asked by a worker, kept by number, without an address."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from incident_app.domain import recipients as rules
from incident_app.domain.accounts import SYSTEM, Actor, Permission, require
from incident_app.domain.ports import Clock, Suppressions, Vault
from incident_app.models import suppressions as records
from incident_app.models.cases import Case
from incident_app.models.recipients import Recipient, RecipientList
from incident_app.models.suppressions import Suppressed, SuppressionCheck
from incident_app.services import audit
from incident_app.services.recipients.looking import find_list
from incident_app.services.recipients.reading import email_value
from incident_app.services.unit import writing

AT_ONCE = 1000
LEASE = timedelta(minutes=5)
MOST_ATTEMPTS = 3
NO_LIST = "Email does not go by a provider that keeps a block list we can ask."
CUT_SHORT = "Asking was cut short three times."
ERASED = "The contacts of this case were erased."


@dataclass(frozen=True, slots=True)
class Preflight:
    """What is known of a list. ``state`` is empty where nobody asked; ``counts`` is people by kind at ``checked_at``."""

    state: str = ""
    reason: str = ""
    counts: Mapping[str, int] | None = None
    checked_at: datetime | None = None


class _Lost(Exception):
    """Another worker took the check over, or the list is gone."""


def preflight_of(session: Session, list_id: int) -> Preflight:
    """Return how the check of a list stands."""
    found = session.get(SuppressionCheck, list_id)
    if found is None:
        return Preflight()
    return Preflight(found.state, found.reason, dict(found.counts) if found.checked_at else None, found.checked_at)


def request_check(session: Session, list_id: int, now: datetime) -> None:
    """Put a list up for its check, in the caller's transaction; one that is under way goes on."""
    found = session.get(SuppressionCheck, list_id, with_for_update=True)
    if found is None:
        session.add(SuppressionCheck(list_id=list_id, state=records.QUEUED, due_at=now, attempts=0, generation=0,
                                     counts={}))
    elif found.state != records.CHECKING:
        found.state, found.reason, found.due_at, found.attempts = records.QUEUED, "", now, 0


def ask_check(session: Session, case_id: int, list_id: int, *, by: Actor, now: datetime) -> Preflight:
    """Ask for a list to be compared with the mail provider's block list; a worker does it."""
    require(by, Permission.DRAFT_NOTICE)
    with writing(session):
        audit.lock(session)
        find_list(session, case_id, list_id)
        request_check(session, list_id, now)
        audit.record(session, action="recipients.check_asked", by=by, now=now, case_id=case_id, subject="list",
                     subject_id=list_id)
    return preflight_of(session, list_id)


def suppressed_numbers(session: Session, list_id: int, first: int, last: int) -> Mapping[int, str]:
    """Return who of the people from number ``first`` to ``last`` stands on the block list, and as what."""
    # By the connection, plain: a worker asks this for every thousand people.
    generation = session.connection().execute(records.CHECKED, {"list": list_id}).scalar()
    if generation is None:
        return {}
    found = session.connection().execute(records.numbers_between(list_id, generation, first, last))
    return {number: kind for number, kind in found}  # noqa: C416 (rows are tuples, which the types do not know)


def dropped_numbers(
    session: Session, list_id: int, first: int, last: int, *, bypass: bool
) -> Mapping[int, str]:
    """Return who from number ``first`` to ``last`` gets no email, with the reason in words; ``bypass`` as the plan says."""
    found = suppressed_numbers(session, list_id, first, last)
    return {number: rules.words_for(kind, bypass=bypass) for number, kind in found.items()
            if rules.stops(kind, bypass=bypass)}


def forget_check(session: Session, list_id: int) -> None:
    """Delete what is known of a list that is deleted, in the caller's transaction."""
    session.execute(delete(Suppressed).where(Suppressed.list_id == list_id))
    session.execute(delete(SuppressionCheck).where(SuppressionCheck.list_id == list_id))


def _claim(session: Session, clock: Clock) -> SuppressionCheck | None:
    now = clock.now()
    with writing(session):
        found = session.scalar(records.waiting_checks(now))
        if found is None:
            return None
        found.attempts += 1
        found.state, found.token, found.lease_until = records.CHECKING, str(uuid.uuid4()), now + LEASE
        if found.attempts > MOST_ATTEMPTS:
            found.state, found.reason, found.token, found.lease_until = records.FAILED, CUT_SHORT, None, None
    return found


def _mine(check: SuppressionCheck) -> tuple[object, ...]:
    return SuppressionCheck.list_id == check.list_id, SuppressionCheck.token == check.token


def _end(session: Session, check: SuppressionCheck, **values: object) -> None:
    """Write down how a check ended, if it is still this worker's. Call inside a write unit."""
    done = session.execute(update(SuppressionCheck).where(*_mine(check)).values(  # type: ignore[arg-type]  # conditions
        token=None, lease_until=None, **values))
    if not done.rowcount:  # type: ignore[attr-defined]  # an UPDATE has it
        raise _Lost


def _keep(session: Session, check: SuppressionCheck, kinds: Mapping[bytes, str], now: datetime) -> None:
    """Mark who of the list has one of these addresses; who was marked before keeps the worse of the two."""
    generation = check.generation + 1
    with writing(session):
        renewed = session.execute(update(SuppressionCheck).where(*_mine(check)).values(lease_until=now + LEASE))  # type: ignore[arg-type]  # conditions
        if not renewed.rowcount:  # type: ignore[attr-defined]  # an UPDATE has it
            raise _Lost
        hit = session.execute(
            select(Recipient.number, Recipient.email_blind)
            .where(Recipient.list_id == check.list_id, Recipient.email_blind.in_(kinds))
        ).all()
        here = Suppressed.list_id == check.list_id, Suppressed.generation == generation
        known = {row.number: row for row in session.scalars(
            select(Suppressed).where(*here, Suppressed.number.in_([number for number, _ in hit])))}
        fresh = []
        for number, blind in hit:
            kind = kinds[bytes(blind or b"")]
            if number in known:
                known[number].kind = rules.worse(known[number].kind, kind)
            else:
                fresh.append({"list_id": check.list_id, "generation": generation, "number": number, "kind": kind})
        if fresh:
            session.execute(insert(Suppressed), fresh)


def _batches(listed: Iterator[tuple[str, str]], size: int) -> Iterator[Sequence[tuple[str, str]]]:
    while batch := list(islice(listed, size)):
        yield batch


def _compare(
    session: Session, check: SuppressionCheck, batches: Iterator[Sequence[tuple[str, str]]], key: bytes, *,
    clock: Clock, vault: Vault,
) -> None:
    """Go through everything the provider lists, some addresses at a time; no transaction is open while it is asked."""
    with writing(session):
        session.execute(delete(Suppressed).where(
            Suppressed.list_id == check.list_id, Suppressed.generation != check.generation))
    for batch in batches:
        kinds: dict[bytes, str] = {}
        for address, kind in batch:
            blind = vault.blind(key, email_value(address.strip()))
            kinds[blind] = rules.worse(kinds.get(blind, kind), kind)
        _keep(session, check, kinds, clock.now())


def _finish(session: Session, check: SuppressionCheck, people: RecipientList, now: datetime) -> None:
    generation = check.generation + 1
    with writing(session):
        audit.lock(session)
        counts = {row[0]: row[1] for row in session.execute(records.tally(check.list_id, generation))}
        _end(session, check, state=records.DONE, reason="", generation=generation, counts=counts, checked_at=now)
        session.execute(delete(Suppressed).where(
            Suppressed.list_id == check.list_id, Suppressed.generation != generation))
        audit.record(session, action="recipients.checked", by=SYSTEM, now=now, case_id=people.case_id, subject="list",
                     subject_id=people.id, details={"suppressed": counts})


def _refused(session: Session, check: SuppressionCheck, state: str, reason: str) -> None:
    with writing(session):
        _end(session, check, state=state, reason=reason)


def check_claimed(
    session: Session, *, clock: Clock, vault: Vault, suppressions: Suppressions | None, at_once: int = AT_ONCE
) -> SuppressionCheck | None:
    """Compare the list that waits longest with what the provider lists; ``None`` where none waits.

    What goes wrong outside is written on the check in words; memory grows neither with the list nor with the answer.
    """
    check = _claim(session, clock)
    if check is None or check.state == records.FAILED:
        return check
    people = session.get_one(RecipientList, check.list_id)
    key = session.scalar(select(Case.data_key).where(Case.id == people.case_id))
    session.expunge(check)
    session.rollback()
    try:
        if suppressions is None:
            _refused(session, check, records.NONE, NO_LIST)
        elif key is None:
            _refused(session, check, records.FAILED, ERASED)
        else:
            batches = _batches(suppressions.listed(), at_once)
            _compare(session, check, batches, key, clock=clock, vault=vault)
            _finish(session, check, people, clock.now())
    except ConnectionError as error:
        _refused(session, check, records.FAILED, str(error))
    except _Lost:
        session.rollback()
    return session.get(SuppressionCheck, check.list_id, populate_existing=True) or check
