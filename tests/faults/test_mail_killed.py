"""Workers that send email are killed with a request of up to a thousand people on its way: receipts tell what became."""

from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from incident_app.adapters.sendgrid import SendGridChannel
from incident_app.domain.deliveries import ReceiptKind
from incident_app.services import deliveries
from incident_app.services.deliveries import Event
from tests.fakes import FakeClock
from tests.faults.crew import MANY, look, manned, prove_late, until_over
from tests.faults.judge import judge, outcomes_of
from tests.faults.ledger import MailLedger
from tests.faults.sender import Orders
from tests.letters_kit import Desk
from tests.people import People


def _list_of_addresses(count: int) -> bytes:
    """Return a list of people without names: all of them are written to with the same words."""
    lines = [f"person{number}@example.org,en,DE" for number in range(1, count + 1)]
    return ("\n".join(["email,language,country", *lines]) + "\n").encode()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_whom_a_killed_worker_left_uncertain_receipts_resolve(
    session: Session, people: People, clock: FakeClock, database_url: str, tmp_path: Path
) -> None:
    # Given a list that goes out in requests of up to a thousand
    desk = Desk(session, people, clock)
    notice = desk.launched(_list_of_addresses(MANY), canary=False, order=("email",))
    session.rollback()
    with MailLedger() as ledger, manned(
        Orders(database_url, ledger.url, tmp_path / "clock", tmp_path / "home", channel="email")
    ) as crew:
        ledger.at(1, crew.kill)
        ledger.at(2, crew.kill, taken=False)
        crew.start(2)

        # When one worker is killed after its request was taken, another before
        crew.revive(1, fresh=1)
        crew.revive(2, fresh=1)
        until_over(desk, notice.id)
        crew.dismiss()

    # Then at most these two requests are uncertain
    assert judge(session, notice.id, ledger.got, vault=desk.vault, bound=2 * SendGridChannel.batch) == []
    found = outcomes_of(session, notice.id, desk.vault)
    unsure = {who for who, (state, _) in found.items() if state == "uncertain"}
    taken = {who: number for who, number in ledger.ids.items() if who in unsure}
    assert 0 < len(taken) < len(unsure)

    # And when the receipts come, only those whose request was never taken stay so
    now = crew.clock.now()
    events = [Event(f"event-{who}", number, ReceiptKind.DELIVERED, "", now) for who, number in taken.items()]
    deliveries.record_receipts(session, "sendgrid", events, now=now)
    assert deliveries.apply_receipts(session, now=now) == len(taken)
    prove_late(desk, crew)
    assert look(desk, notice.id).uncertain_count == len(unsure) - len(taken)
    assert judge(session, notice.id, ledger.got, vault=desk.vault, bound=len(unsure) - len(taken)) == []
