"""Keep what a case may share with a later one, beside the case, so that the search for similar breaches asks an index."""

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from incident_app.domain.similar import Shared, Trait, traits
from incident_app.models.cases import Case
from incident_app.models.lessons import newest_lessons
from incident_app.models.systems import CaseTrait, systems_of


def of_case(session: Session, case_id: int) -> tuple[Trait, ...]:
    """Return what is kept of a case."""
    rows = session.scalars(select(CaseTrait).where(CaseTrait.case_id == case_id).order_by(CaseTrait.id))
    return tuple(Trait(Shared(one.kind), one.value) for one in rows)


def follow(session: Session, case: Case) -> None:
    """Bring what is kept of a case up to what it says now, inside the caller's transaction."""
    session.flush()
    last = session.scalar(newest_lessons(case.id).limit(1))
    picked = [one.system_id for one in session.scalars(systems_of(case.id))]
    wanted, kept = traits(last.cause if last else "", picked, case.processors), of_case(session, case.id)
    if wanted == kept:
        return
    session.execute(delete(CaseTrait).where(CaseTrait.case_id == case.id))
    session.add_all(CaseTrait(case_id=case.id, kind=one.kind.value, value=one.value) for one in wanted)
    session.flush()
