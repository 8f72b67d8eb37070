"""Several accounts of one person: whatever takes two persons counts them as one (T-32)."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Role
from incident_app.domain.linking import Chat
from incident_app.domain.refusals import Conflict, Forbidden, NotFound, Refused
from incident_app.models.accounts import User
from incident_app.models.audit import Entry
from incident_app.models.proposals import Proposal
from incident_app.services import accounts, filings, linking, proposals, risk
from incident_app.services import people as staff
from incident_app.services.unit import writing
from tests.builders import a_case, the_forms, the_law
from tests.fakes import START, FakeClock, FakeVault
from tests.people import People
from tests.services.filing_steps import SOON, a_draft, all_answered
from tests.services.people_steps import account, hired
from tests.services.test_risk import ANSWERS


def link_chat(session: Session, name: str, chat: str) -> None:
    """Link a chat to somebody's account, in both steps."""
    who = account(session, f"{name}@example.org").actor
    linking.claim(session, linking.new_code(session, by=who, browser="b", now=START), Chat(chat, "private", "A"), now=START)
    waiting = linking.latest(session, by=who, browser="b", now=START)
    assert waiting is not None
    linking.confirm(session, waiting.id, by=who, browser="b", now=START)


def test_accounts_of_the_same_mailbox_are_one_person_from_the_start(session: Session, people: People) -> None:
    other = hired(session, "Approver+Phone@example.org", Role.RESPONDER)
    third = hired(session, "approver+tablet@example.org", Role.RESPONDER)
    assert other.person == third.person == people.approver.person
    assert hired(session, "approver@example.net", Role.RESPONDER).person != people.approver.person
    listed = staff.one(session, people.approver.id, by=people.admin, now=START)
    assert {one.id for one in listed.others} == {other.id, third.id}
    assert accounts.accounts_of(session, other) == {people.approver.id, other.id, third.id}


def test_the_same_chat_confirmed_for_two_accounts_makes_them_one_person(session: Session, people: People) -> None:
    # Given a chat that was linked to one account, and unlinked
    link_chat(session, "responder", "7001")
    linking.unlink(session, by=people.responder, now=START)
    link_chat(session, "second_approver", "7002")
    assert account(session, "second_approver@example.org").actor.person == people.second_approver.id

    # When another account confirms the same chat
    link_chat(session, "approver", "7001")

    # Then both are one person's, and the record says why
    assert account(session, "approver@example.org").actor.person == account(session, "responder@example.org").actor.person
    entry = session.scalars(select(Entry).where(Entry.action == "account.same_person")).one()
    assert entry.details["why"] == "same Telegram chat"


def test_an_administrator_joins_accounts_and_their_groups_follow(session: Session, people: People) -> None:
    hired(session, "responder+two@example.org", Role.RESPONDER)
    hired(session, "approver+two@example.org", Role.RESPONDER)
    staff.same_person(session, people.responder.id, people.approver.id, by=people.admin, now=START)
    names = ("responder", "responder+two", "approver", "approver+two")
    assert len({account(session, f"{name}@example.org").actor.person for name in names}) == 1
    with pytest.raises(NotFound):
        staff.same_person(session, people.responder.id, 999, by=people.admin, now=START)
    assert accounts.persons_of(session, [people.approver.id, people.responder.id, None, 0]) == {
        min(people.approver.id, people.responder.id)}


def test_nobody_confirms_their_own_decision_by_another_account(session: Session, people: People, clock: FakeClock) -> None:
    # Given an approver who decided that nobody is told, and a second account of theirs
    case = a_case(session, people.responder)
    risk.assess(session, case.id, ANSWERS, reasons={}, extra=risk.Extra(), by=people.responder, now=clock.now(), law=the_law())
    made = risk.decide(session, case.id, "people", risk.NOT_REQUIRED, "Nobody outside could read the list.",
                       by=people.approver, now=clock.now())
    other = hired(session, "approver+two@example.org", Role.APPROVER)

    # Then that account is not a second person
    with pytest.raises(Forbidden):
        risk.answer(session, case.id, made.id, confirmed=True, by=other, now=clock.now())
    risk.answer(session, case.id, made.id, confirmed=True, by=people.second_approver, now=clock.now())


def test_nobody_approves_their_own_filing_by_another_account(session: Session, people: People) -> None:
    filing = a_draft(session, people)
    filing = filings.save(session, filing.id, all_answered(filing), version=filing.version, by=people.responder, now=SOON,
                          forms=the_forms())
    filing = filings.ask_approval(session, filing.id, version=filing.version, by=people.responder, now=SOON,
                                  forms=the_forms())
    other = hired(session, "responder+two@example.org", Role.APPROVER)
    with pytest.raises(Forbidden, match="second person"):
        filings.approve(session, filing.id, version=filing.version, by=other, now=SOON, forms=the_forms(),
                        vault=FakeVault())


