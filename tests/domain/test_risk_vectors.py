"""The public vectors: every published value of ENISA's method, and the rulings of EDPB Guidelines 01/2021."""

from decimal import Decimal
from typing import Any

import pytest

from incident_app.domain.risk import (
    EI,
    IDENTIFIERS,
    Answers,
    Category,
    ClassAnswer,
    DataClass,
    figure,
    score,
    weigh,
)
from tests.domain.vectors import facts_of, rows

Row = dict[str, str]
ENISA, EDPB = rows("enisa_vectors.csv"), rows("edpb_cases.csv")
NO_VALUE = {"X03", "X04"}  # decisions of an authority that tell a level the company found, and no figure
PLAIN: dict[str, Any] = {"special": False, "identity": False, "vulnerable": False, "examples": ("name",)}
CATEGORIES = {one.id: one for one in (
    Category("contact", "Contact", DataClass.SIMPLE, **PLAIN, basic=True),
    Category("biographical", "Who", DataClass.SIMPLE, **PLAIN | {"identity": True}, birth_date=True),
    Category("authentication", "Sign-in", DataClass.SIMPLE, **PLAIN, credentials=True),
    Category("employment", "Work", DataClass.SIMPLE, **PLAIN),
    Category("id_documents", "Documents", DataClass.SIMPLE, **PLAIN | {"identity": True}),
    Category("children", "Children", DataClass.SIMPLE, **PLAIN | {"vulnerable": True}),
    Category("vulnerable", "In care", DataClass.SIMPLE, **PLAIN | {"vulnerable": True}),
    Category("usage", "Habits", DataClass.BEHAVIOURAL, **PLAIN),
    Category("communication", "Messages", DataClass.BEHAVIOURAL, **PLAIN),
    Category("payment", "Payment", DataClass.FINANCIAL, **PLAIN | {"identity": True}),
    Category("financial", "Finances", DataClass.FINANCIAL, **PLAIN),
    Category("health", "Health", DataClass.SENSITIVE, **PLAIN | {"special": True}),
)}


def of_kind(*kinds: str) -> pytest.MarkDecorator:
    """Name the rows of these kinds as parameters of a test."""
    chosen = [row for row in ENISA if row["kind"] in kinds and row["id"] not in NO_VALUE]
    return pytest.mark.parametrize("row", chosen, ids=[row["id"] for row in chosen])


def class_of(row: Row) -> ClassAnswer:
    name, _, via = row["data_class"].partition(" (")
    return ClassAnswer(DataClass(name), int(row["dpc_adjust"]), credentials=bool(via))


def answers(one: ClassAnswer, row: Row) -> Answers:
    return Answers(
        classes=(one,), ei=Decimal(row["ei"] or "1"), confidentiality=Decimal(row["cb_confidentiality"] or "0"),
        integrity=Decimal(row["cb_integrity"] or "0"), availability=Decimal(row["cb_availability"] or "0"),
        malicious=row["cb_malicious"] == "0.5",
    )


def test_no_vector_is_left_out() -> None:
    assert len(ENISA) == 73
    assert len(EDPB) == 18
    assert {row["kind"] for row in ENISA} == {"dpc", "ei", "cb", "full", "contested", "computed"}


@of_kind("dpc")
def test_the_context_of_data_is_as_published(row: Row) -> None:
    assert figure(score(answers(class_of(row), row)).dpc) == row["dpc"]


@of_kind("ei")
def test_the_ease_of_identification_is_on_the_ladder_of_its_identifier(row: Row) -> None:
    assert Decimal(row["ei"]) in IDENTIFIERS[row["identifier"]]
    assert figure(score(answers(ClassAnswer(DataClass.SIMPLE), row)).ei) == row["ei"]


@of_kind("cb")
def test_the_circumstances_add_up_as_published(row: Row) -> None:
    assert score(answers(ClassAnswer(DataClass.SIMPLE), row)).cb == Decimal(row["cb"])


@of_kind("full", "contested", "computed")
def test_whole_cases_score_as_published(row: Row) -> None:
    found = score(answers(class_of(row), row))

    assert (found.cb, found.se, found.level.value) == (Decimal(row["cb"]), Decimal(row["se"]), row["level"])


def test_every_ladder_runs_over_the_values_of_the_method() -> None:
    for ladder in IDENTIFIERS.values():
        assert set(ladder) <= set(EI)
        assert list(ladder) == sorted(ladder)


@pytest.mark.parametrize("with_categories", [True, False], ids=["categories", "facts alone"])
@pytest.mark.parametrize("row", EDPB, ids=[f"{row['id']} {row['title']}" for row in EDPB])
def test_the_cases_of_the_guidelines_come_out_as_they_were_ruled(row: Row, with_categories: bool) -> None:
    categories = [CATEGORIES[name] for name in row["data_categories"].split()] if with_categories else []

    outcome = weigh(facts_of(row), categories, None).outcome

    assert outcome.record
    assert (outcome.notify_authority, outcome.tell_people) == (row["authority"] == "y", row["tell_people"] == "y")
    assert len(outcome.reasons) == 3
