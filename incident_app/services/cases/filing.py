"""File a breach: the one short form, and the clock of every law that applies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incident_app.domain import cases as rules
from incident_app.domain import scope as scope_rules
from incident_app.domain.accounts import Actor, Permission, Role, may, require
from incident_app.domain.cases import Count, PeopleData
from incident_app.domain.filings import places
from incident_app.domain.ports import Calendar
from incident_app.domain.refusals import Refused
from incident_app.domain.regimes import Law
from incident_app.domain.remediation import Runbook
from incident_app.domain.territories import is_place, read_place
from incident_app.models.accounts import User
from incident_app.models.cases import Awareness, Case
from incident_app.services import audit, obligations, picking, remediation, teams, traits
from incident_app.services.cases import finding
from incident_app.services.cases.finding import organisation
from incident_app.services.unit import writing

LONGEST_TITLE = 200


@dataclass(frozen=True, slots=True)
class NewBreach:
    """What is asked on the one short form. Moments are aware; ``zone`` is the IANA zone they were told in.

    ``systems``: ids of what it hit, from which is pre-filled what is left out here. ``team``: whose case it is. Left out it is the only team of who files, or else ``whole_organisation``'s.
    """

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
    team: int | None = None
    whole_organisation: bool = False
    systems: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class World:
    """What filing needs of the world around: the law, the working days, and the checklists by kind."""

    law: Law
    calendar: Calendar
    runbooks: Mapping[str, Runbook]


def _check(breach: NewBreach, world: World, now: datetime) -> None:
    problems = dict(
        rules.check_moments(
            occurred_at=breach.occurred_at, first_signal_at=None, detected_at=breach.detected_at,
            aware_at=breach.aware_at, now=now,
        )
    )
    problems |= odd_title(breach.title)
    if not breach.aware_source.strip():
        problems["aware_source"] = "Say who or what told you: the authority will ask."
    if breach.people_data not in set(PeopleData):
        problems["people_data"] = "Choose yes, no or not sure."
    if breach.kind not in world.runbooks:
        problems["kind"] = "Choose one of the kinds in the list."
    problems |= odd_places(breach.countries)
    unknown = [name for name in breach.data_categories if name not in world.law.categories]
    if unknown:
        problems["data_categories"] = f"Not in the list of data categories: {', '.join(unknown)}."
    late_knowledge = breach.detected_at is not None and breach.detected_at < breach.aware_at
    if late_knowledge and not breach.gap_reason.strip():
        problems["gap_reason"] = "Say why the detection was not yet awareness."
    if problems:
        raise Refused("The breach was not logged.", problems)


def odd_title(title: str) -> dict[str, str]:
    """Return what is wrong with a title, by field.

    It stands in every list and is searched: alone of all texts of a case it is kept in clear.
    """
    if not title.strip():
        return {"title": "Say in one line what happened."}
    if len(title) > LONGEST_TITLE:
        return {"title": f"At most {LONGEST_TITLE} characters; the rest belongs into the description."}
    hits = [one.partition(": ")[2] for one in places(title)]
    if hits:
        return {"title": f"This seems to hold {', '.join(hits)}. A title stands in lists and must name nobody: the "
                         "description is sealed, write it there."}
    return {}


def read_places(codes: Sequence[str]) -> tuple[str, ...]:
    """Return codes of places as the law knows them, each once: ``GB`` for ``UK``."""
    return tuple(dict.fromkeys(map(read_place, codes)))


def odd_places(codes: Sequence[str]) -> dict[str, str]:
    """Return what is wrong with codes of countries, by field; nothing when every one is a place."""
    odd = [code for code in codes if not is_place(read_place(code))]
    words = f"Use codes such as DE, RU or, for a part of a country, US-CA; not {', '.join(odd)}."
    return {"countries": words} if odd else {}


def _not_too_many(session: Session, by: Actor, now: datetime) -> None:
    """Keep a real report from being buried under others of one person (T-98); who works on cases is not counted."""
    if may(by, Permission.EDIT_CASE):
        return
    theirs = select(User.id).where(func.coalesce(User.person_id, User.id) == by.person)
    count = session.scalar(
        select(func.count(Case.id)).where(Case.filed_by_id.in_(theirs), Case.filed_at > now - scope_rules.REPORTS_WITHIN))
    if (count or 0) >= scope_rules.REPORTS_PER_HOUR:
        raise Refused(f"You have reported {count} breaches within an hour, the most there can be. Nothing was logged. "
                      "If this one is real, phone who is on call.")


def _team(session: Session, breach: NewBreach, by: Actor) -> int | None:
    """Return whose case it is. Who works on cases files for their own teams: they would not see it otherwise."""
    if breach.team is None:
        return None if breach.whole_organisation or len(by.teams) != 1 else next(iter(by.teams))
    if breach.team not in teams.choices(session, by=by):
        raise Refused("The breach was not logged.", {"team": "Choose one of the teams in the list."})
    return breach.team


def _next_ref(session: Session, year: int) -> str:
    newest = session.scalar(select(func.max(Case.ref)).where(Case.ref.like(f"BR-{year}-%")))
    number = int(newest.rsplit("-", 1)[1]) + 1 if newest else 1
    return f"BR-{year}-{number:03d}"


def file(session: Session, breach: NewBreach, *, by: Actor, now: datetime, world: World) -> Case:
    """Log a breach and start the clock of every law that applies. The same ``key`` twice gives the same case."""
    require(by, Permission.FILE_BREACH)
    zone = rules.zone_of(breach.zone)
    _check(breach, world, now)
    with writing(session):
        audit.lock(session)
        if breach.key:
            again = session.scalar(select(Case).where(Case.filing_key == breach.key))
            if again is not None:
                return finding.find(session, again.ref, by=by)
        _not_too_many(session, by, now)
        home, picked = organisation(session), picking.check(session, breach.systems)
        year = breach.aware_at.astimezone(zone).year
        case = Case(
            ref=_next_ref(session, year), filing_key=breach.key, title=breach.title.strip(),
            summary=breach.summary.strip(), kind=breach.kind, is_drill=breach.is_drill,
            home_country=home.country, zone=breach.zone, occurred_at=breach.occurred_at,
            detected_at=breach.detected_at or breach.aware_at, aware_at=breach.aware_at,
            aware_source=breach.aware_source.strip(), gap_reason=breach.gap_reason.strip(), filed_at=now,
            people_data=breach.people_data, people_count=breach.people.to_json(),
            records_count=Count.unknown().to_json(), countries=list(read_places(breach.countries)),
            data_categories=list(breach.data_categories), filed_by_id=by.id or None,
            owner_id=by.id if Role.REPORTER not in by.roles and by.id else None,
            team_id=_team(session, breach, by),
        )
        session.add(case)
        session.flush()
        session.add(awareness_row(case, reason="", by=by, now=now))
        audit.record(
            session, action="case.filed", by=by, now=now, case_id=case.id, subject="case", subject_id=case.ref,
            details={"aware_at": breach.aware_at.isoformat(), "version": case.aware_version, "drill": case.is_drill},
        )
        for system in picked:
            picking.pick_into(session, case, system, by=by, now=now)
        traits.follow(session, case)
        obligations.arise(session, case, by=by, now=now, law=world.law, calendar=world.calendar)
        remediation.load_into(session, case, now=now, runbooks=world.runbooks)
    return case


def awareness_row(case: Case, *, reason: str, by: Actor, now: datetime) -> Awareness:
    """Return the version of awareness the case now stands at."""
    return Awareness(
        case_id=case.id, number=case.aware_version, aware_at=case.aware_at, zone=case.zone,
        source=case.aware_source, reason=reason, by_id=by.id or None, at=now,
    )
