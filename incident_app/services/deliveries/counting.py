"""The counters on a notice: changed by the transaction that changes the rows, and checked against them."""

import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, select, update
from sqlalchemy.orm import Session, load_only

from incident_app.domain.deliveries import BUCKETS, WAITING, DeliveryState, Sum, bucket, tallied
from incident_app.domain.refusals import NotFound
from incident_app.models.appending import Row, TallyKey, add_pulse, add_tallies, append
from incident_app.models.cases import Case
from incident_app.models.deliveries import Delivery, current_states
from incident_app.models.notices import Notice
from incident_app.services.deliveries.addressing import Who

_COUNTERS = load_only(
    Notice.case_id, Notice.list_id, Notice.kind, Notice.state, Notice.text_withdrawn, Notice.plan, Notice.version, Notice.list_count,
    Notice.finished_at, Notice.last_result_at, Notice.proof_due_at, Notice.canary_done, Notice.tried_count,
    Notice.failures_in_row, *(getattr(Notice, f"{name}_count") for name in BUCKETS))


def lock_notice(session: Session, notice_id: int) -> Notice:
    """Return a notice locked for this transaction: always before its deliveries, so that nobody waits in a circle."""
    return _locked(session, _lock(notice_id))


def lock_counters(session: Session, notice_id: int) -> Notice:
    """Return a notice locked as :func:`lock_notice` does, of which only what sending counts was read: a quarter of the time.

    What else is asked for is read then.
    """
    return _locked(session, _lock(notice_id).options(_COUNTERS))


_LOOK: Any = (
    select(Notice.list_id, Notice.state, Notice.version, Notice.canary_done, Case.data_key, Case.is_drill)
    .join(Case, Case.id == Notice.case_id).where(Notice.id == bindparam("notice"))
    .with_for_update(of=Notice, key_share=True))


_notices: Any = Notice.__table__
_TAKEN = update(_notices).where(
    _notices.c.id == bindparam("notice"), _notices.c.canary_done, _notices.c.finished_at.is_(None),
).values(
    last_result_at=bindparam("at"), tried_count=_notices.c.tried_count + bindparam("count"), failures_in_row=0,
    accepted_count=_notices.c.accepted_count + bindparam("count"), waiting_count=_notices.c.waiting_count - bindparam("count"),
).returning(_notices.c.state)


def lock_and_look(session: Session, notice_id: int) -> Any:
    """Lock a notice as :func:`lock_notice` does; return what a claim asks: list, state, version, canary, key of the case, drill."""
    return session.connection().execute(_LOOK, {"notice": notice_id}).one()


def _lock(notice_id: int) -> Select[Notice]:
    # Not the key itself: a row that is written meanwhile refers to it, and must not wait, or two wait for each other.
    return select(Notice).where(Notice.id == notice_id).with_for_update(of=Notice, key_share=True)


def _locked(session: Session, question: Select[Notice]) -> Notice:
    notice = session.scalar(question)
    if notice is None:
        raise NotFound("There is no such notice.")
    return notice


