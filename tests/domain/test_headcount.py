"""How many people a list names at least, told while it is read."""

from collections.abc import Callable

import pytest

from incident_app.domain.recipients import Headcount, Person
from incident_app.domain.refusals import Refused


def chat(number: int, email: str = "") -> Person:
    return Person(1, telegram=str(700_000_000 + number), email=email)


def mailbox(number: int) -> Person:
    return Person(1, email=f"a{number}@example.org")


def door(number: int) -> Person:
    return Person(1, name="Anna", postal=f"Street {number}|12345 Town")


@pytest.mark.parametrize("row", [chat, mailbox, door])
def test_the_first_person_too_many_ends_it(row: Callable[[int], Person]) -> None:
    heads = Headcount(3)
    for number in (1, 2, 3, 1, 2, 3):
        heads.see(row(number))

    with pytest.raises(Refused, match="names more"):
        heads.see(row(4))


def test_rows_that_may_be_one_person_count_once() -> None:
    heads = Headcount(3)
    for number in (1, 2):
        heads.see(mailbox(number))
        heads.see(chat(number, f"a{number}@example.org"))
        heads.see(chat(number, f"b{number}@example.org"))
    heads.see(door(1))

    with pytest.raises(Refused):
        heads.see(door(2))


def test_an_address_is_the_same_however_it_is_written() -> None:
    heads = Headcount(1)
    heads.see(Person(1, email="Anna@Example.org"))
    heads.see(Person(2, email="anna@example.ORG"))

    with pytest.raises(Refused):
        heads.see(mailbox(1))


def test_without_a_limit_nobody_is_counted() -> None:
    heads = Headcount()
    for number in range(100):
        heads.see(mailbox(number))
    heads.check(1_000_000)

    assert heads == Headcount()


def test_the_sum_at_the_end_is_checked_too() -> None:
    heads = Headcount(50)
    heads.check(50)
    with pytest.raises(Refused):
        heads.check(51)
