"""The rota: who counts, covers, and that no accepted change opens a gap."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident_app.domain import rota as rules
from incident_app.domain.refusals import Refused
from incident_app.domain.rota import Slot

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
ANA, BEN, CLEO = 1, 2, 3


def at(hours: float) -> datetime:
    return NOW + hours * HOUR


def slot(user_id: int, start: float, end: float, rank: int = 1, number: int = 1) -> Slot:
    return Slot(user_id, at(start), at(end), rank, number)


def who(slots: list[Slot], hours: float) -> int | None:
    counting = rules.timeline(slots, at(hours), at(hours) + HOUR)[0].slot
    return counting.user_id if counting else None


def test_of_two_shifts_the_one_made_later_counts_and_the_earlier_comes_back() -> None:
    found = rules.timeline([slot(ANA, 0, 10), slot(BEN, 4, 6, 2, 2)], at(0), at(12))

    assert [(one.starts_at, one.slot.user_id if one.slot else None) for one in found] == [
        (at(0), ANA), (at(4), BEN), (at(6), ANA), (at(10), None),
    ]


def test_a_disabled_account_leaves_the_one_below_or_a_gap() -> None:
    disabled = replace(slot(BEN, 4, 12, 2, 2), active=False)

    assert rules.gaps([slot(ANA, 0, 10), disabled], at(0), at(12)) == [(at(10), at(12))]


def test_a_rota_that_ends_within_seven_days_is_a_gap_to_be_filled() -> None:
    assert rules.open_gaps([slot(ANA, 0, 24 * 6)], NOW) == [(at(24 * 6), at(24 * 7))]
    assert rules.open_gaps([slot(ANA, 0, 24 * 8)], NOW) == []
    assert rules.open_gaps([slot(ANA, 24 * 8, 24 * 9)], NOW) == [(NOW, at(24 * 8))]


def test_cover_splits_a_shift_and_the_first_piece_stays_the_shift() -> None:
    whole = slot(ANA, 0, 10, number=7)

    after = rules.covered([whole], whole, CLEO, at(2), at(4), NOW)

    assert [(one.user_id, one.starts_at, one.ends_at, one.covers, one.id) for one in after] == [
        (ANA, at(0), at(2), None, 7), (CLEO, at(2), at(4), ANA, 0), (ANA, at(4), at(10), None, 0),
    ]


def test_a_cover_stands_in_for_the_shift_alone_and_not_for_one_made_later() -> None:
    whole, later = slot(ANA, 0, 10), slot(BEN, 3, 5, 2, 2)

    after = rules.covered([whole, later], whole, CLEO, at(2), at(8), NOW)

    assert [who(after, hours) for hours in (1, 2, 3, 5, 8)] == [ANA, CLEO, BEN, CLEO, ANA]


def test_a_cover_given_back_lets_the_shift_grow_together_again() -> None:
    whole = slot(ANA, 0, 10, number=7)
    after = [replace(one, id=number) for number, one in enumerate(rules.covered([whole], whole, CLEO, at(2), at(4), NOW), 7)]
    stands_in = next(one for one in after if one.user_id == CLEO)

    assert rules.covered(after, stands_in, ANA, at(2), at(4), NOW) == [whole]


def test_who_covers_a_cover_covers_the_one_whose_turn_it_is() -> None:
    stands_in = replace(slot(CLEO, 0, 4), covers=ANA)

    (after,) = rules.covered([stands_in], stands_in, BEN, at(0), at(4), NOW)

    assert (after.user_id, after.covers) == (BEN, ANA)


def test_the_minute_on_a_form_means_the_second_the_shift_begins_in() -> None:
    whole = replace(slot(ANA, 0, 4), starts_at=at(1) + timedelta(seconds=17), ends_at=at(4) + timedelta(seconds=3))

    after = rules.covered([whole], whole, BEN, at(1), at(4), NOW)

    assert [(one.starts_at, one.ends_at) for one in after] == [(whole.starts_at, whole.ends_at)]


@pytest.mark.parametrize(
    ("user_id", "start", "end", "field", "words"),
    [
        (ANA, 2, 4, "user_id", "on call then anyway"),
        (BEN, -9, 4, "starts_at", "begins later"),
        (BEN, 2, 11, "ends_at", "ends earlier"),
        (BEN, 4, 2, "ends_at", "after the start"),
        (BEN, -3, -2, "ends_at", "over already"),
    ],
)
def test_a_cover_that_makes_no_sense_is_refused_in_words(
    user_id: int, start: float, end: float, field: str, words: str
) -> None:
    whole = slot(ANA, -4, 10)

    with pytest.raises(Refused) as refused:
        rules.covered([whole], whole, user_id, at(start), at(end), NOW)

    assert words in refused.value.problems[field]


def test_a_shift_that_runs_keeps_what_has_been() -> None:
    running = slot(ANA, -2, 4)

    assert rules.removed([running], running, NOW) == [slot(ANA, -2, 0)]
    assert rules.moved([running], running, at(-2), at(6), NOW) == [slot(ANA, -2, 6)]
    with pytest.raises(Refused) as refused:
        rules.moved([running], running, at(-3), at(6), NOW)
    assert refused.value.problems["starts_at"] == "This shift has begun: only its end can still be changed."


def test_a_shift_to_come_begins_now_at_the_earliest() -> None:
    coming = slot(ANA, 2, 4)

    assert rules.moved([coming], coming, at(-1), at(4), NOW) == [slot(ANA, 0, 4)]
    assert rules.removed([coming], coming, NOW) == []


def test_clearing_a_stretch_leaves_what_lies_before_and_after() -> None:
    after = rules.cleared([slot(ANA, 0, 10, number=7), slot(BEN, 10, 12, 2, 8), slot(BEN, 4, 5, 3, 9)], at(2), at(6))

    assert after == [slot(ANA, 0, 2, number=7), slot(ANA, 6, 10, number=0), slot(BEN, 10, 12, 2, 8)]


@pytest.mark.parametrize(
    ("shift", "field", "words"),
    [
        ((at(12), at(14)), "starts_at",
         "Nobody would be on call from Mon 23 Nov 2026 20:00 CET to Mon 23 Nov 2026 22:00 CET. Let the shift begin at "
         "Mon 23 Nov 2026 20:00 CET, or put somebody else on for that time first."),
    ],
)
def test_a_hole_before_a_new_shift_is_refused_in_words(shift: rules.Gap, field: str, words: str) -> None:
    before = [slot(ANA, 0, 10)]

    with pytest.raises(Refused) as refused:
        rules.check(before, [*before, Slot(BEN, *shift, 2)], NOW, zone="Europe/Berlin", shift=shift)

    assert refused.value.problems == {field: words}


def test_a_shift_made_shorter_over_nobody_is_refused_at_its_end() -> None:
    before = [slot(ANA, 0, 10), slot(BEN, 10, 20, 2, 2)]
    after = [slot(ANA, 0, 8), slot(BEN, 10, 20, 2, 2)]

    with pytest.raises(Refused) as refused:
        rules.check(before, after, NOW, zone="UTC", shift=(at(0), at(8)))

    assert "Let the shift end at Mon 23 Nov 2026 19:00 UTC" in refused.value.problems["ends_at"]


def test_a_shift_taken_off_names_the_first_gap_and_how_many_more() -> None:
    before = [slot(ANA, 0, 10), slot(BEN, 2, 3, 2, 2), slot(BEN, 5, 6, 3, 3), slot(BEN, 10, 20, 4, 4)]

    with pytest.raises(Refused, match=r"from Mon 23 Nov 2026 09:00 UTC to .* 11:00 UTC \(and 2 more times\)\. Put"):
        rules.check(before, before[1:], NOW, zone="UTC")


def test_the_rota_is_never_emptied() -> None:
    before = [slot(ANA, 0, 24 * 30)]

    with pytest.raises(Refused, match="leave the rota empty"):
        rules.check(before, [], NOW, zone="UTC")
    with pytest.raises(Refused, match="from Tue 24 Nov 2026 09:00 UTC to Mon 30 Nov 2026 09:00 UTC"):
        rules.check(before, [slot(ANA, 0, 24)], NOW, zone="UTC")
    rules.check(before, [slot(ANA, 0, 24 * 7)], NOW, zone="UTC")


def test_an_empty_rota_may_begin_later_and_a_known_gap_may_be_filled_in_part() -> None:
    rules.check([], [slot(ANA, 5, 6)], NOW, zone="UTC")
    rules.check([replace(slot(BEN, 0, 9), active=False)], [], NOW, zone="UTC")
    holed = [slot(ANA, 0, 2), slot(ANA, 8, 9, 2, 2)]
    rules.check(holed, [*holed, slot(BEN, 4, 5, 3, 3)], NOW, zone="UTC")
    assert rules.opened(holed, [slot(ANA, 0, 1), *holed[1:]], NOW) == [(at(1), at(2))]


HOURS = st.integers(-20, 400)
PEOPLE = st.sampled_from([ANA, BEN, CLEO])
Step = tuple[str, int, int, int, int]
STEPS = st.lists(
    st.tuples(st.sampled_from(["add", "remove", "move", "cover", "clear", "later"]), st.integers(0, 9), HOURS,
              st.integers(1, 120), PEOPLE),
    max_size=25,
)


def changed(slots: list[Slot], step: Step, now: datetime, rank: int) -> list[Slot]:
    """Return what a step asks for; raises ``Refused`` as the rules do."""
    verb, index, start, lasts, user_id = step
    begins, ends = at(start), at(start + lasts)
    chosen = slots[index % len(slots)] if slots else Slot(user_id, begins, ends, rank)
    operations: dict[str, Callable[[], list[Slot]]] = {
        "add": lambda: [*slots, Slot(user_id, max(begins, now), ends, rank)],
        "remove": lambda: rules.removed(slots, chosen, now),
        "move": lambda: rules.moved(slots, chosen, begins, ends, now),
        "cover": lambda: rules.covered(slots, chosen, user_id, chosen.starts_at + (start % 7) * HOUR, chosen.ends_at, now),
        "clear": lambda: [*rules.cleared(slots, max(begins, now), max(ends, now + HOUR)),
                          Slot(user_id, max(begins, now), max(ends, now + HOUR), rank)],
    }
    if verb == "add" and rules.times(begins, ends, now):
        raise Refused("The times make no sense.")
    return operations[verb]()


@given(STEPS)
def test_after_any_accepted_steps_there_is_no_gap_that_was_not_there(steps: list[Step]) -> None:
    # Given a rota that has nobody, at first
    slots: list[Slot] = []
    now, numbers = NOW, iter(range(1, 10_000))
    for rank, step in enumerate(steps, 1):
        if step[0] == "later":
            now += timedelta(hours=step[3] / 4)
            slots = [one for one in slots if one.ends_at > now]
            continue
        if not slots and step[0] != "add":
            continue

        # When a step is tried, and kept if the rules accept it
        try:
            after = changed(slots, step, now, rank)
            rules.check(slots, after, now, zone="UTC")
        except Refused:
            continue

        # Then nobody is missing who was there before, nor before what was added
        free = set(uncovered(slots, now)) if slots else None
        missing = uncovered(after, now)
        assert free is None or set(missing) <= free
        assert after
        slots = [one if one.id else replace(one, id=next(numbers)) for one in after if one.ends_at > now]
        assert len({one.id for one in slots}) == len(slots)


def uncovered(slots: list[Slot], now: datetime) -> list[datetime]:
    """Return each quarter of an hour until the end of the rota in which nobody is on call: counted, not computed."""
    end = max(one.ends_at for one in slots)
    found, moment = [], now
    while moment < end:
        if not any(one.starts_at <= moment < one.ends_at for one in slots):
            found.append(moment)
        moment += timedelta(minutes=15)
    return found


def test_who_is_newly_on_call_is_told_what_was_not_theirs_before() -> None:
    # Given Ana until ten, and Ben after her
    before = [slot(ANA, 0, 10), slot(BEN, 10, 20, 2, 2)]

    # When Cleo takes two hours of each, and Ana goes on for an hour after them
    after = [*before, slot(CLEO, 8, 12, 3, 3), slot(ANA, 12, 13, 4, 4), slot(ANA, 13, 14, 5, 5)]

    # Then turns that touch are one, and nobody hears of what they had
    assert rules.newly_on(before, after, NOW) == {CLEO: [(at(8), at(12))], ANA: [(at(12), at(14))]}
    assert rules.newly_on(after, before, NOW) == {ANA: [(at(8), at(10))], BEN: [(at(10), at(14))]}
    assert rules.newly_on(before, before, NOW) == {}


def test_whoever_is_put_on_hears_the_first_turn_and_how_many_follow() -> None:
    turns = [(at(0), at(1)), (at(24), at(25)), (at(48), at(49))]
    assert "10:00 UTC. Alerts reach you by Telegram" in rules.put_on_words("Ana", turns[:1], "UTC", linked=True)
    assert "10:00 UTC, and 1 more time until Tue 24 Nov 2026 10:00 UTC. Alerts" in rules.put_on_words("Ana", turns[:2], "UTC", linked=True)
    assert "and 2 more times until Wed 25 Nov 2026 10:00 UTC. Alerts reach you by email alone" in rules.put_on_words(
        "Ana", turns, "UTC", linked=False)
