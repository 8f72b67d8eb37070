"""ENISA's severity, step by step; and the outcome the deciding factors propose."""

from collections.abc import Sequence
from dataclasses import fields, replace
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incident_app.domain.cases import Count, PeopleData
from incident_app.domain.refusals import Refused
from incident_app.domain.risk import (
    BASE,
    CB,
    EI,
    STEPS,
    Answers,
    Category,
    ClassAnswer,
    DataClass,
    Level,
    RiskFacts,
    figure,
    from_categories,
    level_of,
    presumed,
    propose,
    score,
    what_would_change,
)

SIMPLE, BEHAVIOURAL, FINANCIAL, SENSITIVE = DataClass


def answers(
    *classes: ClassAnswer, ei: str = "1", cb: tuple[str, str, str] = ("0", "0", "0"), malicious: bool = False,
    people: Count | None = None, unintelligible: bool | None = None,
) -> Answers:
    confidentiality, integrity, availability = (Decimal(part) for part in cb)
    return Answers(
        classes=classes or (ClassAnswer(SIMPLE),), ei=Decimal(ei), confidentiality=confidentiality,
        integrity=integrity, availability=availability, malicious=malicious, people=people,
        unintelligible=unintelligible,
    )


@pytest.mark.parametrize(("what", "data_class", "adjust", "dpc"), [
    ("customers of a supermarket", SIMPLE, 0, 1), ("of a dealer in luxury cars", SIMPLE, 1, 2),
    ("of an online pharmacy", SIMPLE, 2, 3), ("undercover officers", SIMPLE, 3, 4),
    ("calls to a help desk", BEHAVIOURAL, -1, 1), ("a week of calls", BEHAVIOURAL, 0, 2),
    ("a year of travel", BEHAVIOURAL, 1, 3), ("calls to a psychological helpline", BEHAVIOURAL, 2, 4),
    ("a letter shows a bank's client", FINANCIAL, -2, 1), ("a day of transactions", FINANCIAL, -1, 2),
    ("balances of a month", FINANCIAL, 0, 3), ("a full card", FINANCIAL, 1, 4),
    ("a blood test took place", SENSITIVE, -3, 1), ("in an emergency room", SENSITIVE, -2, 2),
    ("for one disease", SENSITIVE, -1, 3), ("its result", SENSITIVE, 0, 4),
    ("held at the upper end", SENSITIVE, 3, 4), ("held at the lower end", SIMPLE, -3, 1),
])
def test_the_context_of_data_is_base_and_whole_steps_held_between_1_and_4(
    what: str, data_class: DataClass, adjust: int, dpc: int,
) -> None:
    assert score(answers(ClassAnswer(data_class, adjust))).dpc == dpc


FULL = [
    ("salary to a wrong colleague", FINANCIAL, 0, "1", ("0.25", "0", "0"), False, "3.25", "high"),
    ("addresses in CC", SIMPLE, 0, "1", ("0.25", "0", "0"), False, "1.25", "low"),
    ("the same, about mental health", SIMPLE, 2, "1", ("0.25", "0", "0"), False, "3.25", "high"),
    ("exactly 3 is high", FINANCIAL, 0, "1", ("0", "0", "0"), False, "3", "high"),
    ("exactly 4 is very high", SENSITIVE, -1, "1", ("0.5", "0", "0"), True, "4", "very_high"),
    ("exactly 2 is medium", SIMPLE, 0, "1", ("0.5", "0", "0"), True, "2", "medium"),
    ("hospital on a leak site", SENSITIVE, 0, "1", ("0.5", "0", "0"), True, "5", "very_high"),
    ("one addressee who deletes", SIMPLE, 0, "0.5", ("0.25", "0", "0"), False, "0.75", "low"),
    ("the largest there is", SENSITIVE, 0, "1", ("0.5", "0.5", "0.5"), True, "6", "very_high"),
    ("the smallest there is", SIMPLE, 0, "0.25", ("0", "0", "0"), False, "0.25", "low"),
    ("2.75 is medium", FINANCIAL, 0, "0.75", ("0.5", "0", "0"), False, "2.75", "medium"),
    ("3.75 is high", FINANCIAL, 0, "1", ("0.25", "0", "0"), True, "3.75", "high"),
    ("sensitive, no key, posted", SENSITIVE, 0, "0.25", ("0.5", "0", "0"), False, "1.5", "low"),
    ("minors on top stay at 4", SENSITIVE, 3, "1", ("0.25", "0", "0"), False, "4.25", "very_high"),
    ("Telegram id and wallet", FINANCIAL, -1, "0.25", ("0.5", "0", "0"), True, "1.5", "low"),
    ("ransomware, paper backup", SIMPLE, 0, "1", ("0", "0", "0.25"), True, "1.75", "low"),
]


