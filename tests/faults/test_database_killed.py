"""The database goes down in the middle of sending and comes back: workers go on where they were."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from incident_app.extensions import Base
from tests import databases
from tests.fakes import FakeClock
from tests.faults.cluster import Cluster, a_cluster
from tests.faults.crew import IN_FLIGHT, PAST_THE_LEASE, SOME, a_crew, list_of, until, until_over
from tests.faults.judge import judge
from tests.letters_kit import Desk
from tests.people import People

CRASHES = 2
WORKERS = 2


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """A cluster of this test's own."""
    with a_cluster() as made:
        if made is None:
            pytest.skip(databases.MISSING)
        yield made


@pytest.fixture
def database_url(cluster: Cluster) -> str:
    """The address of a database in the cluster that will crash."""
    url = databases.make_database(cluster.base)
    engine = create_engine(url)
    Base.metadata.create_all(engine)
    engine.dispose()
    return url


def test_a_database_that_crashes_twice_costs_nobody_the_message(
    session: Session, engine: Engine, people: People, clock: FakeClock, database_url: str, tmp_path: Path,
    cluster: Cluster
) -> None:
    # Given a list that two workers send
    desk = Desk(session, people, clock)
    notice = desk.launched(list_of(SOME), canary=False)
    session.rollback()
    with a_crew(database_url, tmp_path, rate=200.0) as (crew, ledger):
        crew.start(WORKERS)

        # When the database is killed while they send, twice, and comes back
        for number in range(1, CRASHES + 1):
            until(lambda: ledger.arrivals > SOME * number // 4, "some more were written to")  # noqa: B023 (asked at once)
            session.close()
            cluster.crash()
            cluster.start()
            engine.dispose()
            crew.clock.move(PAST_THE_LEASE)
        until_over(desk, notice.id)
        crew.dismiss()

    # Then the workers lived through it, and at most what they had in flight is uncertain
    assert set(ledger.asked.values()) == {1}
    assert judge(session, notice.id, ledger.got, vault=desk.vault, bound=CRASHES * WORKERS * IN_FLIGHT) == []
