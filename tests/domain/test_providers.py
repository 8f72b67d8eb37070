"""Providers name people in what they say; what is kept of it does not."""

import pytest

from incident_app.domain.ports import Outcome, Rejected, Sent, Uncertain
from incident_app.domain.providers import LONGEST_REASON, scrubbed, without_address


def test_addresses_are_taken_out_and_the_words_stay() -> None:
    assert scrubbed("550 5.1.1 <kim@example.org>:\n  unknown") == "550 5.1.1 <(address)>: unknown"
    assert scrubbed("No chat 731, nor KIM at home", "731", "kim", "") == "No chat (address), nor (address) at home"
    assert len(scrubbed("x" * 1000)) == LONGEST_REASON


@pytest.mark.parametrize(("answer", "kept"), [
    (Rejected("No 77001 here", permanent=True, retry_after=3), Rejected("No (address) here", permanent=True, retry_after=3)),
    (Uncertain("Lost: 77001"), Uncertain("Lost: (address)")),
    (Sent("message 77001"), Sent("message 77001")),
])
def test_an_answer_does_not_say_where_the_message_went(answer: Outcome, kept: Outcome) -> None:
    assert without_address(answer, "77001") == kept
