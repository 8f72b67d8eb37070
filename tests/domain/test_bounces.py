"""Why an email came back: one reason, however the servers word it."""

import pytest

from incident_app.domain.bounces import SENT_BACK, bounce_words
from incident_app.domain.deliveries import cause_of
from incident_app.domain.providers import LONGEST_REASON


@pytest.mark.parametrize(("said", "cause"), [
    ("550 5.1.1 no such user", "The mailbox does not exist"),
    ("550 5.1.1 <(address)>: Recipient address rejected", "The mailbox does not exist"),
    ("550 #5.1.0 Address rejected (address)", "The mailbox does not exist"),
    ("550-5.1.1 The email account that you tried to reach does not exist.", "The mailbox does not exist"),
    ("554 5.2.2 over quota", "The mailbox is full"),
    ("550 5.1.10 null MX", "The mail domain takes no email"),
    ("550 5.4.4 unrouteable", "The receiving mail server cannot be reached"),
    ("550 5.7.26 unauthenticated", "The receiving mail server refused it by its own rules"),
    ("Bounced Address", "The mail provider writes to no address that bounced before"),
    ("Computer says no to 10.5.1.1", SENT_BACK),
    ("Mailbox gone, version 5.1.1.2", SENT_BACK),
    ("550 5.6.0 odd", SENT_BACK), ("550 5.3.1 odd", SENT_BACK), ("", SENT_BACK), ("  ", SENT_BACK),
])
def test_servers_that_mean_the_same_are_counted_together(said: str, cause: str) -> None:
    assert cause_of(bounce_words(said)) == cause
    assert bounce_words(said).endswith(said.strip()), "what the server said is kept"


def test_a_server_that_goes_on_and_on_is_cut_short() -> None:
    assert len(bounce_words("550 5.1.1 " + "x" * 400)) == LONGEST_REASON
