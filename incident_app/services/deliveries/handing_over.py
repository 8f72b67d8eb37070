"""What became of printed letters: a person says on which day how many were handed over to the post, or that they were not,
and puts it right where that was wrong."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from incident_app.domain import deliveries as sending
from incident_app.domain import posting as rules
from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.deliveries import DeliveryState
from incident_app.domain.notices import NoticeState, check_moves
from incident_app.domain.refusals import Conflict, Refused
from incident_app.models import posting as rows
from incident_app.models.audit import Entry
from incident_app.models.deliveries import Attempt, Delivery
from incident_app.models.notices import Notice
from incident_app.models.organisation import Organisation
from incident_app.models.posting import PostExport, PostPart
from incident_app.services.deliveries.controls import persons, reopen
from incident_app.services.deliveries.counting import Moves, lock_notice
from incident_app.services.deliveries.finishing import settle
from incident_app.services.deliveries.posting import check_sending, found_export, record_export, taken_by_post
from incident_app.services.unit import writing

TOGETHER = 5000
NOT_PRINTED = "These letters are not printed, or it was said before what became of them. Nothing was changed."


def hand_over(session: Session, notice_id: int, number: int, *, on: date, count: int, left_out: Collection[int] = (),
              by: Actor, now: datetime) -> PostExport:
    """Say that ``count`` letters of a file were handed over to the post on a day; ``left_out`` (numbers of people) were not.

    Those people count as written to from now on, those left out still wait. Raises ``Refused`` by field where the sum of
    both is not what was printed, or the day cannot be; ``Conflict`` where the notice was stopped or held meanwhile.
    """
    require(by, Permission.EXPORT_RECIPIENTS)
    with writing(session):
        notice = lock_notice(session, notice_id)
        export = _printed(session, notice_id, number)
        check_sending(notice)
        begun, made = export.taken_at or now, export.made_at or now  # what is made has both
        zone = ZoneInfo(session.scalars(select(Organisation.zone).order_by(Organisation.id)).one())
        mine = (*rows.due_now(notice_id, begun), rows.up_to(export.upto or 0))
        known = set(session.scalars(select(Delivery.number).where(*mine, Delivery.number.in_(left_out))))
        if known != set(left_out):
            raise Refused("Nothing was changed.", {
                "left_out": f"P-{min(set(left_out) - known):05} has no letter in this file, or does not wait for one any more."})
        rules.check_hand_over(on, count, printed=export.people_count, left_out=len(known),
                              printed_on=made.astimezone(zone).date(), today=now.astimezone(zone).date())
        moves = Moves()
        told = taken_by_post(session, moves, notice_id, (*mine, Delivery.number.not_in(known)), number, started=begun, now=now,
                             words=f"Handed over to the post on {on:%Y-%m-%d}.")
        moves.write(session, notice, now)
        notice.last_result_at = now
        export.state, export.handed_on, export.handed_by_id = rules.HANDED, on, by.id
        export.people_count, export.left_count = count, len(known)
        session.execute(delete(PostPart).where(PostPart.export_id == export.id))
        record_export(session, export, notice, "handed", by, now, on=on.isoformat(), letters=count, left_out=len(known), people=told)
    return export


def drop_letters(session: Session, notice_id: int, number: int, *, reason: str, by: Actor, now: datetime) -> PostExport:
    """Say that the letters of a file were not posted: they are thrown away here too, and these people still wait."""
    require(by, Permission.EXPORT_RECIPIENTS)
    if len(reason.strip()) < rules.SHORTEST_REASON:
        raise Refused("Nothing was changed.", {"reason": f"Say why they were not posted, in at least {rules.SHORTEST_REASON} characters: it is recorded."})
    with writing(session):
        notice = lock_notice(session, notice_id)
        export = _printed(session, notice_id, number)
        export.state, export.answer_reason = rules.DROPPED, reason.strip()
        session.execute(delete(PostPart).where(PostPart.export_id == export.id))
        record_export(session, export, notice, "dropped", by, now, reason=reason.strip(), letters=export.people_count)
    return export


def _printed(session: Session, notice_id: int, number: int) -> PostExport:
    export = found_export(session, notice_id, number)
    if export.state != rules.MADE:
        raise Conflict(NOT_PRINTED)
    return export


def correct_hand_over(session: Session, notice_id: int, number: int, *, reason: str, people: Collection[int] = (),
                      by: Actor, now: datetime) -> PostExport:
    """Say that letters of a file were not posted after all: those of these ``people`` (their numbers), or all of them.

    Nothing is taken out of the record: what was said before stays in their story, with the correction behind it, and they
    wait for a letter again, unless its text was withdrawn meanwhile. Raises ``Refused`` by field, ``Conflict`` where no hand-over was recorded.
    """
    require(by, Permission.EXPORT_RECIPIENTS)
    if len(reason.strip()) < rules.SHORTEST_REASON:
        raise Refused("Nothing was changed.", {"reason": f"Say what happened to them, in at least {rules.SHORTEST_REASON} characters: it is recorded."})
    with writing(session):
        notice = lock_notice(session, notice_id)
        export = found_export(session, notice_id, number)
        if export.state != rules.HANDED:
            raise Conflict("Nobody said that these letters were handed over to the post. Nothing was changed.")
        check_moves(notice.state, "be tried again")
        found = sum(_wait_again(session, notice, page, now) for page in _handed(session, notice_id, number, people))
        if people and found != len(set(people)):
            raise Refused("Nothing was changed.", {"people": "Somebody named here does not count as written to by this file."})
        if not found:
            raise Conflict("Nobody counts as written to by this file any more. Nothing was changed.")
        if notice.text_withdrawn:
            settle(session, notice, now)
        elif notice.state == NoticeState.FINISHED:
            reopen(session, notice, "Letters were not posted after all.", now=now)
        export.people_count, export.left_count = export.people_count - found, export.left_count + found
        record_export(session, export, notice, "corrected", by, now, letters=found, reason=reason.strip())
    return export


def _handed(session: Session, notice_id: int, number: int, people: Collection[int]) -> Iterator[Sequence[Delivery]]:
    """Yield the rows that count as written to by a file, some thousand at a time."""
    mine = select(Delivery).where(
        Delivery.notice_id == notice_id, Delivery.channel == rows.POST, Delivery.is_current,
        Delivery.state == DeliveryState.ACCEPTED.value, Delivery.provider_reference == rows.reference_of(number))
    if people:
        mine = mine.where(Delivery.number.in_(people))
    after = 0
    while page := session.scalars(mine.where(Delivery.id > after).order_by(Delivery.id).limit(TOGETHER)).all():
        after = page[-1].id
        yield page


def _wait_again(session: Session, notice: Notice, page: Sequence[Delivery], now: datetime) -> int:
    """Let these people wait for a letter in a row of their own; the one before stays, and says that it did not go out.

    Where the text was withdrawn that is all: nobody is sent it any more.
    """
    who, moves = persons(session, notice, page), Moves()
    for row in page:
        person = who[row.recipient_id]
        moves.out(person, row.channel, row.state, row.cause)
        session.add(Attempt(delivery_id=row.id, ended_at=now, outcome="rejected", permanent=True, reason=rules.NOT_POSTED,
                            reference=row.provider_reference))
        row.state, row.reason, row.cause = DeliveryState.FAILED.value, rules.NOT_POSTED, sending.cause_of(rules.NOT_POSTED)
        if notice.text_withdrawn:
            moves.into(person, row.channel, row.state, row.cause)
            continue
        row.is_current, row.decided_at = False, now
        moves.queue(notice.id, person, channel=row.channel, round_number=row.round + 1, at=now)
    moves.write(session, notice, now)
    return len(page)


def corrections_of(session: Session, notice: Notice) -> dict[int, list[Entry]]:
    """Return what the record says of corrections, by the number of the file, the first first."""
    found: dict[int, list[Entry]] = {}
    for entry in session.scalars(select(Entry).where(
            Entry.case_id == notice.case_id, Entry.action == "post.corrected", Entry.subject_id == str(notice.id)).order_by(Entry.seq)):
        found.setdefault(int(entry.details["export"]), []).append(entry)
    return found
