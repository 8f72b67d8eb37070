"""Workers are killed while they send: nobody is lost in silence, nobody is written to twice unseen."""

from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from tests.fakes import FakeClock
from tests.faults.crew import COUNT, IN_FLIGHT, a_crew, list_of, until_over
from tests.faults.judge import judge
from tests.letters_kit import Desk
from tests.people import People

KILLS = 50 if COUNT >= 100_000 else min(COUNT // 100, 20)


def test_after_kill_9_of_one_worker_after_the_other_everybody_is_accounted_for(
    session: Session, people: People, clock: FakeClock, database_url: str, tmp_path: Path
) -> None:
    # Given a list that two workers send
    desk = Desk(session, people, clock)
    notice = desk.launched(list_of(COUNT), canary=False)
    session.rollback()
    with a_crew(database_url, tmp_path) as (crew, ledger):
        for number in range(1, KILLS + 1):
            ledger.at(number * COUNT // (KILLS + 2), crew.kill, taken=number % 2 == 0)
        crew.start(2)

        # When one is killed with a request on its way, again and again, while another goes on
        for number in range(1, KILLS + 1):
            crew.revive(number, fresh=1)
        until_over(desk, notice.id)
        crew.dismiss()

    # Then the ledger and our rows say the same, and at most what was in flight is uncertain
    assert len(set(ledger.struck)) == KILLS
    assert judge(session, notice.id, ledger.got, vault=desk.vault, bound=KILLS * IN_FLIGHT) == []


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_all_workers_killed_at_once_and_started_again_lose_nobody(
    session: Session, people: People, clock: FakeClock, database_url: str, tmp_path: Path
) -> None:
    # Given a list that three workers send
    desk = Desk(session, people, clock)
    notice = desk.launched(list_of(COUNT), canary=False)
    session.rollback()
    with a_crew(database_url, tmp_path) as (crew, ledger):
        ledger.at(COUNT // 4, crew.kill_all)
        ledger.at(COUNT // 2, crew.kill_all)
        crew.start(3)

        # When all of them are killed at the same moment, twice, and started again
        crew.revive(3, fresh=3)
        crew.revive(6, fresh=3)
        until_over(desk, notice.id)
        crew.dismiss()

    # Then nobody is lost, and at most what six workers had in flight is uncertain
    assert judge(session, notice.id, ledger.got, vault=desk.vault, bound=6 * IN_FLIGHT) == []
