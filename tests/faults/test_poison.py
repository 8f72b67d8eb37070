"""People nobody can write to stand among the others: each is failed with a reason, and the others get theirs."""

from pathlib import Path

from sqlalchemy.orm import Session

from incident_app.services.recipients.looking import GONE
from tests.fakes import FakeClock
from tests.faults.crew import FIRST_CHAT, SOME, a_crew, chat_of, list_of, until_over
from tests.faults.judge import judge, outcomes_of, spoil
from tests.letters_kit import Desk
from tests.people import People

REFUSED = {
    "blocked": "The person has blocked the bot.",
    "deactivated": "The Telegram account was deleted.",
    "never_started": "The person has never started the bot.",
    "not_found": "Telegram knows no such chat: the person has never started the bot, or the id is wrong.",
    "migrated": "This is a group, not a person.",
    "too_long": "The message is longer than Telegram's 4096 characters.",
    "bad_request": "Telegram refused: Something else",
}


def test_poison_rows_fail_with_their_reason_and_hold_nobody_up(
    session: Session, people: People, clock: FakeClock, database_url: str, tmp_path: Path
) -> None:
    # Given a list in which every tenth cannot be written to, and contacts that were changed in the database
    desk = Desk(session, people, clock)
    notice = desk.launched(list_of(SOME), canary=False)
    changed = range(5, SOME + 1, 20)
    spoil(session, notice.id, changed)
    reasons = {chat_of(number): list(REFUSED)[number // 10 % len(REFUSED)] for number in range(10, SOME + 1, 10)}
    with a_crew(database_url, tmp_path) as (crew, ledger):
        for chat, kind in reasons.items():
            ledger.fail(chat, kind)

        # When two workers send
        crew.start(2)
        until_over(desk, notice.id)
        crew.dismiss()

    # Then each of them failed, and the reason says why; nobody else did
    found = outcomes_of(session, notice.id, desk.vault)
    failed = {who: reason for who, (state, reason) in found.items() if state == "failed"}
    assert failed == {**{chat: REFUSED[kind] for chat, kind in reasons.items()}, **{-number: GONE for number in changed}}

    # And the others have it once; for changed contacts nothing ever left
    assert judge(session, notice.id, ledger.got, vault=desk.vault, bound=0) == []
    assert not {FIRST_CHAT + number for number in changed} & ledger.asked.keys()
    assert set(ledger.asked.values()) == {1}
