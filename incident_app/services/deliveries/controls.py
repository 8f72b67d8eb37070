"""Stop, go on, give up, and decide about the uncertain."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from incident_app.domain import deliveries as rules
from incident_app.domain.accounts import SYSTEM, Actor, Permission, require
from incident_app.domain.deliveries import DeliveryState
from incident_app.domain.notices import ChannelPlan, NoticeState, check_moves
from incident_app.domain.reasons import weighty
from incident_app.domain.refusals import Conflict, NotFound, Refused
from incident_app.models.cases import Case
from incident_app.models.deliveries import Chunk, Delivery, undecided
from incident_app.models.following import sent_twice
from incident_app.models.notices import Notice
from incident_app.models.receiving import Told, among
from incident_app.models.recipients import Recipient
from incident_app.services import audit
from incident_app.services.deliveries.addressing import Addressing, Who
from incident_app.services.deliveries.counting import Moves, lock_notice
from incident_app.services.deliveries.owing import owe_again
from incident_app.services.deliveries.stopping import stop_rest
from incident_app.services.deliveries.waking import PAUSED, looked_after, wake_about
from incident_app.services.unit import writing

DECISIONS = ("leave",)
NOTHING_LEFT = "There is nothing to decide: nobody is uncertain, or it was sent again once already."
JUDGED = {True: "The text is withdrawn already. Nothing was changed.", False: "The text stands already. Nothing was changed."}
WITHDRAWN = (
    "The text of this notice is withdrawn: nobody is sent it any more. Write a new notice, or say first that the text is right after "
    "all. Nothing was changed."
)
STOPPED_AT_ONCE = 20_000  # people whose rows a stop writes itself; the sweep writes the others


def reasoned(reason: str) -> str:
    """Return the reason, trimmed. Raises ``Refused`` where there is none."""
    if not reason.strip():
        raise Refused("Nothing was changed.", {"reason": "Say why, in a few words: it is recorded."})
    return reason.strip()


def judging(reason: str, *, text_wrong: bool) -> str:
    """Return the reason why a text is wrong, or right after all. Raises ``Refused`` where it says too little."""
    return weighty(reason, "Nothing was changed.", "Say what is wrong in the text" if text_wrong else "Say how it is known that the text is right")


def check_text(notice: Notice) -> None:
    """Refuse to send a text on that was withdrawn."""
    if notice.text_withdrawn:
        raise Conflict(WITHDRAWN)


def _record(session: Session, notice: Notice, action: str, by: Actor, now: datetime, **details: object) -> None:
    audit.record(session, action=action, by=by, now=now, case_id=notice.case_id, subject="notice",
                 subject_id=notice.id, details=dict(details))


def stop_sending(session: Session, notice: Notice, reason: str, *, by: Actor, now: datetime) -> None:
    """Pause a notice that is being sent. Call inside a write unit; what is in flight still gets its answer.

    One that nobody paused wakes somebody.
    """
    notice.state, notice.state_reason = NoticeState.PAUSED.value, reason if by is SYSTEM else ""
    if by is not SYSTEM:
        notice.say(reason)
    _record(session, notice, "notice.paused", by, now, reason=reason)
    if by is SYSTEM:
        wake_about(session, notice, PAUSED, now=now)


def pause(session: Session, notice_id: int, reason: str, *, by: Actor, now: datetime) -> Notice:
    """Pause sending within one sub-batch per worker. Raises ``Conflict`` where nothing is being sent."""
    require(by, Permission.STOP_SEND)
    words = reasoned(reason)
    with writing(session):
        notice = lock_notice(session, notice_id)
        check_moves(notice.state, "be paused")
        stop_sending(session, notice, words, by=by, now=now)
    return notice


def resume(session: Session, notice_id: int, reason: str, *, by: Actor, now: datetime) -> Notice:
    """Go on sending. A canary that stopped it counts as looked at."""
    require(by, Permission.SEND_NOTICE)
    words = reasoned(reason)
    with writing(session):
        notice = lock_notice(session, notice_id)
        check_moves(notice.state, "go on")
        notice.state, notice.state_reason = NoticeState.SENDING.value, ""
        notice.failures_in_row = 0
        notice.canary_done = notice.canary_done or notice.tried_count > 0
        _record(session, notice, "notice.resumed", by, now, reason=words)
        looked_after(session, notice, "let it go on", by=by, now=now)
    return notice


def cancel(
    session: Session, notice_id: int, reason: str, *, text_wrong: bool = False, by: Actor, now: datetime
) -> Notice:
    """Stop for good: whoever has not been written to will not be. What is in flight still gets its answer.

    ``text_wrong`` withdraws what was sent by then. Silence withdraws nothing: who is told not to act on a true message does
    not call their bank, and a text can be withdrawn afterwards (:func:`judge_text`).
    """
    require(by, Permission.STOP_SEND)
    words = judging(reason, text_wrong=True) if text_wrong else reasoned(reason)
    with writing(session):
        notice = lock_notice(session, notice_id)
        check_moves(notice.state, "be stopped")
        notice.state, notice.text_withdrawn = NoticeState.CANCELLED.value, text_wrong
        notice.say(words)
        notice.cut_to = notice.list_count or 0
        session.execute(
            update(Chunk).where(Chunk.notice_id == notice.id, Chunk.state.in_(("waiting", "claimed")))
            .values(state="done", claim_token=None, lease_until=None))
        _record(session, notice, "notice.cancelled", by, now, reason=words, people=notice.waiting_count, text_wrong=text_wrong)
        looked_after(session, notice, "stopped it for good", by=by, now=now)
    stop_rest(session, notice_id, now=now, most=STOPPED_AT_ONCE)
    return notice


def judge_text(session: Session, notice_id: int, reason: str, *, text_wrong: bool, by: Actor, now: datetime) -> Notice:
    """Withdraw the text of a notice that was sent or stopped for good, or say that it is right after all.

    While it is withdrawn nobody is sent it any more: not by another channel after a bounce, not once more, not by post. Where it
    is right after all, the duties it ended are held against the number of people that the case says by now.
    """
    require(by, Permission.SEND_NOTICE)
    words = judging(reason, text_wrong=text_wrong)
    with writing(session):
        notice = lock_notice(session, notice_id)
        check_moves(notice.state, "have its text judged")
        if notice.text_withdrawn == text_wrong:
            raise Refused(JUDGED[text_wrong])
        notice.text_withdrawn = text_wrong
        if notice.state == NoticeState.FINISHED:  # one that was stopped keeps the words it was stopped with
            notice.state_reason = ""
            if text_wrong:
                notice.say(words)
        case = session.get_one(Case, notice.case_id, with_for_update={"of": Case, "key_share": True})  # nobody corrects it meanwhile
        _record(session, notice, "notice.text_withdrawn" if text_wrong else "notice.text_upheld", by, now, reason=words)
        if not text_wrong:
            owe_again(session, case, now=now)
    return notice


def uncertain_rows(session: Session, notice_id: int, numbers: Sequence[int] | None) -> Sequence[Delivery]:
    """Return what nobody decided about yet, of everybody or of these people of the list."""
    question = undecided(notice_id)
    return session.scalars(question if numbers is None else question.where(Delivery.number.in_(numbers))).all()


def check_all_there(rows: Sequence[Delivery], numbers: Sequence[int] | None) -> None:
    """Refuse a whole batch that names somebody who is not to be decided about: nothing of it is done (T-29)."""
    missing = set(numbers or ()) - {row.number for row in rows}
    if missing:
        raise NotFound(f"There is nobody uncertain with the number {min(missing)} in this notice. Nothing was done.")


def persons(session: Session, notice: Notice, rows: Sequence[Delivery | Told]) -> dict[int, Who]:
    """Return who these rows are about, by recipient id."""
    found = session.connection().execute(select(
        Recipient.id, Recipient.number, Recipient.language, Recipient.country, Recipient.has_telegram, Recipient.has_email,
        Recipient.has_post, Recipient.sensitive).where(among(session, Recipient.id, [row.recipient_id for row in rows])))
    who = Addressing(notice).who
    return {one.id: who(one) for one in found}


def send_again(session: Session, notice: Notice, rows: Sequence[Delivery], now: datetime) -> None:
    """Queue round 2 for uncertain rows of round 1; they stay listed as “may have got it twice”."""
    _go_on(session, notice, [(row, row.channel, row.round + 1) for row in rows], "Uncertain messages are sent once more.", now)


def fall_back(session: Session, notice: Notice, now: datetime) -> int:
    """Queue the next channel for the uncertain whose wait is over: there they were never asked. Returns how many.

    They too stay listed as “may have got it twice”. Whom somebody decided to leave as they are, stays so.
    """
    wait = ChannelPlan.from_json(notice.plan).wait
    late = [row for row in session.scalars(undecided(notice.id)) if row.result_at is not None and now - row.result_at >= wait]
    who = persons(session, notice, late) if late else {}
    going: list[tuple[Delivery, str, int]] = []
    for row in late:
        channels = who[row.recipient_id].channels
        following = rules.fallback_channel(channels, row.channel, channels)
        if following is not None:
            going.append((row, following, row.round))
    _go_on(session, notice, going, "Uncertain people are told on the next channel.", now)
    return len(going)


def _go_on(session: Session, notice: Notice, rows: Sequence[tuple[Delivery, str, int]], why: str, now: datetime) -> None:
    """Queue these uncertain people anew, each on a channel and in a round."""
    who, moves = persons(session, notice, [row for row, _, _ in rows]), Moves()
    notice.resent_count += _newly_twice(session, notice, [row for row, _, _ in rows])
    for row, channel, round_number in rows:
        moves.out(who[row.recipient_id], row.channel, row.state, row.cause)
        row.state, row.decided_at, row.is_current = DeliveryState.RESENT.value, now, False
        moves.queue(notice.id, who[row.recipient_id], channel=channel, round_number=round_number, at=now)
    moves.write(session, notice, now)
    if rows and notice.state == NoticeState.FINISHED:
        reopen(session, notice, why, now=now)


def _newly_twice(session: Session, notice: Notice, rows: Sequence[Delivery]) -> int:
    """Count people of these rows who are not yet among those that may have got it twice: two lost answers are one person."""
    people = {row.recipient_id for row in rows}
    if not notice.resent_count:
        return len(people)
    earlier = session.scalar(select(func.count()).select_from(
        sent_twice(notice.id).where(among(session, Delivery.recipient_id, sorted(people))).order_by(None).subquery()))
    return len(people) - (earlier or 0)


def reopen(session: Session, notice: Notice, why: str, *, now: datetime) -> None:
    """Let a finished notice go on because somebody waits again. Call inside a write unit."""
    notice.state, notice.state_reason, notice.finished_at = NoticeState.SENDING.value, "", None
    notice.proof_due_at = None
    _record(session, notice, "notice.reopened", SYSTEM, now, why=why)


def resolve_uncertain(
    session: Session, notice_id: int, decision: str, *, reason: str, by: Actor, now: datetime,
    numbers: Sequence[int] | None = None,
) -> int:
    """Decide about messages that may or may not have gone out: ``leave`` them so. Sending them again takes two people.

    ``numbers`` limits it to these people of the list. Returns how many were decided. Raises ``Refused`` where nothing
    is left to decide, ``NotFound`` where a number is of nobody to be decided about.
    """
    require(by, Permission.RESOLVE_UNCERTAIN)
    words = reasoned(reason)
    if decision not in DECISIONS:
        raise Refused("Nothing was changed.", {"decision": "Choose “leave”, or ask a second person to send again."})
    with writing(session):
        notice = lock_notice(session, notice_id)
        check_moves(notice.state, "be decided on")
        rows = uncertain_rows(session, notice.id, numbers)
        if not rows:
            raise Refused(NOTHING_LEFT)
        check_all_there(rows, numbers)
        for row in rows:
            row.decided_at = now
        record_decision(session, notice, decision, words, len(rows), by=by, now=now)
    return len(rows)


def record_decision(
    session: Session, notice: Notice, decision: str, reason: str, people: int, *, by: Actor, now: datetime
) -> None:
    """Record what was decided about so many uncertain people. Call inside a write unit."""
    _record(session, notice, "deliveries.uncertain_decided", by, now, decision=decision, reason=reason, people=people)


def due_for_resend(row: Delivery, now: datetime) -> bool:
    """Tell whether an uncertain row may be sent again under the plan ``resend_once``."""
    return row.round == 1 and row.result_at is not None and now - row.result_at >= rules.RESEND_AFTER
