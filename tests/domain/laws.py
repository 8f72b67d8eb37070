"""Small laws for the tests of the rules."""

from collections.abc import Sequence
from datetime import date
from types import MappingProxyType

from incident_app.domain.cases import ControllerRole
from incident_app.domain.regimes import (
    Authority,
    Confidence,
    Law,
    Link,
    Mode,
    Regime,
    Rule,
    Sector,
    Status,
    Threshold,
    Unit,
    Weight,
)


def a_rule(
    *, provision: str = "Art 33(1)", stage: str = "initial", recipient_type: str = "authority",
    recipient: str = "the authority", anchor: str = "aware", value: int | None = 72, unit: Unit = Unit.HOURS,
    mode: Mode = Mode.ELAPSED, threshold: Threshold = Threshold.RISK,
    binds: ControllerRole = ControllerRole.CONTROLLER, hour_rule: bool = False,
    in_force_from: date | None = date(2018, 5, 25), in_force_to: date | None = None,
    status: Status = Status.IN_FORCE, target_hours: int | None = None, supervisory: bool | None = None,
    follows: str = "", cap_of: str = "", min_people: int | None = None, max_people: int | None = None,
    people_test: Weight = Weight.REQUIRED, data_kinds: tuple[str, ...] = (), data_test: Weight = Weight.REQUIRED,
    replaces: str = "",
) -> Rule:
    """Return a rule like GDPR 33(1), changed where asked."""
    return Rule(
        provision=provision, stage=stage, recipient_type=recipient_type, recipient=recipient, anchor=anchor,
        value=value, unit=unit, mode=mode, threshold=threshold, threshold_words=f"threshold: {threshold}",
        binds=binds, hour_rule=hour_rule, in_force_from=in_force_from, in_force_to=in_force_to, status=status,
        source="a source", confidence=Confidence.CHECK, target_hours=target_hours,
        supervisory=recipient_type == "authority" if supervisory is None else supervisory, follows=follows,
        cap_of=cap_of, min_people=min_people, max_people=max_people, people_test=people_test, data_kinds=data_kinds,
        data_test=data_test, replaces=replaces,
    )


def a_regime(
    name: str, countries: tuple[str, ...], *, links: Sequence[str] = ("home", "people"), one_stop_shop: bool = False,
    zone: str | None = None, rules: tuple[Rule, ...] | None = None, but_not: tuple[str, ...] = (),
    sectors: tuple[str, ...] = (), replaces: str = "",
) -> Regime:
    """Return a regime of one rule, or of these."""
    return Regime(
        id=name, name=f"{name} law", instrument="an act", jurisdiction="somewhere", countries=countries,
        links=frozenset(Link(link) for link in links), one_stop_shop=one_stop_shop, zone=zone,
        rules=rules or (a_rule(),), but_not=but_not, sectors=sectors, replaces=replaces,
    )


def an_authority(country: str, subdivision: str | None = None) -> Authority:
    """Return the authority of a place."""
    place = f"{country}-{subdivision}" if subdivision else country
    return Authority(
        id=place, name=f"Authority of {place}", short_name=f"{place} authority", country=country,
        subdivision=subdivision, languages=("en",), portal="web_form", website="https://authority.test",
        confidence=Confidence.CHECK,
    )


def law_of(*regimes: Regime, authorities: tuple[Authority, ...] = ()) -> Law:
    """Return a law of these regimes."""
    sectors = (Sector("bank", "a bank", "Are you a bank?"),)
    return Law(regimes, authorities, MappingProxyType({}), "test-version", sectors)
