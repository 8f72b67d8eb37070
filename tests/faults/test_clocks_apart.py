"""Half of the workers run on machines whose clock is two hours off: leases and due times hold, they ask the database."""

from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from incident_app.services import deliveries
from tests.fakes import FakeClock
from tests.faults.crew import IN_FLIGHT, SOME, a_crew, list_of, until_over
from tests.faults.judge import attempts_of, judge
from tests.letters_kit import Desk
from tests.loopback.serving import Failure
from tests.people import People

HOURS = 3600.0


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_workers_whose_clocks_are_two_hours_off_share_the_work_like_others(
    session: Session, people: People, clock: FakeClock, database_url: str, tmp_path: Path
) -> None:
    # Given four workers: one's machine is two hours fast, one's two hours slow
    desk = Desk(session, people, clock)
    notice = desk.approved(list_of(SOME), canary=False)
    session.rollback()
    with a_crew(database_url, tmp_path, runs_by="database", rate=200.0) as (crew, ledger):
        ledger.every(SOME // 3, Failure("flood"))
        ledger.at(SOME // 2, crew.kill)
        crew.start(2)
        crew.start_lying(2 * HOURS)
        crew.start_lying(-2 * HOURS)
        crew.until_all_are_there()

        # When they send, are told to wait, and one of them is killed
        deliveries.launch(session, notice.id, typed_count=SOME, by=people.responder, now=desk.now)
        crew.revive(1, fresh=0)
        until_over(desk, notice.id)
        crew.dismiss()

    # Then only what the killed one had in flight is uncertain: nobody's lease ran out before its time
    assert judge(session, notice.id, ledger.got, vault=desk.vault, bound=IN_FLIGHT) == []
    assert attempts_of(session, notice.id) == {1: SOME}
    assert len(ledger.brought) == 4
