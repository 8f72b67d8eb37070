"""The provider breaks before or after it took a message: what cannot be known is uncertain, and asked for only once."""

from pathlib import Path

from sqlalchemy.orm import Session

from incident_app.domain.deliveries import PROBE_AFTER
from incident_app.services import deliveries
from tests.fakes import FakeClock
from tests.faults.crew import SOME, a_crew, list_of, look, until, until_over
from tests.faults.judge import attempts_of, judge, outcomes_of
from tests.faults.ledger import Ledger
from tests.letters_kit import Desk
from tests.loopback.serving import Failure
from tests.people import People

BROKEN = (
    Failure("server_error"), Failure("server_error", delivered=True),
    Failure("bad_gateway"), Failure("bad_gateway", delivered=True),
    Failure("html_502"), Failure("html_502", delivered=True),
    Failure("reset"), Failure("reset", delivered=True),
    Failure("timeout"), Failure("timeout", delivered=True),
    Failure("truncated", delivered=True), Failure("garbage", delivered=True), Failure("list", delivered=True),
)


def test_whoever_met_a_lost_answer_is_uncertain_and_never_asked_for_again(
    session: Session, people: People, clock: FakeClock, database_url: str, tmp_path: Path
) -> None:
    # Given a provider that breaks at every tenth message, before or after it took it, in all ways
    desk = Desk(session, people, clock)
    notice = desk.launched(list_of(SOME), canary=False)
    session.rollback()
    with a_crew(database_url, tmp_path, total=2.0) as (crew, ledger):
        ledger.every(10, *BROKEN)

        # When two workers send
        crew.start(2)
        until_over(desk, notice.id)
        crew.dismiss()

    # Then exactly those it broke at are uncertain, whether they got it or not
    met = dict(ledger.spoilt)
    found = outcomes_of(session, notice.id, desk.vault)
    assert {chat for chat, (state, _) in found.items() if state == "uncertain"} == met.keys()
    assert all(ledger.got.get(chat, 0) == failure.delivered for chat, failure in met.items())
    assert judge(session, notice.id, ledger.got, vault=desk.vault, bound=len(met)) == []

    # And nobody was asked for twice
    assert set(ledger.asked.values()) == {1}


def test_a_token_revoked_in_the_middle_pauses_and_a_good_one_sends_the_rest(
    session: Session, people: People, clock: FakeClock, database_url: str, tmp_path: Path
) -> None:
    # Given a list half of which is sent when the bot's token is revoked
    desk = Desk(session, people, clock)
    notice = desk.launched(list_of(SOME), canary=False)
    session.rollback()
    with a_crew(database_url, tmp_path) as (crew, ledger):
        ledger.at(SOME // 2, lambda _: _revoke(ledger, "110201543:a-new-one"))
        crew.start(2)
        until(lambda: look(desk, notice.id).state == "paused", "the notice is paused")
        crew.dismiss()

        # Then the notice says why it is paused, and nobody is given up
        paused = look(desk, notice.id)
        assert "token" in paused.state_reason
        assert (paused.failed_count, paused.uncertain_count) == (0, 0)
        assert paused.accepted_count == sum(ledger.got.values()) < SOME

        # And when workers with a good one go on, the rest is sent
        crew.orders.home.unlink()
        crew.clock.move(PROBE_AFTER.total_seconds() + 1)
        deliveries.resume(session, notice.id, "a new token", by=people.responder, now=crew.clock.now())
        crew.start(2, token="110201543:a-new-one")
        until_over(desk, notice.id)
        crew.dismiss()
    assert judge(session, notice.id, ledger.got, vault=desk.vault, bound=0) == []
    assert attempts_of(session, notice.id) == {1: SOME}


def _revoke(ledger: Ledger, fresh: str) -> None:
    ledger.token = fresh
