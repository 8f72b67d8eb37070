"""ENISA's severity, step by step."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incident_app.domain.cases import Count
from incident_app.domain.refusals import Refused
from incident_app.domain.risk import (
    BASE,
    CB,
    EI,
    STEPS,
    Answers,
    ClassAnswer,
    DataClass,
    figure,
    level_of,
    score,
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


@pytest.mark.parametrize(("data_class", "adjust", "dpc"), [
    (SENSITIVE, 3, 4), (SIMPLE, -3, 1), (FINANCIAL, 2, 4), (BEHAVIOURAL, -3, 1), (SIMPLE, 3, 4), (SENSITIVE, -3, 1),
])
def test_the_context_of_data_is_base_and_whole_steps_held_between_1_and_4(
    data_class: DataClass, adjust: int, dpc: int,
) -> None:
    assert score(answers(ClassAnswer(data_class, adjust))).dpc == dpc


def test_of_several_classes_the_highest_counts_and_not_the_sum() -> None:
    found = score(answers(ClassAnswer(SIMPLE), ClassAnswer(FINANCIAL), ClassAnswer(BEHAVIOURAL), ei="0.75",
                          cb=("0.25", "0", "0")))

    assert (found.dpc, figure(found.se)) == (Decimal(3), "2.5")
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


def test_credentials_take_the_class_of_what_they_open() -> None:
    found = score(answers(ClassAnswer(SIMPLE), ClassAnswer(FINANCIAL, 1, "Transfers can be made.", credentials=True)))

    assert found.dpc == 4
    assert found.reasons[1] == ("Credentials take the class of what they open, financial data: base 3, moved by +1 (full "
                                "enough for fraud or a detailed financial profile), DPC 4. Transfers can be made.")


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


GIVEN = st.builds(
    Answers,
    classes=st.lists(st.builds(ClassAnswer, st.sampled_from(list(DataClass)), st.integers(-3, 3)), min_size=1,
                     max_size=3).map(tuple),
    ei=st.sampled_from(list(EI)), confidentiality=st.sampled_from(list(CB["confidentiality"])),
    integrity=st.sampled_from(list(CB["integrity"])), availability=st.sampled_from(list(CB["availability"])),
    malicious=st.booleans(), people=st.none(), unintelligible=st.none(),
)


@settings(max_examples=30, deadline=None)
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
