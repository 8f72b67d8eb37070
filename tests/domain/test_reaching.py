"""Did the notices of a case tell those whom a law wants told? What speaks against it is said in words."""

import pytest

from incident_app.domain.cases import Count
from incident_app.domain.obligations.reaching import Reached, against, protects
from incident_app.domain.regimes import CaseFacts
from tests.builders import the_law

FACTS = CaseFacts("ES", "Europe/Madrid", None, people_countries=("ES", "GB", "BR"))
NAMES = {"GB": "United Kingdom", "BR": "Brazil"}


def told(held: int = 12, accepted: int = 12, numbers: tuple[int, ...] = (1,), planned: bool = False,
         listed: dict[str, int] | None = None, **by_place: int) -> Reached:
    places = by_place or {"ES": accepted}
    return Reached(numbers, held, accepted, listed if listed is not None else places, places, planned)


def speaks(regime: str, reached: Reached, facts: CaseFacts = FACTS) -> tuple[str, ...]:
    found = the_law().regime(regime)
    assert found is not None
    return against(found, facts, reached, lambda code: NAMES.get(code, code))


@pytest.mark.parametrize(("people", "words"), [
    (Count.unknown(), ()), (Count.exact(12), ()), (Count.about(12), ()), (Count.between(12, 900), ()),
    (Count.exact(13), ("Notice 1 reached 11 of 12 people in its list; the case says 13 are concerned.",)),
    (Count.about(10_000), ("Notice 1 reached 11 of 12 people in its list; the case says about 10\u202f000 are concerned.",)),
    (Count.between(100, 500), ("Notice 1 reached 11 of 12 people in its list; the case says 100 to 500 are concerned.",)),
])
def test_the_lists_must_hold_as_many_people_as_the_case_says_are_concerned(people: Count, words: tuple[str, ...]) -> None:
    facts = CaseFacts("ES", "Europe/Madrid", None, people=people)

    assert speaks("EU-GDPR", told(accepted=11), facts) == words


def test_several_notices_count_together_and_one_to_come_says_what_it_holds() -> None:
    facts = CaseFacts("ES", "Europe/Madrid", None, people=Count.exact(100))

    assert speaks("EU-GDPR", told(50, 48, (1, 2, 4)), facts) == (
        "Notices 1, 2 and 4 reached 48 of 50 people in their lists; the case says 100 are concerned.",)
    assert speaks("EU-GDPR", told(50, 0, (1,), True, ES=50), facts) == (
        "Notice 1 holds 50 people; the case says 100 are concerned.",)
    assert speaks("EU-GDPR", told(50, 40, (1, 2), True, ES=50), facts) == (
        "Notices 1 and 2 hold 50 people; the case says 100 are concerned.",)
    assert speaks("EU-GDPR", told(100, 0, ES=0), facts)[0] == "Notice 1 reached 0 of 100 people in its list."


def test_of_the_people_a_law_protects_at_least_one_must_have_been_reached() -> None:
    assert speaks("EU-GDPR", told(ES=12)) == ()
    assert speaks("UK-GDPR", told(ES=12)) == ("Nobody in its list lives in the United Kingdom.",)
    assert speaks("BR-LGPD", told(ES=12)) == ("Nobody in its list lives in Brazil.",)
    assert speaks("UK-GDPR", told(ES=11, GB=1)) == ()
    assert speaks("UK-GDPR", told(listed={"ES": 11, "GB": 1}, ES=11)) == (
        "Nobody in its list who lives in the United Kingdom was reached.",)
    assert speaks("EU-GDPR", told(GB=12)) == ("Nobody in its list lives where the EU GDPR applies.",)
    assert speaks("US-CA", told(ES=12)) == ("Nobody in its list lives in California.",)


def test_people_of_whom_nobody_says_where_they_live_count_for_the_law_of_the_home() -> None:
    nobody_says = Reached((1,), 12, 12, {"": 12}, {"": 12})
    only_abroad = CaseFacts("ES", "Europe/Madrid", None, people_countries=("GB",))

    assert speaks("EU-GDPR", nobody_says) == ()
    assert speaks("UK-GDPR", nobody_says) == (
        "Nobody in its list lives in the United Kingdom. Of 12 people it says no country.",)
    # Where the case names no other country, they live there.
    assert speaks("UK-GDPR", nobody_says, only_abroad) == ()
    # And the law of the home protects people abroad too, where the case names nobody at home.
    assert speaks("EU-GDPR", told(GB=12), only_abroad) == ()


def test_somebody_of_whom_only_the_country_is_known_counts_where_the_case_knows_no_more() -> None:
    california = the_law().regime("US-CA")
    assert california is not None

    assert protects(california, CaseFacts("ES", "Europe/Madrid", None, people_countries=("US",)), "US")
    assert not protects(california, CaseFacts("ES", "Europe/Madrid", None, people_countries=("US-CA",)), "US")


def test_of_a_law_nobody_has_on_file_any_more_the_number_alone_is_asked() -> None:
    assert against(None, FACTS, told(ES=12)) == ()