@dataclass(slots=True)
class Moves:
    """What one transaction changes in a notice: new rows, and how many people moved from one term to another."""

    rows: list[Row] = field(default_factory=list)
    buckets: Counter[str] = field(default_factory=Counter)
    tallies: Counter[TallyKey] = field(default_factory=Counter)
    taken: int = 0

    def out(self, who: Who, channel: str, state: str, cause: str) -> None:
        """Count a row that counted for this person out."""
        self.buckets[bucket(state)] -= 1
        self.tallies[channel, who.language, who.country, tallied(state), _cause(state, cause)] -= 1

    def into(self, who: Who, channel: str, state: str, cause: str) -> None:
        """Count the row that counts for this person from now on in."""
        self.buckets[bucket(state)] += 1
        self.tallies[channel, who.language, who.country, tallied(state), _cause(state, cause)] += 1
        self.taken += state == DeliveryState.ACCEPTED

    def first(self, who: Who, channel: str, state: str, cause: str) -> None:
        """Count in a person who had no row yet: until now they waited."""
        self.buckets["waiting"] -= 1
        self.into(who, channel, state, cause)

    def sent(self, people: Sequence[Who], channel: str) -> None:
        """Count in people who had no row until now and whose message was taken."""
        state = DeliveryState.ACCEPTED.value
        self.buckets["waiting"] -= len(people)
        self.buckets[state] += len(people)
        for (language, country), count in Counter([(who.language, who.country) for who in people]).items():
            self.tallies[channel, language, country, state, ""] += count
        self.taken += len(people)

    def queue(self, notice_id: int, who: Who, *, channel: str, round_number: int, at: datetime) -> None:
        """Add the row that counts for a person from now on, after the one before has been counted out."""
        self.rows.append(row_of(str(uuid.uuid4()), notice_id, who, channel=channel, round_number=round_number,
                                state=DeliveryState.QUEUED, next_attempt_at=at))
        self.into(who, channel, DeliveryState.QUEUED, "")

    def write_taken(self, session: Session, notice_id: int, now: datetime) -> str | None:
        """Write counters and tallies where these are all that changed: people who had no row, and whose message was taken.

        Returns the state of the notice; ``None``, and writes nothing, where that may not be all: before its first few are
        known to go well, or after its end.
        """
        state: str | None = session.connection().execute(_TAKEN, {"notice": notice_id, "count": self.taken, "at": now}).scalar()
        if state is not None:
            self._write_tallies(session, notice_id, now)
        return state

    def write(self, session: Session, notice: Notice, now: datetime) -> None:
        """Write rows, counters and tallies. Call inside the write unit that holds the notice."""
        for name in BUCKETS:
            if self.buckets[name]:
                setattr(notice, f"{name}_count", getattr(notice, f"{name}_count") + self.buckets[name])
        session.flush()
        append(session, self.rows)
        self._write_tallies(session, notice.id, now)

    def _write_tallies(self, session: Session, notice_id: int, now: datetime) -> None:
        add_tallies(session, notice_id, self.tallies)
        if self.taken:
            add_pulse(session, notice_id, now.replace(second=0, microsecond=0), self.taken)


def _cause(state: str, cause: str) -> str:
    return "" if state in WAITING else cause


def row_of(
    public_id: str, notice_id: int, who: Who, *, channel: str, round_number: int = 1, is_current: bool = True,
    state: str, reason: str = "", cause: str = "", attempts: int = 0, claim_token: str | None = None,
    next_attempt_at: datetime | None = None, sending_at: datetime | None = None, result_at: datetime | None = None,
    reference: str = "",
) -> Row:
    """Return a delivery in the order in which rows are written."""
    return (
        public_id, notice_id, who.recipient_id, who.number, channel, round_number, is_current, str(state), reason, cause,
        attempts, claim_token, next_attempt_at, sending_at, result_at, reference, "", 0,
    )


def sum_of(notice: Notice) -> Sum:
    """Return the sum by the counters."""
    return Sum(notice.list_count or 0, **{name: getattr(notice, f"{name}_count") for name in BUCKETS})


def sum_of_rows(session: Session, notice: Notice) -> Sum:
    """Return the sum by the rows themselves; whoever has none yet waits while somebody will write to them."""
    terms = dict.fromkeys(BUCKETS, 0)
    for state, count in session.execute(current_states(notice.id)):
        terms[bucket(state)] += count
    return Sum(notice.list_count or 0, **terms)


def ids_of(session: Session, public_ids: Iterable[str]) -> dict[str, int]:
    """Return the row ids by the ids providers see."""
    found = session.execute(select(Delivery.public_id, Delivery.id).where(Delivery.public_id.in_(list(public_ids))))
    return {row.public_id: row.id for row in found}