@pytest.mark.parametrize(("what", "data_class", "adjust", "ei", "cb", "malicious", "se", "level"), FULL,
                         ids=[row[0] for row in FULL])
def test_whole_cases_score_as_published(
    what: str, data_class: DataClass, adjust: int, ei: str, cb: tuple[str, str, str], malicious: bool, se: str,
    level: str,
) -> None:
    found = score(answers(ClassAnswer(data_class, adjust), ei=ei, cb=cb, malicious=malicious))

    assert (figure(found.se), found.level.value) == (se, level)


def test_of_several_classes_the_highest_counts_and_not_the_sum() -> None:
    found = score(answers(ClassAnswer(SIMPLE), ClassAnswer(FINANCIAL), ClassAnswer(BEHAVIOURAL), ei="0.75",
                          cb=("0.25", "0", "0")))

    assert (found.dpc, figure(found.se)) == (3, "2.5")
    assert "The highest class counts: DPC 3." in found.reasons


def test_every_step_has_its_line_of_reasoning() -> None:
    found = score(answers(ClassAnswer(SENSITIVE, -1, "Diagnoses can be guessed at."), ei="0.75",
                          cb=("0.5", "0.25", "0"), malicious=True))

    assert found.reasons == (
        "Sensitive data: base 4, moved by -1 (assumptions about sensitive facts), DPC 3. Diagnoses can be guessed at.",
        "Ease of identification: significant, 0.75.",
        "Confidentiality: read by an unknown number of recipients, 0.5.",
        "Integrity: changed, can be put right, 0.25.",
        "Availability: at hand, or back without difficulty, 0.",
        "Malicious intent: yes, 0.5.",
        "SE = 3 × 0.75 + 1.25 = 3.5: high.",
    )


def test_a_step_the_method_does_not_have_is_said_and_held() -> None:
    line = score(answers(ClassAnswer(SENSITIVE, 3))).reasons[0]

    assert line == ("Sensitive data: base 4, moved by +3 (beyond what the method gives for this class), held at 4, "
                    "DPC 4.")


@pytest.mark.parametrize(("people", "unintelligible", "flags"), [
    (None, None, ()),
    (Count.exact(100), None, ()),
    (Count.exact(101), False, ("more than 100 people", "data readable")),
    (Count.about(5000), True, ("more than 100 people", "data unreadable, key safe")),
    (Count.about(50), None, ("perhaps more than 100 people",)),
    (Count.between(50, 200), None, ("perhaps more than 100 people",)),
    (Count.unknown(), None, ("perhaps more than 100 people",)),
])
def test_flags_stand_beside_the_score_and_never_change_it(
    people: Count | None, unintelligible: bool | None, flags: Sequence[str],
) -> None:
    found = score(answers(people=people, unintelligible=unintelligible))

    assert found.flags == tuple(flags)
    assert found.se == score(answers()).se


def test_answers_the_method_does_not_have_are_refused_by_field() -> None:
    with pytest.raises(Refused) as refusal:
        answers(ClassAnswer(SIMPLE), ClassAnswer(SIMPLE, 4), ei="0.4", cb=("1", "0.3", "-0.25"))
    assert set(refusal.value.problems) == {"classes.1.adjust", "ei", "confidentiality", "integrity", "availability"}
    with pytest.raises(Refused) as empty:
        replace(answers(), classes=())
    assert list(empty.value.problems) == ["classes"]


def test_levels_have_words() -> None:
    assert [level_of(Decimal(se)).words for se in ("1.75", "2", "3.75", "4")] == [
        "low", "medium", "high", "very high"]


