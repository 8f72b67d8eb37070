"""Pick the systems a breach has hit: the case is pre-filled from them, and keeps the version it was given."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain import systems as rules
from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.ports import Calendar
from incident_app.domain.refusals import Conflict, NotFound, Refused
from incident_app.domain.regimes import Law
from incident_app.domain.systems import Facts
from incident_app.models.cases import Case
from incident_app.models.systems import CaseSystem, System, systems_of
from incident_app.services import audit, obligations, profile, traits
from incident_app.services.holding import locked_case
from incident_app.services.unit import writing


@dataclass(frozen=True, slots=True)
class Picked:
    """A system of a case as it was given. ``filled`` stands in the case still, ``offered`` is held there and not said in the
    case; both by field. ``newest``: the version the system is at now."""

    system_id: int
    version: int
    newest: int
    facts: Facts
    filled: dict[str, tuple[str, ...]]
    offered: dict[str, tuple[str, ...]]
    by_id: int | None
    at: datetime


def _said(case: Case) -> dict[str, list[str]]:
    return {name: list(getattr(case, name)) for name in rules.FILLED}


def of_case(session: Session, case: Case) -> list[Picked]:
    """Return the systems of a case in the versions it was given, in the order they were picked."""
    rows, now = session.scalars(systems_of(case.id)).all(), _said(case)
    given = profile.of_systems(session, [(row.system_id, row.system_version) for row in rows])
    found = []
    for row in rows:
        facts = Facts.from_json(given[row.system_id, row.system_version])
        filled = {name: tuple(one for one in values if one in now[name]) for name, values in row.filled.items()}
        found.append(Picked(row.system_id, row.system_version, row.system.version, facts,
                            {name: values for name, values in filled.items() if values}, rules.offered(now, facts),
                            row.by_id, row.at))
    return found


def names_of(session: Session, case_ids: Sequence[int]) -> dict[int, str]:
    """Return the names of the systems of each of these cases, in one question."""
    found: dict[int, list[str]] = {}
    for row in session.scalars(select(CaseSystem).where(CaseSystem.case_id.in_(case_ids)).order_by(CaseSystem.id)):
        found.setdefault(row.case_id, []).append(row.system.name)
    return {number: "\n".join(names) for number, names in found.items()}


def check(session: Session, ids: Sequence[int]) -> list[System]:
    """Return systems that can be picked. Raises ``Refused``."""
    found = [session.get(System, number) for number in dict.fromkeys(ids)]
    known = [one for one in found if one is not None and one.retired_at is None]
    if len(known) != len(found):
        raise Refused("Nothing was saved.", {"systems": "Choose systems of the organisation's list."})
    return known


def pick_into(session: Session, case: Case, system: System, *, by: Actor, now: datetime) -> None:
    """Give a case one more system and fill in what nobody typed, inside the caller's transaction."""
    given = [row.filled for row in session.scalars(systems_of(case.id))]
    values, filled = rules.fill(_said(case), given, Facts.from_json(system.facts))
    for name, value in values.items():
        setattr(case, name, list(value))
    session.add(CaseSystem(case_id=case.id, system_id=system.id, system_version=system.version, filled=filled,
                           by_id=by.id or None, at=now))
    session.flush()
    audit.record(session, action="case.system_picked", by=by, now=now, case_id=case.id, subject="case", subject_id=case.ref,
                 details={"system": system.id, "version": system.version, "fields": sorted(filled)})


def pick(session: Session, case_id: int, system_id: int, *, by: Actor, now: datetime, law: Law, calendar: Calendar) -> Case:
    """Pick a system for a case; its duties follow what is filled in. A form of the facts opened before is stale then."""
    require(by, Permission.EDIT_CASE)
    with writing(session):
        case = locked_case(session, case_id)
        (system,) = check(session, [system_id])
        if any(row.system_id == system.id for row in session.scalars(systems_of(case_id))):
            raise Conflict("This case has that system already.")
        pick_into(session, case, system, by=by, now=now)
        case.version += 1
        traits.follow(session, case)
        obligations.arise(session, case, by=by, now=now, law=law, calendar=calendar)
    return case


def drop(session: Session, case_id: int, system_id: int, *, by: Actor, now: datetime, law: Law, calendar: Calendar) -> Case:
    """Take a system away from a case, with what it alone had filled in and nobody has touched since."""
    require(by, Permission.EDIT_CASE)
    with writing(session):
        case = locked_case(session, case_id)
        rows = session.scalars(systems_of(case_id)).all()
        row = next((one for one in rows if one.system_id == system_id), None)
        if row is None:
            raise NotFound("This case does not have that system.")
        values = rules.unfill(_said(case), [one.filled for one in rows if one is not row], row.filled)
        for name, value in values.items():
            setattr(case, name, list(value))
        session.delete(row)
        case.version += 1
        traits.follow(session, case)
        audit.record(session, action="case.system_dropped", by=by, now=now, case_id=case.id, subject="case", subject_id=case.ref,
                     details={"system": row.system_id, "version": row.system_version, "fields": sorted(values)})
        obligations.arise(session, case, by=by, now=now, law=law, calendar=calendar)
    return case
