"""The types the law files load into; which regimes apply to the facts.

The shape holds seven axes: what starts the clock (``anchor``), how long (``value``, ``unit``), how it is counted
(``mode``, ``hour_rule``), from which threshold on, who is told, in which ``stage``, and from when to when the rule is law.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from incident_app.domain.cases import ControllerRole, PeopleData
from incident_app.domain.risk import Category


class Unit(StrEnum):
    """What a term is counted in; ``none`` where the law has words only."""

    HOURS = "hours"
    CALENDAR_DAYS = "calendar_days"
    BUSINESS_DAYS = "business_days"
    MONTHS = "months"
    NONE = "none"


class Mode(StrEnum):
    """How the law puts it; the words of ``deadlines.csv``."""

    ELAPSED = "elapsed"
    DAYS = "days"
    BUSINESS_DAYS = "business_days"
    MONTHS = "months"
    UNDUE_DELAY = "undue_delay"
    ASAP = "asap"
    IMMEDIATE = "immediate"
    PROMPT = "prompt"
    GUIDANCE = "guidance"
    PER_REGULATION = "per_regulation"
    NONE = "none"


class Status(StrEnum):
    """Whether a rule is law. Only ``in_force`` is ever applied."""

    IN_FORCE = "in_force"
    FUTURE = "future"
    PROPOSAL = "proposal"
    VOLUNTARY = "voluntary"
    REPEALED = "repealed"
    NO_DUTY = "no_duty"
    PENDING_RULES = "pending_rules"


class Confidence(StrEnum):
    """How well a value was checked; ``memory`` means: check before relying on it."""

    VERIFIED_PRIMARY = "verified-primary"
    VERIFIED_SECONDARY = "verified-secondary"
    MEMORY = "memory"


class Threshold(StrEnum):
    """From when on a duty is owed. Everything but ``always`` needs a human decision; ``never`` is no duty."""

    ALWAYS = "always"
    RISK = "risk"
    HIGH_RISK = "high_risk"
    RELEVANT_RISK = "relevant_risk"
    RIGHTS_INFRINGED = "rights_infringed"
    COMPUTER_INCIDENT = "computer_incident"
    STILL_MISSING = "still_missing"
    NEVER = "never"


class Link(StrEnum):
    """What ties a case to a regime: where the controller is at home, or where affected people live."""

    HOME = "home"
    PEOPLE = "people"


# The anchor whose moment may stand in for another one. Detection is never later than awareness and knowing that personal
# data were hit is what awareness means (EDPB 9/2022), so a deadline from awareness is the latest it can be.
STAND_INS: Mapping[str, str] = {
    "detected": "aware", "knows_personal_data_affected": "aware", "processor_aware": "aware",
}
# Anchors that only exist once an earlier stage was sent: their duty arises then, not at filing.
CHAINED = frozenset({"initial_sent", "notification_sent", "intermediate_sent", "consumer_notice_sent"})
ANCHORS = frozenset(STAND_INS) | CHAINED | {
    "aware", "aware_significant", "discovered", "determined", "determined_material", "classified_major",
    "payment_made", "failure_known", "knows_or_believes", "people_identified", "calendar_year_end", "suspects",
    "believes", "statement_ready", "noticed", "credible_grounds", "none",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One duty in one law. ``binds`` says whose duty it is; ``target_hours`` is a house target where the law has words
    only: shown as a target, never as a legal deadline. ``in_force_to`` is the last day it is law."""

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

    def is_law_on(self, on: date) -> bool:
        """Tell whether the rule is in force on that day."""
        begun = self.in_force_from is None or self.in_force_from <= on
        over = self.in_force_to is not None and self.in_force_to < on
        return self.status is Status.IN_FORCE and begun and not over


@dataclass(frozen=True, slots=True)
class Regime:
    """One law's breach rules. ``one_stop_shop``: an establishment inside means one lead authority (GDPR 55, 56).

    ``zone`` is where the authority's days end, for controllers who are not at home there.
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

    def rules_on(self, on: date) -> tuple[Rule, ...]:
        """Return the rules that are law on that day; a proposal never is."""
        return tuple(rule for rule in self.rules if rule.is_law_on(on))


@dataclass(frozen=True, slots=True)
class Authority:
    """A supervisory authority. ``portal`` says how it takes a notification: web_form, email or account."""

    id: str
    name: str
    short_name: str
    country: str
    subdivision: str | None
    languages: tuple[str, ...]
    portal: str
    website: str
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class Law:
    """All law files as loaded. ``version`` is a short digest of their content."""

    regimes: tuple[Regime, ...]
    authorities: tuple[Authority, ...]
    categories: Mapping[str, Category]
    version: str

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


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What decides which law applies. Moments are aware; ``anchors`` are further ones by their name.

    ``still_missing``: whether the first filing left something open (``None``: not known).
    """

    home_country: str
    zone: str
    aware_at: datetime | None
    role: ControllerRole = ControllerRole.CONTROLLER
    people_countries: tuple[str, ...] = ()
    subdivision: str | None = None
    detected_at: datetime | None = None
    eu_establishment: bool = True
    people_data: PeopleData = PeopleData.UNSURE
    still_missing: bool | None = None
    anchors: Mapping[str, datetime] = field(default_factory=dict)

    def anchor_at(self, anchor: str) -> tuple[datetime | None, str]:
        """Return the moment a clock starts from and the name of the anchor it was taken from (see ``STAND_INS``)."""
        own = {"aware": self.aware_at, "detected": self.detected_at} | dict(self.anchors)
        if own.get(anchor) is not None or anchor not in STAND_INS:
            return own.get(anchor), anchor
        return own.get(STAND_INS[anchor]), STAND_INS[anchor]


@dataclass(frozen=True, slots=True)
class Applicable:
    """A regime that applies, why, and the countries that pulled it in."""

    regime: Regime
    why: str
    countries: tuple[str, ...]


def applicable(regimes: tuple[Regime, ...], facts: CaseFacts, on: date) -> tuple[Applicable, ...]:
    """Return the regimes that apply on that day, with the reason; the home one first. No people's data, no duty."""
    if facts.people_data is PeopleData.NO:
        return ()
    found = []
    for regime in regimes:
        at_home = Link.HOME in regime.links and facts.home_country in regime.countries
        people = tuple(sorted({code for code in facts.people_countries if code in regime.countries}))
        people = people if Link.PEOPLE in regime.links else ()
        if not regime.rules_on(on) or not (at_home or people):
            continue
        why = [f"the {facts.role.value} is at home in {facts.home_country}"] if at_home else []
        why += [f"affected people live in {', '.join(people)}"] if people else []
        countries = tuple(dict.fromkeys(([facts.home_country] if at_home else []) + list(people)))
        found.append((not at_home, Applicable(regime, f"{regime.name}: " + " and ".join(why) + ".", countries)))
    return tuple(one for _, one in sorted(found, key=lambda pair: pair[0]))
