"""The provider says “wait”, in storms: everybody waits as long as it asked, and it costs nobody a try."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from tests import brokers
from tests.fakes import FakeClock
from tests.faults.crew import IN_FLIGHT, SOME, a_crew, list_of, until_over
from tests.faults.judge import attempts_of, judge
from tests.letters_kit import Desk
from tests.loopback.serving import Failure
from tests.people import People

WORKERS = 3
HEARD = 0.8  # seconds until the last worker has ended the sub-batch it had begun when one was told to wait
SECONDS = 2


@pytest.fixture
def redis_url() -> Iterator[str]:
    """A Redis of this test's own, through which the workers share their pace."""
    with brokers.redis_server() as url:
        if url is None:
            pytest.skip(brokers.MISSING)
        yield url


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_told_to_wait_everybody_waits_and_no_attempt_is_used_up(
    session: Session, people: People, clock: FakeClock, database_url: str, tmp_path: Path, redis_url: str
) -> None:
    # Given a provider that now and then asks to wait two seconds
    desk = Desk(session, people, clock)
    notice = desk.launched(list_of(SOME), canary=False)
    session.rollback()
    with a_crew(database_url, tmp_path, redis_url=redis_url) as (crew, ledger):
        ledger.every(SOME // 3, Failure("flood", seconds=SECONDS))

        # When three workers send
        crew.start(WORKERS)
        until_over(desk, notice.id)
        crew.dismiss()

    # Then after each word to wait there is silence until it is over, bar what was on its way
    assert len(ledger.waits) >= 3
    for moment, seconds in ledger.waits:
        assert ledger.between(moment + HEARD, moment + seconds) == 0
        assert ledger.between(moment, moment + HEARD) <= 2 * WORKERS * IN_FLIGHT

    # And everybody has it once, at the cost of one attempt
    assert judge(session, notice.id, ledger.got, vault=desk.vault, bound=0) == []
    assert attempts_of(session, notice.id) == {1: SOME}


def test_a_long_burst_of_refusals_loses_nobody_and_stops_nothing(
    session: Session, people: People, clock: FakeClock, database_url: str, tmp_path: Path
) -> None:
    # Given workers without a shared pace, and a provider that refuses everything for a while
    desk = Desk(session, people, clock)
    notice = desk.launched(list_of(200), canary=False)
    session.rollback()
    with a_crew(database_url, tmp_path) as (crew, ledger):
        ledger.every(1, Failure("flood"), until=WORKERS * IN_FLIGHT)

        # When three workers send
        crew.start(WORKERS)
        until_over(desk, notice.id)
        crew.dismiss()

    # Then the notice was not paused for it, and everybody has it once, at the cost of one attempt
    assert judge(session, notice.id, ledger.got, vault=desk.vault, bound=0) == []
    assert attempts_of(session, notice.id) == {1: 200}
