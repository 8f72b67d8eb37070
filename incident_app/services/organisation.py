"""Whose breaches these are: set up once, kept right, and which kinds of business it is in."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain import organisation as rules
from incident_app.domain.accounts import SYSTEM, Actor, Permission, require
from incident_app.domain.cases import zone_of
from incident_app.domain.organisation import Contact, Establishment
from incident_app.domain.refusals import Conflict, Refused, Stale
from incident_app.domain.regimes import Law
from incident_app.domain.territories import is_country, is_part, read_place
from incident_app.models.organisation import Organisation
from incident_app.models.systems import ProfileVersion
from incident_app.services import audit, cases, profile
from incident_app.services.obligations.house import cases_follow
from incident_app.services.unit import writing


@dataclass(frozen=True, slots=True)
class Details:
    """What filings and letters say about the organisation. ``country`` is ISO 3166-1, ``subdivision`` the part of it
    (``BE`` for Berlin), ``zone`` an IANA zone; ``eu_establishment``: a main establishment there means one lead
    authority (GDPR Art 56). ``covered_entity``: HIPAA binds it (45 CFR 160.103)."""

    name: str
    country: str
    zone: str
    legal_name: str = ""
    service_name: str = ""
    address: str = ""
    subdivision: str = ""
    eu_establishment: bool = True
    covered_entity: bool = False
    dpo_name: str = ""
    dpo_email: str = ""
    dpo_phone: str = ""
    website: str = ""
    controllers: tuple[str, ...] = ()
    contacts: tuple[Contact, ...] = ()
    establishments: tuple[Establishment, ...] = ()


STRUCTURED = {"contacts": Contact, "establishments": Establishment}


def _problems(details: Details) -> dict[str, str]:
    problems: dict[str, str] = {}
    if not details.name.strip():
        problems["name"] = "Give the name people know you by."
    if not is_country(read_place(details.country)):
        problems["country"] = f"Give two letters, such as DE or GB: there is no country “{details.country}”."
    part = details.subdivision.strip()
    if part and not is_part(part):
        problems["subdivision"] = "Give the part of the country as its code, such as BE for Berlin, or leave it empty."
    if details.dpo_email and "@" not in details.dpo_email:
        problems["dpo_email"] = "Give an email address."
    try:
        zone_of(details.zone)
    except Refused as refused:
        problems |= refused.problems
    problems |= rules.reaching_problems(details.website, details.dpo_phone)
    return problems | rules.problems(details.controllers, details.contacts, details.establishments)


def _kept(details: Details) -> dict[str, object]:
    plain = {one.name: getattr(details, one.name) for one in fields(details)}
    plain = {name: value.strip() if isinstance(value, str) else value for name, value in plain.items()}
    plain["country"] = read_place(details.country)
    kept = {name: [asdict(one) for one in getattr(details, name)] for name in STRUCTURED}
    return plain | kept | {"subdivision": plain["subdivision"] or None, "controllers": list(details.controllers)}


def details_of(home: Organisation) -> Details:
    """Return what is on file, to start a change from."""
    plain = {one.name: getattr(home, one.name) for one in fields(Details)}
    lists = {"contacts": tuple(Contact(**one) for one in home.contacts),
             "establishments": tuple(Establishment(**one) for one in home.establishments)}
    return Details(**plain | lists | {"subdivision": home.subdivision or "", "controllers": tuple(home.controllers)})


def _profile(home: Organisation) -> dict[str, object]:
    """Return all that a version keeps."""
    return _kept(details_of(home)) | {"sectors": home.sectors}


def versions(session: Session, *, by: Actor) -> Sequence[ProfileVersion]:
    """Return every change of the details and of what the organisation is, the newest first."""
    require(by, Permission.MANAGE_SETTINGS)
    return profile.versions(session, profile.ORGANISATION, cases.organisation(session).id)


def set_up(session: Session, details: Details, *, by: Actor, now: datetime) -> Organisation:
    """Set up the one organisation this installation serves. ``SYSTEM`` may too (command line).

    Raises ``Conflict`` when there is one, ``Refused`` by field.
    """
    if by is not SYSTEM:
        require(by, Permission.MANAGE_SETTINGS)
    problems = _problems(details)
    if problems:
        raise Refused("The organisation was not set up.", problems)
    with writing(session):
        if session.scalar(select(Organisation.id)) is not None:
            raise Conflict("There is an organisation already. Change it under Law, Organisation.")
        home = Organisation(**_kept(details))
        session.add(home)
        session.flush()
        profile.keep(session, profile.ORGANISATION, home.id, home.version, None, _profile(home), by=by, now=now)
        audit.record(session, action="organisation.set_up", by=by, now=now, case_id=None, subject="organisation",
                     subject_id=home.id, details={"country": home.country, "zone": home.zone})
    return home


def change(
    session: Session, details: Details, *, version: int | None = None, by: Actor, now: datetime
) -> Organisation:
    """Change the details; cases already logged keep the home they were logged with, their duties follow the rest."""
    require(by, Permission.MANAGE_SETTINGS)
    problems = _problems(details)
    if problems:
        raise Refused("Nothing was saved.", problems)
    with writing(session):
        home = _held(session, version)
        kept = _kept(details)
        changed, before = [name for name, value in kept.items() if getattr(home, name) != value], _profile(home)
        for name in changed:
            setattr(home, name, kept[name])
        if changed:
            home.version += 1
            profile.keep(session, profile.ORGANISATION, home.id, home.version, before, _profile(home), by=by, now=now)
            audit.record(session, action="organisation.changed", by=by, now=now, case_id=None, subject="organisation",
                         subject_id=home.id, details={"fields": changed})
            cases_follow(session)
    return home


def _held(session: Session, version: int | None) -> Organisation:
    home = cases.organisation(session)
    session.refresh(home, with_for_update={"of": Organisation})
    if version is not None and version != home.version:
        raise Stale("Somebody changed the organisation while you were editing. Nothing of yours was saved yet.")
    return home


def set_sectors(
    session: Session, answers: Mapping[str, bool | None], *, version: int | None = None, by: Actor, now: datetime, law: Law,
) -> Organisation:
    """Record what the organisation is, by the id of each question; the duties of open cases follow at the next tick.

    ``None`` is not answered. All answered: the ones with yes are kept. None answered: nothing is kept, and the rules
    of every sector stay in sight. Raises ``Refused`` for some of both, because a question left open would be read as
    no, and for a question that is not asked.
    """
    require(by, Permission.MANAGE_SETTINGS)
    asked = [one.id for one in law.sectors]
    problems = {name: "There is no such question." for name in answers if name not in asked}
    open_ones = [name for name in asked if answers.get(name) is None]
    if len(open_ones) < len(asked):
        problems |= dict.fromkeys(open_ones, "Answer this too: left open it would be read as no.")
    if problems:
        raise Refused("The answers were not saved.", problems)
    wanted = None if open_ones else sorted(name for name in asked if answers[name])
    with writing(session):
        home = _held(session, version)
        whole, before = _profile(home), home.sectors
        home.sectors = wanted
        home.version += 1
        profile.keep(session, profile.ORGANISATION, home.id, home.version, whole, _profile(home), by=by, now=now)
        audit.record(session, action="organisation.sectors_set", by=by, now=now, case_id=None, subject="organisation",
                     subject_id=home.id, details={"before": before, "sectors": wanted})
        cases_follow(session)
    return home
