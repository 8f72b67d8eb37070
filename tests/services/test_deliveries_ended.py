"""Sending after a crash, to the end: nobody lost, the sum adds up, the proof stays."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from incident_app.domain.ports import Message, Outcome, Rejected, Sent, Uncertain
from incident_app.domain.refusals import Forbidden, NotFound
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.deliveries import Chunk
from incident_app.models.notices import Notice
from incident_app.models.obligations import Obligation
from incident_app.services import deliveries, notices
from incident_app.services.deliveries.finishing import prove
from incident_app.services.deliveries.working import LEAD
from incident_app.services.unit import writing
from tests.builders import the_law
from tests.fakes import FakeClock
from tests.letters_kit import Desk, Died, PacedLimiter, csv_of
from tests.people import People

BLOCKED = Rejected("The person has blocked the bot.", permanent=True)
BUSY = Rejected("Slow down.", permanent=False, retry_after=7)
DOWN = Rejected("No connection.", permanent=False)
LOST = Uncertain("No answer came.")


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    return Desk(session, people, clock)


def test_a_worker_that_died_before_sending_leaves_work_that_is_done_again(desk: Desk) -> None:
    notice = desk.launched(csv_of(3))

    desk.limiter = PacedLimiter(None)  # the machine goes down between claim and sending
    with pytest.raises(Died):
        desk.send()
    desk.session.rollback()
    assert set(desk.session.scalars(select(Chunk.state))) == {"claimed"}

    assert desk.sweep().requeued == 0
    desk.clock.move(seconds=61)
    assert desk.sweep().requeued == 1
    desk.send_all()
    assert desk.progress(notice).accepted == 3


def test_a_worker_that_died_while_sending_leaves_people_uncertain(desk: Desk) -> None:
    notice = desk.launched(csv_of(3))

    def die(message: Message) -> Outcome:
        raise Died

    desk.answer("telegram", die)
    with pytest.raises(Died):
        desk.send()
    desk.session.rollback()
    assert desk.session.scalars(select(Chunk.sending).where(Chunk.state == "sending")).all() == [[1, 2, 3]]
    desk.answer("telegram", lambda message: Sent("x"))
    assert desk.send() == 0

    desk.clock.move(seconds=151)
    swept = desk.sweep()

    assert (swept.uncertain, swept.finished) == (3, 1)
    progress = desk.progress(notice)
    assert (progress.uncertain, progress.waiting, progress.adds_up) == (3, 0, True)


@pytest.mark.parametrize(("outcome", "expected"), [
    (Sent("late"), (1, 0, "finished")), (BLOCKED, (1, 0, "finished")), (LOST, (0, 1, "finished")),
])
def test_a_late_answer_resolves_what_a_sweep_called_uncertain(
    desk: Desk, outcome: Outcome, expected: tuple[int, int, str]
) -> None:
    notice = desk.launched(csv_of(1))

    def answer_late(message: Message) -> Outcome:
        desk.clock.move(minutes=5)
        deliveries.sweep(desk.session, now=desk.now, law=the_law())
        return outcome

    desk.answer("telegram", answer_late)
    desk.send_all()

    progress = desk.progress(notice)
    assert (progress.accepted, progress.uncertain, progress.state) == expected
    assert progress.adds_up
    desk.clock.move(minutes=2)
    desk.sweep()
    assert len(deliveries.proofs_of(desk.session, notice.id)) >= 2


def test_a_late_answer_changes_nothing_once_somebody_had_it_sent_again(desk: Desk) -> None:
    notice = desk.launched(csv_of(1))

    def decide_meanwhile(message: Message) -> Outcome:
        desk.clock.move(minutes=5)
        desk.sweep()
        desk.resend(notice)
        desk.answer("telegram", lambda message: LOST)
        return Sent("late")

    desk.answer("telegram", decide_meanwhile)
    desk.send()

    progress = desk.progress(notice)
    assert (progress.accepted, progress.uncertain, progress.resent, progress.adds_up) == (0, 1, 1, True)


def test_a_notice_paused_by_one_channel_is_not_begun_on_the_other(desk: Desk) -> None:
    desk.answer("email", lambda message: Rejected("Key revoked.", permanent=False, channel_wide=True))
    notice = desk.launched(csv_of(12))

    desk.send()

    assert desk.progress(notice).state == "paused"
    assert desk.telegram.sent == []


def test_a_contact_whose_key_is_gone_is_refused_here_and_nothing_leaves(desk: Desk) -> None:
    notice = desk.launched(csv_of(2))
    desk.session.execute(update(Case).values(data_key=b"another"))
    desk.session.commit()

    desk.send_all()

    assert desk.messages == []
    progress = desk.progress(notice)
    assert progress.failed == 2
    assert "cannot be opened" in progress.reasons[0][0]


def test_people_the_plan_cannot_reach_are_counted_as_failed_at_once(desk: Desk) -> None:
    notice = desk.launched(csv_of(12), order=["email"])

    desk.send()
    progress = desk.progress(notice)
    assert progress.failed == 4
    assert progress.reasons == (("No address on any channel of this plan", 4),)
    desk.send_all()
    assert desk.progress(notice).accepted == 8
    assert desk.telegram.sent == []


def test_the_shared_pace_is_kept_by_waiting_or_by_giving_the_claim_back(desk: Desk) -> None:
    notice = desk.launched(csv_of(2))
    desk.limiter = PacedLimiter(200.0, 0.5)

    assert desk.send() == 0
    assert desk.progress(notice).waiting == 2
    assert desk.send() == 0
    desk.clock.move(seconds=201)
    assert desk.send() == 2
    assert desk.slept == [0.5 - LEAD]


def test_the_proof_sheet_accounts_for_every_line_and_every_person(desk: Desk) -> None:
    content = csv_of(6) + b"\nperson1@example.org\nPerson 1,PERSON1@example.org,,en,DE\nNobody,,,en,DE\n"
    notice = desk.launched(content)

    desk.send_all()

    proof = deliveries.proofs_of(desk.session, notice.id)[0]
    lines = proof.counts["lines"]
    assert lines["file"] == lines["header_and_blank"] + lines["refused"] + lines["duplicates"] + lines["people"]
    assert proof.counts["people"]["accepted"] == 6
    actions = desk.session.scalars(select(Entry.action)).all()
    assert actions.count("notice.finished") == 1
    assert "deliveries.digest" not in actions


def test_a_big_send_records_a_digest_per_so_many_rows(desk: Desk) -> None:
    notice = desk.launched(csv_of(12))
    desk.send_all()

    with writing(desk.session):
        prove(desk.session, notices.get(desk.session, notice.id), desk.progress(notice).sum, desk.now, chunk=5)

    actions = desk.session.scalars(select(Entry.action)).all()
    assert actions.count("deliveries.digest") == 3


def test_counters_that_went_wrong_are_repaired_and_recorded_before_the_end(desk: Desk) -> None:
    notice = desk.launched(csv_of(3))
    while desk.send():
        pass
    desk.session.execute(update(Notice).values(accepted_count=99))
    desk.session.commit()

    desk.sweep()

    assert desk.progress(notice).state == "finished"
    assert "notice.counters_repaired" in desk.session.scalars(select(Entry.action)).all()
    assert deliveries.overview(desk.session, notice.id, now=desk.now, brief=True).accepted == 3


def test_a_sum_that_does_not_add_up_is_never_finished(desk: Desk) -> None:
    notice = desk.launched(csv_of(3))
    while desk.send():
        pass
    desk.session.execute(update(Notice).values(list_count=5))
    desk.session.commit()

    desk.sweep()

    progress = desk.progress(notice)
    assert progress.state == "sending"
    assert progress.sum.missing == 2
    assert "2 unaccounted for" in progress.state_reason


def test_counters_that_say_nobody_waits_while_somebody_does_end_nothing(desk: Desk) -> None:
    notice = desk.launched(csv_of(3))
    desk.session.execute(update(Notice).values(waiting_count=0, accepted_count=3))
    desk.session.commit()

    assert desk.sweep().finished == 0
    assert desk.progress(notice).state == "sending"
    desk.send_all()
    assert desk.progress(notice).state == "finished"


def test_pumping_sends_and_finishes_in_one_go(desk: Desk) -> None:
    notice = desk.launched(csv_of(60))

    ports = {"clock": desk.clock, "channels": {"telegram": desk.telegram, "email": desk.email},
             "limiter": desk.limiter, "vault": desk.vault, "letters": desk.letters, "law": the_law(), "worker": "w"}
    assert deliveries.pump(desk.session, **ports) == 60  # type: ignore[arg-type]  # the ports by name
    assert desk.progress(notice).state == "finished"
    assert deliveries.pump(desk.session, **ports) == 0  # type: ignore[arg-type]  # the ports by name


def test_pumping_ends_when_its_time_is_over(desk: Desk) -> None:
    desk.launched(csv_of(200))

    def slow(message: Message) -> Outcome:
        desk.clock.move(seconds=1)
        return Sent("x")

    desk.answer("telegram", slow)
    done = deliveries.pump(desk.session, clock=desk.clock, channels={"telegram": desk.telegram, "email": desk.email},
                           limiter=desk.limiter, vault=desk.vault, letters=desk.letters, law=the_law(), worker="w", seconds=5)
    assert 0 < done < 200


def test_the_story_of_one_person_tells_every_try(desk: Desk) -> None:
    desk.answer("telegram", lambda message: BLOCKED)
    notice = desk.launched(csv_of(1))
    desk.send_all()

    steps = deliveries.story(desk.session, notice.id, 1, by=desk.people.responder)
    assert [(step.channel, step.what) for step in steps] == [("telegram", "rejected"), ("email", "sent")]
    with pytest.raises(NotFound):
        deliveries.story(desk.session, notice.id, 2, by=desk.people.responder)


def test_there_is_no_story_before_the_launch(desk: Desk) -> None:
    notice = desk.approved(csv_of(1))

    with pytest.raises(NotFound, match="has not been written to"):
        deliveries.story(desk.session, notice.id, 1, by=desk.people.responder)


def test_people_are_listed_by_outcome_and_exported_without_contacts(desk: Desk) -> None:
    desk.answer("telegram", lambda message: BLOCKED)
    notice = desk.launched(csv_of(12), canary=False)
    desk.send_all()

    failed = deliveries.people_page(desk.session, notice.id, by=desk.people.auditor, bucket="failed")
    assert [line.number for line in failed] == [3, 6, 9, 12]
    by_reason = deliveries.people_page(desk.session, notice.id, by=desk.people.auditor, reason=BLOCKED.reason, after=3)
    assert [line.number for line in by_reason] == [6, 9, 12]
    everybody = list(deliveries.outcomes(desk.session, notice.id, by=desk.people.auditor, now=desk.now))
    assert len(everybody) == 12
    assert "example.org" not in repr(everybody)
    with pytest.raises(Forbidden):
        deliveries.people_page(desk.session, notice.id, by=desk.people.admin)


def test_while_it_runs_the_page_knows_how_long_it_will_take(desk: Desk) -> None:
    notice = desk.launched(csv_of(1000))

    progress = desk.progress(notice)
    assert progress.seconds_left is not None
    assert progress.seconds_left > 5
    assert progress.percent == 0.0
    assert {share.name for share in progress.by_channel} == {"telegram", "email"}
    assert sum(share.total for share in progress.by_language) == 1000
    assert progress.by_channel[0].percent == 0.0


def test_finishing_in_time_stops_the_clock_of_the_duty_to_tell_people(desk: Desk) -> None:
    notice = desk.launched(csv_of(3))
    desk.session.execute(update(Obligation).values(state="owed"))
    desk.session.commit()

    desk.send_all()

    duties = desk.session.scalars(select(Obligation).where(Obligation.case_id == notice.case_id)).all()
    people_duties = [duty for duty in duties if duty.recipient_type == "data_subjects"]
    assert people_duties
    assert {duty.state for duty in people_duties} == {"discharged"}
    assert people_duties[0].receipt_reference.startswith("Notice 1: 3 of 3 people")


def test_a_case_with_nothing_left_owed_is_notified(desk: Desk) -> None:
    notice = desk.launched(csv_of(3))
    desk.session.execute(update(Obligation).where(Obligation.recipient_type == "data_subjects").values(state="owed"))
    desk.session.execute(update(Obligation).where(Obligation.recipient_type != "data_subjects").values(state="excused"))
    desk.session.execute(update(Case).values(state="decided"))
    desk.session.commit()

    desk.send_all()

    assert desk.session.get_one(Case, notice.case_id).state == "notified"


@pytest.mark.parametrize(("answer", "state"), [(Sent("1"), "notified"), (BLOCKED, "decided")])
def test_people_told_though_nobody_had_to_tell_them_are_told_all_the_same(
    desk: Desk, answer: Outcome, state: str
) -> None:
    notice = desk.launched(b"name,telegram_id\nAnn,1001\n")
    desk.answer("telegram", lambda message: answer)
    desk.session.execute(update(Obligation).values(state="excused"))
    desk.session.execute(update(Case).values(state="decided"))
    desk.session.commit()

    desk.send_all()

    assert desk.session.get_one(Case, notice.case_id).state == state


def test_a_duty_that_is_late_waits_for_a_persons_reasons(desk: Desk) -> None:
    desk.launched(csv_of(3))
    desk.session.execute(update(Obligation).values(state="owed", due_at=desk.now - timedelta(hours=1)))
    desk.session.commit()

    desk.send_all()

    states = set(desk.session.scalars(select(Obligation.state).where(Obligation.recipient_type == "data_subjects")))
    assert states == {"owed"}
