"""The outcome the deciding factors propose: the score is one input, and what is not known never hides a duty."""

from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incident_app.domain.cases import Count, PeopleData
from incident_app.domain.risk import (
    Answers,
    Category,
    ClassAnswer,
    Level,
    RiskFacts,
    figure,
    from_categories,
    presumed,
    propose,
    score,
)
from tests.domain.test_risk import BEHAVIOURAL, FINANCIAL, GIVEN, SENSITIVE, SIMPLE, answers

CONTACT = Category("contact", "Contact", SIMPLE, special=False, identity=False, vulnerable=False, examples=("name",))
USAGE = replace(CONTACT, id="usage", data_class=BEHAVIOURAL)
IDENTITY = replace(CONTACT, id="id_documents", identity=True)
PAYMENT = replace(CONTACT, id="payment", data_class=FINANCIAL, identity=True)
HEALTH = replace(CONTACT, id="health", data_class=SENSITIVE, special=True)
CHILDREN = replace(CONTACT, id="children", vulnerable=True)
INTACT = RiskFacts(integrity=False, availability=False)

# EDPB Guidelines 01/2021: the facts in our words, and the rulings (authority, people).
EDPB = [
    ("01 ransomware, encrypted at rest, good backup", [CONTACT], RiskFacts(
        confidentiality=False, integrity=False, availability=True, malicious=True, unintelligible=True,
        exfiltration_excluded=True, restored_in_time=True, people=Count.about(40)), False, False),
    ("02 ransomware, paper backup", [CONTACT], RiskFacts(
        confidentiality=False, integrity=False, availability=True, malicious=True, exfiltration_excluded=True,
        restored_in_time=False, people=Count.about(40)), True, False),
    ("04 ransomware, data taken", [CONTACT, IDENTITY, PAYMENT], RiskFacts(
        confidentiality=True, integrity=False, availability=True, malicious=True, unintelligible=False,
        restored_in_time=False, people=Count.about(5000)), True, True),
    ("06 hashed passwords", [CONTACT], replace(INTACT,
        confidentiality=True, malicious=True, unintelligible=True, people=Count.exact(1200)),
     False, False),
    ("08 a leaving employee", [CONTACT], replace(INTACT,
        confidentiality=True, malicious=True, unintelligible=False, recipients_known=True),
     True, False),
    ("11 stolen notebook", [CONTACT], RiskFacts(
        confidentiality=True, integrity=False, availability=True, restored_in_time=True, malicious=True,
        unintelligible=False, identity_theft=True, people=Count.about(100_000)), True, True),
    ("12 stolen paper about addiction", [CONTACT, HEALTH], RiskFacts(
        confidentiality=True, integrity=False, availability=True, restored_in_time=False, malicious=True,
        unintelligible=False), True, True),
    ("14 list of job seekers attached", [CONTACT, IDENTITY], replace(INTACT,
        confidentiality=True, malicious=False, unintelligible=False, recipients_known=True,
        people=Count.about(60_000)), True, True),
    ("15 course list, two with an intolerance", [CONTACT], replace(INTACT,
        confidentiality=True, malicious=False, unintelligible=False, recipients_known=True,
        people=Count.exact(15)), False, False),
    ("17 a caller takes an account over", [CONTACT, USAGE, PAYMENT], RiskFacts(
        confidentiality=True, integrity=True, availability=False, restored_in_time=False, malicious=True,
        people=Count.exact(1)), True, True),
    ("09 a professional who confirms deletion", [CONTACT, USAGE], replace(INTACT,
        confidentiality=True, malicious=False, unintelligible=False, recipient_trusted=True,
        people=Count.about(24)), False, False),
]


@pytest.mark.parametrize(("case", "categories", "facts", "authority", "people"), EDPB, ids=[row[0] for row in EDPB])
def test_the_cases_of_the_guidelines_come_out_as_they_were_ruled(
    case: str, categories: list[Category], facts: RiskFacts, authority: bool, people: bool,
) -> None:
    worst = presumed(facts, categories)
    assert worst is not None

    outcome = propose(from_categories(facts, categories), score(worst))

    assert (outcome.record, outcome.notify_authority, outcome.tell_people) == (True, authority, people)
    assert len(outcome.reasons) == 3


def test_a_low_score_does_not_excuse_from_telling_the_authority() -> None:
    facts = next(facts for name, _, facts, *_ in EDPB if name.startswith("02"))
    severity = score(answers(ClassAnswer(SIMPLE), cb=("0", "0", "0.25"), malicious=True))

    outcome = propose(from_categories(facts, [CONTACT]), severity)

    assert (figure(severity.se), severity.level) == ("1.75", Level.LOW)
    assert outcome.notify_authority


def test_an_address_list_to_one_wrong_addressee_is_told_where_many_people_are_on_it() -> None:
    facts = replace(INTACT, confidentiality=True, malicious=False, recipients_known=True, identity_theft=False,
                      special_data=False, vulnerable_people=False, people=Count.exact(259))
    low = score(answers(ei="0.5", cb=("0.25", "0", "0")))

    assert propose(facts, low).notify_authority
    assert not propose(replace(facts, people=Count.exact(15)), low).notify_authority


