"""File a breach, keep its facts, and close it when nothing is left open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incident_app.domain import cases as rules
from incident_app.domain.accounts import Actor, Permission, Role, may, require
from incident_app.domain.cases import CaseState, ControllerRole, Count, PeopleData
from incident_app.domain.ports import Calendar
from incident_app.domain.refusals import NotFound, Refused
from incident_app.domain.regimes import Entity, Law
from incident_app.domain.remediation import Runbook
from incident_app.models.audit import Entry
from incident_app.models.cases import Awareness, Case, Note, by_ref
from incident_app.models.obligations import NOT_LIVING, Obligation
from incident_app.models.organisation import Organisation
from incident_app.services import alerts, audit, closing, obligations, remediation
from incident_app.services.holding import locked_case
from incident_app.services.unit import writing

LONGEST_TITLE = 200


@dataclass(frozen=True, slots=True)
class NewBreach:
    """What is asked on the one short form. Moments are aware; ``zone`` is the IANA zone they were told in."""

    title: str
    aware_at: datetime
    zone: str
    aware_source: str
    summary: str = ""
    kind: str = "other"
    detected_at: datetime | None = None
    occurred_at: datetime | None = None
    gap_reason: str = ""
    people_data: str = PeopleData.UNSURE.value
    people: Count = field(default_factory=Count.unknown)
    is_drill: bool = False
    countries: tuple[str, ...] = ()
    data_categories: tuple[str, ...] = ()
    key: str | None = None


@dataclass(frozen=True, slots=True)
class World:
    """What filing needs of the world around: the law, the working days, and the checklists by kind."""

    law: Law
    calendar: Calendar
    runbooks: Mapping[str, Runbook]


def organisation(session: Session) -> Organisation:
    """Return the organisation this installation serves."""
    found = session.scalar(select(Organisation).order_by(Organisation.id))
    if found is None:
        raise NotFound("No organisation has been set up yet: run `incident-app demo`, or `incident-app init`.")
    return found


def find(session: Session, ref: str, *, by: Actor) -> Case:
    """Return a case within scope; a reporter sees their own until it is assessed. Others do not exist for them."""
    case = by_ref(session, ref)
    if case is not None:
        own = case.filed_by_id == by.id and case.state == CaseState.LOGGED.value
        if may(by, Permission.SEE_CASES) or own:
            return case
    raise NotFound("There is no such case.")


def _check(breach: NewBreach, world: World, now: datetime) -> None:
    problems = dict(
        rules.check_moments(
            occurred_at=breach.occurred_at, first_signal_at=None, detected_at=breach.detected_at,
            aware_at=breach.aware_at, now=now,
        )
    )
    if not breach.title.strip():
        problems["title"] = "Say in one line what happened."
    elif len(breach.title) > LONGEST_TITLE:
        problems["title"] = f"At most {LONGEST_TITLE} characters; the rest belongs into the description."
    if not breach.aware_source.strip():
        problems["aware_source"] = "Say who or what told you: the authority will ask."
    if breach.people_data not in set(PeopleData):
        problems["people_data"] = "Choose yes, no or not sure."
    if breach.kind not in world.runbooks:
        problems["kind"] = "Choose one of the kinds in the list."
    problems |= _odd_places(breach.countries) | rules.check_zone(breach.zone)
    unknown = [name for name in breach.data_categories if name not in world.law.categories]
    if unknown:
        problems["data_categories"] = f"Not in the list of data categories: {', '.join(unknown)}."
    late_knowledge = breach.detected_at is not None and breach.detected_at < breach.aware_at
    if late_knowledge and not breach.gap_reason.strip():
        problems["gap_reason"] = "Say why the detection was not yet awareness."
    if problems:
        raise Refused("The breach was not logged.", problems)


def _odd_places(codes: Sequence[str]) -> dict[str, str]:
    odd = [code for code in codes if not rules.is_place(code)]
    words = f"Use codes such as DE, RU or, for a part of a country, US-CA; not {', '.join(odd)}."
    return {"countries": words} if odd else {}


def _next_ref(session: Session, year: int) -> str:
    newest = session.scalar(select(func.max(Case.ref)).where(Case.ref.like(f"BR-{year}-%")))
    number = int(newest.rsplit("-", 1)[1]) + 1 if newest else 1
    return f"BR-{year}-{number:03d}"


def file(session: Session, breach: NewBreach, *, by: Actor, now: datetime, world: World) -> Case:
    """Log a breach and start the clock of every law that applies. The same ``key`` twice gives the same case."""
    require(by, Permission.FILE_BREACH)
    _check(breach, world, now)
    with writing(session):
        audit.lock(session)
        if breach.key:
            again = session.scalar(select(Case).where(Case.filing_key == breach.key))
            if again is not None:
                return again
        home = organisation(session)
        year = breach.aware_at.astimezone(ZoneInfo(breach.zone)).year
        case = Case(
            ref=_next_ref(session, year), filing_key=breach.key, title=breach.title.strip(),
            summary=breach.summary.strip(), kind=breach.kind, is_drill=breach.is_drill,
            home_country=home.country, zone=breach.zone, occurred_at=breach.occurred_at,
            detected_at=breach.detected_at or breach.aware_at, aware_at=breach.aware_at,
            aware_source=breach.aware_source.strip(), gap_reason=breach.gap_reason.strip(), filed_at=now,
            people_data=breach.people_data, people_count=breach.people.to_json(),
            records_count=Count.unknown().to_json(), countries=list(breach.countries),
            data_categories=list(breach.data_categories), filed_by_id=by.id or None,
            owner_id=by.id if Role.REPORTER not in by.roles and by.id else None,
        )
        session.add(case)
        session.flush()
        session.add(_awareness(case, reason="", by=by, now=now))
        audit.record(
            session, action="case.filed", by=by, now=now, case_id=case.id, subject="case", subject_id=case.ref,
            details={"aware_at": breach.aware_at.isoformat(), "source": case.aware_source, "drill": case.is_drill},
        )
        obligations.arise(session, case, by=by, now=now, law=world.law, calendar=world.calendar)
        remediation.load_into(session, case, now=now, runbooks=world.runbooks)
    return case


def _awareness(case: Case, *, reason: str, by: Actor, now: datetime) -> Awareness:
    return Awareness(
        case_id=case.id, number=case.aware_version, aware_at=case.aware_at, zone=case.zone,
        source=case.aware_source, reason=reason, by_id=by.id or None, at=now,
    )


def set_awareness(
    session: Session, case_id: int, aware_at: datetime, *, zone: str, source: str, reason: str, version: int,
    by: Actor, now: datetime, world: World,
) -> Case:
    """Change the moment of awareness: a new version with author and reason, the old deadlines stay visible."""
    require(by, Permission.SET_AWARENESS)
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
        problems |= rules.check_zone(zone)
        if aware_at > case.aware_at and not may(by, Permission.DECIDE):
            problems["aware_at"] = "Only an approver may move awareness to a later moment."
        if problems:
            raise Refused("Awareness was not changed.", problems)
        before = case.aware_at
        case.aware_at, case.zone, case.aware_source = aware_at, zone, source.strip()
        case.detected_at = detected_at
        case.aware_version += 1
        case.version += 1
        session.add(_awareness(case, reason=reason.strip(), by=by, now=now))
        audit.record(
            session, action="case.awareness_changed", by=by, now=now, case_id=case.id, subject="case",
            subject_id=case.ref,
            details={"before": before.isoformat(), "after": aware_at.isoformat(), "reason": reason.strip()},
        )
        obligations.arise(session, case, by=by, now=now, law=world.law, calendar=world.calendar)
    return case


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
    problems = dict(
        rules.check_moments(
            occurred_at=facts.occurred_at, first_signal_at=case.first_signal_at, detected_at=facts.detected_at,
            aware_at=case.aware_at, now=now,
        )
    )
    if facts.contained_at is not None and facts.contained_at > now:
        problems["contained_at"] = "This moment is still to come."
    if not facts.title.strip():
        problems["title"] = "Say in one line what happened."
    unknown = [name for name in facts.data_categories if name not in world.law.categories]
    if unknown:
        problems["data_categories"] = f"Not in the list of data categories: {', '.join(unknown)}."
    problems |= _odd_places(facts.countries)
    if facts.role not in set(ControllerRole):
        problems["role"] = "Choose controller or processor."
    names = [one.name.strip() for one in facts.controllers]
    if not all(names) or len(set(names)) != len(names):
        problems["controllers"] = "Name each controller once."
    if problems:
        raise Refused("The facts were not saved.", problems)


def edit(session: Session, case_id: int, facts: Facts, *, version: int, by: Actor, now: datetime, world: World) -> Case:
    """Replace the facts; duties follow them. A stale ``version`` raises ``Conflict`` and saves nothing."""
    require(by, Permission.EDIT_CASE)
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
        audit.record(
            session, action="case.edited", by=by, now=now, case_id=case.id, subject="case", subject_id=case.ref,
            details={"fields": changed},
        )
        obligations.arise(session, case, by=by, now=now, law=world.law, calendar=world.calendar)
    return case


def add_note(session: Session, case_id: int, text: str, *, by: Actor, now: datetime, corrects: int | None = None) -> Note:
    """Write into the timeline. Nothing is edited: a correction stands under what it corrects."""
    require(by, Permission.EDIT_CASE)
    if not text.strip():
        raise Refused("The note is empty.", {"text": "Write something, or leave the page."})
    with writing(session):
        if session.get(Case, case_id) is None:
            raise NotFound("There is no such case.")
        if corrects is not None:
            corrected = session.get(Note, corrects)
            if corrected is None or corrected.case_id != case_id:
                raise NotFound("There is no such note to correct.")
        note = Note(case_id=case_id, text=text.strip(), corrects_id=corrects, by_id=by.id or None, at=now)
        session.add(note)
        session.flush()
        audit.record(session, action="case.noted", by=by, now=now, case_id=case_id, subject="note",
                     subject_id=note.id, details={"corrects": corrects})
    return note


def lead_authority(session: Session, case: Case, law: Law) -> str | None:
    """Return the authority that leads because the main establishment is there (GDPR Art 56); ``None`` without one."""
    shops = [regime.id for regime in law.regimes if regime.one_stop_shop]
    question = select(Obligation.recipient).where(
        Obligation.case_id == case.id, Obligation.recipient_type == "authority", Obligation.regime.in_(shops),
        Obligation.state.not_in(NOT_LIVING),
    )
    return session.scalar(question.limit(1)) if organisation(session).eu_establishment else None


def notes_of(session: Session, case_id: int) -> Sequence[Note]:
    """Return what people wrote, the newest first."""
    return session.scalars(select(Note).where(Note.case_id == case_id).order_by(Note.id.desc())).all()


def timeline(session: Session, case_id: int) -> Sequence[Entry]:
    """Return everything done about one case, by whom, when; the newest first."""
    return audit.of_case(session, case_id)


def close(session: Session, case_id: int, reason: str, *, version: int, by: Actor, now: datetime) -> Case:
    """Close a case, or say in words everything that is still open."""
    require(by, Permission.CLOSE_CASE)
    with writing(session):
        case = locked_case(session, case_id, version)
        if not reason.strip():
            raise Refused("The case was not closed.", {"reason": "Say in a line why the case can be closed."})
        gaps = closing.gaps(session, case, now)
        if gaps:
            raise Refused("This case cannot be closed yet. " + " ".join(gaps), {})
        case.state, case.closed_at, case.close_reason = CaseState.CLOSED.value, now, reason.strip()
        case.version += 1
        audit.record(
            session, action="case.closed", by=by, now=now, case_id=case.id, subject="case", subject_id=case.ref,
            details={"reason": reason.strip()},
        )
        alerts.cancel_for_case(session, case.id, reason="The case was closed.", now=now)
    return case