def test_what_would_change_names_single_other_answers_that_change_the_level() -> None:
    changes = what_would_change(answers(ClassAnswer(SENSITIVE), ei="0.75", cb=("0.5", "0", "0"), malicious=True))

    assert [(one.words, figure(one.se), one.level) for one in changes] == [
        ("Identification limited", "3", Level.HIGH),
        ("No harm meant", "3.5", Level.HIGH),
        ("Confidentiality: read by known recipients", "3.75", Level.HIGH),
    ]


def test_what_would_change_looks_at_every_answer() -> None:
    changes = what_would_change(answers(ClassAnswer(SIMPLE), ei="1", cb=("0.25", "0.25", "0.25")))

    assert {one.words for one in changes} == {
        "Confidentiality: read by an unknown number of recipients", "Integrity: changed, cannot be put right",
        "Availability: lost for good", "Harm meant"}


CONTACT = Category("contact", "Contact", SIMPLE, special=False, identity=False, vulnerable=False, examples=("name",))
USAGE = replace(CONTACT, id="usage", data_class=BEHAVIOURAL)
IDENTITY = replace(CONTACT, id="id_documents", identity=True)
PAYMENT = replace(CONTACT, id="payment", data_class=FINANCIAL, identity=True)
HEALTH = replace(CONTACT, id="health", data_class=SENSITIVE, special=True)
CHILDREN = replace(CONTACT, id="children", vulnerable=True)
NOTHING_LOST = {"integrity": False, "availability": False}

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
    ("06 hashed passwords", [CONTACT], RiskFacts(
        confidentiality=True, malicious=True, unintelligible=True, people=Count.exact(1200), **NOTHING_LOST),
     False, False),
    ("08 a leaving employee", [CONTACT], RiskFacts(
        confidentiality=True, malicious=True, unintelligible=False, recipients_known=True, **NOTHING_LOST),
     True, False),
    ("11 stolen notebook", [CONTACT], RiskFacts(
        confidentiality=True, integrity=False, availability=True, restored_in_time=True, malicious=True,
        unintelligible=False, identity_theft=True, people=Count.about(100_000)), True, True),
    ("12 stolen paper about addiction", [CONTACT, HEALTH], RiskFacts(
        confidentiality=True, integrity=False, availability=True, restored_in_time=False, malicious=True,
        unintelligible=False), True, True),
    ("14 list of job seekers attached", [CONTACT, IDENTITY], RiskFacts(
        confidentiality=True, malicious=False, unintelligible=False, recipients_known=True,
        people=Count.about(60_000), **NOTHING_LOST), True, True),
    ("15 course list, two with an intolerance", [CONTACT], RiskFacts(
        confidentiality=True, malicious=False, unintelligible=False, recipients_known=True,
        people=Count.exact(15), **NOTHING_LOST), False, False),
    ("17 a caller takes an account over", [CONTACT, USAGE, PAYMENT], RiskFacts(
        confidentiality=True, integrity=True, availability=False, restored_in_time=False, malicious=True,
        people=Count.exact(1)), True, True),
    ("09 a professional who confirms deletion", [CONTACT, USAGE], RiskFacts(
        confidentiality=True, malicious=False, unintelligible=False, recipient_trusted=True,
        people=Count.about(24), **NOTHING_LOST), False, False),
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
    facts = RiskFacts(confidentiality=True, malicious=False, recipients_known=True, identity_theft=False,
                      special_data=False, vulnerable_people=False, people=Count.exact(259), **NOTHING_LOST)
    low = score(answers(ei="0.5", cb=("0.25", "0", "0")))

    assert propose(facts, low).notify_authority
    assert not propose(replace(facts, people=Count.exact(15)), low).notify_authority


def test_a_hint_at_health_scored_as_giving_no_insight_is_ordinary() -> None:
    facts = RiskFacts(confidentiality=True, malicious=False, recipients_known=True, identity_theft=False,
                      special_data=True, vulnerable_people=False, people=Count.exact(15), **NOTHING_LOST)

    hint = score(answers(ClassAnswer(SENSITIVE, -3, "Two mention an intolerance."), cb=("0.25", "0", "0")))
    assert not propose(facts, hint).notify_authority
    diagnosis = score(answers(ClassAnswer(SENSITIVE, -1), ei="0.5", cb=("0.25", "0", "0")))
    assert propose(facts, diagnosis).notify_authority