def test_a_hint_at_health_scored_as_giving_no_insight_is_ordinary() -> None:
    facts = replace(INTACT, confidentiality=True, malicious=False, recipients_known=True, identity_theft=False,
                      special_data=True, vulnerable_people=False, people=Count.exact(15))

    hint = score(answers(ClassAnswer(SENSITIVE, -3, "Two mention an intolerance."), cb=("0.25", "0", "0")))
    assert not propose(facts, hint).notify_authority
    diagnosis = score(answers(ClassAnswer(SENSITIVE, -1), ei="0.5", cb=("0.25", "0", "0")))
    assert propose(facts, diagnosis).notify_authority


def test_a_high_score_speaks_against_calm_answers() -> None:
    facts = replace(INTACT, confidentiality=False)

    outcome = propose(facts, score(answers(ClassAnswer(SENSITIVE), cb=("0.5", "0", "0"))))

    assert outcome.notify_authority
    assert outcome.tell_people
    assert "The score is very high." in outcome.reasons[1]


def test_vulnerable_people_are_told_from_a_medium_score_on() -> None:
    facts = from_categories(replace(INTACT, confidentiality=True, recipient_trusted=True), [CHILDREN])
    medium = score(answers(cb=("0.5", "0", "0"), malicious=True))

    assert propose(facts, medium).tell_people
    assert "Vulnerable people are hit." in propose(facts, medium).reasons[2]
    assert not propose(facts, score(answers())).tell_people


def test_nothing_known_means_tell_everybody_and_says_what_is_not_known() -> None:
    outcome = propose(RiskFacts(), None)

    assert (outcome.record, outcome.notify_authority, outcome.tell_people) == (True, True, True)
    assert "Not known: whether anybody could read the data." in outcome.reasons[1]
    assert "Not scored yet" in outcome.reasons[2]


def test_no_data_of_people_is_no_personal_data_breach_but_stays_on_record() -> None:
    outcome = propose(RiskFacts(people_data=PeopleData.NO), None)

    assert (outcome.record, outcome.notify_authority, outcome.tell_people) == (True, False, False)


def test_categories_fill_in_what_nobody_answered_and_never_overrule_an_answer() -> None:
    assert from_categories(RiskFacts(), []) == RiskFacts()
    assert presumed(RiskFacts(), []) is None
    filled = from_categories(RiskFacts(), [CONTACT, HEALTH])
    assert (filled.special_data, filled.identity_theft, filled.vulnerable_people) == (True, False, False)
    answered = RiskFacts(special_data=False, identity_theft=True, vulnerable_people=True)
    assert from_categories(answered, [HEALTH]) == answered


def test_the_presumed_answers_are_the_worst_that_the_facts_allow() -> None:
    unknown = presumed(RiskFacts(), [CONTACT, HEALTH])
    calm = presumed(replace(INTACT, confidentiality=False, malicious=False, unintelligible=True), [CONTACT])
    back = presumed(RiskFacts(confidentiality=True, recipients_known=True, restored_in_time=True), [CONTACT])

    assert unknown is not None
    assert figure(score(unknown).se) == "6"
    assert calm is not None
    assert figure(score(calm).se) == "0.25"
    assert back is not None
    assert (back.confidentiality, back.integrity, back.availability) == (Decimal("0.25"), Decimal(0), Decimal(0))


def forget(facts: RiskFacts, name: str) -> RiskFacts:
    gone: dict[str, Any] = {name: None}
    return replace(facts, **gone)


YES_NO = st.sampled_from([None, True, False])
FACTS = st.builds(
    RiskFacts, people_data=st.sampled_from([PeopleData.YES, PeopleData.UNSURE]),
    people=st.sampled_from([Count.exact(5), Count.exact(500), Count.about(50), Count.unknown()]),
    **{one.name: YES_NO for one in fields(RiskFacts) if one.name not in {"people", "people_data"}},
)
CATEGORIES = st.lists(st.sampled_from([CONTACT, USAGE, IDENTITY, PAYMENT, HEALTH, CHILDREN]), max_size=3)
@settings(max_examples=80, deadline=None)
@given(FACTS, st.one_of(st.none(), GIVEN), st.sampled_from([
    one.name for one in fields(RiskFacts) if one.name not in {"people", "people_data"}]))
def test_what_is_not_known_never_hides_a_duty(facts: RiskFacts, given_answers: Answers | None, forgotten: str) -> None:
    severity = None if given_answers is None else score(given_answers)

    known = propose(facts, severity)
    unknown = propose(forget(facts, forgotten), severity)
    uncounted = propose(replace(facts, people=Count.unknown()), severity)

    for other in (unknown, uncounted):
        assert other.notify_authority >= known.notify_authority
        assert other.tell_people >= known.tell_people
    assert known.notify_authority >= known.tell_people
    unscored = propose(facts, None)
    assert unscored.tell_people == unscored.notify_authority


@settings(max_examples=80, deadline=None)
@given(FACTS, CATEGORIES, st.sampled_from([
    one.name for one in fields(RiskFacts) if one.name not in {"people", "people_data"}]))
def test_forgetting_a_fact_never_lowers_the_presumed_score(
    facts: RiskFacts, categories: list[Category], forgotten: str,
) -> None:
    known, unknown = presumed(facts, categories), presumed(forget(facts, forgotten), categories)

    if known is None or unknown is None:
        assert known is unknown is None
    else:
        assert score(unknown).se >= score(known).se
