"""The whole loop as two people walk it, each at a browser of their own, through the product as it is served."""

from collections.abc import Callable

import pytest

from tests.browser import closing, opening, sending, telling
from tests.browser.kit import Person

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]


def test_two_people_take_a_breach_round_the_loop(sit_down: Callable[..., Person]) -> None:
    responder, approver = sit_down("responder"), sit_down("approver")

    # The responder logs a breach: its clock runs. Its severity is scored, the approver decides.
    ref = opening.log_a_breach(responder)
    opening.see_the_clock(responder, ref)
    opening.score(responder)
    opening.decide(approver, ref)

    # The filing is drafted, what it misses is filled in, a second person approves it; on proof the clock stops.
    telling.draft(responder, ref)
    opening.write_down_the_facts(responder, ref)
    telling.take_over_the_facts(responder, ref)
    telling.complete(responder)
    assert telling.approve(approver, ref).startswith(b"%PDF")
    telling.mark_as_filed(approver, ref)

    # The people are listed, written to, and told: the sum adds up to the last one.
    sending.upload(responder, ref)
    sending.draft(responder)
    sending.preview(responder)
    sending.ask_for_approval(responder)
    sending.approve(approver, ref)
    sending.launch(responder, ref)
    sending.watch(responder)
    sending.look_into_the_outbox(responder)

    # What the filing had left open is known by now, and filed.
    telling.tell_the_rest(responder, approver, ref)

    # What is still to be done stands in the way of closing; when it is done, the case closes and its record stays.
    closing.is_refused(approver, ref)
    closing.add_an_action(responder, ref)
    closing.do_everything(responder)
    closing.check(approver, ref)
    closing.review(responder, approver, ref)
    closing.close(approver, ref)
    closing.read_the_timeline(approver)
