"""Which single other answer would move the level or the proposal."""

from dataclasses import replace

from incident_app.domain.cases import Count, PeopleData
from incident_app.domain.risk import (
    ClassAnswer,
    Effect,
    Level,
    RiskFacts,
    figure,
    weigh,
    what_would_change,
    what_would_move,
)
from tests.domain.test_risk import SENSITIVE, SIMPLE, answers
from tests.domain.test_risk_outcome import SLIP


def test_what_would_change_names_single_other_answers_that_change_the_level() -> None:
    changes = what_would_change(answers(ClassAnswer(SENSITIVE), ei="0.75", cb=("0.5", "0", "0"), malicious=True))

    assert [(one.words, figure(one.se), one.level) for one in changes] == [
        ("Identification limited", "3", Level.HIGH),
        ("Sensitive data: assumptions about sensitive facts (3)", "3.25", Level.HIGH),
        ("No harm meant", "3.5", Level.HIGH),
        ("Confidentiality: read by known recipients", "3.75", Level.HIGH),
    ]


def test_what_would_change_looks_at_every_answer() -> None:
    changes = what_would_change(answers(ClassAnswer(SIMPLE), ei="1", cb=("0.25", "0.25", "0.25")))

    assert {one.words for one in changes} == {
        "Confidentiality: read by an unknown number of recipients", "Integrity: changed, cannot be put right",
        "Availability: lost for good", "Harm meant",
        "Simple data: enough, or from such a controller, to profile the person or guess their means (2)"}


def test_a_moved_class_may_go_back_to_its_base() -> None:
    changes = what_would_change(answers(ClassAnswer(SIMPLE), ClassAnswer(SENSITIVE, -1)))

    assert "Sensitive data: as the class says (4)" in {one.words for one in changes}


def test_a_calm_slip_names_every_answer_that_would_bring_a_duty() -> None:
    moves = {one.words: one.outcome for one in what_would_move(SLIP, [], None)}

    assert moves["Is everybody known who got the data? No"] == "authority only"
    assert moves["Are special data hit, or data as telling? Yes"] == "authority and people"
    assert "Could somebody see what they should not? No" not in moves, "nothing would change"


def test_evidence_that_is_missing_is_named_as_what_would_lift_a_duty() -> None:
    leak = replace(SLIP, malicious=True, people=Count.exact(900), identity_theft=True)

    moves = {one.words: one.outcome for one in what_would_move(leak, [], None)}
    assert moves["Do logs or an expert exclude that data were read or taken? Yes"] == "record only"
    assert moves["Are the data enough for identity theft or fraud? No"] == "authority only"


def test_the_effect_of_a_gap_and_the_answers_of_the_score_are_looked_at_too() -> None:
    gap = replace(SLIP, confidentiality=False, availability=True, backup_electronic=True, restored_in_hours=4,
                  effect_on_people=Effect.MINOR)
    low = answers(cb=("0", "0", "0.25"))

    moves = {one.words: one.outcome for one in what_would_move(gap, [], low)}
    assert moves["What did the gap or the change do to people? Nobody felt it"] == "record only"
    assert moves["What did the gap or the change do to people? Serious harm"] == "authority and people"
    scored = {one.words: one.outcome for one in what_would_move(replace(SLIP, people=Count.exact(900)), [],
                                                                 answers(ClassAnswer(SIMPLE, 1), cb=("0.25", "0", "0")))}
    high = "Simple data: lets somebody guess health, sexual preference, politics or religion (3)"
    assert scored[high] == "authority and people"


def test_where_nothing_is_known_no_single_answer_is_enough() -> None:
    facts = RiskFacts(people_data=PeopleData.YES)

    assert what_would_move(facts, [], None) == ()
    assert weigh(facts, [], None).outcome.tell_people
