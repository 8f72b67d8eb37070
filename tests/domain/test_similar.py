"""Similar earlier breaches: what two share, and which say most."""

from hypothesis import given
from hypothesis import strategies as st

from incident_app.domain import similar as rules
from incident_app.domain.similar import Shared, Similar, Trait

SYSTEM, CAUSE, HOST = Trait(Shared.SYSTEM, "7"), Trait(Shared.CAUSE, "phishing"), Trait(Shared.PROCESSOR, "host")


def test_a_breach_has_its_systems_its_cause_and_its_processors_whatever_they_are_written_like() -> None:
    assert rules.traits("phishing", [7, 7], ["  Host ", "HOST", ""]) == (SYSTEM, CAUSE, HOST)
    assert rules.folded("ＨＯＳＴ\u00a0One") == "host one"


def test_a_cause_that_says_nothing_is_shared_by_nobody() -> None:
    assert rules.traits("", [], []) == rules.traits("other", [], []) == rules.traits("not_found", [], []) == ()


def test_a_system_says_more_than_a_cause_and_a_cause_more_than_a_processor() -> None:
    found = rules.ranked(9, (HOST, CAUSE, SYSTEM), {1: [HOST], 2: [CAUSE], 3: [SYSTEM], 4: [CAUSE, HOST, Trait(Shared.CAUSE, "x")]})
    assert found == (Similar(4, (CAUSE, HOST)), Similar(3, (SYSTEM,)), Similar(2, (CAUSE,)), Similar(1, (HOST,)))


TRAITS = st.builds(Trait, st.sampled_from(Shared), st.sampled_from("abc"))
EARLIER = st.dictionaries(st.integers(1, 40), st.lists(TRAITS, max_size=4), max_size=12)


@given(st.integers(1, 40), st.lists(TRAITS, max_size=4), EARLIER)
def test_whatever_there_was_before(case_id: int, mine: list[Trait], earlier: dict[int, list[Trait]]) -> None:
    found = rules.ranked(case_id, mine, earlier)

    # Never the case itself, never a later one, never one that shares nothing, each once and no more than five
    assert all(one.case_id < case_id and one.shared for one in found)
    assert all(set(one.shared) == set(mine) & set(earlier[one.case_id]) for one in found)
    assert len({one.case_id for one in found}) == len(found) <= rules.MOST_SHOWN
    # The most telling first, of equal ones the newest; nothing more telling was left out
    order = [(one.weight, one.case_id) for one in found]
    assert order == sorted(order, reverse=True)
    others = [Similar(number, tuple(set(mine) & set(theirs))) for number, theirs in earlier.items()
              if number < case_id and number not in {one.case_id for one in found}]
    assert all(not one.shared or (len(found) == rules.MOST_SHOWN and (one.weight, one.case_id) < order[-1]) for one in others)
    # And the order in which they come makes no difference
    assert rules.ranked(case_id, mine[::-1], dict(reversed(earlier.items()))) == found


@given(st.text(max_size=300))
def test_folding_twice_is_folding_once_and_fits_its_column(name: str) -> None:
    assert len(rules.folded(name)) <= rules.LONGEST_VALUE
    assert rules.folded(name.upper().lower()) == rules.folded(name.lower().upper().lower())
