"""A list in parts: everybody is in exactly one, and a change in any of them is seen."""

from hypothesis import given
from hypothesis import strategies as st

from incident_app.domain import recipients as rules
from incident_app.domain.recipients import PART

WAYS = st.sampled_from([(), ("telegram",), ("email",), ("telegram", "email"), ("email", "post")])


def people_of(ways: list[tuple[str, ...]]) -> list[tuple[int, bytes, int]]:
    """Return so many people with these ways to reach them."""
    return [(number, number.to_bytes(32, "big"), rules.mask(one, None)) for number, one in enumerate(ways, 1)]


@given(st.lists(WAYS, max_size=60), st.integers(0, 3))
def test_everybody_is_in_exactly_one_part(ways: list[tuple[str, ...]], whole: int) -> None:
    people = people_of([("email",)] * (PART * whole) + ways)

    parts = list(rules.parted(people))

    assert rules.count_of(parts) == len(people)
    assert [number for part in parts for number in range(part.first, part.last + 1)] == [one[0] for one in people]
    assert all(part.last - part.first < PART for part in parts)


@given(st.lists(WAYS, min_size=1, max_size=30), st.data())
def test_somebody_else_in_a_place_changes_the_digest_of_the_whole(ways: list[tuple[str, ...]], data: st.DataObject) -> None:
    people = people_of(ways)
    place = data.draw(st.integers(0, len(people) - 1))
    other = [*people]
    other[place] = (people[place][0], b"\xff" * 32, people[place][2])

    before, after = list(rules.parted(people)), list(rules.parted(other))

    assert rules.whole_digest(before) != rules.whole_digest(after)
    assert rules.part_digest((one[0], one[1]) for one in people) == before[0].digest


@given(WAYS, st.sampled_from([None, True, False]))
def test_ways_come_back_from_their_number(ways: tuple[str, ...], sensitive: bool | None) -> None:
    assert rules.unmasked(rules.mask(ways, sensitive)) == (ways, sensitive)


def test_an_empty_list_has_no_part_and_still_a_digest() -> None:
    assert list(rules.parted([])) == []
    assert len(rules.whole_digest([])) == 64


@given(st.integers(1, 25_000))
def test_chunks_cover_a_part_without_a_gap_and_never_leave_it(count: int) -> None:
    for first in range(1, count + 1, PART):
        last = min(first + PART - 1, count)
        chunks = list(rules.cuts(first, last, count))
        assert [number for one in chunks for number in range(one[0], one[1] + 1)] == list(range(first, last + 1))
        assert all(rules.part_of(number)[0] == first for one in chunks for number in one)
