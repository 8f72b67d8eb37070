"""Workers freeze with messages on their way and wake when others have done their work: nobody is written to twice."""

from pathlib import Path

from sqlalchemy.orm import Session

from tests.fakes import FakeClock
from tests.faults.crew import IN_FLIGHT, PAST_THE_LEASE, SOME, a_crew, list_of, look, until, until_over
from tests.faults.judge import judge
from tests.letters_kit import Desk
from tests.people import People

PATIENT = 60.0  # seconds an answer may take: a worker that thaws still reads what came meanwhile


def test_a_frozen_worker_does_not_send_what_others_sent_and_its_late_answers_count(
    session: Session, people: People, clock: FakeClock, database_url: str, tmp_path: Path
) -> None:
    # Given a list that three workers send
    desk = Desk(session, people, clock)
    notice = desk.launched(list_of(SOME), canary=False)
    session.rollback()
    with a_crew(database_url, tmp_path, total=PATIENT) as (crew, ledger):
        ledger.at(SOME // 4, crew.freeze)
        ledger.at(SOME // 3, crew.freeze, taken=False)
        crew.start(3)

        # When two of them freeze while they send, one after its message was taken, and their leases run out
        until(lambda: len(ledger.struck) == 2, "two workers are frozen")
        crew.clock.move(PAST_THE_LEASE)
        until_over(desk, notice.id)

        # Then the third has sent the rest, and at most what the two had in flight is uncertain
        assert judge(session, notice.id, ledger.got, vault=desk.vault, bound=2 * IN_FLIGHT) == []
        unsure = look(desk, notice.id).uncertain_count
        assert unsure > 1
        sent_before = ledger.arrivals

        # And when they thaw, their answers resolve all but the one that was lost
        crew.thaw(*ledger.struck)
        until(lambda: look(desk, notice.id).uncertain_count <= 1, "the late answers are written down")
        crew.dismiss()
    assert judge(session, notice.id, ledger.got, vault=desk.vault, bound=1) == []
    assert set(ledger.asked.values()) == {1}
    assert ledger.arrivals - sent_before <= unsure


def test_all_workers_frozen_again_and_again_lose_nobody(
    session: Session, people: People, clock: FakeClock, database_url: str, tmp_path: Path
) -> None:
    # Given a list that three workers send, each of which freezes once and is given up
    desk = Desk(session, people, clock)
    notice = desk.launched(list_of(SOME), canary=False)
    session.rollback()
    with a_crew(database_url, tmp_path, total=PATIENT) as (crew, ledger):
        for number in range(1, 4):
            ledger.at(number * SOME // 8, crew.freeze, taken=number == 2)
        crew.start(3)
        for number in range(1, 4):
            until(lambda: len(ledger.struck) >= number, "one more is frozen")  # noqa: B023 (asked before it changes)
            crew.clock.move(PAST_THE_LEASE)

        # When two fresh ones take up their work and the frozen ones thaw in the middle of it
        ledger.at(SOME * 3 // 4, lambda _: crew.thaw(*ledger.struck))
        crew.start(2)
        until_over(desk, notice.id)
        crew.dismiss()

    # Then nobody was asked for twice, and at most what the three had in flight is uncertain
    assert set(ledger.asked.values()) == {1}
    assert judge(session, notice.id, ledger.got, vault=desk.vault, bound=3 * IN_FLIGHT) == []
