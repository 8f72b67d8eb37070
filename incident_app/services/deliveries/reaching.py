"""Whom the notices of a case told, held against whom each law wants told: what a duty still waits for, in words."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from babel import Locale
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incident_app.domain.cases import Count
from incident_app.domain.deliveries import DeliveryState
from incident_app.domain.notices import CONTROLLERS, NoticeState
from incident_app.domain.obligations.reaching import (
    BY_HAND,
    STAYS,
    Reached,
    against,
    left_out,
    lowered,
    too_few,
)
from incident_app.domain.regimes import Law
from incident_app.models.cases import Case
from incident_app.models.deliveries import Delivery, Tally
from incident_app.models.notices import Notice
from incident_app.models.obligations import OWED, STILL_OPEN, Obligation, of_case
from incident_app.models.recipients import Recipient, RecipientList
from incident_app.services.deliveries.past import Past, past_of
from incident_app.services.obligations.facts import facts_of

PEOPLE = "data_subjects"
MOST_COMPARED = 100_000
"""People in several lists up to whom it is looked who stands in more than one: a page of the case waits for it. Beyond,
what the largest list and the largest notice say is surely so."""


def ended(session: Session, case_id: int, *, withdrawn: bool = False) -> Sequence[Notice]:
    """Return the notices to the people of a case in which everybody has an outcome, the first first.

    Without those whose text was withdrawn, unless it is asked for them too: who got one has wrong words, and is told by another.
    """
    texts = () if withdrawn else (Notice.text_withdrawn.is_(False),)
    return session.scalars(select(Notice).where(
        Notice.case_id == case_id, Notice.kind != CONTROLLERS, Notice.finished_at.is_not(None), *texts,
    ).order_by(Notice.number)).all()


def reached_by(session: Session, over: Sequence[Notice], planned: Notice | None = None) -> Reached:
    """Return what the notices that are ``over`` did together, and ``planned`` will at best."""
    notices = [*over, *([planned] if planned is not None else ())]
    lists = {one.id: one for one in session.scalars(
        select(RecipientList).where(RecipientList.id.in_({notice.list_id for notice in notices})))}
    listed: Counter[str] = Counter()
    for people in lists.values():
        listed.update(people.countries)
        listed[""] += people.people_count - sum(people.countries.values())
    by_place = _by_place(session, [one.id for one in over])
    compared = len(lists) > 1 and sum(one.people_count for one in lists.values()) <= MOST_COMPARED
    return Reached(
        numbers=tuple(one.number for one in notices), held=_held(session, notices, lists, compared=compared),
        accepted=_accepted(session, over, compared=compared),
        listed=listed, by_place=by_place + listed if planned is not None else by_place, planned=planned is not None,
        at_least=len(lists) > 1 and not compared,
    )


def _accepted(session: Session, over: Sequence[Notice], *, compared: bool) -> int:
    """Count whose message a provider took; who got several notices counts once."""
    if not compared:
        return max((one.accepted_count for one in over), default=0)
    question = select(func.count(func.distinct(Recipient.blind))).join(Delivery, Delivery.recipient_id == Recipient.id).where(
        Delivery.notice_id.in_([one.id for one in over]), Delivery.is_current, Delivery.state == DeliveryState.ACCEPTED.value)
    return session.scalar(question) or 0


def _by_place(session: Session, notice_ids: Sequence[int]) -> Counter[str]:
    question = select(Tally.country, func.sum(Tally.count)).where(
        Tally.notice_id.in_(notice_ids), Tally.state == DeliveryState.ACCEPTED.value).group_by(Tally.country)
    return Counter({place: int(count) for place, count in session.execute(question)})


def _held(session: Session, notices: Sequence[Notice], lists: dict[int, RecipientList], *, compared: bool) -> int:
    """Count the people of the lists, without those a stop left out. Who stands in several lists counts once."""
    left_out = {number: min(one.cancelled_count for one in notices if one.list_id == number) for number in lists}
    if not compared:
        return max((one.people_count - left_out[one.id] for one in lists.values()), default=0)
    question = select(func.count(func.distinct(Recipient.blind))).where(Recipient.list_id.in_(lists))
    return (session.scalar(question) or 0) - sum(left_out.values())


def speaking_against(session: Session, case: Case, duties: Sequence[Obligation], found: Reached, law: Law,
                     people: Count | None = None) -> list[tuple[Obligation, tuple[str, ...]]]:
    """Return with each duty what speaks against calling its people told, a sentence each; by another number of ``people`` than
    the case says where it is given."""
    facts = replace(facts_of(session, case, law), people=people or case.people)
    return [(duty, against(law.regime(duty.regime), facts, found, _country)) for duty in duties]


def _to_people(session: Session, case: Case, *states: str) -> list[Obligation]:
    return [one for one in session.scalars(of_case(case.id)) if one.recipient_type == PEOPLE and one.state in states]


def still_owed(session: Session, case: Case, *, law: Law, now: datetime) -> dict[int, str]:
    """Return why each duty to tell people is still owed though a notice ended, by its id; nothing before one ended."""
    duties = _to_people(session, case, OWED) if case.closed_at is None else []
    over = ended(session, case.id) if duties else ()
    if not over:
        return {}
    past, said = past_of(session, case), dict[int, str]()
    for counted, some in past.counting(duties, over):
        found = reached_by(session, counted)
        for duty, speaks in speaking_against(session, case, some, found, law):
            words = speaks or _left_to_a_person(past, counted[-1], found)
            late = duty.due_at is not None and now > duty.due_at
            said[duty.id] = " ".join((*words, BY_HAND, *(("It is past its date, so say why.",) if late else ())))
    return said


def _left_to_a_person(past: Past, last: Notice, found: Reached) -> tuple[str, ...]:
    """Return what the notices reached, and why the end of the last ended nothing: the number was lowered since, or it was stopped."""
    most = past.highest(last)
    reached = lowered(found, most, past.people) if too_few(most, found) else f"{found.words}."
    stopped = last.state == NoticeState.CANCELLED and last.cancelled_count
    return (reached, left_out(last.cancelled_count)) if stopped else (reached,)


def would_stay(session: Session, notice: Notice, *, law: Law) -> tuple[str, ...]:
    """Return what would keep the duties to tell people open if this notice went out to its whole list: said before it does."""
    if notice.kind == CONTROLLERS or notice.finished_at is not None:
        return ()
    case = session.get_one(Case, notice.case_id)
    duties = _to_people(session, case, *STILL_OPEN)
    if not duties:
        return ()
    found = reached_by(session, ended(session, case.id), notice)
    words = dict.fromkeys(one for _, speaks in speaking_against(session, case, duties, found, law) for one in speaks)
    return (*words, STAYS) if words else ()


def _country(code: str) -> str:
    names: dict[str, str] = dict(Locale("en").territories)
    return names.get(code, code)
