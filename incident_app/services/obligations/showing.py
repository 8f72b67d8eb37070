"""The duties of a case as they are shown: which one leads, what stood there before, what is not owed. Reads only."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from incident_app.domain.obligations import Duty, NotOwed
from incident_app.domain.obligations.telling import place_of
from incident_app.domain.ports import Calendar
from incident_app.domain.regimes import CaseFacts, Law
from incident_app.domain.two_working_days import Readings, readings
from incident_app.models.cases import Case, Moment
from incident_app.models.obligations import MAYBE, STILL_OPEN, SUPERSEDED, Obligation, every_version, newest
from incident_app.services.obligations.arising import SAME_DUTY, judged
from incident_app.services.obligations.facts import facts_of, moments_of
from incident_app.services.obligations.house import clocks_of_house

REGISTER = "register"


@dataclass(frozen=True, slots=True)
class Shown:
    """One duty. ``law``: its name; ``why``: by what is known today, while it is open; ``earlier``: versions it took the place of, the newest first; ``leads``: the first
    of several to the same kind of party; ``hangs``: nobody has said yet whether the organisation is of the sector it
    binds; ``disputed``: where its term would end by a reading the authorities do not share."""

    duty: Obligation
    law: str
    why: str
    earlier: tuple[Obligation, ...] = ()
    leads: bool = False
    hangs: bool = False
    disputed: Readings | None = None


@dataclass(frozen=True, slots=True)
class Duties:
    """All duties of a case; ``records``: the internal ones this case fulfils by being there; ``gone``: the last
    versions of what no longer applies; ``moments``: every version recorded, the first first."""

    shown: tuple[Shown, ...]
    records: tuple[Obligation, ...]
    gone: tuple[Obligation, ...]
    not_owed: tuple[NotOwed, ...]
    moments: Sequence[Moment]


def duties_shown(session: Session, case: Case, *, law: Law, calendar: Calendar) -> Duties:
    """Return what the page of the duties shows, in the order of their dates. Raises ``Refused`` without an
    organisation."""
    facts, names = facts_of(session, case, law), names_of_laws(session, law)
    living: list[Obligation] = []
    before: dict[tuple[str, ...], list[Obligation]] = defaultdict(list)
    for row in session.scalars(every_version(case.id)):
        if row.state == SUPERSEDED:
            before[_key(row)].insert(0, row)
        else:
            living.append(row)
    told = [row for row in living if row.recipient_type != REGISTER]
    first = _leading(told)
    today = judged(session, case, law=law, calendar=calendar)
    why = {_key(duty): duty.why for duty in today.duties}
    shown = tuple(
        Shown(row, names.get(row.regime, row.regime), _why(row, why), tuple(before.get(_key(row), ())), row.id in first,
              row.state == MAYBE, _disputed(row, law, facts, calendar))
        for row in sorted(told, key=_by_date)
    )
    still = {_key(row) for row in living}
    return Duties(
        shown, tuple(row for row in living if row.recipient_type == REGISTER),
        tuple(rows[0] for key, rows in before.items() if key not in still),
        today.not_owed, moments_of(session, case.id),
    )


def _why(row: Obligation, today: Mapping[tuple[str, ...], str]) -> str:
    """Return the reason by what is known today; of what is done or excused the one it was done or excused with."""
    return today.get(_key(row), row.why) if row.state in (*STILL_OPEN, MAYBE) else row.why


def maybe_count(session: Session, case_id: int) -> int:
    """Count the duties that hang on a question nobody has answered: what the organisation is."""
    return len(session.scalars(newest(case_id).where(Obligation.state == MAYBE)).all())


def names_of_laws(session: Session, law: Law) -> dict[str, str]:
    """Return the name of every law and of every clock of the organisation, ended ones too, by the id duties carry."""
    contracts = {f"HOUSE-{one.id}": one.name for one in clocks_of_house(session, all_versions=True)}
    return {one.id: one.name for one in law.regimes} | contracts


def _key(row: Obligation | Duty) -> tuple[str, ...]:
    return tuple(str(getattr(row, name)) for name in SAME_DUTY)


def _by_date(row: Obligation) -> tuple[bool, float, int]:
    at = _date(row)
    return at is None, at.timestamp() if at else 0.0, row.id


def _leading(rows: Iterable[Obligation]) -> set[int]:
    """Return the earliest open duty to each kind of party that several laws want told; a house target counts too."""
    by_party: dict[str, list[Obligation]] = defaultdict(list)
    for row in rows:
        if row.state in STILL_OPEN and _date(row) is not None:
            by_party[row.recipient_type].append(row)
    return {min(some, key=_by_date).id for some in by_party.values() if len({row.regime for row in some}) > 1}


def _date(row: Obligation) -> datetime | None:
    return row.due_at or row.target_at


def _disputed(row: Obligation, law: Law, facts: CaseFacts, calendar: Calendar) -> Readings | None:
    regime = law.regime(row.regime)
    if row.legal_latest_at is None or row.anchor_at is None or row.value is None or regime is None:
        return None
    country, part, zone = place_of(regime, facts)
    return readings(row.anchor_at, row.value, zone, calendar, country, part)
