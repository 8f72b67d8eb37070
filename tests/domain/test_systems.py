"""What a case takes over from the systems of the profile, and what it never touches."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident_app.domain import systems as rules
from incident_app.domain.systems import Facts

BILLING = Facts(name="Billing", description="invoices", place="Frankfurt", data_categories=("payment", "contact"),
                people_kinds=("customers",), processors=("Host", "Payments"))
NOTHING = {"data_categories": (), "processors": ()}


def test_empty_fields_are_filled_in_and_what_is_there_is_left_and_offered() -> None:
    values, filled = rules.fill(NOTHING, (), BILLING)
    assert values == {"data_categories": ("payment", "contact"), "processors": ("Host", "Payments")}
    assert filled == {"data_categories": ["payment", "contact"], "processors": ["Host", "Payments"]}

    typed = {"data_categories": ("health", "contact"), "processors": ()}
    values, filled = rules.fill(typed, (), BILLING)
    assert values == {"processors": ("Host", "Payments")}
    assert rules.offered(typed, BILLING) == {"data_categories": ("payment",), "processors": ("Host", "Payments")}


def test_a_second_system_adds_to_what_the_first_filled_in() -> None:
    values, filled = rules.fill(NOTHING, (), BILLING)
    more, _ = rules.fill(values, (filled,), Facts(name="Shop", data_categories=("contact", "account")))
    assert more == {"data_categories": ("payment", "contact", "account")}


def test_who_emptied_a_field_keeps_it_empty() -> None:
    _, filled = rules.fill(NOTHING, (), BILLING)
    assert rules.fill(NOTHING, (filled,), Facts(name="Shop", data_categories=("account",))) == ({}, {})


def test_a_system_is_kept_and_read_back_and_said_in_a_line() -> None:
    assert Facts.from_json(BILLING.to_json() | {"of a later version": 1}) == BILLING
    assert BILLING.in_a_line() == "Billing: invoices (Frankfurt)"
    assert Facts(name="Shop").in_a_line() == "Shop"


@pytest.mark.parametrize(("facts", "field"), [
    (Facts(name=""), "name"), (Facts(name="n" * 121), "name"), (Facts(name="x", data_categories=("nonsense",)), "data_categories"),
    (Facts(name="x", people_kinds=("martians",)), "people_kinds"), (Facts(name="x", processors=("p" * 121,)), "processors"),
    (Facts(name="x", processors=tuple(map(str, range(41)))), "processors"), (Facts(name="x", retention="r" * 4001), "retention"),
])
def test_what_does_not_fit_is_named_by_field(facts: Facts, field: str) -> None:
    assert set(rules.problems(facts, ("payment", "contact"), ("customers",))) == {field}


def test_blanks_and_doubles_go() -> None:
    assert rules.tidy(Facts(name=" a ", processors=("Host", " Host", ""))) == Facts(name="a", processors=("Host",))


VALUES = st.lists(st.sampled_from("abcdef"), max_size=4, unique=True).map(tuple)
SYSTEMS = st.builds(Facts, name=st.just("s"), data_categories=VALUES, processors=VALUES)


@given(VALUES, VALUES, st.lists(SYSTEMS, max_size=4))
def test_nothing_a_person_wrote_is_ever_lost(categories: tuple[str, ...], processors: tuple[str, ...], picked: list[Facts]) -> None:
    # Given a case with or without something typed, and systems picked one after the other
    now: dict[str, tuple[str, ...]] = {"data_categories": categories, "processors": processors}
    typed, given_ = dict(now), list[dict[str, list[str]]]()
    for system in picked:
        values, filled = rules.fill(now, given_, system)
        now |= values
        given_.append(filled)

    # Then what was typed stands as it was, and what was not is all that the systems hold
    for name, before in typed.items():
        everything = {one for system in picked for one in getattr(system, name)}
        assert set(now[name]) == (set(before) if before else everything)

    # And taking them all away again, in any order, leaves what was typed
    while given_:
        mine = given_.pop(len(given_) // 2)
        now |= rules.unfill(now, given_, mine)
    assert {name: set(values) for name, values in now.items()} == {name: set(values) for name, values in typed.items()}


@given(SYSTEMS, st.sampled_from(rules.FILLED), st.sampled_from("xyz"))
def test_what_a_person_changed_after_filling_in_is_theirs(system: Facts, name: str, added: str) -> None:
    values, filled = rules.fill(NOTHING, (), system)
    now: dict[str, tuple[str, ...]] = NOTHING | values
    now[name] = (*now[name], added)

    assert name not in rules.unfill(now, (), filled)
    assert name not in rules.fill(now, (filled,), system)[0]
