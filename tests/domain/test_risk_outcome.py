"""The outcome the deciding factors propose: the score is one input, and what is not known never hides a duty."""

from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incident_app.domain.cases import Count, PeopleData
from incident_app.domain.refusals import Refused
from incident_app.domain.risk import (
    QUESTIONS,
    RESTORED,
    Answers,
    ClassAnswer,
    DataClass,
    Effect,
    Level,
    RiskFacts,
    figure,
    from_categories,
    presumed,
    propose,
    score,
    weigh,
    worse_of,
)
from tests.domain.test_risk import FINANCIAL, GIVEN, SENSITIVE, SIMPLE, answers
from tests.domain.test_risk_vectors import CATEGORIES, EDPB
from tests.domain.vectors import facts_of

CONTACT, HEALTH, FINANCES = CATEGORIES["contact"], CATEGORIES["health"], CATEGORIES["financial"]
SLIP = RiskFacts(
    people_data=PeopleData.YES, people=Count.exact(15), confidentiality=True, integrity=False, availability=False,
    malicious=False, recipients_known=True, identity_theft=False, birth_date=False, basic_contact_only=True,
    special_data=False, vulnerable_people=False,
)


def edpb(number: str) -> RiskFacts:
    return facts_of(next(row for row in EDPB if row["id"] == number))


def duties(facts: RiskFacts, given_answers: Answers | None = None) -> tuple[bool, bool]:
    outcome = weigh(facts, [], given_answers).outcome
    return outcome.notify_authority, outcome.tell_people


def test_a_low_score_does_not_excuse_from_telling_the_authority() -> None:
    severity = score(answers(ClassAnswer(SIMPLE), cb=("0", "0", "0.25"), malicious=True))

    assert (figure(severity.se), severity.level) == ("1.75", Level.LOW)
    assert propose(edpb("02"), severity).notify_authority


def test_an_address_list_to_one_wrong_addressee_is_told_where_many_people_are_on_it() -> None:
    low = answers(ei="0.5", cb=("0.25", "0", "0"))

    assert duties(SLIP, low) == (False, False)
    assert duties(replace(SLIP, people=Count.exact(259)), low) == (True, False)


def test_deletion_alone_is_no_trust_and_trust_alone_no_deletion() -> None:
    many = replace(SLIP, people=Count.exact(259), recipient_trusted=True, recipient_bound=True, deletion_confirmed=True)

    assert duties(many) == (False, False)
    for one in ("recipients_known", "recipient_trusted", "recipient_bound", "deletion_confirmed"):
        assert duties(many.changed(one, False))[0]
        assert duties(many.changed(one, None))[0]
    assert duties(replace(many, vulnerable_people=True)) == (True, False)


def test_a_hint_at_health_scored_as_giving_no_insight_is_ordinary() -> None:
    told = replace(SLIP, special_data=True)

    assert duties(told, answers(ClassAnswer(SENSITIVE, -3, "Two mention an intolerance."), cb=("0.25", "0", "0"))) == (
        False, False)
    assert duties(told, answers(ClassAnswer(SENSITIVE, -1), ei="0.5", cb=("0.25", "0", "0")))[0]


def test_a_high_score_tells_the_people_but_does_not_undo_evidence() -> None:
    very_high = answers(ClassAnswer(SENSITIVE))
    nobody = replace(SLIP, confidentiality=False)

    assert duties(nobody, very_high) == (False, False)
    assert duties(replace(SLIP, malicious=True), very_high) == (True, True)


def test_where_facts_and_scoring_contradict_each_other_the_worse_counts() -> None:
    calm = replace(SLIP, confidentiality=False, exfiltration_excluded=True, malicious=None, backup_electronic=True,
                   restored_in_hours=2, effect_on_people=Effect.NONE)

    worse = worse_of(calm, answers(cb=("0.5", "0.5", "0.25"), malicious=True))
    assert (worse.confidentiality, worse.exfiltration_excluded, worse.recipients_known) == (True, None, False)
    assert (worse.integrity, worse.availability, worse.malicious) == (True, True, True)
    assert (worse.backup_electronic, worse.restored_in_hours) == (False, None)
    assert worse_of(calm, answers()) == replace(calm, malicious=False)
    assert worse_of(replace(calm, malicious=True), answers()).malicious
    assert worse_of(calm, answers(cb=("0.25", "0", "0"))).recipients_known
    assert duties(calm, answers(ClassAnswer(SENSITIVE), cb=("0.5", "0", "0"))) == (True, True)


