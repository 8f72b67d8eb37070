"""A chat gets somebody's alerts when the browser that asked says so, and every change is told twice."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.domain.linking import Chat
from incident_app.domain.refusals import Conflict, Forbidden, NotFound, Refused
from incident_app.models.accounts import User
from incident_app.models.alerts import AlertSend
from incident_app.models.linking import ChatLink, StaffNote
from incident_app.services import accounts, alerts, linking
from tests.fakes import START, FakeChannel, FakeClock
from tests.people import People

ANA = Chat("7001", "private", "Ana", "ana")
BEN = Chat("7002", "private", "Ben")
MINUTE = timedelta(minutes=1)


def _ask(session: Session, who: Actor, browser: str = "browser") -> str:
    return linking.new_code(session, by=who, browser=browser, now=START)


def _claimed(session: Session, who: Actor, chat: Chat, browser: str = "browser") -> int:
    linking.claim(session, _ask(session, who, browser), chat, now=START)
    found = linking.latest(session, by=who, browser=browser, now=START)
    assert found is not None
    return found.id


def _link(session: Session, who: Actor, chat: Chat) -> ChatLink:
    return linking.confirm(session, _claimed(session, who, chat), by=who, browser="browser", now=START)


def _chat_of(session: Session, who: Actor) -> str | None:
    session.expire_all()
    return session.get_one(User, who.id).telegram_chat_id


def _notes(session: Session) -> list[tuple[str, str, str]]:
    return [(note.channel, note.address, note.text) for note in session.scalars(select(StaffNote).order_by(StaffNote.id))]


def test_a_chat_is_only_claimed_until_the_browser_that_asked_says_yes(session: Session, oncall_person: Actor) -> None:
    # Given a code of 128 bits, of which only a hash is kept
    code = _ask(session, oncall_person)
    assert len(code) == 22
    assert code not in {link.digest for link in session.scalars(select(ChatLink))}
    assert linking.is_code(session, code, now=START)

    # When a chat sends it
    linking.claim(session, code, ANA, now=START + 9 * MINUTE)
    linking.claim(session, code, ANA, now=START + 9 * MINUTE)  # pressed twice

    # Then nobody is linked before the yes, and the chat's name is shown
    assert _chat_of(session, oncall_person) is None
    waiting = linking.latest(session, by=oncall_person, browser="browser", now=START + 9 * MINUTE)
    assert waiting is not None
    assert waiting.chat_name == "Ana (@ana)"
    linking.confirm(session, waiting.id, by=oncall_person, browser="browser", now=START + 9 * MINUTE)
    assert _chat_of(session, oncall_person) == "7001"
    found = linking.by_chat(session, "7001")
    assert found is not None
    assert found.id == oncall_person.id
    assert not linking.is_code(session, code, now=START)


def test_a_claimed_code_is_nobody_elses_any_more(session: Session, oncall_person: Actor) -> None:
    code = _ask(session, oncall_person)
    linking.claim(session, code, ANA, now=START)
    with pytest.raises(Refused, match="not valid any more"):
        linking.claim(session, code, BEN, now=START)


def test_a_code_that_is_used_old_replaced_or_made_up_gets_the_same_answer(
    session: Session, oncall_person: Actor
) -> None:
    used, replaced = _ask(session, oncall_person), ""
    linking.claim(session, used, ANA, now=START)
    waiting = linking.latest(session, by=oncall_person, browser="browser", now=START)
    assert waiting is not None
    linking.confirm(session, waiting.id, by=oncall_person, browser="browser", now=START)
    replaced = _ask(session, oncall_person)
    fresh = _ask(session, oncall_person)

    words = set()
    for code, at in ((used, START), (replaced, START), (fresh, START + 10 * MINUTE), ("made up", START)):
        with pytest.raises(Refused) as refused:
            linking.claim(session, code, BEN, now=at)
        words.add(refused.value.reason)
    assert len(words) == 1


def test_a_code_dies_with_the_role_it_was_made_for(session: Session, oncall_person: Actor) -> None:
    code = _ask(session, oncall_person)
    session.get_one(User, oncall_person.id).active = False
    session.commit()
    with pytest.raises(Refused, match="not valid any more"):
        linking.claim(session, code, ANA, now=START)


def test_a_group_gets_no_alerts(session: Session, oncall_person: Actor) -> None:
    with pytest.raises(Refused, match="private chats only"):
        linking.claim(session, _ask(session, oncall_person), Chat("-100", "group"), now=START)


def test_only_the_browser_and_the_account_that_asked_can_say_yes(session: Session, people: People) -> None:
    link_id = _claimed(session, people.oncall_person, ANA)

    for by, browser in ((people.oncall_person, "another"), (people.responder, "browser")):
        with pytest.raises(NotFound):
            linking.confirm(session, link_id, by=by, browser=browser, now=START)
    with pytest.raises(NotFound):
        linking.refuse(session, 4711, by=people.responder, browser="browser", now=START)
    with pytest.raises(Conflict, match="not waiting"):
        linking.confirm(session, link_id, by=people.oncall_person, browser="browser", now=START + 10 * MINUTE)
    assert linking.latest(session, by=people.responder, browser="browser", now=START) is None
    assert _chat_of(session, people.oncall_person) is None


def test_nothing_is_confirmed_before_a_chat_has_sent_the_code(session: Session, oncall_person: Actor) -> None:
    _ask(session, oncall_person)
    waiting = linking.latest(session, by=oncall_person, browser="browser", now=START)
    assert waiting is not None
    with pytest.raises(Conflict, match="not waiting"):
        linking.confirm(session, waiting.id, by=oncall_person, browser="browser", now=START)


def test_a_no_spends_the_code_and_forgets_the_chat(session: Session, oncall_person: Actor) -> None:
    link_id = _claimed(session, oncall_person, BEN)

    linking.refuse(session, link_id, by=oncall_person, browser="browser", now=START)

    assert _chat_of(session, oncall_person) is None
    link = session.get_one(ChatLink, link_id, populate_existing=True)
    assert (link.chat_id, link.chat_name) == ("", "")
    with pytest.raises(Conflict):
        linking.confirm(session, link_id, by=oncall_person, browser="browser", now=START)


def test_a_chat_belongs_to_one_account(session: Session, people: People) -> None:
    waiting = _claimed(session, people.responder, ANA)
    _link(session, people.oncall_person, ANA)

    with pytest.raises(Conflict, match="another account"):
        linking.claim(session, _ask(session, people.approver), ANA, now=START)
    with pytest.raises(Conflict, match="another account"):
        linking.confirm(session, waiting, by=people.responder, browser="browser", now=START)
    assert _chat_of(session, people.responder) is None


def test_a_change_is_told_to_the_chat_before_to_the_new_one_and_to_the_mailbox(
    session: Session, oncall_person: Actor
) -> None:
    _link(session, oncall_person, ANA)
    before = len(_notes(session))

    _link(session, oncall_person, BEN)

    old, new, mail = _notes(session)[before:]
    assert old[:2] == ("telegram", "7001")
    assert "now go to another chat. Was it not you?" in old[2]
    assert new[:2] == ("telegram", "7002")
    assert new[2].startswith("Linked to Ola Oncall.")
    assert mail[:2] == ("email", "oncall_person@example.org")
    assert "“Ben”" in mail[2]
    link = linking.linked(session, oncall_person.id)
    assert link is not None
    assert link.chat_name == "Ben"


def test_the_same_chat_again_is_no_other_chat(session: Session, oncall_person: Actor) -> None:
    _link(session, oncall_person, ANA)
    before = len(_notes(session))
    _link(session, oncall_person, ANA)
    assert [channel for channel, _, _ in _notes(session)[before:]] == ["telegram", "email"]


def test_what_was_planned_goes_to_the_new_chat(session: Session, oncall_person: Actor) -> None:
    _link(session, oncall_person, ANA)
    alerts.send_demo(session, by=oncall_person, now=START)

    _link(session, oncall_person, BEN)

    session.expire_all()
    planned = session.scalars(select(AlertSend).where(AlertSend.channel == "telegram")).one()
    assert planned.address == "7002"


def test_unlinking_is_told_twice_and_what_was_planned_goes_by_email_at_once(
    session: Session, oncall_person: Actor
) -> None:
    _link(session, oncall_person, ANA)
    alerts.send_demo(session, by=oncall_person, now=START)
    before = len(_notes(session))

    linking.unlink(session, by=oncall_person, now=START)
    linking.unlink(session, by=oncall_person, now=START)  # nothing is left to unlink

    assert _chat_of(session, oncall_person) is None
    chat, mail = _notes(session)[before:]
    assert chat[:2] == ("telegram", "7001")
    assert "no longer come here. Was it not you?" in chat[2]
    assert "“Ana (@ana)”" in mail[2]
    sends = {send.channel: send for send in session.scalars(select(AlertSend))}
    assert (sends["telegram"].state, sends["telegram"].reason) == ("skipped", "Ola Oncall has unlinked Telegram.")
    assert (sends["email"].state, sends["email"].due_at) == ("planned", START)


def test_a_chat_that_asks_to_be_unlinked_is_and_no_other_one(session: Session, oncall_person: Actor) -> None:
    _link(session, oncall_person, ANA)

    linking.unlink(session, by=oncall_person, now=START, chat="7002")
    assert _chat_of(session, oncall_person) == "7001"

    linking.unlink(session, by=oncall_person, now=START, chat="7001")
    assert _chat_of(session, oncall_person) is None


def test_a_chat_linked_before_there_were_links_can_be_unlinked(session: Session, oncall_person: Actor) -> None:
    session.get_one(User, oncall_person.id).telegram_chat_id = "7001"
    session.commit()
    assert linking.ways(session, by=oncall_person)[0].address == "a chat linked before"

    linking.unlink(session, by=oncall_person, now=START)

    assert "“linked before”" in _notes(session)[-1][2]


def test_a_disabled_account_has_no_chat(session: Session, oncall_person: Actor) -> None:
    _link(session, oncall_person, ANA)
    session.get_one(User, oncall_person.id).active = False
    session.commit()
    assert linking.by_chat(session, "7001") is None


def test_who_answers_no_alerts_links_no_chat(session: Session, auditor: Actor) -> None:
    with pytest.raises(Forbidden):
        _ask(session, auditor)
    with pytest.raises(Forbidden):
        linking.confirm(session, 1, by=auditor, browser="b", now=START)
    with pytest.raises(Forbidden):
        linking.refuse(session, 1, by=auditor, browser="b", now=START)
    with pytest.raises(Forbidden):
        linking.unlink(session, by=auditor, now=START)
    with pytest.raises(Forbidden):
        linking.test(session, "email", by=auditor, now=START)
    with pytest.raises(Forbidden):
        linking.ways(session, by=auditor)


def test_the_record_names_no_chat(session: Session, oncall_person: Actor) -> None:
    from incident_app.models.audit import Entry

    _link(session, oncall_person, ANA)
    linking.unlink(session, by=oncall_person, now=START)
    entries = [entry for entry in session.scalars(select(Entry).order_by(Entry.seq)) if entry.action.startswith("linking.")]
    assert [entry.action for entry in entries] == [
        "linking.code_made", "linking.chat_claimed", "linking.telegram_linked", "linking.telegram_unlinked"]
    assert not [entry for entry in entries if "7001" in str(entry.details) or "Ana" in str(entry.details)]


def test_one_sees_ones_ways_and_when_something_last_arrived(
    session: Session, oncall_person: Actor, clock: FakeClock
) -> None:
    telegram, email = linking.ways(session, by=oncall_person)
    assert (telegram.address, telegram.last_accepted_at, email.address) == ("", None, "oncall_person@example.org")

    _link(session, oncall_person, ANA)
    linking.send_notes(session, {"telegram": FakeChannel("telegram"), "email": FakeChannel("email")}, clock=clock)

    telegram, email = linking.ways(session, by=oncall_person)
    assert (telegram.address, telegram.since, telegram.last_accepted_at) == ("Ana (@ana)", START, START)
    assert email.last_accepted_at == START
    assert not telegram.under_test
    later = clock.move(hours=1)
    alerts.send_demo(session, by=oncall_person, now=later)
    alerts.send_due(session, {"telegram": FakeChannel("telegram")}, clock=clock, public_url="x", secret=b"s" * 32)
    assert linking.ways(session, by=oncall_person)[0].last_accepted_at == later


def test_accounts_that_were_never_linked_are_untouched(session: Session, people: People) -> None:
    _link(session, people.oncall_person, ANA)
    assert {user.name for user in accounts.everybody(session) if user.telegram_chat_id} == {"Ola Oncall"}
