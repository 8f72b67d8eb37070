"""A postal address: in one cell or in its parts, as lines; what is no address is said and left out."""

import pytest

from incident_app.domain.recipients import Person, Sieve, table

AT = "Example street 1\n10115 Berlin"


def read(text: str) -> tuple[list[Person], Sieve]:
    """Read a list whole."""
    sieve = Sieve()
    opened = table([text])
    opened.columns.check()
    return list(sieve.people(opened)), sieve


@pytest.mark.parametrize(("text", "postal"), [
    ('name,anschrift\nAnn,"Example street 1, 10115 Berlin"\n', AT),
    ("name;postal address\nAnn;Example street 1 | 10115 Berlin |\n", AT),
    ("name,straße,plz,ort\nAnn,Example street 1,10115,Berlin\n", AT),
    ('name,street,city,country\nAnn,"Example street 1, rear house",Berlin,DE\n',
     "Example street 1\nrear house\nBerlin\nDE"),
    ('name,postal address,street,city\nAnn,"Example street 1|10115 Berlin",Other street,Paris\n', AT),
])
def test_an_address_becomes_lines_and_makes_somebody_reachable(text: str, postal: str) -> None:
    people, sieve = read(text)

    assert [person.postal for person in people] == [postal]
    assert people[0].contact.postal == postal
    assert sieve.refused_count == 0


@pytest.mark.parametrize(("header", "cells", "words"), [
    ("street,postcode", "Example street 1,10115", "without a town"),
    ("street,postcode", ",10115", "a postcode alone"),
    ("postal address,city", f"{'a|' * 9},x", "more than 8 lines"),
    ("postal address,city", f"{'a' * 150}|{'b' * 160},x", "longer than 300"),
    ("postal address,city", "a\u0007b,x", "control characters"),
    ("street,city", f"{'a' * 150},{'b' * 160}", "longer than 300"),
])
def test_what_is_no_address_is_said_and_the_person_kept_by_other_ways(header: str, cells: str, words: str) -> None:
    people, sieve = read(f"email,{header}\nann@example.org,{cells}\n,{cells}\n")

    assert [(person.email, person.postal) for person in people] == [("ann@example.org", "")]
    kept, refused = sieve.problems
    assert words in kept.words
    assert "it is left out, the person is kept" in kept.words
    assert (words in refused.words, refused.refused, sieve.refused_count) == (True, True, 1)


def test_a_town_alone_is_where_somebody_lives_and_no_address() -> None:
    people, sieve = read("name,email,street,city\nAnn,ann@example.org,,Berlin\nBob,,,Berlin\n")

    assert [person.postal for person in people] == [""]
    assert [problem.words for problem in sieve.problems] == [
        "has neither an email address, a Telegram id nor a postal address"]


def test_who_has_only_an_address_is_one_person_by_name_and_address() -> None:
    ann, again, bob = Person(2, "Ann", postal=AT), Person(3, "ANN", postal=AT.upper()), Person(4, "Bob", postal=AT)

    assert ann.key == again.key
    assert ann.key != bob.key
    assert Person(5, "Ann", "ann@example.org", postal=AT).key == "|ann@example.org"


def test_joined_rows_keep_the_first_address_and_say_so() -> None:
    sieve = Sieve()

    known = sieve.joined([Person(2, email="a@example.org"), Person(3, email="a@example.org", postal=AT),
                          Person(4, email="a@example.org", postal="Elsewhere\nParis")])

    assert known.postal == AT
    assert [(problem.line, problem.column) for problem in sieve.problems] == [(4, "address")]
