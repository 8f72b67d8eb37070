"""In a drill and in trial mode messages reach people with an account here, and nobody else."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incident_app.domain.deliveries import cause_of
from incident_app.domain.notices import NoticeState
from incident_app.domain.ports import Message, Outcome, Rejected, Sent
from incident_app.domain.refusals import Conflict
from incident_app.domain.trials import A_DAY, DRILL, FULL, TRIAL
from incident_app.models.accounts import User
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.deliveries import Delivery
from incident_app.models.notices import Notice
from incident_app.services import deliveries, notices
from incident_app.services.deliveries.keeping_in import keep_in
from tests.fakes import FakeClock
from tests.letters_kit import Desk, PacedLimiter, csv_of
from tests.people import People
from tests.services.trial_steps import ended, turn_on

OUTSIDE = csv_of(40).partition(b"\n")[2]


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    session.get_one(User, people.approver.id).telegram_chat_id = "7002"
    session.commit()
    return Desk(session, people, clock)


def launched(desk: Desk, content: bytes, *, drill: bool, **plan: object) -> Notice:
    case = desk.case(data_categories=("ai_prompts",), is_drill=drill)
    notice = notices.draft(desk.session, case.id, desk.listed(case, content).id, by=desk.people.responder, now=desk.now)
    if plan:
        notice = notices.set_plan(desk.session, notice.id, version=notice.version, by=desk.people.responder, now=desk.now,
                                  **plan)  # type: ignore[arg-type]  # named by the test
    notices.ask_approval(desk.session, notice.id, by=desk.people.responder, now=desk.now)
    notice = notices.approve(desk.session, notice.id, by=desk.people.approver, now=desk.now)
    return deliveries.launch(desk.session, notice.id, typed_count=notice.list_count or 0, by=desk.people.responder, now=desk.now)


def mixed() -> bytes:
    rows = ["name,email,telegram_id,language,country", "Rene,Responder@Example.org,,en,DE", "Ada,,7002,en,DE"]
    return ("\n".join(rows) + "\n").encode() + OUTSIDE


@pytest.mark.parametrize(("mode", "drill", "why"), [("live", True, DRILL), ("trial", False, TRIAL), ("trial", True, DRILL)])
def test_of_a_long_list_only_those_with_an_account_get_a_message_and_the_others_are_listed_with_the_reason(
    desk: Desk, mode: str, drill: bool, why: str
) -> None:
    # Given a list of 42 people, two of whom have an account
    desk.mode = mode
    notice = launched(desk, mixed(), drill=drill)

    # When it is sent, until nothing is left
    desk.send_all()

    # Then nobody outside got anything on any channel, at once, and neither the first 25 nor a row of failures stopped it
    assert {message.address.casefold() for message in desk.messages} == {"responder@example.org", "7002"}
    progress = desk.progress(notice)
    assert (progress.accepted, progress.failed, progress.waiting, progress.adds_up) == (2, 40, 0, True)
    assert desk.session.get_one(Notice, notice.id).state == NoticeState.FINISHED
    assert set(desk.session.scalars(select(Delivery.cause).where(Delivery.is_current, Delivery.state == "failed"))) == {why}


@pytest.mark.parametrize(("mode", "drill"), [("live", False), ("simulate", True), ("simulate", False)])
def test_everybody_is_written_to_otherwise_and_where_nothing_leaves(desk: Desk, mode: str, drill: bool) -> None:
    desk.mode = mode
    notice = launched(desk, mixed(), drill=drill)

    desk.send_all()

    assert desk.progress(notice).accepted == 42


def test_an_account_that_was_disabled_is_outside(desk: Desk) -> None:
    desk.session.get_one(User, desk.people.responder.id).active = False
    desk.session.commit()
    notice = launched(desk, mixed(), drill=True)

    desk.send_all()

    assert [message.address for message in desk.messages] == ["7002"]
    assert desk.progress(notice).failed == 41


def test_a_retry_of_those_who_were_kept_in_keeps_them_in(desk: Desk) -> None:
    notice = launched(desk, mixed(), drill=True)
    desk.send_all()
    before = len(desk.messages)

    assert deliveries.retry_failed(desk.session, notice.id, DRILL, reason="Once more, to be sure of it.", by=desk.people.responder,
                                   now=desk.now) == 40
    desk.send_all()

    assert len(desk.messages) == before
    assert desk.progress(notice).failed == 40


def test_trial_mode_writes_so_many_messages_a_day(desk: Desk) -> None:
    # Given a team larger than that
    for number in range(A_DAY + 10):
        desk.session.add(User(email=f"team{number}@example.org", password="", active=True, fs_uniquifier=f"team{number}"))
    desk.session.commit()
    rows = ["email", *(f"team{number}@example.org" for number in range(A_DAY + 5))]
    desk.mode = "trial"

    # When they are written to, the day's messages go
    first = launched(desk, ("\n".join(rows) + "\n").encode(), drill=False)
    desk.send_all()
    assert (len(desk.messages), desk.progress(first).failed) == (A_DAY, 5)
    assert set(desk.session.scalars(select(Delivery.cause).where(Delivery.state == "failed"))) == {cause_of(FULL)}

    # Then a day later there are more
    desk.clock.move(hours=25)
    launched(desk, b"email\nteam1@example.org\n", drill=False)
    desk.send_all()
    assert len(desk.messages) == A_DAY + 1


def test_what_could_not_leave_anyway_keeps_its_own_reason(desk: Desk) -> None:
    gone = Rejected("The contact was erased.", permanent=True)

    assert keep_in(desk.session, [gone], mode="trial", drill=False, now=desk.now) == [gone]


def test_once_two_administrators_ended_trial_mode_everybody_is_written_to(desk: Desk) -> None:
    desk.mode = "trial"
    ended(desk.session, desk.people.admin, desk.now)
    notice = launched(desk, mixed(), drill=False)

    desk.send_all()

    assert desk.progress(notice).accepted == 42


def test_a_drill_stays_with_the_team_when_trial_mode_is_over(desk: Desk) -> None:
    desk.mode = "trial"
    ended(desk.session, desk.people.admin, desk.now)
    notice = launched(desk, mixed(), drill=True)

    desk.send_all()

    assert desk.progress(notice).accepted == 2
    assert set(desk.session.scalars(select(Delivery.cause).where(Delivery.is_current, Delivery.state == "failed"))) == {DRILL}


def test_trial_mode_that_is_turned_on_again_holds_from_the_next_batch_on(desk: Desk) -> None:
    # Given a notice to 120 people outside that is being sent while trial mode is over
    desk.mode = "trial"
    ended(desk.session, desk.people.admin, desk.now)
    rows = ["email", *(f"outside{number}@example.org" for number in range(120))]
    notice = launched(desk, ("\n".join(rows) + "\n").encode(), drill=False, order=("email",), canary=False)

    # When somebody else turns it on as the first batch is on its way
    pressed: list[str] = []

    def answer(message: Message) -> Outcome:
        if not pressed:
            pressed.append(message.delivery_id)
            with Session(desk.session.get_bind()) as other:
                turn_on(other, desk.people.admin, now=desk.now)
        return Sent(message.delivery_id)

    desk.answer("email", answer)
    desk.send_all()

    # Then what had left has left, and nobody else outside got anything
    progress = desk.progress(notice)
    assert len(desk.messages) == 50
    assert (progress.accepted, progress.failed) == (50, 70)
    assert set(desk.session.scalars(select(Delivery.cause).where(Delivery.state == "failed"))) == {TRIAL}


def test_what_waits_for_its_slot_when_trial_mode_is_turned_on_again_does_not_leave(desk: Desk) -> None:
    # Given a batch that waits some seconds for its slot while trial mode is over
    desk.mode = "trial"
    ended(desk.session, desk.people.admin, desk.now)
    notice = launched(desk, mixed(), drill=False)
    desk.limiter = PacedLimiter(12.0)

    # When somebody else turns it on again meanwhile
    class Meanwhile(Desk):
        def sleep(self, seconds: float) -> None:
            """Let somebody press the button while the worker sleeps."""
            if not self.slept:
                with Session(self.session.get_bind()) as other:
                    turn_on(other, self.people.admin, now=self.now)
            super().sleep(seconds)

    waiting = Meanwhile(desk.session, desk.people, desk.clock, limiter=desk.limiter, telegram=desk.telegram, email=desk.email,
                        mode="trial")
    waiting.send_all()

    # Then nobody outside gets anything, nobody is lost, and the team gets it
    assert waiting.slept
    assert {message.address.casefold() for message in desk.messages} == {"responder@example.org", "7002"}
    progress = desk.progress(notice)
    assert (progress.accepted, progress.failed, progress.waiting, progress.adds_up) == (2, 40, 0, True)


def test_what_waits_for_its_slot_while_trial_mode_stays_over_leaves(desk: Desk) -> None:
    desk.mode = "trial"
    ended(desk.session, desk.people.admin, desk.now)
    notice = launched(desk, mixed(), drill=False)
    desk.limiter = PacedLimiter(12.0)

    desk.send_all()

    assert desk.slept
    assert (desk.progress(notice).accepted, len(desk.messages)) == (42, 42)


def test_how_many_of_a_list_have_an_account_is_known_without_opening_a_contact(desk: Desk) -> None:
    # Given a list on which one has an account by the address and one by the chat
    notice = launched(desk, mixed(), drill=False)
    entries = desk.session.scalar(select(func.count(Entry.seq)))

    # Then two of them get it, and nothing was opened
    assert deliveries.in_team(desk.session, notice, desk.vault) == 2
    assert desk.session.scalar(select(func.count(Entry.seq))) == entries

    # And only by the channels of the plan
    by_mail = launched(desk, mixed(), drill=False, order=("email",))
    assert deliveries.in_team(desk.session, by_mail, desk.vault) == 1
    by_chat = launched(desk, mixed(), drill=False, order=("telegram",))
    assert deliveries.in_team(desk.session, by_chat, desk.vault) == 1

    # And nobody can tell once the key of the case is gone
    desk.session.get_one(Case, notice.case_id).data_key = None
    assert deliveries.in_team(desk.session, notice, desk.vault) is None


def test_who_was_kept_in_is_not_tried_again_until_trial_mode_is_over(desk: Desk) -> None:
    # Given a notice of which trial mode kept 40 people in
    desk.mode = "trial"
    notice = launched(desk, mixed(), drill=False)
    desk.send_all()

    def again() -> int:
        return deliveries.retry_failed(desk.session, notice.id, TRIAL, reason="They are to get it too.", by=desk.people.responder,
                                       now=desk.now, mode="trial")

    # When somebody tries them again, it is refused in words
    with pytest.raises(Conflict, match=r"so trying again reaches none of them\. Two administrators end it") as refused:
        again()
    assert refused.value.reason.endswith("Nobody was tried again.")

    # And once two administrators ended it, they get it
    ended(desk.session, desk.people.admin, desk.now)
    assert again() == 40
    desk.send_all()
    assert desk.progress(notice).accepted == 42