MISTAKEN = "They are two colleagues with one name."


def joined(session: Session, people: People) -> tuple[int, int]:
    """Join two accounts by mistake; return their ids, the one that names the person first."""
    staff.same_person(session, people.responder.id, people.approver.id, by=people.admin, now=START)
    return people.responder.id, people.approver.id


def person_of(session: Session, user_id: int) -> int:
    return session.get_one(User, user_id).actor.person


@pytest.mark.parametrize("which", [0, 1])
def test_t27_a_mistaken_join_is_undone_by_two_people_whichever_account_it_is(session: Session, people: People, which: int) -> None:
    # Given two accounts that were joined, and a request of one of them that waits
    ids = joined(session, people)
    with writing(session):
        waits = proposals.put(session, "case.closing", subject="case", subject_id="x", facts={}, reason="All is done here.",
                              by=session.get_one(User, ids[0]).actor, now=START)
        other = proposals.put(session, "case.closing", subject="case", subject_id="y", facts={}, reason="All is done here.",
                              by=people.auditor, now=START)

    # When an administrator asks to part them, nothing is changed yet, and who is concerned cannot agree
    asked = staff.ask_part(session, ids[which], MISTAKEN, by=people.admin, now=START)
    assert len({person_of(session, one) for one in ids}) == 1
    with pytest.raises(Forbidden):
        staff.agree(session, asked.public_id, secret=b"s", by=session.get_one(User, ids[1]).actor, now=START)
    with pytest.raises(Forbidden):
        staff.agree(session, asked.public_id, secret=b"s", by=people.admin, now=START)
    (request,) = staff.requests(session, by=people.second_approver, now=START)
    assert (request.proposal.reason, request.user.id, request.why_not) == (MISTAKEN, ids[which], None)

    # Then a second person does it, it stands in the record, and neither may answer what one of them asked before
    staff.agree(session, asked.public_id, secret=b"s", by=people.second_approver, now=START)
    assert [person_of(session, one) for one in ids] == list(ids)
    entry = session.scalars(select(Entry).where(Entry.action == "account.parted")).one()
    assert (entry.actor_id, entry.details["from"]) == (people.second_approver.id, [ids[1 - which]])
    kept = session.scalars(select(Proposal).where(Proposal.public_id == waits.public_id)).one()
    assert {kept.asked_by_person, *kept.involved} >= set(ids)
    assert session.scalars(select(Proposal).where(Proposal.public_id == other.public_id)).one().involved == []


def test_t32_what_shows_that_they_are_one_stands_against_it(session: Session, people: People) -> None:
    # Given accounts of one mailbox, of one code app, one that is joined with none, and one's own
    same = hired(session, "responder+two@example.org", Role.RESPONDER)
    with pytest.raises(Refused, match="same mailbox"):
        staff.ask_part(session, same.id, MISTAKEN, by=people.admin, now=START)
    with pytest.raises(Conflict, match="joined with no other"):
        staff.ask_part(session, people.auditor.id, MISTAKEN, by=people.admin, now=START)
    staff.same_person(session, people.approver.id, people.second_approver.id, by=people.admin, now=START)
    for user_id in (people.approver.id, people.second_approver.id):
        session.get_one(User, user_id).totp_mark = "m" * 64 if user_id == people.approver.id else None
    session.get_one(User, people.second_approver.id).totp_mark = None
    session.commit()
    with pytest.raises(Forbidden):
        staff.ask_part(session, people.approver.id, MISTAKEN, by=people.responder, now=START)

    # Then where nobody else could agree it is refused as well
    with pytest.raises(Refused, match="Nobody could agree"):
        staff.ask_part(session, people.approver.id, MISTAKEN, by=people.admin, now=START)


def test_of_three_the_others_stay_one_and_what_changed_meanwhile_is_asked_again(session: Session, people: People) -> None:
    first, second = joined(session, people)
    staff.same_person(session, first, people.oncall_person.id, by=people.admin, now=START)
    asked = staff.ask_part(session, first, MISTAKEN, by=people.admin, now=START)
    staff.same_person(session, second, people.auditor.id, by=people.admin, now=START)
    with pytest.raises(Conflict, match="asked again"):
        staff.agree(session, asked.public_id, secret=b"s", by=people.second_approver, now=START)
    staff.refuse(session, asked.public_id, "It was overtaken by now.", by=people.second_approver, now=START)

    asked = staff.ask_part(session, first, MISTAKEN, by=people.admin, now=START)
    staff.agree(session, asked.public_id, secret=b"s", by=people.second_approver, now=START)
    rest = {person_of(session, one) for one in (second, people.oncall_person.id, people.auditor.id)}
    assert (person_of(session, first), len(rest), first in rest) == (first, 1, False)
