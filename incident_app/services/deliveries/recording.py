"""Write down what came of a sub-batch: rows, attempts, counters, what follows; in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from incident_app.domain import deliveries as rules
from incident_app.domain.accounts import SYSTEM
from incident_app.domain.deliveries import DeliveryState, Next, Try
from incident_app.domain.notices import ChannelPlan, NoticeState
from incident_app.domain.ports import Outcome, Rejected, Sent, Uncertain
from incident_app.domain.trials import KEPT_IN
from incident_app.models.appending import TakenRow, append_taken
from incident_app.models.deliveries import Attempt, Delivery, move_chunk_on
from incident_app.models.notices import Notice
from incident_app.models.receiving import Told
from incident_app.services.deliveries.addressing import Who
from incident_app.services.deliveries.claiming import Held, Item, Span, canary
from incident_app.services.deliveries.controls import stop_sending
from incident_app.services.deliveries.counting import Moves, ids_of, lock_counters, row_of
from incident_app.services.deliveries.finishing import settle
from incident_app.services.unit import writing

OPEN = frozenset({DeliveryState.SENDING, DeliveryState.UNCERTAIN})
Result = tuple[Item, Outcome]


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a worker needs to know next: a pause the provider asked for, and how many may go on."""

    pause_seconds: float | None
    room: int


def try_of(who: Who, channel: str, public_id: str, attempts: int, wait: timedelta, *, stopped: bool) -> Try:
    """Return a try as the rules see it; the next channel comes after ``wait``."""
    return Try(public_id, attempts, rules.fallback_channel(who.channels, channel, who.channels), wait, stopped)


def _attempt(row_id: int, outcome: Outcome, started_at: datetime | None, now: datetime) -> dict[str, object]:
    reference, reason = (outcome.reference, "") if isinstance(outcome, Sent) else ("", outcome.reason)
    return {
        "delivery_id": row_id, "started_at": started_at, "ended_at": now, "outcome": type(outcome).__name__.lower(),
        "reference": reference, "reason": reason,
        "permanent": isinstance(outcome, Rejected) and outcome.permanent and not outcome.channel_wide,
    }


class Ledger:
    """One transaction's view of a notice while outcomes are written down."""

    def __init__(self, session: Session, notice: Notice, now: datetime) -> None:
        """Hold a notice that is locked."""
        self.session, self.notice, self.now = session, notice, now
        self.plan = ChannelPlan.from_json(notice.plan)
        self.stopped = notice.state == NoticeState.CANCELLED or notice.text_withdrawn
        self.moves = Moves()
        self.attempts: list[tuple[str, Outcome, datetime | None]] = []
        self.pauses: list[float] = []
        self.stops: list[str] = []

    def follow(self, following: Next, *, first_attempt: bool) -> None:
        """Take note of what one outcome means for everybody."""
        self.notice.tried_count += first_attempt and following.uses_attempt
        if following.pause_seconds is not None:
            self.pauses.append(following.pause_seconds)
        if following.stop_reason is not None:
            self.stops.append(following.stop_reason)

    def first_tries(self, results: Sequence[Result], channel: str, sending_at: datetime) -> None:
        """Count those whose message was taken (their rows are written, see ``taken``), and write the rows of the others."""
        sent = [item.who for item, outcome in results if isinstance(outcome, Sent)]
        self.notice.tried_count += len(sent)
        self.moves.sent(sent, channel)
        if len(sent) < len(results):
            for item, outcome in results:
                if not isinstance(outcome, Sent):
                    self._first_try(item, channel, outcome, sending_at)

    def _first_try(self, item: Item, channel: str, outcome: Rejected | Uncertain, sending_at: datetime | None) -> None:
        who, now = item.who, self.now
        wait = timedelta() if item.dropped or outcome.reason in KEPT_IN else self.plan.wait  # nothing left, so there is nothing to wait for
        following = rules.after(try_of(who, channel, item.public_id, 1, wait, stopped=self.stopped), outcome, now)
        self.follow(following, first_attempt=True)
        self.attempts.append((item.public_id, outcome, sending_at))
        self._add(item, channel, following, int(following.uses_attempt), sending_at)

    def _add(self, item: Item, channel: str, following: Next, attempts: int, sending_at: datetime | None) -> None:
        moves, who, cause = self.moves, item.who, rules.cause_of(following.reason)
        falls_back = following.fallback is not None and following.fallback_at is not None
        moves.rows.append(row_of(
            item.public_id, self.notice.id, who, channel=channel, is_current=not falls_back, state=following.state,
            reason=following.reason, cause=cause, attempts=attempts, next_attempt_at=following.next_at,
            sending_at=sending_at, result_at=None if following.next_at else self.now, reference=following.reference))
        if following.fallback is not None and following.fallback_at is not None:
            moves.buckets["waiting"] -= 1
            moves.queue(self.notice.id, who, channel=following.fallback, round_number=1, at=following.fallback_at)
        else:
            moves.first(who, channel, following.state, cause)

    def move(self, row: Delivery | Told, who: Who, following: Next) -> None:
        """Move a row on, and queue the next channel."""
        cause = rules.cause_of(following.reason)
        self.moves.out(who, row.channel, row.state, row.cause)
        row.state, row.reason, row.cause = following.state.value, following.reason, cause
        row.lease_until = None
        row.provider_reference = following.reference or row.provider_reference
        row.next_attempt_at = following.next_at
        if following.next_at is None:
            row.result_at = self.now
        if not following.uses_attempt:
            row.attempts -= 1
        if following.fallback is not None and following.fallback_at is not None:
            row.is_current = False
            self.moves.queue(self.notice.id, who, channel=following.fallback, round_number=row.round,
                             at=following.fallback_at)
        else:
            self.moves.into(who, row.channel, row.state, cause)

    def tried_again(self, row: Delivery, who: Who, outcome: Outcome) -> None:
        """Write the outcome of another try, or a late answer, to the row it is about."""
        self.attempts.append((row.public_id, outcome, row.sending_at))
        following = rules.after(try_of(who, row.channel, row.public_id, row.attempts, self.plan.wait,
                                       stopped=self.stopped), outcome, self.now)
        self.follow(following, first_attempt=row.attempts == 1)
        self.move(row, who, following)

    def close(self, outcomes: Sequence[Outcome]) -> None:
        """Write everything; pause the notice where the channel refuses everything or the tries fail alike."""
        self.notice.last_result_at = self.now
        self.moves.write(self.session, self.notice, self.now)
        if self.attempts:
            ids = ids_of(self.session, [public_id for public_id, _, _ in self.attempts])
            self.session.execute(insert(Attempt), [
                _attempt(ids[public_id], outcome, begun, self.now) for public_id, outcome, begun in self.attempts])
        self._watch(outcomes)
        settle(self.session, self.notice, self.now)

    def _watch(self, outcomes: Sequence[Outcome]) -> None:
        notice, stops = self.notice, self.stops
        notice.failures_in_row = rules.failures_in_row(notice.failures_in_row, outcomes)
        if not stops and self.plan.canary and not notice.canary_done:
            reasons = self.session.scalars(
                select(Attempt.reason).join(Delivery, Delivery.id == Attempt.delivery_id)
                .where(Delivery.notice_id == notice.id, Attempt.permanent)
            ).all()
            verdict = rules.canary_verdict(reasons)
            stops += [verdict] if verdict else []
            notice.canary_done = verdict is not None or notice.tried_count >= min(
                rules.CANARY, notice.list_count or 0)
        if not stops and notice.failures_in_row >= rules.BREAKER:
            stops.append(f"{notice.failures_in_row} tries in a row failed.")
        if stops and notice.state == NoticeState.SENDING:
            stop_sending(self.session, notice, stops[0], by=SYSTEM, now=self.now)


