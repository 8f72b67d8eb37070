"""Parts of countries, sectors, and what is not known about them."""

from dataclasses import replace
from datetime import UTC, date, datetime

from incident_app.domain.regimes import CaseFacts, Regime, applicable, within
from incident_app.domain.risk import Category, DataClass
from tests.domain.laws import a_regime, law_of

ON = date(2026, 11, 20)
FACTS = CaseFacts("ES", "Europe/Madrid", datetime(2026, 11, 20, 9, 40, tzinfo=UTC))
CALIFORNIA = a_regime("CA", ("US-CA",), links=("people",))
OTHER_STATES = a_regime("STATES", ("US",), links=("people",), but_not=("US-CA",))
BANKS = a_regime("BANKS", ("ES",), links=("home",), sectors=("bank",))


def ids(*regimes: Regime, facts: CaseFacts) -> list[str]:
    return [found.regime.id for found in applicable(law_of(*regimes), facts, ON)]


def living_in(*places: str) -> CaseFacts:
    return replace(FACTS, people_countries=places)


def test_a_place_lies_in_its_country_and_a_country_may_reach_into_a_part() -> None:
    assert within("US-CA", "US") is True
    assert within("US-CA", "US-CA") is True
    assert within("US", "US-CA") is None
    assert within("US-NY", "US-CA") is False


def test_the_part_of_a_country_decides_where_it_is_known() -> None:
    assert ids(CALIFORNIA, OTHER_STATES, facts=living_in("US-CA")) == ["CA"]
    assert ids(CALIFORNIA, OTHER_STATES, facts=living_in("US-NY")) == ["STATES"]


def test_where_the_part_is_not_known_no_law_is_hidden() -> None:
    found = applicable(law_of(CALIFORNIA, OTHER_STATES), living_in("US"), ON)

    assert [(one.regime.id, one.sure) for one in found] == [("CA", False), ("STATES", True)]
    assert found[0].why == "CA law: affected people live in US, and in which part is not known."


def test_a_home_in_a_part_of_a_country_is_compared_with_it() -> None:
    at_home = a_regime("QUEBEC", ("CA-QC",), links=("home",))

    assert ids(at_home, facts=replace(FACTS, home_country="CA", subdivision="QC")) == ["QUEBEC"]
    assert ids(at_home, facts=replace(FACTS, home_country="CA", subdivision="CA-ON")) == []
    (unsure,) = applicable(law_of(at_home), replace(FACTS, home_country="CA"), ON)
    assert not unsure.sure


def test_a_law_for_some_sectors_asks_what_the_organisation_is() -> None:
    assert ids(BANKS, facts=replace(FACTS, sectors=frozenset())) == []
    (of_one,) = applicable(law_of(BANKS), replace(FACTS, sectors=frozenset({"bank"})), ON)
    assert of_one.sure
    assert of_one.why == "BANKS law: the controller is at home in ES, and the organisation is a bank."


def test_a_question_nobody_answered_hides_no_law() -> None:
    (unknown,) = applicable(law_of(BANKS), FACTS, ON)

    assert not unknown.sure
    assert unknown.why.endswith("if the organisation is a bank: nobody has said yet.")


def test_clocks_of_a_contract_stand_beside_the_law() -> None:
    law = law_of(CALIFORNIA).with_regimes([BANKS])

    assert [one.id for one in law.regimes] == ["CA", "BANKS"]


def test_the_kinds_of_data_are_their_names_their_classes_and_their_marks() -> None:
    health = Category("health", "Health", DataClass.SENSITIVE, special=True, identity=False, vulnerable=False,
                      examples=("a diagnosis",))
    law = replace(law_of(BANKS), categories={"health": health})

    assert law.data_kinds(["health", "nobody knows"]) == {"health", "sensitive", "special"}


def test_only_countries_that_share_a_lead_authority_count_as_one_area() -> None:
    shared = a_regime("SHARED", ("DE", "FR"), one_stop_shop=True)

    assert law_of(shared, BANKS).in_shared_area(["DE-BE", "RU", "FR", "DE", "ES"]) == ("DE", "FR")
