"""Why a breach happened: what may be chosen and written, and what authorities are told of who caused it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident_app.domain import lessons as rules
from incident_app.domain.lessons import CausedBy, Lessons
from tests.builders import the_forms, the_law

WORDS = the_law().words


def test_a_cause_answers_who_caused_it_and_purpose_may_turn_the_answer() -> None:
    assert WORDS.caused_by("phishing", None) is CausedBy.EXTERNAL_MALICIOUS
    assert WORDS.caused_by("misdirected", None) is CausedBy.INTERNAL_MISTAKE
    assert WORDS.caused_by("unpatched_flaw", False) is CausedBy.INTERNAL_MISTAKE
    assert WORDS.caused_by("unpatched_flaw", True) is CausedBy.EXTERNAL_MALICIOUS
    assert WORDS.caused_by("", True) is None
    assert WORDS.caused_by("of an older file", True) is None


def test_every_answer_is_an_option_of_the_form_and_every_kind_of_people_too() -> None:
    fields = {one.id: {option.id for option in one.options} for one in the_forms()["edpb-1"].fields()}
    assert {one.value for one in CausedBy} == fields["cause_kind"]
    assert set(the_law().people) == fields["people_kinds"]


def test_the_families_hold_every_cause_once() -> None:
    held = [one.id for causes in WORDS.families().values() for one in causes]
    assert sorted(held) == sorted(WORDS.causes)
    assert {"What somebody did", "What somebody from outside did", "How we work"} <= set(WORDS.families())


@pytest.mark.parametrize(("said", "field"), [
    (Lessons(cause="bad luck"), "cause"),
    (Lessons(factors=("no_alarm", "the moon")), "factors"),
    (Lessons(cause="other"), "cause_words"),
    (Lessons(cause="not_found"), "cause_words"),
    (Lessons(whys=("why",) * 8), "whys"),
    (Lessons(whys=("w" * 501,)), "whys"),
    (Lessons(went_well="w" * 20_001), "went_well"),
])
def test_what_does_not_fit_is_refused_by_field(said: Lessons, field: str) -> None:
    assert set(rules.problems(said, rules.NOTHING, WORDS)) == {field}


def test_what_an_older_file_had_may_stay_where_it_stood() -> None:
    before = Lessons(cause="gremlins", factors=("full_moon",))
    assert rules.problems(Lessons(cause="gremlins", factors=("full_moon", "no_alarm")), before, WORDS) == {}
    assert WORDS.cause_label("gremlins") == "gremlins"
    assert WORDS.factor_labels(("full_moon", "no_alarm")) == ("full_moon", "Nothing raised an alarm")


def test_seven_whys_are_a_chain() -> None:
    said = Lessons(whys=tuple(f"Because {number}" for number in range(7)))
    assert rules.problems(said, rules.NOTHING, WORDS) == {}
    assert rules.chain(said.whys[:2]) == "1. Because 0\n2. Because 1"
    assert not said.is_empty


TEXT = st.text(max_size=12)


@given(st.builds(Lessons, cause=TEXT, factors=st.lists(st.sampled_from(list(WORDS.factors))).map(tuple), cause_words=TEXT,
                 whys=st.lists(TEXT, max_size=9).map(tuple), went_well=TEXT, differently=TEXT))
def test_tidying_twice_is_tidying_once_and_keeps_the_order_of_the_whys(said: Lessons) -> None:
    once = rules.tidy(said)
    assert rules.tidy(once) == once
    assert rules.differing(once, rules.tidy(once)) == []
    assert list(once.whys) == [one.strip() for one in said.whys if one.strip()]
    assert len(set(once.factors)) == len(once.factors)
