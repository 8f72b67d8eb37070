"""Messages that may or may not have gone out: one person asks that they are sent once more, another one agrees."""

import re

from incident_app.domain.ports import Uncertain
from tests.fakes import FakeChannel
from tests.letters_kit import csv_of
from tests.web.walk import AT, Walk

AGAIN = re.compile(r"uncertain/again/([0-9a-f-]{36})")


def test_sending_the_uncertain_again_is_asked_by_one_and_agreed_to_by_another(walk: Walk) -> None:
    # Given messages that may or may not have gone out
    telegram = walk.ports.channels["telegram"]
    assert isinstance(telegram, FakeChannel)
    telegram.answer = lambda message: Uncertain("No answer came.")
    walk.to_approved(csv_of(2))
    walk.launch(2)
    walk.pump()
    page, at = f"{AT}/delivery", f"{AT}/delivery/uncertain/again"

    # When a responder asks, then they see that it waits for somebody else
    _, text = walk.post(walk.responder, at, page, reason="The provider was away for an hour.")
    assert "You asked for this. A second person decides it." in text

    # And an approver refuses with a reason, or agrees
    (asked,) = AGAIN.findall(walk.approver.get(page).text)
    _, text = walk.post(walk.approver, f"{at}/{asked}", page, answer="refuse", reason="They were told by phone.")
    assert "Nobody is sent it again." in text
    walk.post(walk.responder, at, page, reason="The provider was away for an hour.")
    (asked,) = AGAIN.findall(walk.approver.get(page).text)
    _, text = walk.post(walk.approver, f"{at}/{asked}", page, answer="agree")
    assert "2 people are sent it once more." in text
