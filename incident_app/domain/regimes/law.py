"""What the law files load into: rules, regimes, authorities, sectors."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from incident_app.domain.cases import ControllerRole
from incident_app.domain.lessons import NO_WORDS, Vocabulary
from incident_app.domain.regimes.words import (
    Confidence,
    Link,
    Mode,
    Status,
    Threshold,
    Unit,
    Weight,
)
from incident_app.domain.risk import Category

_DATED = frozenset({Status.IN_FORCE, Status.FUTURE, Status.REPEALED})


@dataclass(frozen=True, slots=True)
class Rule:
    """One duty in one law.

    ``follows``: the stage whose submission starts this clock. ``cap_of``: the stage this is a second limit of; the
    earlier wins, unless the first clock started only after this limit had passed. ``min_people`` and ``max_people``
    count affected people, both included. ``supervisory``: the data protection authority of the place, by its name.
    ``target_hours``: a house target where the law has words only, never shown as a legal deadline. ``in_force_to`` is
    the last day it is law. ``replaces``: the provision a proposal would replace. ``citation``: the
    article with its source, where that is another one than the law is called after.
    """

    provision: str
    stage: str
    recipient_type: str
    recipient: str
    anchor: str
    value: int | None
    unit: Unit
    mode: Mode
    threshold: Threshold
    threshold_words: str
    binds: ControllerRole
    hour_rule: bool
    in_force_from: date | None
    in_force_to: date | None
    status: Status
    source: str
    confidence: Confidence
    note: str = ""
    target_hours: int | None = None
    supervisory: bool = False
    follows: str = ""
    cap_of: str = ""
    min_people: int | None = None
    max_people: int | None = None
    people_test: Weight = Weight.REQUIRED
    data_kinds: tuple[str, ...] = ()
    data_test: Weight = Weight.REQUIRED
    replaces: str = ""
    citation: str = ""

    def is_law_on(self, on: date) -> bool:
        """Tell whether the rule is in force on that day. What is to come needs its date, what is over its end."""
        if self.status not in _DATED:
            return False
        if self.status is Status.FUTURE and self.in_force_from is None:
            return False
        if self.status is Status.REPEALED and self.in_force_to is None:
            return False
        begun = self.in_force_from is None or self.in_force_from <= on
        over = self.in_force_to is not None and self.in_force_to < on
        return begun and not over


@dataclass(frozen=True, slots=True)
class Regime:
    """One law's breach rules. ``one_stop_shop``: an establishment inside means one lead authority (GDPR 55, 56).

    ``countries`` are places: ``DE``, or a part of a country such as ``US-CA``; ``but_not`` are parts that have a law of
    their own. ``sectors``: whom it binds, empty for everybody. ``zone`` is where the authority's days end, for those who
    are not at home there. ``replaces``: the regime a proposal would change.
    """

    id: str
    name: str
    instrument: str
    jurisdiction: str
    countries: tuple[str, ...]
    links: frozenset[Link]
    one_stop_shop: bool
    zone: str | None
    rules: tuple[Rule, ...]
    but_not: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()
    replaces: str = ""

    def rules_on(self, on: date) -> tuple[Rule, ...]:
        """Return the rules that are law on that day; a proposal never is."""
        return tuple(rule for rule in self.rules if rule.is_law_on(on))


@dataclass(frozen=True, slots=True)
class Authority:
    """Who is told. ``portal`` says how it takes a notification: web_form, email, account or letter; ``hours`` and
    ``watch_for`` are in words."""

    id: str
    name: str
    short_name: str
    country: str
    subdivision: str | None
    languages: tuple[str, ...]
    portal: str
    website: str
    confidence: Confidence
    phone: str = ""
    hours: str = ""
    watch_for: str = ""


@dataclass(frozen=True, slots=True)
class Sector:
    """A kind of organisation that has breach rules of its own; ``question`` is asked in the settings."""

    id: str
    label: str
    question: str


@dataclass(frozen=True, slots=True)
class Law:
    """All law files as loaded. ``version`` is a short digest of what duties follow from; ``words`` are the causes people
    choose from, ``people`` whose data it can be, as labels by id."""

    regimes: tuple[Regime, ...]
    authorities: tuple[Authority, ...]
    categories: Mapping[str, Category]
    version: str
    sectors: tuple[Sector, ...] = ()
    words: Vocabulary = NO_WORDS
    people: Mapping[str, str] = field(default_factory=dict)

    def regime(self, regime_id: str) -> Regime | None:
        """Find a regime by its id."""
        return next((regime for regime in self.regimes if regime.id == regime_id), None)

    def authority(self, country: str, subdivision: str | None = None) -> Authority | None:
        """Find the authority of a region, else the one of its country."""
        there = [one for one in self.authorities if one.country == country]
        region = subdivision.removeprefix(f"{country}-") if subdivision else None
        of_region = (one for one in there if region is not None and one.subdivision == region)
        of_country = (one for one in there if one.subdivision is None)
        return next(of_region, None) or next(of_country, None)

    def data_kinds(self, categories: Iterable[str]) -> frozenset[str]:
        """Return what the rules call the kinds of these data: ids, classes, and special, identity, vulnerable."""
        found: set[str] = set()
        for name in categories:
            one = self.categories.get(name)
            if one is not None:
                found |= {one.id, one.data_class.value}
                found |= {mark for mark in ("special", "identity", "vulnerable") if getattr(one, mark)}
        return frozenset(found)

    def in_shared_area(self, places: Iterable[str]) -> tuple[str, ...]:
        """Return the countries among these that share a lead authority (the EEA, GDPR Art 56), each once."""
        area = {country for regime in self.regimes if regime.one_stop_shop for country in regime.countries}
        return tuple(sorted({place[:2] for place in places} & area))

    def with_regimes(self, more: Iterable[Regime]) -> "Law":
        """Return this law with further clocks, such as those of contracts."""
        return replace(self, regimes=(*self.regimes, *more))

    def with_proposal(self, regime_id: str, on: date) -> "Law":
        """Return the law as it would be were a proposal in force on ``on``: for looking only. Unknown ids change
        nothing."""
        proposal = self.regime(regime_id)
        if proposal is None or not proposal.replaces:
            return self
        enacted = [replace(rule, status=Status.IN_FORCE, in_force_from=on) for rule in proposal.rules]
        gone = {rule.replaces for rule in enacted}
        regimes = [
            replace(one, rules=(*enacted, *(rule for rule in one.rules if rule.provision not in gone)))
            if one.id == proposal.replaces else one
            for one in self.regimes
        ]
        return replace(self, regimes=tuple(regimes), version=f"{self.version}+{regime_id}")
