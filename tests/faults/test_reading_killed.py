"""A worker is killed while it reads a list: nobody is half taken over, and another worker finishes it."""

import signal
import subprocess
import sys

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incident_app.models.recipients import Recipient, RecipientList
from incident_app.models.uploads import Upload
from incident_app.services import recipients
from incident_app.services.recipients import reading
from incident_app.services.recipients.importing import NoSheets
from tests.fakes import FakeClock
from tests.letters_kit import Desk, csv_of
from tests.people import People

COUNT = reading.CHUNK + 100


@pytest.mark.parametrize("seals", [10, COUNT + 1])
def test_after_kill_9_nothing_is_left_and_the_next_worker_takes_all(
    session: Session, people: People, clock: FakeClock, database_url: str, seals: int
) -> None:
    # Given a list that waits, with a few lines that say somebody again
    desk = Desk(session, people, clock)
    case = desk.case()
    again = b"x,PERSON1@example.org,,,\nx,PERSON2@example.org,,,\n"
    upload = recipients.receive(session, case.id, "people.csv", [csv_of(COUNT - 2) + again], by=people.responder,
                                now=desk.now, vault=desk.vault)
    recipients.choose_columns(session, case.id, upload.id, {1: "email", 2: "telegram_id"}, by=people.responder,
                              now=desk.now, vault=desk.vault, sheets=NoSheets())
    session.rollback()

    # When a worker is killed, while it reads or while it joins
    killed = subprocess.run(
        [sys.executable, "-m", "tests.faults.reader", database_url, str(seals)], check=False, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr

    # Then nobody is there, and the page still says that it is being read
    assert session.scalar(select(func.count()).select_from(Recipient)) == 0
    assert session.scalar(select(func.count()).select_from(RecipientList)) == 0
    assert session.scalars(select(Upload.state)).one() == "reading"
    session.rollback()

    # And when its lease is over, another takes the whole list
    clock.move(minutes=6)
    done = recipients.read_claimed(session, clock=clock, vault=desk.vault, sheets=NoSheets())
    assert done is not None
    made = session.get_one(RecipientList, done.list_id)
    assert (made.people_count, made.duplicate_count, made.adds_up) == (COUNT - 2, 2, True)
