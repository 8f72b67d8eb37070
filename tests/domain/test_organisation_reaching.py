"""Where people are told to look and to call."""

import pytest

from incident_app.domain.organisation import reaching_problems


@pytest.mark.parametrize("website", [
    "", "https://example.org", "http://example.org/privacy", "example.org", "www.Example.co.uk/", "https://müller.example",
])
def test_a_web_address_is_taken(website: str) -> None:
    assert reaching_problems(website, "") == {}


@pytest.mark.parametrize("website", ["javascript:alert(1)", "ftp://example.org", "example", "https://", "https://example.org/<b>", "a b.org",
                                     "//example.org", "x@example.org"])
def test_what_is_no_web_address_is_refused_in_words(website: str) -> None:
    assert "such as https://example.org" in reaching_problems(website, "")["website"]


@pytest.mark.parametrize(("phone", "fine"), [
    ("", True), ("+34 910 000 000", True), ("(030) 123-456", True), ("030/123456 ext. 12", True), ("+1 212.555.0100 x9", True),
    ("<b>zzz", False), ("call me", False), ("12", False), ("+34 910 000 000 ask for Ann", False),
])
def test_a_telephone_number_is_digits(phone: str, fine: bool) -> None:
    assert ("dpo_phone" not in reaching_problems("", phone)) is fine
