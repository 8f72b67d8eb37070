"""Numbers, kinds of data, pairs and chains: the finer points of when a duty arises, and the reasons why one does not."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident_app.domain.cases import ControllerRole, Count, PeopleData
from incident_app.domain.obligations import Duty, Judged, judge
from incident_app.domain.regimes import (
    CaseFacts,
    Entity,
    Mode,
    Rule,
    Sent,
    Status,
    Threshold,
    Unit,
    Weight,
)
from tests.domain.laws import a_regime, a_rule, an_authority, law_of
from tests.fakes import FakeCalendar

AWARE = datetime(2026, 11, 20, 9, 40, tzinfo=UTC)
ON = date(2026, 11, 20)
FACTS = CaseFacts("ES", "Europe/Madrid", AWARE, people_data=PeopleData.YES)
WORDS = {"value": None, "unit": Unit.NONE, "mode": Mode.UNDUE_DELAY}


def judged(*rules: Rule, facts: CaseFacts = FACTS, sectors: tuple[str, ...] = ()) -> Judged:
    law = law_of(a_regime("ES", ("ES",), rules=rules, sectors=sectors), authorities=(an_authority("ES"),))
    return judge(law, facts, FakeCalendar(), ON)


def the_duty(*rules: Rule, facts: CaseFacts = FACTS) -> Duty:
    return judged(*rules, facts=facts).duties[0]


def why_not(*rules: Rule, facts: CaseFacts = FACTS) -> list[str]:
    found = judged(*rules, facts=facts)
    assert not found.duties
    return [one.why for one in found.not_owed]


def people(count: Count) -> CaseFacts:
    return replace(FACTS, people=count)


FROM_500 = a_rule(min_people=500, threshold=Threshold.ALWAYS)
UP_TO_499 = a_rule(max_people=499, threshold=Threshold.ALWAYS, stage="annual")


def test_a_number_of_people_decides_where_it_is_known_for_sure() -> None:
    assert why_not(FROM_500, facts=people(Count.exact(499))) == ["Not owed: 499 people, and it begins at 500."]
    assert the_duty(FROM_500, facts=people(Count.exact(500))).always
    assert why_not(UP_TO_499, facts=people(Count.between(500, 900))) == [
        "Not owed: 500 to 900 people, and it ends at 499."]
    assert the_duty(UP_TO_499, facts=people(Count.exact(499)))


@pytest.mark.parametrize("count", [Count.unknown(), Count.about(20), Count.about(9000), Count.between(20, 9000)])
def test_a_number_that_is_not_certain_hides_no_duty(count: Count) -> None:
    assert {one.stage for one in judged(FROM_500, UP_TO_499, facts=people(count)).duties} == {"initial", "annual"}


def test_enough_people_make_a_duty_certain_that_would_ask_for_harm() -> None:
    rule = a_rule(min_people=500, people_test=Weight.SUFFICIENT, threshold=Threshold.HARM)

    assert not the_duty(rule, facts=people(Count.exact(20))).always
    enough = the_duty(rule, facts=people(Count.between(500, 900)))
    assert enough.always
    assert "from 500 on nothing else is asked" in enough.why


def test_a_kind_of_data_is_needed_or_is_enough() -> None:
    needed = a_rule(data_kinds=("special", "financial"), threshold=Threshold.HARM)
    enough = replace(needed, data_test=Weight.SUFFICIENT)
    simple, health = (replace(FACTS, data_kinds=frozenset(kinds)) for kinds in ({"simple"}, {"special", "health"}))

    assert why_not(needed, facts=simple) == [
        "Not owed: none of the data is of the kinds it names (special, financial)."]
    assert not the_duty(needed).always
    assert not the_duty(needed, facts=health).always
    assert not the_duty(enough, facts=simple).always
    assert the_duty(enough, facts=health).always
    assert not the_duty(enough).always


def test_a_duty_is_certain_only_where_its_law_applies_for_sure() -> None:
    rule = a_rule(threshold=Threshold.ALWAYS)

    (found,) = judged(rule, sectors=("bank",)).duties
    (of_one,) = judged(rule, sectors=("bank",), facts=replace(FACTS, sectors=frozenset({"bank"}))).duties

    assert (found.always, found.maybe) == (False, True)
    assert (of_one.always, of_one.maybe) == (True, False)


PAIR = (
    a_rule(anchor="classified_major", value=4, threshold=Threshold.QUESTION),
    a_rule(stage="initial_cap", value=24, threshold=Threshold.QUESTION, cap_of="initial"),
)


def classified(hours: float) -> CaseFacts:
    return replace(FACTS, anchors={"classified_major": AWARE + timedelta(hours=hours)})


@pytest.mark.parametrize(("facts", "hours"), [
    (FACTS, 24), (classified(2), 6), (classified(20), 24), (classified(23), 24), (classified(24), 24),
    (classified(30), 34),
])
def test_of_two_limits_the_earlier_counts_unless_the_clock_started_after_it(facts: CaseFacts, hours: int) -> None:
    (found,) = judged(*PAIR, facts=facts).duties

    assert found.due_at == AWARE + timedelta(hours=hours)
    assert "Two limits, the earlier counts; the other: 24 hours from aware." in found.why


def test_a_limit_that_has_not_started_leaves_the_other_as_it_is() -> None:
    cap = replace(PAIR[1], anchor="payment_made")

    (found,) = judged(PAIR[0], cap, facts=classified(2)).duties

    assert found.due_at == AWARE + timedelta(hours=6)


def test_a_stage_counts_from_the_submission_of_the_one_before_the_last_one_where_there_were_several() -> None:
    final = a_rule(stage="final", anchor="intermediate_sent", follows="intermediate", value=1, unit=Unit.MONTHS,
                   mode=Mode.MONTHS, threshold=Threshold.QUESTION, supervisory=False)
    sent = tuple(Sent("ES", "intermediate", "the authority", AWARE + timedelta(days=day)) for day in (1, 3))

    waiting = the_duty(final)
    begun = the_duty(final, facts=replace(FACTS, sent=sent))

    assert (waiting.anchor_at, waiting.due_at) == (None, None)
    assert begun.anchor_at == AWARE + timedelta(days=3)
    assert begun.due_at == datetime(2026, 12, 23, 23, tzinfo=UTC)


def test_a_sample_for_the_authority_counts_from_the_notice_to_people() -> None:
    sample = a_rule(stage="sample", anchor="consumer_notice_sent", follows="notice", value=15, supervisory=False,
                    unit=Unit.CALENDAR_DAYS, mode=Mode.DAYS)
    told = Sent("ES", "notice", "residents", AWARE)

    assert the_duty(sample, facts=replace(FACTS, sent=(told,))).anchor_at == AWARE


def test_a_yearly_report_counts_from_the_end_of_the_local_year_of_discovery() -> None:
    yearly = a_rule(stage="annual", anchor="calendar_year_end", value=60, unit=Unit.CALENDAR_DAYS, mode=Mode.DAYS)

    assert the_duty(yearly).due_at == datetime(2027, 3, 1, 23, tzinfo=UTC)
    in_2027 = replace(FACTS, aware_at=AWARE + timedelta(days=300))
    assert the_duty(yearly, facts=in_2027).due_at == datetime(2028, 2, 29, 23, tzinfo=UTC)
    assert the_duty(yearly, facts=replace(FACTS, aware_at=None)).due_at is None


def test_a_processor_owes_each_controller_from_its_own_moment() -> None:
    rule = a_rule(provision="Art 33(2)", recipient_type="controller", recipient="the controller",
                  anchor="processor_aware", binds=ControllerRole.PROCESSOR, threshold=Threshold.ALWAYS, value=24)
    both = (Entity("Acme"), Entity("Globex", AWARE + timedelta(hours=5)))

    found = judged(rule, facts=replace(FACTS, role=ControllerRole.PROCESSOR, controllers=both)).duties

    assert [(one.recipient, one.controller, one.due_at) for one in found] == [
        ("Acme", "Acme", AWARE + timedelta(hours=24)), ("Globex", "Globex", AWARE + timedelta(hours=29))]


def test_joint_controllers_have_a_clock_each() -> None:
    facts = replace(FACTS, controllers=(Entity("Parent"), Entity("Daughter")))

    assert [(one.recipient, one.controller) for one in judged(a_rule(), facts=facts).duties] == [
        ("ES authority", "Parent"), ("ES authority", "Daughter")]


@pytest.mark.parametrize(("rule", "words"), [
    (a_rule(binds=ControllerRole.PROCESSOR), "Not owed by you here: it binds the processor."),
    (a_rule(status=Status.FUTURE, in_force_from=date(2026, 12, 1)), "Not law yet: in force from 1 December 2026."),
    (a_rule(status=Status.FUTURE, in_force_from=None), "Not law yet: the day it comes into force is not set."),
    (a_rule(status=Status.PROPOSAL), "Not law: a proposal."),
    (a_rule(status=Status.VOLUNTARY), "No duty: telling is voluntary."),
    (a_rule(status=Status.NO_DUTY), "No duty."),
    (a_rule(status=Status.REPEALED), "No longer law."),
    (a_rule(in_force_to=date(2026, 1, 31)), "No longer law: it ended on 31 January 2026."),
    (a_rule(anchor="initial_sent", follows="initial", threshold=Threshold.STILL_MISSING),
     "Owed once the notice before it was sent and left something open."),
])
def test_what_is_not_owed_says_why(rule: Rule, words: str) -> None:
    always = a_rule(provision="Art 99", stage="initial", threshold=Threshold.ALWAYS)

    found = judged(rule, always)

    assert [one.provision for one in found.duties] == ["Art 99"]
    (against,) = found.not_owed
    assert against.why.startswith(words)


def test_a_rule_that_is_no_duty_says_so_in_its_own_words() -> None:
    rule = replace(a_rule(threshold=Threshold.NEVER), threshold_words="no general duty to tell people")

    assert why_not(rule) == ["No general duty to tell people."]


def test_what_is_to_come_becomes_law_on_its_day_and_what_is_over_stays_law_for_older_breaches() -> None:
    to_come = a_rule(status=Status.FUTURE, in_force_from=date(2026, 12, 1))
    over = a_rule(status=Status.REPEALED, in_force_from=None, in_force_to=date(2025, 8, 19))

    assert not to_come.is_law_on(date(2026, 11, 30))
    assert to_come.is_law_on(date(2026, 12, 1))
    assert over.is_law_on(date(2025, 8, 19))
    assert not over.is_law_on(date(2025, 8, 20))


def test_a_proposal_can_be_looked_at_as_if_it_were_law() -> None:
    now = a_regime("ES", ("ES",), rules=(a_rule(), a_rule(provision="Art 34", **WORDS)))  # type: ignore[arg-type]  # one set of words
    then = a_regime("NEW", ("ES",), replaces="ES", rules=(
        a_rule(provision="new Art 33(1)", value=96, status=Status.PROPOSAL, replaces="Art 33(1)"),))
    law = law_of(now, then)

    looked_at = law.with_proposal("NEW", ON)

    assert [one.provision for one in judge(looked_at, FACTS, FakeCalendar(), ON).duties] == ["new Art 33(1)", "Art 34"]
    assert law.with_proposal("ES", ON) is law
    assert law.with_proposal("XX", ON) is law


COUNTS = st.one_of(
    st.just(Count.unknown()), st.integers(0, 2000).map(Count.exact), st.integers(0, 2000).map(Count.about),
)
KINDS = st.one_of(st.none(), st.sets(st.sampled_from(["simple", "special", "financial"])).map(frozenset))
RULES = (
    FROM_500, UP_TO_499, a_rule(stage="a", min_people=500, people_test=Weight.SUFFICIENT, threshold=Threshold.HARM),
    a_rule(stage="b", data_kinds=("special",)),
    a_rule(stage="c", data_kinds=("special",), data_test=Weight.SUFFICIENT, threshold=Threshold.RISK),
)


@given(COUNTS, KINDS, st.sampled_from([None, frozenset(), frozenset({"bank"})]))
def test_a_fact_that_is_not_known_never_hides_a_duty(
    count: Count, kinds: frozenset[str] | None, sectors: frozenset[str] | None,
) -> None:
    known = replace(FACTS, people=count, data_kinds=kinds, sectors=sectors)
    for unknown in (replace(known, people=Count.unknown()), replace(known, data_kinds=None),
                    replace(known, sectors=None)):
        fewer = {one.stage for one in judged(*RULES, facts=known, sectors=("bank",)).duties}
        assert fewer <= {one.stage for one in judged(*RULES, facts=unknown, sectors=("bank",)).duties}
