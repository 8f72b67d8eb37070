"""Keep the facts of a case, and the moment of awareness, each with who changed it and why."""

from collections.abc import Collection
from dataclasses import dataclass, fields, replace
from datetime import datetime

from sqlalchemy.orm import Session

from incident_app.domain import cases as rules
from incident_app.domain.accounts import Actor, Permission, may, require
from incident_app.domain.cases import ControllerRole, Count
from incident_app.domain.refusals import Refused
from incident_app.domain.regimes import Entity
from incident_app.models.cases import Case
from incident_app.services import audit, deliveries, obligations, remediation, traits
from incident_app.services.cases.filing import World, awareness_row, odd_places, odd_title, read_places
from incident_app.services.holding import locked_case
from incident_app.services.unit import writing


def set_awareness(
    session: Session, case_id: int, aware_at: datetime, *, zone: str, source: str, reason: str, version: int,
    by: Actor, now: datetime, world: World,
) -> Case:
    """Change the moment of awareness: a new version with author and reason, the old deadlines stay visible."""
    require(by, Permission.SET_AWARENESS)
    rules.zone_of(zone)
    with writing(session):
        case = locked_case(session, case_id, version)
        # Where both were one moment, they stay one.
        detected_at = min(aware_at, case.detected_at) if case.detected_at == case.aware_at else case.detected_at
        problems = dict(
            rules.check_moments(
                occurred_at=case.occurred_at, first_signal_at=case.first_signal_at, detected_at=detected_at,
                aware_at=aware_at, now=now,
            )
        )
        if not reason.strip():
            problems["reason"] = "Say why the moment of awareness changes."
        if not source.strip():
            problems["source"] = "Say who or what told you."
        if aware_at > case.aware_at and not may(by, Permission.DECIDE):
            problems["aware_at"] = "Only an approver may move awareness to a later moment."
        if problems:
            raise Refused("Awareness was not changed.", problems)
        before = case.aware_at
        case.aware_at, case.zone, case.aware_source = aware_at, zone, source.strip()
        case.detected_at = detected_at
        case.aware_version += 1
        case.version += 1
        session.add(awareness_row(case, reason=reason.strip(), by=by, now=now))
        audit.record(
            session, action="case.awareness_changed", by=by, now=now, case_id=case.id, subject="case",
            subject_id=case.ref,
            details={"before": before.isoformat(), "after": aware_at.isoformat(), "version": case.aware_version},
        )
        obligations.arise(session, case, by=by, now=now, law=world.law, calendar=world.calendar)
        remediation.follow_anchors(session, case, now=now)
    return case


MOMENTS = ("occurred_at", "first_signal_at", "detected_at", "contained_at")
"""Of these the record says what stood there before: terms and the review are reckoned from them."""
COUNTS = ("people", "records")
"""Of these it says both: whom notices told is held against the highest number that was said since their approval."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What may be known later. ``None`` in C-I-A, ``malicious`` and ``unintelligible`` means not known yet."""

    title: str
    summary: str
    kind: str
    people_data: str
    people: Count
    records: Count
    occurred_at: datetime | None = None
    first_signal_at: datetime | None = None
    detected_at: datetime | None = None
    contained_at: datetime | None = None
    confidentiality: bool | None = None
    integrity: bool | None = None
    availability: bool | None = None
    malicious: bool | None = None
    unintelligible: bool | None = None
    data_categories: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    processors: tuple[str, ...] = ()
    cause: str = ""
    consequences: str = ""
    measures_before: str = ""
    measures_taken: str = ""
    measures_planned: str = ""
    role: str = ControllerRole.CONTROLLER.value
    controllers: tuple[Entity, ...] = ()


def facts_of(case: Case) -> Facts:
    """Return the facts as they stand, to start an edit from."""
    special = {"people", "records", "controllers"}
    plain = {f.name: getattr(case, f.name) for f in fields(Facts) if f.name not in special}
    for name in ("data_categories", "countries", "processors"):
        plain[name] = tuple(plain[name])
    return Facts(people=case.people, records=case.records, controllers=obligations.controllers_of(case), **plain)


def _check_facts(facts: Facts, case: Case, world: World, now: datetime) -> None:
    late_hint = facts.first_signal_at is not None and facts.first_signal_at > case.aware_at
    problems = dict(
        rules.check_moments(
            # What comes after it is not what was mistyped, and awareness stands on another page.
            occurred_at=facts.occurred_at, first_signal_at=None if late_hint else facts.first_signal_at,
            detected_at=facts.detected_at, aware_at=case.aware_at, now=now,
        )
    )
    if late_hint:
        problems["first_signal_at"] = "This is after awareness: a first hint comes before it."
    if facts.contained_at is not None and facts.contained_at > now:
        problems["contained_at"] = "This moment is still to come."
    if facts.title.strip() != case.title:
        problems |= odd_title(facts.title)
    unknown = [name for name in facts.data_categories if name not in world.law.categories]
    if unknown:
        problems["data_categories"] = f"Not in the list of data categories: {', '.join(unknown)}."
    problems |= odd_places(facts.countries)
    if facts.role not in set(ControllerRole):
        problems["role"] = "Choose controller or processor."
    names = [one.name.strip() for one in facts.controllers]
    if not all(names) or len(set(names)) != len(names):
        problems["controllers"] = "Name each controller once."
    if problems:
        raise Refused("The facts were not saved.", problems)


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None


def _numbers(before: Facts, after: Facts, changed: Collection[str]) -> dict[str, dict[str, object]]:
    """Return ``was`` and ``now``: the moments that stood there before, and each number before and after."""
    was: dict[str, object] = {name: _iso(getattr(before, name)) for name in MOMENTS if name in changed}
    counts = [name for name in COUNTS if name in changed]
    said = {"was": was | {name: getattr(before, name).to_json() for name in counts}}
    return said | ({"now": {name: getattr(after, name).to_json() for name in counts}} if counts else {})


def edit(session: Session, case_id: int, facts: Facts, *, version: int, by: Actor, now: datetime, world: World) -> Case:
    """Replace the facts; duties follow them. A stale ``version`` raises ``Conflict`` and saves nothing."""
    require(by, Permission.EDIT_CASE)
    facts = replace(facts, countries=read_places(facts.countries))
    with writing(session):
        case = locked_case(session, case_id, version)
        _check_facts(facts, case, world, now)
        before = facts_of(case)
        changed = [f.name for f in fields(Facts) if getattr(before, f.name) != getattr(facts, f.name)]
        if not changed:
            return case
        for name in changed:
            value = getattr(facts, name)
            match name:
                case "people" | "records":
                    setattr(case, f"{name}_count", value.to_json())
                case "controllers":
                    case.controllers = [one.to_json() for one in facts.controllers]
                case _:
                    setattr(case, name, list(value) if isinstance(value, tuple) else value)
        case.version += 1
        traits.follow(session, case)
        audit.record(
            session, action="case.edited", by=by, now=now, case_id=case.id, subject="case", subject_id=case.ref,
            details={"fields": changed, **_numbers(before, facts, changed)},
        )
        if "people" in changed:
            deliveries.owe_again(session, case, now=now)
        obligations.arise(session, case, by=by, now=now, law=world.law, calendar=world.calendar)
        remediation.follow_anchors(session, case, now=now)
    return case
