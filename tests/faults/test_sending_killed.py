"""Workers are killed while they send: nobody is lost in silence, nobody is written to twice unseen."""

from functools import partial
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from incident_app.domain.deliveries import SENDING_LEASE
from incident_app.models.notices import Notice
from tests.fakes import FakeClock
from tests.faults.crew import COUNT, Crew, a_crew, list_of, until
from tests.faults.judge import judge
from tests.faults.sender import BATCH
from tests.letters_kit import Desk
from tests.people import People

KILLS = max(COUNT // 100, 1)
PAST_THE_LEASE = SENDING_LEASE.total_seconds() + 1


def _revive(crew: Crew, killed: int, *, fresh: int) -> None:
    """Wait until so many are dead, let their leases run out and others take their place."""
    until(lambda: crew.dead() >= killed, f"{killed} workers are dead")
    crew.clock.move(PAST_THE_LEASE)
    crew.start(fresh)


def _ended(desk: Desk, notice_id: int) -> bool:
    desk.session.rollback()
    desk.session.expire_all()
    return bool(desk.session.get_one(Notice, notice_id).finished_at)


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
            _revive(crew, number, fresh=1)
        until(partial(_ended, desk, notice.id), "the notice is finished")
        crew.dismiss()

    # Then the ledger and our rows say the same, and at most what was in flight is uncertain
    assert len(set(ledger.struck)) == KILLS
    assert judge(session, notice.id, ledger.got, vault=desk.vault, bound=KILLS * BATCH) == []


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
        _revive(crew, 3, fresh=3)
        _revive(crew, 6, fresh=3)
        until(partial(_ended, desk, notice.id), "the notice is finished")
        crew.dismiss()

    # Then nobody is lost, and at most what six workers had in flight is uncertain
    assert judge(session, notice.id, ledger.got, vault=desk.vault, bound=6 * BATCH) == []
