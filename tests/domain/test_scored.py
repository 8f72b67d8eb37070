"""The steps of ENISA's score in the words of a filing."""

from decimal import Decimal

import pytest

from incident_app.domain.filings import ENGLISH
from incident_app.domain.filings.scored import reasons_in
from incident_app.domain.risk.severity import STEPS, Answers, ClassAnswer, DataClass, score

HALF, QUARTER = Decimal("0.5"), Decimal("0.25")


def answers(*classes: ClassAnswer, malicious: bool = True) -> Answers:
    return Answers(classes=classes, ei=Decimal("0.75"), confidentiality=HALF, integrity=Decimal(0), availability=QUARTER, malicious=malicious)


def test_every_step_of_the_score_is_said_with_what_a_person_gave_as_its_reason() -> None:
    # Given two classes, one of them of credentials and moved with a reason
    said = reasons_in(ENGLISH, answers(ClassAnswer(DataClass.FINANCIAL, 1, " Card numbers with codes. ", credentials=True),
                                       ClassAnswer(DataClass.SIMPLE)))

    # Then each line says what the score itself says, and the last has the figures
    assert said == (
        "Credentials, which take the class of what they open: Financial data: base 3, moved by +1 (full enough for fraud or a "
        "detailed financial profile), DPC 4. Card numbers with codes.",
        "Simple data: base 1, DPC 1.",
        "The highest class counts: DPC 4.",
        "Ease of identification: significant, 0.75.",
        "Confidentiality: read by an unknown number of recipients, 0.5.",
        "Integrity: not changed, or no wrong use found, 0.",
        "Availability: out of reach for a time, 0.25.",
        "Malicious intent: yes, 0.5.",
        "SE = 4 × 0.75 + 1.25 = 4.25: very high.",
    )


def test_what_the_method_does_not_give_and_where_it_ends_is_said_too() -> None:
    first, *_, last = reasons_in(ENGLISH, answers(ClassAnswer(DataClass.SIMPLE, -2), malicious=False))

    assert first == "Simple data: base 1, moved by -2 (beyond what the method gives for this class), held at 1, DPC 1."
    assert last == "SE = 1 × 0.75 + 0.75 = 1.5: low."


@pytest.mark.parametrize(("kind", "adjust"), [(kind, step) for kind, steps in STEPS.items() for step in steps])
def test_every_step_the_method_gives_has_its_words(kind: DataClass, adjust: int) -> None:
    given = answers(ClassAnswer(kind, adjust))

    assert reasons_in(ENGLISH, given)[0].partition(" (")[2] == score(given).reasons[0].partition(" (")[2]