def test_a_high_score_speaks_against_calm_answers() -> None:
    facts = RiskFacts(confidentiality=False, **NOTHING_LOST)

    outcome = propose(facts, score(answers(ClassAnswer(SENSITIVE), cb=("0.5", "0", "0"))))

    assert outcome.notify_authority
    assert outcome.tell_people
    assert "The score is very high." in outcome.reasons[1]


def test_vulnerable_people_are_told_from_a_medium_score_on() -> None:
    facts = from_categories(RiskFacts(confidentiality=True, recipient_trusted=True, **NOTHING_LOST), [CHILDREN])
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
    calm = presumed(RiskFacts(confidentiality=False, malicious=False, unintelligible=True, **NOTHING_LOST), [CONTACT])
    back = presumed(RiskFacts(confidentiality=True, recipients_known=True, restored_in_time=True), [CONTACT])

    assert unknown is not None
    assert figure(score(unknown).se) == "6"
    assert calm is not None
    assert figure(score(calm).se) == "0.25"
    assert back is not None
    assert (back.confidentiality, back.integrity, back.availability) == (Decimal("0.25"), 0, 0)


YES_NO = st.sampled_from([None, True, False])
FACTS = st.builds(
    RiskFacts, people_data=st.sampled_from([PeopleData.YES, PeopleData.UNSURE]),
    people=st.sampled_from([Count.exact(5), Count.exact(500), Count.about(50), Count.unknown()]),
    **{one.name: YES_NO for one in fields(RiskFacts) if one.name not in {"people", "people_data"}},
)
CATEGORIES = st.lists(st.sampled_from([CONTACT, USAGE, IDENTITY, PAYMENT, HEALTH, CHILDREN]), max_size=3)
GIVEN = st.builds(
    Answers,
    classes=st.lists(st.builds(ClassAnswer, st.sampled_from(list(DataClass)), st.integers(-3, 3)), min_size=1,
                     max_size=3).map(tuple),
    ei=st.sampled_from(list(EI)), confidentiality=st.sampled_from(list(CB["confidentiality"])),
    integrity=st.sampled_from(list(CB["integrity"])), availability=st.sampled_from(list(CB["availability"])),
    malicious=st.booleans(), people=st.none(), unintelligible=st.none(),
)


@settings(max_examples=150, deadline=None)
@given(FACTS, st.one_of(st.none(), GIVEN), st.sampled_from([
    one.name for one in fields(RiskFacts) if one.name not in {"people", "people_data"}]))
def test_what_is_not_known_never_hides_a_duty(facts: RiskFacts, given_answers: Answers | None, forgotten: str) -> None:
    severity = None if given_answers is None else score(given_answers)

    known = propose(facts, severity)
    unknown = propose(replace(facts, **{forgotten: None}), severity)
    uncounted = propose(replace(facts, people=Count.unknown()), severity)
    unscored = propose(facts, None)

    for other in (unknown, uncounted, unscored):
        assert other.notify_authority >= known.notify_authority
        assert other.tell_people >= known.tell_people
    assert known.notify_authority >= known.tell_people


@settings(max_examples=80, deadline=None)
@given(FACTS, CATEGORIES, st.sampled_from([
    one.name for one in fields(RiskFacts) if one.name not in {"people", "people_data"}]))
def test_forgetting_a_fact_never_lowers_the_presumed_score(
    facts: RiskFacts, categories: list[Category], forgotten: str,
) -> None:
    known, unknown = presumed(facts, categories), presumed(replace(facts, **{forgotten: None}), categories)

    if known is None or unknown is None:
        assert known is unknown is None
    else:
        assert score(unknown).se >= score(known).se


@settings(max_examples=80, deadline=None)
@given(GIVEN)
def test_the_score_stays_on_the_grid_of_quarters_and_grows_with_every_answer(given_answers: Answers) -> None:
    found = score(given_answers)

    assert Decimal("0.25") <= found.se <= 6
    assert found.se * 4 == int(found.se * 4)
    for lower, higher in pairwise(EI):
        assert score(replace(given_answers, ei=lower)).se < score(replace(given_answers, ei=higher)).se
    assert score(replace(given_answers, malicious=False)).se <= found.se


def test_the_steps_of_the_method_never_leave_the_scale() -> None:
    for data_class, steps in STEPS.items():
        assert all(1 <= BASE[data_class] + step <= 4 for step in steps)
