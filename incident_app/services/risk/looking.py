"""What was assessed and decided, and what would change it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain import risk as rules
from incident_app.domain.regimes import Law
from incident_app.models.cases import Case
from incident_app.models.risk import Assessment, Decision, counting
from incident_app.services.risk.facts import Extra, answers_of, facts_of


@dataclass(frozen=True, slots=True)
class Considered:
    """The newest assessment against the case as it is now: what would change its level or its proposal.

    ``stale``: the facts changed since, and would now be weighed differently.
    """

    changes: tuple[rules.Change, ...]
    moves: tuple[rules.Move, ...]
    flags: tuple[str, ...]
    now: rules.Outcome
    stale: bool


def latest(session: Session, case_id: int) -> Assessment | None:
    """Return the newest assessment of a case."""
    return session.scalar(
        select(Assessment).where(Assessment.case_id == case_id).order_by(Assessment.number.desc()).limit(1)
    )


def history(session: Session, case_id: int) -> Sequence[Assessment]:
    """Return every assessment of a case, the newest first."""
    return session.scalars(
        select(Assessment).where(Assessment.case_id == case_id).order_by(Assessment.number.desc())
    ).all()


def decisions(session: Session, case_id: int) -> Sequence[Decision]:
    """Return every decision about a case, the newest first."""
    return session.scalars(select(Decision).where(Decision.case_id == case_id).order_by(Decision.id.desc())).all()


def decided(session: Session, case_id: int) -> dict[str, Decision]:
    """Return the decision that has effect, by subject (authority, people)."""
    return {one.subject: one for one in session.scalars(counting().where(Decision.case_id == case_id))}


def newest_decisions(session: Session, case_id: int) -> dict[str, Decision]:
    """Return the newest decision by subject, whether it has effect, waits for a second person or was refused."""
    return {one.subject: one for one in reversed(decisions(session, case_id))}


def said_by_categories(case: Case, law: Law) -> dict[str, bool]:
    """Return what the categories of data say about deciding facts that nobody has answered, by name."""
    known = rules.from_categories(rules.RiskFacts(), _categories(case, law))
    return {one.name: getattr(known, one.name) for one in rules.QUESTIONS if isinstance(getattr(known, one.name), bool)}


def _categories(case: Case, law: Law) -> list[rules.Category]:
    return [law.categories[name] for name in case.data_categories if name in law.categories]


def considered(session: Session, case: Case, law: Law) -> Considered | None:
    """Return what would change the newest assessment; ``None`` before the first."""
    newest = latest(session, case.id)
    if newest is None:
        return None
    answers = answers_of(newest.answers, case)
    facts = facts_of(case, Extra.kept(newest.answers))
    categories = _categories(case, law)
    weighed = rules.weigh(facts, categories, answers)
    then = (newest.proposal["authority"], newest.proposal["people"])
    return Considered(
        changes=rules.what_would_change(answers), moves=rules.what_would_move(facts, categories, answers),
        flags=weighed.severity.flags, now=weighed.outcome,
        stale=then != (weighed.outcome.notify_authority, weighed.outcome.tell_people),
    )
