"""A hand-over to the post that was none is put right: nothing of it is lost, and the sum adds up."""

from collections.abc import Sequence

import pytest
from sqlalchemy.orm import Session

from incident_app.domain.refusals import Conflict, Forbidden, NotFound, Refused
from incident_app.models.notices import Notice
from incident_app.models.posting import PostExport
from incident_app.services import deliveries
from tests.fakes import FakeClock
from tests.letters_kit import Desk
from tests.people import People
from tests.post_kit import POSTAL
from tests.services.letter_steps import WHY, hand, let_out, make, sent


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    return Desk(session, people, clock)


def posted(desk: Desk, content: bytes = POSTAL, count: int = 2) -> Notice:
    """Return a notice whose letters were printed and handed over to the post."""
    notice = sent(desk, content)
    let_out(desk, notice)
    make(desk)
    hand(desk, notice, count)
    desk.sweep()
    return notice


def put_right(desk: Desk, notice: Notice, people: Sequence[int] = (), reason: str = "The bag stood in the hall.") -> PostExport:
    """Say that letters were not posted after all."""
    return deliveries.correct_hand_over(desk.session, notice.id, 1, reason=reason, people=people, by=desk.people.approver, now=desk.now)


def test_a_hand_over_that_was_none_is_corrected_and_nothing_of_it_is_lost(desk: Desk) -> None:
    # Given letters that were handed over to the post, so that the notice is over
    notice = posted(desk)
    assert desk.progress(notice).state == "finished"
    desk.clock.move(hours=20)

    # When one of the two is found in the hall
    done = put_right(desk, notice, [2])

    # Then this person waits again and the sum adds up; the other one counts as told
    progress = desk.progress(notice)
    assert (progress.accepted, progress.waiting, progress.failed, progress.adds_up, progress.state) == (2, 1, 0, True, "sending")
    assert deliveries.check(desk.session, now=desk.now) == 0, "counters and rows say the same"
    assert (done.state, done.people_count, done.left_count) == ("handed", 1, 1)

    # And their story says all of it: posted, not posted, waiting
    told = deliveries.story(desk.session, notice.id, 2, by=desk.people.approver)
    words = " ".join(f"{step.what} {step.reason}" for step in told)
    assert "Handed over to the post on 2026-11-23." in words
    assert "The letter was not posted after all." in words
    ((entry,),) = deliveries.corrections_of(desk.session, notice).values()
    assert (entry.actor_name, entry.details["letters"]) == (desk.people.approver.name, 1)

    # When it is printed and posted once more, then everybody has an outcome again
    let_out(desk, notice)
    assert make(desk) == [1]
    hand(desk, notice, 1, number=2)
    desk.sweep()
    progress = desk.progress(notice)
    assert (progress.accepted, progress.waiting, progress.adds_up, progress.state) == (3, 0, True, "finished")


def test_all_letters_of_a_hand_over_are_corrected_at_once_and_only_once(desk: Desk) -> None:
    notice = posted(desk)

    assert put_right(desk, notice).people_count == 0
    assert desk.progress(notice).waiting == 2
    with pytest.raises(Conflict, match="any more"):
        put_right(desk, notice)


def test_a_correction_takes_a_reason_a_hand_over_and_people_of_that_file(desk: Desk) -> None:
    notice = sent(desk)
    let_out(desk, notice)
    make(desk)
    with pytest.raises(Conflict, match="Nobody said"):
        put_right(desk, notice)
    hand(desk, notice, 2)
    with pytest.raises(Refused) as refused:
        put_right(desk, notice, reason="lost")
    assert "what happened" in refused.value.problems["reason"]
    with pytest.raises(Refused) as refused:
        put_right(desk, notice, [2, 1])
    assert "Somebody named here" in refused.value.problems["people"]
    assert desk.progress(notice).waiting == 0, "nothing was changed"
    with pytest.raises(Forbidden):
        deliveries.correct_hand_over(desk.session, notice.id, 1, reason=WHY, by=desk.people.responder, now=desk.now)
    with pytest.raises(NotFound):
        deliveries.correct_hand_over(desk.session, notice.id, 7, reason=WHY, by=desk.people.approver, now=desk.now)
    deliveries.cancel(desk.session, notice.id, reason="Enough of it.", by=desk.people.approver, now=desk.now)
    with pytest.raises(Conflict, match="cannot be tried again"):
        put_right(desk, notice)
