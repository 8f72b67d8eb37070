"""Duplicates find each other in the database: two lines that are one person get one message, and nobody is lost."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from incident_app.models.cases import Case
from incident_app.models.recipients import Recipient, RecipientList
from incident_app.services import recipients
from incident_app.services.recipients import reading
from tests.fakes import FakeClock
from tests.letters_kit import Desk
from tests.people import People


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    return Desk(session, people, clock)


def taken_over(desk: Desk, case: Case, text: str) -> tuple[RecipientList, list[tuple[str, str, str]]]:
    """Take a list over; return it and who is in it: name, address, Telegram id."""
    made = desk.listed(case, text.encode())
    key = desk.session.get_one(Case, case.id).data_key
    rows = desk.session.scalars(select(Recipient).where(Recipient.list_id == made.id).order_by(Recipient.number))
    found = [recipients.opened(row, key, desk.vault) for row in rows.all()]
    return made, [(one.name, one.email, one.telegram) for one in found if one is not None]


def words_of(made: RecipientList) -> list[str]:
    return [problem["words"] for problem in made.problems]


def test_upper_and_lower_case_doubles_are_joined_and_what_was_missing_is_added(desk: Desk) -> None:
    made, people = taken_over(desk, desk.case(), (
        "name,email,telegram_id,language,data\n,Ann@Example.org,,de,health\nAnn,ANN@example.org,77,,location\n"
        "Ann B.,,77,en,\n"))

    assert people == [("Ann", "Ann@example.org", "77")]
    assert (made.duplicate_count, made.languages, made.adds_up) == (2, {"de": 1}, True)
    assert any("another name" in words for words in words_of(made))


def test_two_telegram_ids_at_one_address_stay_two_people(desk: Desk) -> None:
    made, people = taken_over(
        desk, desk.case(), "email,telegram_id\na@example.org,1\nA@example.org,2\na@example.org,\n")

    assert [telegram for _, _, telegram in people] == ["1", "2"]
    assert made.duplicate_count == 1
    assert words_of(made) == ["the same address as line 2, another Telegram id: kept as two people"]


def test_two_addresses_of_one_telegram_id_stay_one_person(desk: Desk) -> None:
    made, people = taken_over(desk, desk.case(), "email,telegram_id\na@example.org,1\nb@example.org,1\n")

    assert [email for _, email, _ in people] == ["a@example.org"]
    assert any("the first is kept" in words for words in words_of(made))


def test_a_line_that_joins_two_people_makes_them_one(desk: Desk) -> None:
    made, people = taken_over(desk, desk.case(), "email,telegram_id\na@example.org,\n,1\na@example.org,1\n")

    assert people == [("", "a@example.org", "1")]
    assert (made.duplicate_count, made.both_count, made.adds_up) == (2, 1, True)


def test_an_address_learned_late_is_not_taken_from_somebody_else(desk: Desk) -> None:
    _, people = taken_over(desk, desk.case(), "email,telegram_id\na@example.org,2\n,1\na@example.org,1\n")

    assert people == [("", "a@example.org", "2"), ("", "a@example.org", "1")]


def test_a_list_longer_than_a_chunk_of_which_everybody_stands_twice_is_halved(desk: Desk) -> None:
    half = [f"person{number}@example.org,{number}" for number in range(1, reading.CHUNK + 3)]

    made, _ = taken_over(desk, desk.case(), "\n".join(["email,telegram_id", *half, *half]))

    assert (made.people_count, made.duplicate_count, made.adds_up) == (len(half), len(half), True)


NAMES = st.sampled_from(["", "Ann", "ann", "Bob"])
EMAILS = st.sampled_from(["", "a@example.org", "A@EXAMPLE.ORG", "b@example.org", "c@example.org", "broken"])
TELEGRAMS = st.sampled_from(["", "1", "2", "3", "-4"])


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(NAMES, EMAILS, TELEGRAMS), max_size=20))
def test_everybody_named_stays_reachable_and_nobody_is_written_to_twice(
    engine: Engine, desk: Desk, rows: list[tuple[str, str, str]]
) -> None:
    lines = [",".join(row) for row in rows]
    made, people = taken_over(desk, desk.case(), "\n".join(["name,email,telegram_id", *lines, "x,sure@example.org,9"]))

    assert made.adds_up
    assert len({(email.lower(), telegram) for _, email, telegram in people}) == len(people)
    telegrams = [telegram for _, _, telegram in people if telegram]
    assert len(set(telegrams)) == len(telegrams)
    assert {row[2] for row in rows if row[2] in {"1", "2", "3"}} <= set(telegrams)
    alone = {row[1].lower() for row in rows if "@" in row[1] and row[2] not in {"1", "2", "3"}}
    assert alone <= {email.lower() for _, email, _ in people}
