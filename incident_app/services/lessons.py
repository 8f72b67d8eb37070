"""Write down why a breach happened and what was learnt from it, version by version, and read it back."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incident_app.domain import lessons as rules
from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.lessons import Lessons, Vocabulary
from incident_app.domain.refusals import Refused, Stale
from incident_app.models.cases import Case
from incident_app.models.lessons import LessonsVersion, newest_lessons
from incident_app.services import audit, traits
from incident_app.services.holding import locked_case
from incident_app.services.unit import writing

STALE = ("Somebody wrote about the cause and the lessons while you did. Nothing of yours was saved: compare, and save on top of "
         "what is there now.")


def plain(row: LessonsVersion | None) -> Lessons:
    """Return what a version says; nothing where there is none."""
    if row is None:
        return rules.NOTHING
    return Lessons(row.cause, tuple(row.factors), row.cause_words, tuple(row.whys or ()), row.went_well, row.differently)


def latest(session: Session, case_id: int) -> LessonsVersion | None:
    """Return the version that counts, ``None`` where nobody has written yet."""
    return session.scalar(newest_lessons(case_id).limit(1))


def versions(session: Session, case_id: int) -> Sequence[LessonsVersion]:
    """Return every version, the newest first."""
    return session.scalars(newest_lessons(case_id)).all()


def latest_of(session: Session, case_ids: Sequence[int]) -> dict[int, LessonsVersion]:
    """Return the version that counts of each of these cases, in one question."""
    newest = (
        select(LessonsVersion.case_id, func.max(LessonsVersion.number).label("number"))
        .where(LessonsVersion.case_id.in_(case_ids)).group_by(LessonsVersion.case_id).subquery()
    )
    question = select(LessonsVersion).join(
        newest, (LessonsVersion.case_id == newest.c.case_id) & (LessonsVersion.number == newest.c.number))
    return {one.case_id: one for one in session.scalars(question)}


def said_of_cause(case: Case, row: LessonsVersion | None) -> str:
    """Return the cause in words for a filing: what the facts say, else what was found out later; nothing for unknown."""
    return case.cause or (row.cause_words if row is not None else "")


def save(
    session: Session, case_id: int, said: Lessons, *, version: int, by: Actor, now: datetime, words: Vocabulary,
) -> LessonsVersion | None:
    """Write a new version; one that says the same as the last is none. ``version`` is the one that was read, 0 for none.

    Raises ``Refused`` by field, ``Stale`` where somebody was faster, ``Conflict`` for a closed case.
    """
    require(by, Permission.EDIT_CASE)
    said = rules.tidy(said)
    with writing(session):
        case = locked_case(session, case_id)
        last = latest(session, case_id)
        if version != (last.number if last else 0):
            raise Stale(STALE)
        before = plain(last)
        problems = rules.problems(said, before, words)
        if problems:
            raise Refused("Cause and lessons were not saved.", problems)
        changed = rules.differing(before, said)
        if not changed:
            return last
        made = LessonsVersion(
            case_id=case_id, number=version + 1, cause=said.cause, factors=list(said.factors), by_id=by.id, at=now,
            cause_words=said.cause_words, whys=list(said.whys), went_well=said.went_well, differently=said.differently,
        )
        session.add(made)
        session.flush()
        traits.follow(session, case)
        audit.record(session, action="lessons.written", by=by, now=now, case_id=case_id, subject="lessons",
                     subject_id=case.ref, details={"version": made.number, "fields": changed})
    return made
