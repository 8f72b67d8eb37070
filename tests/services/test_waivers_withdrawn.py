"""A waiver taken back: by name, with a reason the record keeps; a text that is held again has no approval any more."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.refusals import Conflict, Forbidden, NotFound, Refused
from incident_app.models.audit import Entry
from incident_app.models.notices import Approval, Notice
from incident_app.services import deliveries, notices, saying
from tests.fakes import FakeClock
from tests.letters_kit import Desk
from tests.people import People
from tests.services.test_notice_check import waive, wrong

AGAIN = "The clinic wants the date in after all."
LIST = b"email,language\na@example.org,en\n"


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    return Desk(session, people, clock)


def withdraw(desk: Desk, notice: Notice, check: str = "placeholder", reason: str = AGAIN) -> Notice:
    """Take it back as the responder."""
    return notices.withdraw_waiver(desk.session, notice.id, "en", check, reason, version=notice.version,
                                   by=desk.people.responder, now=desk.now)


def approved(desk: Desk, check: str = "placeholder", words: str = "[date]") -> Notice:
    """Return a notice approved with something waived."""
    notice = waive(desk, wrong(desk, desk.drafted(LIST), words=words), check)
    notices.ask_approval(desk.session, notice.id, by=desk.people.responder, now=desk.now)
    return notices.approve(desk.session, notice.id, by=desk.people.approver, now=desk.now)


def test_an_approval_is_void_when_the_text_is_held_again(desk: Desk) -> None:
    # Given a notice that was approved because of a waiver
    notice = approved(desk)
    approval = notice.approval_id

    # When the waiver is withdrawn
    notice = withdraw(desk, notice)

    # Then the approval is void, it says why, and nothing can be sent
    assert (notice.state, notice.approval_id) == ("draft", None)
    assert notice.state_reason == "A waiver was withdrawn, and the text is held again. This took back the approval."
    assert desk.session.get_one(Approval, approval).voided_reason == "A waiver was withdrawn, and the text is held again."
    with pytest.raises(Conflict):
        deliveries.launch(desk.session, notice.id, typed_count=1, by=desk.people.responder, now=desk.now)
    with pytest.raises(Refused, match="not complete"):
        notices.ask_approval(desk.session, notice.id, by=desk.people.responder, now=desk.now)

    # And the record names who took back what, and why
    entry = desk.session.scalars(select(Entry).where(Entry.action == "notice.waiver_withdrawn")).one()
    assert (entry.actor_name, entry.details["check"], entry.details["approval_voided"]) == (
        desk.people.responder.name, "placeholder", True)
    assert saying.opened(desk.session, [entry])[entry.seq]["reason"] == AGAIN


def test_what_waits_for_approval_is_a_draft_again(desk: Desk) -> None:
    notice = waive(desk, wrong(desk, desk.drafted(LIST)))
    notices.ask_approval(desk.session, notice.id, by=desk.people.responder, now=desk.now)

    notice = withdraw(desk, notice)

    assert (notice.state, notice.state_reason) == ("draft", "A waiver was withdrawn, and the text is held again.")


def test_in_a_draft_the_finding_is_open_again(desk: Desk) -> None:
    notice = withdraw(desk, waive(desk, wrong(desk, desk.drafted(LIST))))

    check = notices.check(desk.session, notice.id)["en"]
    assert check.waivers == ()
    assert not check.ready
    assert notice.state == "draft"


def test_an_approval_stands_where_nothing_holds_the_text(desk: Desk) -> None:
    # Given something worth a look that was waived, though it held nothing
    day = "It was on 3 January 2025."
    notice = approved(desk, "other_day", day)

    notice = withdraw(desk, notice, "other_day")

    assert notice.state == "approved"
    assert notice.approval_id is not None
    assert "other_day" not in notices.check(desk.session, notice.id)["en"].waived


def test_nothing_is_withdrawn_without_a_reason_a_waiver_or_the_right(desk: Desk) -> None:
    notice = waive(desk, wrong(desk, desk.drafted(LIST)))

    with pytest.raises(Refused, match="The waiver stands"):
        withdraw(desk, notice, reason="Because.")
    with pytest.raises(NotFound, match="Nothing of this name"):
        withdraw(desk, notice, "blame")
    with pytest.raises(NotFound):
        notices.withdraw_waiver(desk.session, notice.id, "de", "placeholder", AGAIN, by=desk.people.responder, now=desk.now)
    with pytest.raises(Forbidden):
        notices.withdraw_waiver(desk.session, notice.id, "en", "placeholder", AGAIN, by=desk.people.auditor, now=desk.now)


def test_who_withdraws_one_had_a_hand_in_it(desk: Desk) -> None:
    notice = waive(desk, wrong(desk, desk.drafted(LIST), words="It was on 3 January 2025."), "other_day")
    notices.withdraw_waiver(desk.session, notice.id, "en", "other_day", AGAIN, by=desk.people.approver, now=desk.now)
    notices.ask_approval(desk.session, notice.id, by=desk.people.responder, now=desk.now)

    with pytest.raises(Forbidden, match="You changed"):
        notices.approve(desk.session, notice.id, by=desk.people.approver, now=desk.now)


def test_what_was_sent_keeps_its_waivers(desk: Desk) -> None:
    notice = approved(desk)
    notice = deliveries.launch(desk.session, notice.id, typed_count=1, by=desk.people.responder, now=desk.now)

    with pytest.raises(Conflict, match="cannot have a waiver withdrawn now"):
        withdraw(desk, notice)
