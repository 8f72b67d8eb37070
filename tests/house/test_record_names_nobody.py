"""A whole story, told by everybody who may: not one entry of the record names somebody who was affected."""

import json

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.ports import Message, Outcome, Rejected, Sent
from incident_app.domain.refusals import Refused
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.notices import Notice
from incident_app.models.proposals import Proposal
from incident_app.services import audit, deliveries, notices, recipients, retention
from tests.fakes import FakeClock
from tests.letters_kit import Desk
from tests.people import People

PEOPLE = [(f"Zebedee{number} Quixwood{number}", f"zeb{number}@canary.example", str(811_000_000 + number)) for number in range(1, 13)]
BAD = "not-an-address-of-zeb99"
WHY = "The court asked for it yesterday."


def a_list() -> bytes:
    rows = [f"{name},{email},{telegram},en,DE" for name, email, telegram in PEOPLE]
    return "\n".join(["name,email,telegram_id,language,country", *rows, rows[0], f"Zebedee99 Quixwood99,{BAD},,en,DE"]).encode()


def refusing(message: Message) -> Outcome:
    """Take most; refuse some in words that name the person, as providers do."""
    if message.address in {PEOPLE[2][2], PEOPLE[5][1]}:
        return Rejected(f"550 {message.address} ({PEOPLE[2][0]}) does not exist", permanent=True)
    return Sent(f"ref-{message.delivery_id}")


def sent(desk: Desk) -> Notice:
    """Upload, look, check, approve, send with refusals, pause and go on, and ask for those who failed again."""
    case = desk.case(data_categories=("ai_prompts", "account"))
    people, who = desk.listed(case, a_list()), desk.people
    recipients.masked_page(desk.session, case.id, people.id, by=who.responder, now=desk.now, vault=desk.vault)
    recipients.open_contact(desk.session, case.id, people.id, 3, by=who.responder, now=desk.now, vault=desk.vault)
    recipients.ask(desk.session, case.id, address=PEOPLE[0][1], by=who.auditor, now=desk.now, vault=desk.vault)
    notice = notices.draft(desk.session, case.id, people.id, by=who.responder, now=desk.now)
    notices.ask_approval(desk.session, notice.id, by=who.responder, now=desk.now)
    notices.approve(desk.session, notice.id, by=who.approver, now=desk.now)
    deliveries.launch(desk.session, notice.id, typed_count=12, by=who.responder, now=desk.now)
    for channel in ("telegram", "email"):
        desk.answer(channel, refusing)
    desk.send_all()
    for _ in deliveries.outcomes(desk.session, notice.id, by=who.auditor, now=desk.now):
        pass
    failed = deliveries.people_page(desk.session, notice.id, by=who.auditor, bucket="failed")
    for line in failed[:1]:
        try:
            deliveries.retry_failed(desk.session, notice.id, line.reason, reason=WHY, by=who.responder, now=desk.now)
        except Refused:
            continue
    desk.send_all()
    return notice


def gone(desk: Desk, case_id: int) -> None:
    """Hold, lift, erase early: all that takes two."""
    first, second = desk.people.approver, desk.people.second_approver
    retention.set_hold(desk.session, case_id, WHY, by=first, now=desk.now)
    lifting = retention.ask_lift(desk.session, case_id, WHY, by=first, now=desk.now)
    retention.lift(desk.session, case_id, lifting.public_id, by=second, now=desk.now)
    erasing = retention.ask_erase(desk.session, case_id, WHY, by=first, now=desk.now)
    retention.erase_early(desk.session, case_id, erasing.public_id, by=second, now=desk.now, vault=desk.vault)


def test_no_entry_names_anybody_who_was_affected(session: Session, people: People, clock: FakeClock) -> None:
    # Given a whole story with a list, refusals and an erasure
    desk = Desk(session, people, clock)
    notice = sent(desk)
    gone(desk, session.get_one(Case, notice.case_id).id)

    # When everything the record says is read, and what waited for a second person
    entries = session.scalars(select(Entry)).all()
    said = " ".join(json.dumps([one.action, one.subject, one.subject_id, one.actor_name, one.details]) for one in entries)
    said += " ".join(json.dumps([one.facts, one.reason]) for one in session.scalars(select(Proposal)))

    # Then no name, address or chat is in it, and the story is
    assert {"recipients.imported", "recipients.opened", "recipients.listed", "recipients.asked", "notice.finished",
            "deliveries.exported", "recipients.erased"} <= {one.action for one in entries}
    for name, email, telegram in PEOPLE:
        for canary in (*name.split(), email, email.split("@", maxsplit=1)[0] + "@", telegram):
            assert canary not in said
    assert "canary.example" not in said
    assert "zeb99" not in said
    assert audit.verify(session).complete


def test_the_search_would_find_a_name(session: Session, people: People, clock: FakeClock) -> None:
    desk = Desk(session, people, clock)
    made = desk.listed(desk.case(), a_list())

    contact = recipients.open_contact(session, made.case_id, made.id, 3, by=people.responder, now=desk.now, vault=desk.vault)

    assert contact.name == PEOPLE[2][0]
    with pytest.raises(Refused):
        recipients.ask(session, made.case_id, address="", by=people.auditor, now=desk.now, vault=desk.vault)