@pytest.mark.parametrize(("change", "expected"), [
    ({}, (False, False)),
    ({"effect_on_people": Effect.MINOR}, (True, False)),
    ({"effect_on_people": Effect.SERIOUS}, (True, True)),
    ({"effect_on_people": None}, (True, True)),
    ({"backup_electronic": False}, (False, False)),
    ({"backup_electronic": False, "restored_in_hours": 120}, (True, False)),
    ({"restored_in_hours": None}, (False, False)),
    ({"backup_electronic": None, "restored_in_hours": None}, (True, False)),
    ({"availability": None, "effect_on_people": None}, (True, True)),
])
def test_a_gap_is_judged_by_what_it_did_to_people(change: dict[str, Any], expected: tuple[bool, bool]) -> None:
    gap = replace(SLIP, confidentiality=False, availability=True, backup_electronic=True, restored_in_hours=4,
                  effect_on_people=Effect.NONE)

    assert duties(replace(gap, **change)) == expected


@pytest.mark.parametrize(("change", "words"), [
    ({"identity_theft": True}, "serve identity theft"), ({"identity_theft": None}, "Not known: whether the data serve"),
    ({"malicious": True, "basic_contact_only": False}, "Data were taken on purpose"),
    ({"malicious": None, "basic_contact_only": False}, "more than basic contact details were taken on purpose"),
    ({"birth_date": True, "recipients_known": False}, "Names with birth dates"),
    ({"birth_date": True, "people": Count.unknown()}, "Names with birth dates"),
    ({"birth_date": None, "malicious": True}, "whether birth dates are among the data"),
    ({"special_data": True}, "Special or as telling data are hit"),
    ({"special_data": None}, "Not known: whether special data are hit"),
    ({"vulnerable_people": True}, "Vulnerable people are hit"),
    ({"vulnerable_people": None}, "Not known: whether vulnerable people are hit"),
])
def test_each_deciding_fact_has_its_reason_to_tell_the_people(change: dict[str, Any], words: str) -> None:
    outcome = weigh(replace(SLIP, **change), [], None).outcome

    assert outcome.tell_people
    assert words in outcome.reasons[2]


def test_a_birth_date_with_one_known_addressee_is_for_the_authority_only() -> None:
    assert duties(replace(SLIP, birth_date=True)) == (True, False)


def test_unscored_finances_of_many_are_told_at_their_worst_reading() -> None:
    facts = replace(SLIP, people=Count.about(900), identity_theft=None, basic_contact_only=False, malicious=False)

    worst = weigh(facts, [FINANCES], None)
    assert worst.presumed
    assert worst.outcome.tell_people
    assert "at its worst reading the score is high" in worst.outcome.reasons[2]
    assert not weigh(replace(facts, identity_theft=False), [FINANCES], None).outcome.tell_people


def test_nothing_known_means_tell_everybody_and_says_what_is_not_known() -> None:
    outcome = propose(RiskFacts(), None)

    assert (outcome.record, outcome.notify_authority, outcome.tell_people) == (True, True, True)
    assert "Not known: whether anybody could read the data." in outcome.reasons[1]
    assert "Not scored yet" in outcome.reasons[2]


def test_no_data_of_people_is_no_personal_data_breach_but_stays_on_record() -> None:
    outcome = propose(RiskFacts(people_data=PeopleData.NO), None)

    assert (outcome.record, outcome.notify_authority, outcome.tell_people) == (True, False, False)


def test_hours_below_zero_are_refused() -> None:
    with pytest.raises(Refused):
        RiskFacts(restored_in_hours=-1)


def test_every_fact_that_decides_is_asked_for_by_name() -> None:
    asked = {one.name for one in (*QUESTIONS, RESTORED)}

    assert asked == {one.name for one in fields(RiskFacts)} - {"people_data", "people"}
    assert all(one.words.endswith("?") and one.why.endswith(".") for one in (*QUESTIONS, RESTORED))
    assert [effect.words for effect in Effect] == ["Nobody felt it", "Delay or bother", "Serious harm"]


def test_categories_fill_in_what_nobody_answered_and_never_overrule_an_answer() -> None:
    assert from_categories(RiskFacts(), []) == RiskFacts()
    filled = from_categories(RiskFacts(), [CONTACT, HEALTH])
    assert (filled.special_data, filled.identity_theft, filled.vulnerable_people) == (True, False, False)
    assert (filled.birth_date, filled.basic_contact_only) == (False, False)
    dated = from_categories(RiskFacts(), [CATEGORIES["biographical"]])
    assert (dated.birth_date, dated.identity_theft) == (True, False)
    answered = RiskFacts(special_data=False, identity_theft=True, vulnerable_people=True, birth_date=True,
                         basic_contact_only=True)
    assert from_categories(answered, [HEALTH]) == answered


