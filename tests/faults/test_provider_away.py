"""The provider cannot be reached at all: nothing left, so nobody is uncertain, and the send waits for a person."""

import socket
from contextlib import closing
from pathlib import Path

from sqlalchemy.orm import Session

from incident_app.domain.deliveries import LONGEST_BACKOFF
from incident_app.services import deliveries
from tests.fakes import FakeClock
from tests.faults.crew import SOME, a_crew, list_of, look, until, until_over
from tests.faults.judge import judge
from tests.letters_kit import Desk
from tests.people import People


def test_while_the_provider_is_away_the_send_pauses_and_later_everybody_gets_it(
    session: Session, people: People, clock: FakeClock, database_url: str, tmp_path: Path
) -> None:
    # Given workers that find nobody at the provider's address
    desk = Desk(session, people, clock)
    notice = desk.launched(list_of(SOME), canary=False)
    session.rollback()
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        nowhere = f"http://127.0.0.1:{free.getsockname()[1]}"
    with a_crew(database_url, tmp_path) as (crew, ledger):
        # When they try
        crew.start(2, api_url=nowhere)
        until(lambda: look(desk, notice.id).state == "paused", "the notice is paused")
        crew.dismiss()

        # Then it is paused after some tries, and nobody is given up or uncertain
        paused = look(desk, notice.id)
        assert "in a row failed" in paused.state_reason
        assert (paused.accepted_count, paused.failed_count, paused.uncertain_count) == (0, 0, 0)

        # And once the provider is back and somebody lets it go on, everybody gets it
        crew.orders.home.unlink()
        crew.clock.move(2 * LONGEST_BACKOFF.total_seconds())
        deliveries.resume(session, notice.id, "they are back", by=people.responder, now=crew.clock.now())
        crew.start(2)
        until_over(desk, notice.id)
        crew.dismiss()
    assert judge(session, notice.id, ledger.got, vault=desk.vault, bound=0) == []
    assert set(ledger.asked.values()) == {1}
