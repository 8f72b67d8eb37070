"""Several workers at once: every person gets exactly one message, the counters stay right."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from incident_app.services import deliveries
from tests.builders import the_law
from tests.fakes import FakeClock
from tests.letters_kit import Desk, csv_of
from tests.people import People

WORKERS = 4
COUNT = 300


def test_workers_side_by_side_write_to_nobody_twice(
    engine: Engine, session: Session, people: People, clock: FakeClock
) -> None:
    desk = Desk(session, people, clock)
    notice = desk.launched(csv_of(COUNT), canary=False)
    session.rollback()

    def work(name: str) -> int:
        with Session(engine, expire_on_commit=False) as own:
            return deliveries.pump(
                own, clock=clock, channels={"telegram": desk.telegram, "email": desk.email}, limiter=desk.limiter,
                vault=desk.vault, letters=desk.letters, law=the_law(), worker=name,
            )

    with ThreadPoolExecutor(WORKERS) as pool:
        done = sum(pool.map(work, [f"w{number}" for number in range(WORKERS)]))
    desk.send_all()

    assert done == COUNT
    addresses = Counter(message.address for message in desk.messages)
    assert len(addresses) == COUNT
    assert set(addresses.values()) == {1}
    progress = desk.progress(notice)
    assert (progress.accepted, progress.state, progress.adds_up) == (COUNT, "finished", True)
    assert deliveries.overview(session, notice.id, now=clock.now(), brief=True).accepted == COUNT