def test_the_presumed_answers_are_the_worst_that_the_facts_allow() -> None:
    unknown, lost = presumed(RiskFacts(), [CONTACT, HEALTH]), RiskFacts(backup_electronic=True, backup_tested=True)

    assert figure(score(unknown).se) == figure(score(presumed(RiskFacts(), [])).se) == "6"
    assert figure(score(presumed(replace(SLIP, confidentiality=False, unintelligible=True), [CONTACT])).se) == "0.25"
    assert presumed(SLIP, [CONTACT]).confidentiality == Decimal("0.25")
    assert presumed(lost, []).availability == Decimal("0.25")
    assert presumed(replace(lost, backup_tested=None), []).availability == Decimal("0.5")
    assert presumed(replace(lost, effect_on_people=Effect.NONE), []).integrity == 0


def test_the_presumed_class_follows_categories_then_answers() -> None:
    def classes(facts: RiskFacts, *names: str) -> list[tuple[DataClass, int, bool]]:
        found = presumed(facts, [CATEGORIES[name] for name in names]).classes
        return [(one.data_class, one.adjust, one.credentials) for one in found]

    assert classes(SLIP) == [(SIMPLE, 0, False)]
    assert classes(replace(SLIP, identity_theft=None)) == [(FINANCIAL, 0, False)]
    assert classes(RiskFacts(), "authentication") == [(SENSITIVE, 0, True)]
    assert classes(RiskFacts(), "authentication", "payment") == [(FINANCIAL, 0, False)]
    assert classes(SLIP, "health", "financial") == [(FINANCIAL, -1, False), (SENSITIVE, -3, False)]


# From best to worst; what is not known counts as the worst.
YES_IS_WORSE = ("confidentiality", "integrity", "availability", "malicious", "identity_theft", "birth_date", "special_data",
                "vulnerable_people")
BETTER_FIRST: dict[str, list[Any]] = {
    **{one.name: [False, True, None] if one.name in YES_IS_WORSE else [True, False, None] for one in QUESTIONS},
    "effect_on_people": [*Effect, None], "restored_in_hours": [0, 24, 25, 500, None],
    "people": [Count.exact(1), Count.exact(100), Count.exact(500), Count.unknown()],
    "people_data": [PeopleData.NO, PeopleData.YES],
}
FACTS = st.builds(RiskFacts, **{name: st.sampled_from(values) for name, values in BETTER_FIRST.items()})
SCORES = st.one_of(st.none(), GIVEN)
NAMES = st.sampled_from(list(BETTER_FIRST))


@settings(max_examples=80, deadline=None)
@given(FACTS, NAMES, st.data(), st.sampled_from([None, *Level]), st.booleans())
def test_worse_or_unknown_facts_never_remove_a_duty(
    facts: RiskFacts, name: str, data: st.DataObject, level: Level | None, scored: bool,
) -> None:
    severity = None if level is None else replace(score(answers()), level=level)
    values = BETTER_FIRST[name]
    worse = facts.changed(name, data.draw(st.sampled_from(values[values.index(getattr(facts, name)):])))

    for before, after in (
        (propose(facts, severity), propose(worse, severity)),
        (weigh(facts, [], None).outcome, weigh(worse, [], None).outcome),
    ):
        assert after.notify_authority >= before.notify_authority
        assert after.tell_people >= before.tell_people
        assert before.notify_authority >= before.tell_people
    assert propose(facts, None).tell_people == propose(facts, None).notify_authority


@settings(max_examples=60, deadline=None)
@given(FACTS, NAMES, st.data(), st.lists(st.sampled_from(list(CATEGORIES.values())), max_size=3))
def test_worse_or_unknown_facts_never_lower_the_presumed_score(
    facts: RiskFacts, name: str, data: st.DataObject, categories: list[Any],
) -> None:
    values = BETTER_FIRST[name]
    worse = facts.changed(name, data.draw(st.sampled_from(values[values.index(getattr(facts, name)):])))

    assert score(presumed(worse, categories)).se >= score(presumed(facts, categories)).se


@settings(max_examples=40, deadline=None)
@given(FACTS, GIVEN)
def test_a_worse_answer_to_the_method_never_removes_a_duty(facts: RiskFacts, given_answers: Answers) -> None:
    before = weigh(facts, [], given_answers).outcome

    for name in ("confidentiality", "integrity", "availability"):
        worse: dict[str, Any] = {name: Decimal("0.5")}
        after = weigh(facts, [], replace(given_answers, **worse)).outcome
        assert (after.notify_authority, after.tell_people) >= (before.notify_authority, before.tell_people)
    after = weigh(facts, [], replace(given_answers, malicious=True, ei=Decimal(1))).outcome
    assert (after.notify_authority, after.tell_people) >= (before.notify_authority, before.tell_people)
