"""The figures of a year, of the breaches within scope: a handful of questions, however many breaches there are."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from incident_app.domain import statistics as rules
from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.cases import FIRST_YEAR, LAST_YEAR, Count
from incident_app.domain.notices import CONTROLLERS
from incident_app.domain.ports import PdfWriter
from incident_app.domain.refusals import Refused
from incident_app.domain.remediation import ActionKind, ActionState
from incident_app.domain.similar import Shared
from incident_app.domain.statistics import Breach, Brief, Deed, Duty, Practice, Sent, Year
from incident_app.models.cases import Case
from incident_app.models.notices import Notice
from incident_app.models.obligations import DISCHARGED, STILL_OPEN, Obligation
from incident_app.models.remediation import Action
from incident_app.models.systems import CaseTrait, System
from incident_app.services import reports, scope
from incident_app.services.asking_again import every_asked_again
from incident_app.services.citing import cited

TEMPLATE = "statistics.html"
LASTING = (ActionKind.REMEDY.value, ActionKind.PREVENT.value)


def of_year(session: Session, year: int, *, by: Actor, now: datetime) -> Year:
    """Return the figures of one year of awareness of the cases within scope, drills left out.

    Raises ``Refused`` for a year no case can be about.
    """
    mine = _mine(year, by)
    cases = session.execute(select(
        Case.id, Case.ref, Case.kind, Case.aware_at, Case.zone, Case.data_categories, Case.people_count,
    ).where(*mine).order_by(Case.aware_at, Case.id))
    causes, systems = _traits(session, mine)
    known: dict[tuple[tuple[str, Any], ...], Count] = {}  # most breaches know as much about their people
    breaches = [Breach(found, ref, kind, aware_at, zone, tuple(data),
                       known.get(tuple(people.items())) or known.setdefault(tuple(people.items()), Count.from_json(people)), causes.get(found, ""),
                       tuple(systems.get(found, ())))
                for found, ref, kind, aware_at, zone, data, people in cases]
    sent = session.execute(select(
        Notice.case_id, Notice.list_id, Notice.list_count, Notice.accepted_count,
    ).join(Case, Case.id == Notice.case_id).where(*mine, Notice.launched_at.is_not(None), Notice.kind != CONTROLLERS).order_by(Notice.id))
    return rules.of_year(
        year, breaches, _duties(session, mine, Obligation.recipient_type != "register"),
        [Sent(case_id, list_id, total or 0, reached) for case_id, list_id, total, reached in sent],
        _deeds(session, mine, [one.id for one in breaches if one.year != year]), now=now)


def brief(session: Session, year: int, *, by: Actor, now: datetime) -> Brief:
    """Return of one year what the first page shows, counted as ``of_year`` counts it."""
    mine = _mine(year, by)
    cases = session.execute(select(Case.id, Case.ref, Case.kind, Case.aware_at, Case.zone).where(*mine).order_by(Case.aware_at, Case.id))
    return rules.brief(year, [Breach(*one) for one in cases], _duties(session, mine, Obligation.recipient_type == "authority"), now=now)


def practised(session: Session, *, by: Actor, now: datetime) -> Practice:
    """Return how many drills within scope were logged in the last 12 months, and when the last one was."""
    require(by, Permission.SEE_CASES)
    count, last_at = session.execute(select(func.count(Case.id), func.max(Case.filed_at)).where(
        Case.is_drill.is_(True), scope.visible_to(by), Case.filed_at > now - rules.PRACTISED)).one()
    return Practice(count, last_at)


def _mine(year: int, by: Actor) -> tuple[ColumnElement[bool], ...]:
    require(by, Permission.SEE_CASES)
    if not FIRST_YEAR < year < LAST_YEAR:
        raise Refused("There is no such year.", {"year": f"Between {FIRST_YEAR + 1} and {LAST_YEAR - 1}."})
    return Case.is_drill.is_(False), scope.visible_to(by), *reports.about_in(year)


def _duties(session: Session, mine: tuple[ColumnElement[bool], ...], whose: ColumnElement[bool]) -> list[Duty]:
    """Return the duties that stand, in the order of awareness. One that is asked again is not done until somebody decides."""
    again = {one.id for one in every_asked_again(session, Obligation.case_id.in_(select(Case.id).where(*mine)), whose)}
    rows = session.execute(select(
        Obligation.id, Obligation.case_id, Obligation.regime, Obligation.provision, Obligation.recipient_type, Obligation.due_at,
        Obligation.discharged_at, Obligation.discharged_how,
    ).join(Case, Case.id == Obligation.case_id).where(
        *mine, Obligation.state.in_((DISCHARGED, *STILL_OPEN)), whose,
    ).order_by(Case.aware_at, Obligation.id))
    return [Duty(case_id, cited(regime, provision, who), who, due_at, None if number in again else done_at, how)
            for number, case_id, regime, provision, who, due_at, done_at, how in rows]


def _traits(session: Session, mine: tuple[ColumnElement[bool], ...]) -> tuple[dict[int, str], dict[int, list[str]]]:
    """Return the cause of each case that has one, and the names of its systems."""
    names = {str(number): name for number, name in session.execute(select(System.id, System.name))}
    found = session.execute(
        select(CaseTrait.case_id, CaseTrait.kind, CaseTrait.value).join(Case, Case.id == CaseTrait.case_id)
        .where(*mine, CaseTrait.kind.in_((Shared.CAUSE.value, Shared.SYSTEM.value))).order_by(CaseTrait.id))
    causes: dict[int, str] = {}
    systems: dict[int, list[str]] = {}
    for case_id, kind, value in found:
        if kind == Shared.CAUSE.value:
            causes[case_id] = value
        else:
            systems.setdefault(case_id, []).append(names[value])
    return causes, systems


def _deeds(session: Session, mine: tuple[ColumnElement[bool], ...], beside: Sequence[int]) -> list[Deed]:
    """Return what was to remove causes and keep them from coming back, as far as it was done or looked at.

    ``beside``: cases of the days around the year that belong to another.
    """
    rows = session.execute(
        select(Action.state, Action.works, func.count()).join(Case, Case.id == Action.case_id)
        .where(*mine, Action.kind.in_(LASTING), Case.id.not_in(beside)).group_by(Action.state, Action.works))
    return [Deed(state == ActionState.DONE.value, works, count) for state, works, count in rows]


def pdf_of(
    session: Session, year: int, *, by: Actor, now: datetime, pdf: PdfWriter, kinds: Mapping[str, str], data: Mapping[str, str],
    causes: Mapping[str, str],
) -> bytes:
    """Return the figures of a year on paper; ``kinds``, ``data`` and ``causes`` name what is counted."""
    found = of_year(session, year, by=by, now=now).named(kinds, data, causes)
    us = reports.home(session)
    content = {**us, "drill": False, "year": found, "pictures": found.pictures(), "dash": rules.NONE,
               "practice": practised(session, by=by, now=now), "printed_at": reports.printed_at(now, us["home_zone"])}
    return reports.write(session, TEMPLATE, content, title=f"Statistics: {year}", language="en", now=now, pdf=pdf, by=by,
                         details={"year": year, "breaches": found.breach_count})
