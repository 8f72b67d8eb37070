"""What a provider's word is worth."""

from datetime import timedelta

import pytest

from incident_app.domain.oidc import JOURNEY, NotAccepted, counts_as_two, is_under_way, subject_of, vouched
from tests.fakes import START


@pytest.mark.parametrize(("acr", "amr", "counts"), [
    ("gold", None, True), (None, ["pwd", "mfa"], True), ("silver", ["pwd"], False), (None, None, False), (None, "mfa", False),
    (["gold"], [["mfa"], 1, None], False), ("", [""], False),
])
def test_two_factors_count_only_in_the_words_that_are_named(acr: object, amr: object, counts: bool) -> None:
    assert counts_as_two(acr, amr, named_acr=("gold",), named_amr=("mfa", "hwk")) is counts
    assert not counts_as_two(acr, amr, named_acr=(), named_amr=())


@pytest.mark.parametrize("address", [None, 7, "", "a@", "a b@example.org", "a@b@c.org", "x" * 250 + "@a.org", "a\0@b.org"])
def test_an_address_that_could_be_none_is_not_vouched_for(address: object) -> None:
    assert vouched(address, verified=True) == ""


def test_an_address_is_vouched_for_by_true_alone() -> None:
    assert vouched(" Ann@Example.org", verified=True) == "ann@example.org"
    assert {vouched("ann@example.org", verified=word) for word in (False, None, "true", 1)} == {""}


def test_a_subject_is_a_name_as_it_stands() -> None:
    assert subject_of("aBc") == "aBc"
    for wrong in (None, 7, "", "x" * 256, "a\nb"):
        with pytest.raises(NotAccepted):
            subject_of(wrong)


def test_a_way_is_open_for_ten_minutes() -> None:
    assert is_under_way(START, START)
    assert not is_under_way(START, START + JOURNEY)
    assert not is_under_way(START + timedelta(seconds=1), START)
