"""Write down what came of a sub-batch: rows, attempts, counters, what follows; in one transaction."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain import deliveries as rules
from incident_app.domain.accounts import SYSTEM
from incident_app.domain.deliveries import DeliveryState, Next, Try
from incident_app.domain.notices import ChannelPlan, NoticeState
from incident_app.domain.ports import Outcome, Rejected, Sent
from incident_app.models.deliveries import Attempt, Delivery
from incident_app.models.notices import Notice
from incident_app.models.recipients import Recipient
from incident_app.services.deliveries.controls import stop_sending
from incident_app.services.deliveries.counting import lock_notice, shift, successor
from incident_app.services.deliveries.finishing import settle
from incident_app.services.unit import writing

OPEN = frozenset({DeliveryState.SENDING, DeliveryState.UNCERTAIN})


def try_of(row: Delivery, person: Recipient, notice: Notice) -> Try:
    """Return a row as the rules see it."""
    plan = ChannelPlan.from_json(notice.plan)
    return Try(
        row.public_id, row.attempts, rules.fallback_channel(plan.order, row.channel, person.reachable), plan.wait,
        stopped=notice.state == NoticeState.CANCELLED,
    )


def apply(session: Session, notice: Notice, row: Delivery, following: Next, now: datetime) -> None:
    """Move a row on, count it, and queue the next channel. Call inside a write unit that holds the notice."""
    shift(notice, row.state, following.state)
    row.state, row.reason, row.lease_until = following.state.value, following.reason, None
    row.provider_reference = following.reference or row.provider_reference
    if following.next_at is not None:
        row.next_attempt_at = following.next_at
    else:
        row.result_at = notice.last_result_at = now
    if not following.uses_attempt:
        row.attempts -= 1
    if following.fallback is not None and following.fallback_at is not None:
        shift(notice, row.state, DeliveryState.QUEUED)
        successor(session, row, channel=following.fallback, round_number=row.round, at=following.fallback_at)


def _attempt(row: Delivery, outcome: Outcome, now: datetime) -> Attempt:
    made = Attempt(delivery_id=row.id, started_at=row.sending_at, ended_at=now, outcome=type(outcome).__name__.lower())
    if isinstance(outcome, Sent):
        made.reference = outcome.reference
    else:
        made.reason = outcome.reason
        made.permanent = isinstance(outcome, Rejected) and outcome.permanent and not outcome.channel_wide
    return made


def _watch(session: Session, notice: Notice, outcomes: list[Outcome], stops: list[str], now: datetime) -> None:
    """Pause the notice where the channel refuses everything, the first tries fail alike, or too many in a row."""
    notice.failures_in_row = rules.failures_in_row(notice.failures_in_row, outcomes)
    if not stops and ChannelPlan.from_json(notice.plan).canary and not notice.canary_done:
        reasons = session.scalars(
            select(Attempt.reason).join(Delivery, Delivery.id == Attempt.delivery_id)
            .where(Delivery.notice_id == notice.id, Attempt.permanent)
        ).all()
        verdict = rules.canary_verdict(reasons)
        stops += [verdict] if verdict else []
        notice.canary_done = verdict is not None or notice.tried_count >= min(rules.CANARY, notice.list_count or 0)
    if not stops and notice.failures_in_row >= rules.BREAKER:
        stops.append(f"{notice.failures_in_row} tries in a row failed.")
    if stops and notice.state == NoticeState.SENDING:
        stop_sending(session, notice, stops[0], by=SYSTEM, now=now)


def record(
    session: Session, notice_id: int, token: str, outcomes: Mapping[int, Outcome], *, now: datetime
) -> float | None:
    """Write the outcomes of a sub-batch by row id; rows that are no longer this worker's stay as they are.

    A late answer still resolves a row that a sweep called uncertain. Returns how many seconds the provider asked the
    whole channel to wait, if it did.
    """
    pauses: list[float] = []
    stops: list[str] = []
    with writing(session):
        notice = lock_notice(session, notice_id)
        found = session.execute(
            select(Delivery, Recipient).join(Recipient, Recipient.id == Delivery.recipient_id)
            .where(Delivery.id.in_(outcomes), Delivery.claim_token == token, Delivery.is_current)
            .order_by(Delivery.id).with_for_update(of=Delivery)
        ).all()
        mine = [(row, person) for row, person in found if row.state in OPEN]
        for row, person in mine:
            outcome = outcomes[row.id]
            session.add(_attempt(row, outcome, now))
            following = rules.after(try_of(row, person, notice), outcome, now)
            notice.tried_count += row.attempts == 1 and following.uses_attempt
            apply(session, notice, row, following, now)
            if following.pause_seconds is not None:
                pauses.append(following.pause_seconds)
            if following.stop_reason is not None:
                stops.append(following.stop_reason)
        _watch(session, notice, [outcomes[row.id] for row, _ in mine], stops, now)
        if mine:
            settle(session, notice, now)
    return max(pauses, default=None)
