"""Similar earlier breaches of a case: what was done then, and whether it worked; of cases the reader may see, and no other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CompoundSelect, select, union_all
from sqlalchemy.orm import Session

from incident_app.domain import similar as rules
from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.lessons import Lessons
from incident_app.domain.regimes import Law
from incident_app.domain.remediation import ActionKind, ActionState, Works
from incident_app.domain.similar import Shared, Trait
from incident_app.models.cases import Case
from incident_app.models.remediation import Action
from incident_app.models.systems import CaseTrait, System
from incident_app.services import lessons, scope, traits

LOOKED_AT = 12
"""How many of the newest earlier cases are looked at for each thing shared."""
FOUND = {
    Works.WORKS: "done, and it works", Works.PARTLY: "done, and it works only partly",
    Works.NOT: "done, and it did not work: it was taken up again",
}
LASTING = (ActionKind.REMEDY.value, ActionKind.PREVENT.value)


@dataclass(frozen=True, slots=True)
class Done:
    """What was done about a cause then. ``effect`` says whether it worked; ``tried``: it was done at least once."""

    title: str
    state: str
    effect: str
    tried: bool


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier case: what it shares in words, what was learnt, and what was done to keep it from happening again."""

    ref: str
    title: str
    aware_at: datetime
    zone: str
    state: str
    shared: tuple[tuple[str, str], ...]
    learnt: Lessons
    done: tuple[Done, ...]


def _question(case: Case, mine: Sequence[Trait], by: Actor) -> CompoundSelect[Any]:
    """Ask for the newest earlier cases of each trait. Each part walks the index (kind, value, case) backwards and stops."""
    drills = () if case.is_drill else (Case.is_drill.is_(False),)
    parts = [
        select(CaseTrait.case_id, CaseTrait.kind, CaseTrait.value).join(Case, Case.id == CaseTrait.case_id)
        .where(CaseTrait.kind == one.kind.value, CaseTrait.value == one.value, CaseTrait.case_id < case.id,
               scope.visible_to(by), *drills)
        .order_by(CaseTrait.case_id.desc()).limit(LOOKED_AT).subquery(f"shared_{number}")
        for number, one in enumerate(mine)
    ]
    return union_all(*(select(part.c.case_id, part.c.kind, part.c.value) for part in parts))


def of_case(session: Session, case: Case, *, by: Actor, law: Law) -> tuple[Earlier, ...]:
    """Return at most five earlier cases that share cause, system or processor with this one, the most telling first."""
    require(by, Permission.SEE_CASES)
    mine = traits.of_case(session, case.id)
    if not mine:
        return ()
    found: dict[int, list[Trait]] = {}
    for row in session.execute(_question(case, mine, by)):
        found.setdefault(row.case_id, []).append(Trait(Shared(row.kind), row.value))
    ranked = rules.ranked(case.id, mine, found)
    if not ranked:
        return ()
    ids = [one.case_id for one in ranked]
    cases = {one.id: one for one in session.scalars(select(Case).where(Case.id.in_(ids)))}
    learnt, done = lessons.latest_of(session, ids), _done(session, ids)
    words = _words(session, law, [trait for one in ranked for trait in one.shared], case)
    return tuple(
        Earlier(
            ref=cases[one.case_id].ref, title=cases[one.case_id].title, aware_at=cases[one.case_id].aware_at,
            zone=cases[one.case_id].zone, state=cases[one.case_id].state,
            shared=tuple((trait.kind.value, words[trait]) for trait in one.shared),
            learnt=lessons.plain(learnt.get(one.case_id)), done=tuple(done.get(one.case_id, ())),
        )
        for one in ranked
    )


def _words(session: Session, law: Law, shared: Sequence[Trait], case: Case) -> dict[Trait, str]:
    picked = [int(one.value) for one in shared if one.kind is Shared.SYSTEM]
    systems = {str(number): name for number, name in session.execute(select(System.id, System.name).where(System.id.in_(picked)))}
    processors = {rules.folded(name): name for name in case.processors}
    names: Mapping[Shared, Mapping[str, str]] = {Shared.SYSTEM: systems, Shared.PROCESSOR: processors}
    return {one: law.words.cause_label(one.value) if one.kind is Shared.CAUSE else names[one.kind][one.value] for one in shared}


def _done(session: Session, case_ids: Sequence[int]) -> dict[int, list[Done]]:
    """Return what was to remove the cause and keep it from coming back, by case, in the order it was entered."""
    rows = session.scalars(select(Action).where(
        Action.case_id.in_(case_ids), Action.kind.in_(LASTING), Action.state != ActionState.NOT_NEEDED.value).order_by(Action.id))
    found: dict[int, list[Done]] = {}
    for one in rows:
        found.setdefault(one.case_id, []).append(Done(one.title, one.state, whether_it_worked(one), one.state == ActionState.DONE.value or bool(one.works)))
    return found


def whether_it_worked(action: Action) -> str:
    """Say whether an action had the effect it was meant to have, by the last look at it."""
    if action.works:
        return FOUND[Works(action.works)]
    return "done; nobody has looked yet whether it works" if action.state == ActionState.DONE.value else "not done yet"
