"""Clocks the organisation adds itself, of contracts and insurers, in the same form as a law."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.cases import CaseState, ControllerRole
from incident_app.domain.numbers import grouped
from incident_app.domain.refusals import NotFound, Refused
from incident_app.domain.regimes import Confidence, Law, Link, Mode, Regime, Rule, Status, Threshold, Unit
from incident_app.models.cases import Case
from incident_app.models.obligations import HouseClock
from incident_app.models.organisation import Organisation
from incident_app.services import audit
from incident_app.services.unit import writing

ANCHORS = {"aware": "we are aware", "detected": "it is detected"}
UNITS = {Unit.HOURS.value: "hours", Unit.CALENDAR_DAYS.value: "calendar days", Unit.BUSINESS_DAYS.value: "working days"}
LONGEST_TERM = 10_000
MODES = {Unit.HOURS: Mode.ELAPSED, Unit.CALENDAR_DAYS: Mode.DAYS, Unit.BUSINESS_DAYS: Mode.BUSINESS_DAYS}


@dataclass(frozen=True, slots=True)
class NewClock:
    """One clock of a contract: who is told, within which term from which moment, and where it is written."""

    name: str
    recipient: str
    anchor: str
    value: int
    unit: str
    source: str
    note: str = ""


def clocks_of_house(session: Session, *, all_versions: bool = False) -> Sequence[HouseClock]:
    """Return the clocks that count, or those that ended too, the oldest first."""
    question = select(HouseClock).order_by(HouseClock.id)
    return session.scalars(question if all_versions else question.where(HouseClock.ended_at.is_(None))).all()


def with_house(session: Session, law: Law) -> Law:
    """Return the law and the organisation's own clocks beside it."""
    home = session.scalar(select(Organisation.country).order_by(Organisation.id))
    clocks = clocks_of_house(session)
    if home is None or not clocks:
        return law
    return law.with_regimes(_regime(one, home) for one in clocks)


def _regime(clock: HouseClock, country: str) -> Regime:
    unit = Unit(clock.unit)
    rule = Rule(
        provision=clock.source, stage="notice", recipient_type="other", recipient=clock.recipient, anchor=clock.anchor,
        value=clock.value, unit=unit, mode=MODES[unit], threshold=Threshold.QUESTION,
        threshold_words="the breach concerns what the agreement covers", binds=ControllerRole.CONTROLLER,
        hour_rule=False, in_force_from=None, in_force_to=None, status=Status.IN_FORCE, source=clock.source,
        confidence=Confidence.VERIFIED, note=clock.note,
    )
    return Regime(
        id=f"HOUSE-{clock.id}", name=clock.name, instrument=clock.source, jurisdiction="Agreement",
        countries=(country,), links=frozenset({Link.HOME}), one_stop_shop=False, zone=None,
        rules=(rule, _for_processors(rule)),
    )


def _for_processors(rule: Rule) -> Rule:
    return replace(rule, binds=ControllerRole.PROCESSOR)


def add_clock(session: Session, clock: NewClock, *, by: Actor, now: datetime) -> HouseClock:
    """Add a clock of a contract or an insurer; open cases follow it. Raises ``Refused`` by field."""
    require(by, Permission.MANAGE_CLOCKS)
    problems = {
        name: words for name, words, value in (
            ("name", "Give it a name, such as the contract.", clock.name),
            ("recipient", "Say who must be told.", clock.recipient),
            ("source", "Say where it is written: contract, number, clause.", clock.source),
        ) if not value.strip()
    }
    if clock.anchor not in ANCHORS:
        problems["anchor"] = f"Choose {' or '.join(ANCHORS)}."
    if clock.unit not in UNITS:
        problems["unit"] = f"Choose {', '.join(UNITS)}."
    if not 1 <= clock.value <= LONGEST_TERM:
        problems["value"] = f"Give a whole number from 1 to {grouped(LONGEST_TERM)}."
    if problems:
        raise Refused("The clock was not added.", problems)
    with writing(session):
        row = HouseClock(
            name=clock.name.strip(), recipient=clock.recipient.strip(), anchor=clock.anchor, value=clock.value,
            unit=clock.unit, source=clock.source.strip(), note=clock.note.strip(), made_at=now, made_by_id=by.id or None,
        )
        session.add(row)
        session.flush()
        audit.record(session, action="clock.added", by=by, now=now, case_id=None, subject="clock", subject_id=row.id,
                     details={"name": row.name, "value": row.value, "unit": row.unit, "anchor": row.anchor})
        cases_follow(session)
    return row


def cases_follow(session: Session) -> None:
    """Have every open case looked at anew, at the next tick."""
    session.execute(update(Case).where(Case.state != CaseState.CLOSED.value).values(law_version=""))


def end_clock(session: Session, clock_id: int, *, by: Actor, now: datetime) -> HouseClock:
    """End a clock: new facts no longer give rise to it, what arose before stays on record."""
    require(by, Permission.MANAGE_CLOCKS)
    with writing(session):
        row = session.get(HouseClock, clock_id)
        if row is None or row.ended_at is not None:
            raise NotFound("There is no such clock.")
        row.ended_at, row.ended_by_id = now, by.id or None
        audit.record(session, action="clock.ended", by=by, now=now, case_id=None, subject="clock", subject_id=row.id,
                     details={"name": row.name})
        cases_follow(session)
    return row
