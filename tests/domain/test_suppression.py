"""What a block list says of an address: in words, the worst first, and whether a legal notice may pass it."""

import pytest

from incident_app.domain.recipients import stops, summary, words_for, worse


def test_the_worse_of_two_kinds_counts_and_what_is_not_known_is_a_block() -> None:
    assert worse("unsubscribed", "bounce") == "bounce"
    assert worse("invalid", "bounce") == "invalid"
    assert worse("unsubscribed", "whatever") == "block"


@pytest.mark.parametrize(("kind", "passes"), [
    ("unsubscribed", True), ("block", True), ("spam_report", True), ("whatever", True), ("bounce", False), ("invalid", False),
])
def test_a_bypass_passes_a_wish_and_never_brings_a_mailbox_back(kind: str, passes: bool) -> None:
    assert stops(kind, bypass=False)
    assert stops(kind, bypass=True) is not passes
    assert words_for(kind).startswith("The mail provider drops it: ")
    assert words_for("bounce", bypass=True).endswith("a bypass does not bring a mailbox back")


@pytest.mark.parametrize(("counts", "bypass", "words"), [
    ({}, False, "No address would be dropped by the mail provider."),
    ({"bounce": 12, "unsubscribed": 7}, False,
     "19 addresses would be dropped by the mail provider: 12 bounced before, 7 unsubscribed."),
    ({"bounce": 1, "unsubscribed": 7}, True,
     "1 address would be dropped by the mail provider: 1 bounced before. 7 more stand on the list and are written to all "
     "the same."),
    ({"block": 2}, True,
     "No address would be dropped by the mail provider. 2 more stand on the list and are written to all the same."),
])
def test_the_numbers_are_said_in_one_sentence(counts: dict[str, int], bypass: bool, words: str) -> None:
    assert summary(counts, bypass=bypass) == words
