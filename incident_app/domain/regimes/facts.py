"""What decides which law applies, and which regimes touch a case."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from incident_app.domain.cases import ControllerRole, Count, PeopleData
from incident_app.domain.regimes.law import Law, Regime
from incident_app.domain.regimes.words import STAND_INS, YEAR_END, Link


@dataclass(frozen=True, slots=True)
class Sent:
    """A stage that was submitted, with proof. ``complete`` is ``None`` where nobody can say."""

    regime: str
    stage: str
    recipient: str
    at: datetime
    complete: bool | None = None


@dataclass(frozen=True, slots=True)
class Entity:
    """One controller of several; ``aware_at`` where it learned at another moment than the case says."""

    name: str
    aware_at: datetime | None = None

    def to_json(self) -> dict[str, str | None]:
        """Return ``{"name", "aware_at"}``, the moment as ISO 8601."""
        return {"name": self.name.strip(), "aware_at": self.aware_at.isoformat() if self.aware_at else None}

    @classmethod
    def from_json(cls, plain: Mapping[str, str | None]) -> "Entity":
        """Read what :meth:`to_json` wrote."""
        learned = plain.get("aware_at")
        return cls(plain.get("name") or "", datetime.fromisoformat(learned) if learned else None)


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """Moments are aware; ``anchors`` are further ones by their name. ``None`` in ``sectors`` and ``data_kinds``: nobody
    has said yet. ``controllers`` are those a processor works for, or joint ones; empty for the organisation alone."""

    home_country: str
    zone: str
    aware_at: datetime | None
    role: ControllerRole = ControllerRole.CONTROLLER
    people_countries: tuple[str, ...] = ()
    subdivision: str | None = None
    detected_at: datetime | None = None
    eu_establishment: bool = True
    people_data: PeopleData = PeopleData.UNSURE
    people: Count = field(default_factory=Count.unknown)
    data_kinds: frozenset[str] | None = None
    sectors: frozenset[str] | None = None
    controllers: tuple[Entity, ...] = ()
    sent: tuple[Sent, ...] = ()
    anchors: Mapping[str, datetime] = field(default_factory=dict)

    @property
    def home(self) -> str:
        """Where the organisation is at home: ``DE``, or ``DE-BE`` where the part is known."""
        part = (self.subdivision or "").removeprefix(f"{self.home_country}-")
        return f"{self.home_country}-{part}" if part else self.home_country

    def anchor_at(self, anchor: str) -> tuple[datetime | None, str]:
        """Return the moment a clock starts from and the name of the anchor it was taken from (see ``STAND_INS``)."""
        own = {"aware": self.aware_at, "detected": self.detected_at} | dict(self.anchors)
        if own.get(anchor) is not None:
            return own[anchor], anchor
        if anchor == YEAR_END:
            return self._year_end(), anchor
        for other in STAND_INS.get(anchor, ()):
            if own.get(other) is not None:
                return own[other], other
        return None, anchor

    def _year_end(self) -> datetime | None:
        """Return the last second of the local year of discovery (45 CFR 164.408(c))."""
        found, _ = self.anchor_at("discovered")
        if found is None:
            return None
        where = ZoneInfo(self.zone)
        new_year = datetime.combine(date(found.astimezone(where).year + 1, 1, 1), time(), where)
        return new_year.astimezone(UTC) - timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Applicable:
    """A regime that applies, why, the places that pulled it in, and whether all of that is known for sure."""

    regime: Regime
    why: str
    countries: tuple[str, ...]
    sure: bool = True


def within(place: str, region: str) -> bool | None:
    """Tell whether ``place`` lies in ``region``; ``None`` where only its country is known and it may."""
    if place == region or place.startswith(f"{region}-"):
        return True
    return None if region.startswith(f"{place}-") else False


def applicable(law: Law, facts: CaseFacts, on: date) -> tuple[Applicable, ...]:
    """Return the regimes with rules on that day that apply or may apply, with the reason; the home one first.

    No people's data, no duty. What is not known never takes a regime away.
    """
    if facts.people_data is PeopleData.NO:
        return ()
    found = [(one.regime, one) for one in (touched(law, regime, facts) for regime in law.regimes) if one is not None]
    lawful = [one for regime, one in found if regime.rules_on(on)]
    return tuple(sorted(lawful, key=lambda one: one.countries[0] != facts.home_country))


def touched(law: Law, regime: Regime, facts: CaseFacts) -> Applicable | None:
    """Return how a regime touches a case by place and sector, ``None`` where it does not."""
    places: list[str] = []
    why: list[str] = []
    sure = True
    if Link.HOME in regime.links and (hit := lives_in(facts.home, regime)) is not False:
        places.append(facts.home_country)
        why.append(f"the {facts.role.value} is at home in {facts.home_country}")
        sure = hit is True
    if Link.PEOPLE in regime.links:
        known = sorted({place for place in facts.people_countries if lives_in(place, regime) is True})
        unclear = sorted({place for place in facts.people_countries if lives_in(place, regime) is None})
        if known:
            why.append(f"affected people live in {', '.join(known)}")
        elif unclear:
            why.append(f"affected people live in {', '.join(unclear)}, and in which part is not known")
        sure = sure if places else bool(known)
        places += known or unclear
    sector = _sector(law, regime, facts)
    if not places or sector is None:
        return None
    said, certain = sector
    words = f"{regime.name}: {' and '.join(why)}{said}."
    return Applicable(regime, words, tuple(dict.fromkeys(places)), sure and certain)


def lives_in(place: str, regime: Regime) -> bool | None:
    """Tell whether ``place`` lies where a law is law; ``None`` where only its country is known and it may."""
    if any(within(place, part) for part in regime.but_not):
        return False
    answers = {within(place, region) for region in regime.countries}
    return True if True in answers else None if None in answers else False


def _sector(law: Law, regime: Regime, facts: CaseFacts) -> tuple[str, bool] | None:
    """Return what to say about the sector and whether it is certain; ``None`` where the organisation is in none."""
    if not regime.sectors:
        return "", True
    labels = {one.id: one.label for one in law.sectors}
    names = " or ".join(labels.get(one, one) for one in regime.sectors)
    if facts.sectors is None:
        return f", if the organisation is {names}: nobody has said yet", False
    if facts.sectors & set(regime.sectors):
        return f", and the organisation is {names}", True
    return None
