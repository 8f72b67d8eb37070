"""The facts of a review, gathered from the record: the same rows that the register writes down."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incident_app.domain import review as rules
from incident_app.domain.accounts import SYSTEM
from incident_app.domain.cases import ControllerRole
from incident_app.domain.notices import CONTROLLERS
from incident_app.domain.notices.counting import by_list
from incident_app.domain.record import words_of
from incident_app.domain.review import AS_NOW, BEFORE, Act, Before, Differed, Review, Told, ToldControllers
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.deliveries import Pulse, Tally
from incident_app.models.notices import Notice
from incident_app.models.publishing import PublicNotice
from incident_app.models.risk import Decision
from incident_app.services import accounts, writing_down
from incident_app.services.controllers.telling import told_of_case

RECEIVED = "delivered"
PEOPLE = "people"


def facts(session: Session, case: Case) -> Review:
    """Return what the record says of a case, in the figures of the register."""
    return _written(session, case, AS_NOW, case.aware_at, controllers=True)


def facts_as_before(session: Session, case: Case) -> Review:
    """Return the same as it was written before controllers had words of their own: what was signed then is signed still."""
    return _written(session, case, BEFORE[0], case.aware_at, controllers=False)


def stories_as_before(session: Session, case: Case, signed_at: datetime) -> Iterator[Review]:
    """Yield the same as it was written before some acts were steps of the story and public notices had their numbers, with and
    without words of their own for controllers: what was signed then, last at ``signed_at``, is signed still.

    What was done after that is a step whatever it was: it was not there when it was signed.
    """
    for before in BEFORE:
        for controllers in (True, False):
            yield _written(session, case, before, signed_at, controllers=controllers)


def _written(session: Session, case: Case, before: Before, signed_at: datetime, *, controllers: bool) -> Review:
    (entry,) = writing_down.entries(session, [case.id])
    acts = _acts(session, case.id, numbered=before.numbered)
    told = _told(session, case.id, *((PEOPLE,) if controllers else (PEOPLE, CONTROLLERS)), every=not before.by_list)
    return rules.written(entry, acts, told, _differed(session, case.id), _to_controllers(session, case) if controllers else None,
                         [one for one in acts if one.action in before.no_steps and one.at <= signed_at], every=not before.by_list)


def _to_controllers(session: Session, case: Case) -> ToldControllers | None:
    every = told_of_case(session, case.id).values()
    if case.role != ControllerRole.PROCESSOR and not every:
        return None
    first, last = _minutes(session, case.id, CONTROLLERS)
    return ToldControllers(len(every), sum(one.is_told for one in every), sum(one.acknowledged for one in every), first, last)


def _minutes(session: Session, case_id: int, *kinds: str) -> tuple[datetime | None, datetime | None]:
    first, last = session.execute(
        select(func.min(Pulse.minute), func.max(Pulse.minute)).join(Notice, Notice.id == Pulse.notice_id)
        .where(Notice.case_id == case_id, Notice.kind.in_(kinds), Pulse.count > 0)).one()
    return first, last


def _acts(session: Session, case_id: int, *, numbered: bool = True) -> Sequence[Act]:
    rows = session.execute(select(Entry.at, Entry.action, Entry.actor_id, Entry.actor_name, Entry.subject, Entry.subject_id)
                           .where(Entry.case_id == case_id).order_by(Entry.seq))
    numbers = {str(row): number for row, number in session.execute(
        select(PublicNotice.id, PublicNotice.number).where(PublicNotice.case_id == case_id))}
    return [Act(at, action, _which(words_of(action), numbers.get(subject_id) if subject == "public_notice" and numbered else None), name, bool(actor) and actor != SYSTEM.id)
            for at, action, actor, name, subject, subject_id in rows]


def _which(words: str, number: int | None) -> str:
    """Say which public notice was meant, where it is one. Other steps stay as they were signed."""
    return words if number is None else words.replace("A public notice", f"Public notice {number}")


def _told(session: Session, case_id: int, *kinds: str, every: bool) -> Told:
    """Return when people were told by what was sent: by the minute. ``every``: by every notice, not by one to each list."""
    first, last = _minutes(session, case_id, *kinds)
    rows = session.execute(
        select(Notice.id, Notice.list_id, Notice.accepted_count, (Notice.waiting_count + Notice.cancelled_count).label("none"))
        .where(Notice.case_id == case_id, Notice.kind.in_(kinds), Notice.launched_at.is_not(None)).order_by(Notice.number)).all()
    counted = rows if every else by_list(rows, lambda one: one.list_id, lambda one: one.accepted_count)
    reached = session.scalar(select(func.sum(Tally.count)).where(
        Tally.notice_id.in_([one.id for one in counted]), Tally.state == RECEIVED))
    return Told(first, last, int(reached or 0), sum(one.none for one in counted))


def _differed(session: Session, case_id: int) -> list[Differed]:
    names = accounts.names(session)
    rows = session.scalars(select(Decision).where(Decision.case_id == case_id, Decision.differs.is_(True)).order_by(Decision.id))
    proposed = {True: "required", False: "not required", None: "nothing"}
    return [
        Differed(subject=one.subject, outcome=one.outcome.replace("_", " "), proposed=proposed[one.proposed], reason=one.reason,
                 who=names.get(one.by_id or 0, ""), standing=one.standing, at=one.at)
        for one in rows
    ]