def record(
    session: Session, held: Held, results: Sequence[Result], *, begun_at: datetime, last: bool, now: datetime
) -> Recorded:
    """Write the outcomes of a sub-batch; ``last``: nobody of the claim is left. What is no longer ours stays as it is.

    A late answer still resolves a row that a sweep called uncertain. Returns how many seconds the provider asked the
    whole channel to wait, if it did, and how many may go next.
    """
    with writing(session):
        to = None if last else max([item.who.number for item, _ in results])
        ours = held.chunk is not None and move_on(session, held.chunk, held.token, to, now)
        if ours:  # the long part, before others have to wait for the notice
            append_taken(session, taken(results), notice_id=held.notice_id, channel=held.channel, sending_at=begun_at, now=now)
            state = _count_taken(session, held, results, now)
            if state is not None:
                return Recorded(None, rules.CHUNK if state == NoticeState.SENDING else 0)
        notice = lock_counters(session, held.notice_id)
        ledger, mine = Ledger(session, notice, now), list[Outcome]()
        if ours:
            ledger.first_tries(results, held.channel, begun_at)
            mine = [outcome for _, outcome in results]
        else:
            mine = _to_rows(session, ledger, held, results)
        if mine:
            ledger.close(mine)
        free = canary(notice, rules.CHUNK) if notice.state == NoticeState.SENDING else 0
    return Recorded(max(ledger.pauses, default=None), free)


def _count_taken(session: Session, held: Held, results: Sequence[Result], now: datetime) -> str | None:
    """Count first messages that were taken, all of them, which is the usual: one statement, and no rule has a say.

    Returns the state of the notice; ``None``, and counts nothing, where something else has to be looked at.
    """
    if {type(outcome) for _, outcome in results} != {Sent}:
        return None
    moves = Moves()
    moves.sent([item.who for item, _ in results], held.channel)
    return moves.write_taken(session, held.notice_id, now)


def taken(results: Sequence[Result]) -> list[TakenRow]:
    """Return the rows of people whose first message was taken: nearly everybody, so the rules are not asked what follows."""
    return [(item.public_id, item.who.recipient_id, item.who.number, outcome.reference)
            for item, outcome in results if isinstance(outcome, Sent)]


def move_on(session: Session, chunk: Span, token: str, to: int | None, now: datetime) -> bool:
    """Move a chunk past its people up to ``to``, ``None`` means all of them; tell whether it was still ours."""
    return move_chunk_on(session, chunk.id, token, to=chunk.last if to is None else to, over=to is None,
                         until=now + rules.LEASE)


def _to_rows(session: Session, ledger: Ledger, held: Held, results: Sequence[Result]) -> list[Outcome]:
    by_id = {item.public_id: (item.who, outcome) for item, outcome in results}
    rows = session.scalars(
        select(Delivery)
        .where(Delivery.public_id.in_(list(by_id)), Delivery.claim_token == held.token, Delivery.is_current)
        .order_by(Delivery.id).with_for_update(of=Delivery)
    ).all()
    mine = [row for row in rows if row.state in OPEN]
    for row in mine:
        who, outcome = by_id[row.public_id]
        ledger.tried_again(row, who, outcome)
    return [by_id[row.public_id][1] for row in mine]
