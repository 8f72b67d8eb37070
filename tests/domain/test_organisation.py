"""Contacts and establishments, as they are typed and as they are kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident_app.domain import organisation as rules
from incident_app.domain.organisation import Contact, Establishment

WORD = st.text("abc de@", min_size=1, max_size=8).map(str.strip).filter(bool)


def test_lines_are_read() -> None:
    assert rules.contacts_from("Security; Sam; sam@example.org\n\nPress;Pat") == (
        Contact("Security", "Sam", "sam@example.org"), Contact("Press", "Pat"))
    assert rules.establishments_from("es Madrid, head office\nDE") == (Establishment("ES", "Madrid, head office"), Establishment("DE"))
    assert rules.lines(" a \n\na\nb") == ("a", "b")
    assert rules.Establishment("DE").words() == "DE"


@pytest.mark.parametrize(("given_", "field"), [
    ((("a" * 201,), (), ()), "controllers"), (((), (Contact("Security", ""),), ()), "contacts"),
    (((), (Contact("Security", "Sam", "sam"),), ()), "contacts"), (((), (), (Establishment("Spain"),)), "establishments"),
    (((), (), (Establishment("1X"),)), "establishments"), (((), (Contact("a", "b" * 201),), ()), "contacts"),
    (((), (), tuple(Establishment("DE", str(one)) for one in range(61))), "establishments"),
])
def test_what_does_not_fit_is_named(
    given_: tuple[tuple[str, ...], tuple[Contact, ...], tuple[Establishment, ...]], field: str
) -> None:
    assert set(rules.problems(*given_)) == {field}


@given(st.lists(st.builds(Contact, WORD, WORD, st.just("a@b"), st.just("1")), max_size=4, unique=True).map(tuple))
def test_contacts_are_read_back_as_they_were_typed(contacts: tuple[Contact, ...]) -> None:
    assert rules.contacts_from(rules.contacts_text(contacts)) == contacts
    assert rules.problems((), contacts, ()) == {}
