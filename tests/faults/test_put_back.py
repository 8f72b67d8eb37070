"""A copy takes the database's place in the middle of sending, and not by our own command: nobody is written to twice."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from incident_app.models.audit import Entry
from incident_app.services.deliveries import restoring
from tests.copies import Copy, own_database
from tests.fakes import FakeClock
from tests.faults.crew import SOME, Crew, a_crew, list_of, look, until
from tests.faults.ledger import Ledger
from tests.letters_kit import Desk
from tests.people import People

RATE = 200.0

@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database of this test's own."""
    yield from own_database(request, tmp_path)


def _send_and_go_back(desk: Desk, engine: Engine, copy: Copy, crew: Crew, ledger: Ledger) -> None:
    """Let two workers send, copy the database on the way, and put the copy back when many more were written to."""
    crew.start(2)
    until(lambda: ledger.arrivals > SOME // 5, "some were written to")
    desk.session.close()
    engine.dispose()
    copy.make()
    known = ledger.arrivals
    until(lambda: ledger.arrivals > known + SOME // 4, "many more were written to")
    desk.session.close()
    engine.dispose()
    copy.put_back()
    crew.start()  # as whoever put it back would


def test_a_copy_put_back_during_a_send_writes_to_nobody_twice(
    session: Session, engine: Engine, people: People, clock: FakeClock, database_url: str, postgresql_base: str | None,
    tmp_path: Path
) -> None:
    # Given a list that two workers send
    desk = Desk(session, people, clock)
    notice = desk.launched(list_of(SOME), canary=False)
    session.rollback()
    copy = Copy(database_url, postgresql_base)
    with a_crew(database_url, tmp_path, rate=RATE) as (crew, ledger):
        # When an older copy takes the database's place while they send
        _send_and_go_back(desk, engine, copy, crew, ledger)
        until(lambda: look(desk, notice.id).state == "paused", "the notice is held")
        crew.until_all_are_there()
        crew.clock.move(120)
        crew.dismiss()

    # Then it was held, once, before anybody was written to a second time
    assert look(desk, notice.id).state_reason == restoring.REASON
    assert set(ledger.asked.values()) == {1}
    assert session.scalar(select(func.count()).select_from(Entry).where(Entry.action == "database.restored")) == 1
