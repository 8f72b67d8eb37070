"""Keep the systems of the organisation's profile: what they hold, whose, what for, and where a list of people comes from."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain import systems as rules
from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.refusals import NotFound, Refused, Stale
from incident_app.domain.regimes import Law
from incident_app.domain.systems import Facts
from incident_app.models.systems import System, systems_in_use
from incident_app.services import audit, profile
from incident_app.services.unit import writing


def facts_of(system: System) -> Facts:
    """Return what is known of it now."""
    return Facts.from_json(system.facts)


def every(session: Session, *, by: Actor) -> Sequence[System]:
    """Return all systems by name, the retired ones last."""
    require(by, Permission.SEE_SYSTEMS)
    return session.scalars(select(System).order_by(System.retired_at.is_not(None), System.name, System.id)).all()


def choices(session: Session) -> dict[int, str]:
    """Return what can be picked: names by id."""
    return {one.id: one.name for one in session.scalars(systems_in_use())}


def find(session: Session, system_id: int, *, by: Actor) -> System:
    """Return one system. Raises ``NotFound``."""
    require(by, Permission.SEE_SYSTEMS)
    found = session.get(System, system_id)
    if found is None:
        raise NotFound("There is no such system.")
    return found


def _checked(session: Session, facts: Facts, law: Law, itself: int = 0) -> Facts:
    facts = rules.tidy(facts)
    problems = rules.problems(facts, law.categories, law.people)
    if "name" not in problems and session.scalar(select(System.id).where(System.name == facts.name, System.id != itself)):
        problems["name"] = "There is a system of this name already."
    if problems:
        raise Refused("The system was not saved.", problems)
    return facts


def add(session: Session, facts: Facts, *, by: Actor, now: datetime, law: Law) -> System:
    """Enter a system: its first version. Raises ``Refused`` by field."""
    require(by, Permission.MANAGE_SYSTEMS)
    with writing(session):
        facts = _checked(session, facts, law)
        made = System(name=facts.name, facts=facts.to_json())
        session.add(made)
        session.flush()
        profile.keep(session, profile.SYSTEM, made.id, 1, None, made.facts, by=by, now=now)
        audit.record(session, action="organisation.system_added", by=by, now=now, subject="system", subject_id=made.id,
                     details={"name": made.name})
    return made


def _held(session: Session, system_id: int, version: int) -> System:
    found = session.scalar(select(System).where(System.id == system_id).with_for_update(of=System))
    if found is None:
        raise NotFound("There is no such system.")
    if version != found.version:
        raise Stale("Somebody changed this system while you were editing. Nothing of yours was saved yet.")
    return found


def change(session: Session, system_id: int, facts: Facts, *, version: int, by: Actor, now: datetime, law: Law) -> System:
    """Write down what is known now: a new version. Cases keep the version they were given."""
    require(by, Permission.MANAGE_SYSTEMS)
    with writing(session):
        system = _held(session, system_id, version)
        facts = _checked(session, facts, law, system.id)
        before, after = facts_of(system).to_json(), facts.to_json()
        changed = [name for name, value in after.items() if before[name] != value]
        if changed:
            system.name, system.facts, system.version = facts.name, after, version + 1
            profile.keep(session, profile.SYSTEM, system.id, system.version, before, after, by=by, now=now)
            audit.record(session, action="organisation.system_changed", by=by, now=now, subject="system", subject_id=system.id,
                         details={"fields": changed, "version": system.version})
    return system


def retire(session: Session, system_id: int, *, retired: bool, version: int, by: Actor, now: datetime) -> System:
    """Offer a system no more, or again. Nothing of it is deleted."""
    require(by, Permission.MANAGE_SYSTEMS)
    with writing(session):
        system = _held(session, system_id, version)
        if retired != (system.retired_at is not None):
            before = facts_of(system).to_json() | {"retired": not retired}
            system.retired_at, system.version = now if retired else None, version + 1
            profile.keep(session, profile.SYSTEM, system.id, system.version, before, before | {"retired": retired}, by=by, now=now)
            audit.record(session, action="organisation.system_retired" if retired else "organisation.system_used_again", by=by, now=now,
                         subject="system", subject_id=system.id, details={"version": system.version})
    return system
