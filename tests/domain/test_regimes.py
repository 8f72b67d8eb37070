"""Which regimes apply to the facts, and from which moment a clock starts."""

from dataclasses import replace
from datetime import UTC, date, datetime

from incident_app.domain.cases import ControllerRole, PeopleData
from incident_app.domain.regimes import CaseFacts, Law, Regime, Status, applicable
from tests.domain.laws import a_regime, a_rule, an_authority, law_of

ON = date(2026, 11, 20)
FACTS = CaseFacts("ES", "Europe/Madrid", datetime(2026, 11, 20, 9, 40, tzinfo=UTC))
EU = a_regime("EU", ("ES", "DE"))
RU = a_regime("RU", ("RU",))
HOME_ONLY = a_regime("HOME", ("RU",), links=("home",))


def ids(*regimes: Regime, facts: CaseFacts = FACTS, on: date = ON) -> list[str]:
    return [found.regime.id for found in applicable(law_of(*regimes), facts, on)]


def test_the_home_of_the_controller_and_the_homes_of_people_pull_their_laws_in() -> None:
    found = applicable(law_of(RU, EU), replace(FACTS, people_countries=("RU", "DE", "US", "DE")), ON)

    assert [one.regime.id for one in found] == ["EU", "RU"]
    assert found[0].why == "EU law: the controller is at home in ES and affected people live in DE."
    assert found[0].countries == ("ES", "DE")
    assert found[1].why == "RU law: affected people live in RU."
    assert found[1].countries == ("RU",)


def test_a_law_that_follows_the_home_only_is_not_pulled_in_by_people() -> None:
    assert ids(HOME_ONLY, facts=replace(FACTS, people_countries=("RU",))) == []
    assert ids(HOME_ONLY, facts=replace(FACTS, home_country="RU")) == ["HOME"]


def test_a_law_that_follows_people_only_is_not_pulled_in_by_the_home() -> None:
    people_only = a_regime("PEOPLE", ("ES",), links=("people",))

    assert ids(people_only) == []
    assert ids(people_only, facts=replace(FACTS, people_countries=("ES",))) == ["PEOPLE"]


def test_without_data_of_people_no_law_applies_but_not_sure_is_not_no() -> None:
    assert ids(EU, facts=replace(FACTS, people_data=PeopleData.NO)) == []
    assert ids(EU, facts=replace(FACTS, people_data=PeopleData.UNSURE)) == ["EU"]


def test_a_rule_is_law_from_its_first_day_to_its_last() -> None:
    rule = a_rule(in_force_from=date(2026, 1, 1), in_force_to=date(2026, 12, 31))

    assert not rule.is_law_on(date(2025, 12, 31))
    assert rule.is_law_on(date(2026, 1, 1))
    assert rule.is_law_on(date(2026, 12, 31))
    assert not rule.is_law_on(date(2027, 1, 1))
    assert a_rule(in_force_from=None).is_law_on(date(1990, 1, 1))


def test_a_proposal_is_never_applied() -> None:
    proposal = a_regime("NEW", ("ES",), rules=(a_rule(status=Status.PROPOSAL, in_force_from=None),))

    assert ids(proposal) == []


def test_detection_is_used_where_it_is_known_and_awareness_stands_in_where_it_is_not() -> None:
    detected = datetime(2026, 11, 20, 8, tzinfo=UTC)

    assert FACTS.anchor_at("aware") == (FACTS.aware_at, "aware")
    assert FACTS.anchor_at("detected") == (FACTS.aware_at, "aware")
    assert replace(FACTS, detected_at=detected).anchor_at("detected") == (detected, "detected")
    assert replace(FACTS, anchors={"detected": detected}).anchor_at("detected") == (detected, "detected")
    assert FACTS.anchor_at("initial_sent") == (None, "initial_sent")
    assert replace(FACTS, aware_at=None).anchor_at("detected") == (None, "detected")


def test_the_authority_of_a_region_goes_before_that_of_its_country() -> None:
    law = law_of(EU, authorities=(an_authority("DE"), an_authority("DE", "BE"), an_authority("ES")))

    def name(country: str, subdivision: str | None = None) -> str | None:
        found = law.authority(country, subdivision)
        return found.short_name if found else None

    assert name("DE") == "DE authority"
    assert name("DE", "BE") == name("DE", "DE-BE") == "DE-BE authority"
    assert name("DE", "SL") == "DE authority"
    assert name("FR") is None


def test_a_regime_is_found_by_its_id() -> None:
    law: Law = law_of(EU, RU)

    assert law.regime("RU") is RU
    assert law.regime("XX") is None


def test_a_processor_at_home_is_named_as_such() -> None:
    found = applicable(law_of(EU), replace(FACTS, role=ControllerRole.PROCESSOR), ON)

    assert found[0].why == "EU law: the processor is at home in ES."
