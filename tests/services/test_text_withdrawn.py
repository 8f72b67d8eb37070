"""A text that was found wrong after everybody had it: whoever asks is told, and nobody is sent it any more."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.deliveries import ReceiptKind
from incident_app.domain.ports import Rejected, Sent, Uncertain
from incident_app.domain.refusals import Conflict, Forbidden, Refused
from incident_app.models.audit import Entry
from incident_app.models.notices import Notice
from incident_app.services import deliveries, notices, trust
from incident_app.services.deliveries import posting
from incident_app.services.reports import proving
from incident_app.services.trust import Verdict
from tests.fakes import FakeClock
from tests.letters_kit import Desk, csv_of
from tests.people import People
from tests.services.test_hand_over_corrected import posted, put_right
from tests.services.test_promises import sent as promised
from tests.services.test_receipts import BOTH, say

WRONG, RIGHT = "It named the wrong day.", "The day was right."
FULL = Rejected("The mailbox is full: quota 4711 reached", permanent=True)
WITHDRAWN = "is withdrawn: nobody is sent it any more"


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    return Desk(session, people, clock)


def judge(desk: Desk, notice: Notice, *, wrong: bool = True) -> Notice:
    return deliveries.judge_text(desk.session, notice.id, WRONG if wrong else RIGHT, text_wrong=wrong, by=desk.people.responder,
                                 now=desk.now)


def verdict(desk: Desk, notice: Notice) -> Verdict:
    return trust.check_code(desk.session, notice.code or "").verdict


def test_a_text_that_everybody_has_is_withdrawn_with_a_reason_and_stands_again_once_somebody_says_so(desk: Desk) -> None:
    # Given a notice that everybody got
    notice = desk.launched(csv_of(3))
    desk.send_all()
    assert (desk.progress(notice).state, verdict(desk, notice)) == ("finished", Verdict.SENT)

    # When it is found wrong: by who may send notices, and with a reason
    with pytest.raises(Forbidden):
        deliveries.judge_text(desk.session, notice.id, WRONG, text_wrong=True, by=desk.people.oncall_person, now=desk.now)
    for little, wrong, asked in (("bad", True, "Say what is wrong in the text"), ("ok", False, "Say how it is known that the text is right")):
        with pytest.raises(Refused) as refused:
            deliveries.judge_text(desk.session, notice.id, little, text_wrong=wrong, by=desk.people.responder, now=desk.now)
        assert refused.value.problems["reason"].startswith(f"{asked}, in at least 15 characters: ")
    judge(desk, notice)

    # Then whoever asks is told not to act on it, the page and the proof say so, and it is on record
    assert verdict(desk, notice) is Verdict.WITHDRAWN
    assert (notice.state, notice.state_reason) == ("finished", WRONG)
    facts = dict(proving.proof_matter(desk.session, notice, desk.now)["facts"])
    assert facts["After the end"] == "the text was withdrawn: who got it is told not to act on it"
    with pytest.raises(Refused, match="withdrawn already"):
        judge(desk, notice)

    # And once it is called right, it stands as before
    judge(desk, notice, wrong=False)
    assert (verdict(desk, notice), notice.state_reason) == (Verdict.SENT, "")
    assert "After the end" not in dict(proving.proof_matter(desk.session, notice, desk.now)["facts"])
    assert [entry.action for entry in desk.session.scalars(select(Entry).order_by(Entry.seq)) if "notice.text_" in entry.action] == [
        "notice.text_withdrawn", "notice.text_upheld"]


def test_a_bounce_that_comes_late_sends_nothing_on_by_the_next_channel(desk: Desk) -> None:
    # Given a notice that is over, and withdrawn
    notice = desk.launched(BOTH, order=["email", "telegram"])
    desk.send_all()
    judge(desk, notice)

    # When the email comes back
    say(desk, ReceiptKind.BOUNCED, reason="No such mailbox")
    desk.clock.move(seconds=61)
    desk.send_all()

    # Then this person was not reached, nothing was sent by the other channel, and the proof says so anew
    progress = desk.progress(notice)
    assert (progress.failed, progress.waiting, progress.state, progress.adds_up) == (1, 0, "finished", True)
    assert desk.telegram.sent == []
    assert [proof.number for proof in deliveries.proofs_of(desk.session, notice.id)] == [2, 1]
    assert deliveries.check(desk.session, now=desk.now) == 0, "counters and rows say the same"

    # And the text being right after all sends nothing by itself either
    judge(desk, notice, wrong=False)
    desk.send_all()
    assert desk.telegram.sent == []


def test_nobody_who_was_not_reached_is_tried_again_until_the_text_is_right_after_all(desk: Desk) -> None:
    desk.answer("email", lambda message: FULL)
    notice = desk.launched(b"email\nann@example.org\n", order=["email"], canary=False)
    desk.send_all()
    judge(desk, notice)

    def again() -> int:
        return deliveries.retry_failed(desk.session, notice.id, "The mailbox is full", reason="They cleaned up.",
                                       by=desk.people.responder, now=desk.now)

    with pytest.raises(Conflict, match=WITHDRAWN):
        again()
    assert desk.progress(notice).state == "finished"

    judge(desk, notice, wrong=False)
    assert again() == 1


def test_the_uncertain_are_sent_it_once_more_neither_by_two_people_nor_by_the_plan(desk: Desk) -> None:
    # Given two notices in which somebody is uncertain; by the plan of one they are sent it once more after an hour
    desk.answer("email", lambda message: Uncertain("No answer came."))
    asked, planned = desk.launched(b"email\nann@example.org\n"), desk.launched(b"email\nbob@example.org\n", uncertain_policy="resend_once")
    desk.send_all()
    desk.answer("email", lambda message: Sent("ok"))
    request = deliveries.ask_resend(desk.session, asked.id, reason="The provider was away.", by=desk.people.responder, now=desk.now)

    # When both are withdrawn
    judge(desk, asked)
    judge(desk, planned)

    # Then neither an approver nor the clock sends it, and nobody asks for it any more
    with pytest.raises(Conflict, match=WITHDRAWN):
        deliveries.answer_resend(desk.session, asked.id, request.public_id, agreed=True, by=desk.people.approver, now=desk.now)
    desk.clock.move(hours=2)
    assert desk.sweep().resent == 0
    desk.send_all()
    assert desk.email.sent == []
    deliveries.answer_resend(desk.session, asked.id, request.public_id, agreed=False, reason="It is withdrawn.", by=desk.people.approver,
                             now=desk.now)
    with pytest.raises(Conflict, match=WITHDRAWN):
        deliveries.ask_resend(desk.session, asked.id, reason="Once more.", by=desk.people.responder, now=desk.now)

    # But that they are left so is decided as ever
    assert deliveries.resolve_uncertain(desk.session, asked.id, "leave", reason="Enough.", by=desk.people.approver, now=desk.now) == 1

    # And where the text is right after all, the plan goes on
    judge(desk, planned, wrong=False)
    assert desk.sweep().resent == 1


def test_letters_that_were_not_posted_after_all_are_put_right_and_not_given_out_again(desk: Desk) -> None:
    # Given letters that were handed over to the post, and a text that was withdrawn since
    notice = posted(desk)
    judge(desk, notice)

    # When one of them is found in the hall
    done = put_right(desk, notice, [2])

    # Then that person was not told, does not wait for a letter, and none is given out
    progress = desk.progress(notice)
    assert (progress.accepted, progress.failed, progress.waiting, progress.state, progress.adds_up) == (2, 1, 0, "finished", True)
    assert (done.people_count, done.left_count) == (1, 1)
    assert deliveries.check(desk.session, now=desk.now) == 0, "counters and rows say the same"
    with pytest.raises(Conflict, match="no letters are given out"):
        posting.ask_post_export(desk.session, notice.id, "Letters once more.", by=desk.people.approver, now=desk.now)
    desk.clock.move(seconds=61)
    desk.sweep()
    assert [proof.number for proof in deliveries.proofs_of(desk.session, notice.id)] == [2, 1]


def test_what_was_withdrawn_keeps_no_promise_of_an_earlier_notice(desk: Desk) -> None:
    # Given a notice that promised to write again by a day, and another one of the case that did
    case = desk.case()
    promised(desk, case)
    desk.clock.move(hours=1)
    second = promised(desk, case, day=None)
    desk.send_all()
    desk.clock.move(days=6)
    assert notices.remind(desk.session, now=desk.now) == 0

    # When that one is withdrawn, then the promise is open again
    judge(desk, second)
    assert notices.remind(desk.session, now=desk.now) == 1
