"""Why people did what they did in a case is sealed too, in its rows and in the record (T-84, T-86)."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from incident_app.adapters.vault import AesVault
from incident_app.domain.accounts import SYSTEM
from incident_app.domain.remediation import ActionKind
from incident_app.extensions import Base
from incident_app.models import sealing
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.filings import Filing
from incident_app.models.notices import Notice
from incident_app.models.obligations import Obligation
from incident_app.models.posting import PostExport
from incident_app.models.proposals import Proposal
from incident_app.models.recipients import RecipientList
from incident_app.models.remediation import Action, Deed
from incident_app.models.retention import Hold
from incident_app.models.risk import Assessment, Confirmation, Decision
from incident_app.services import (
    audit,
    cases,
    deliveries,
    filings,
    keys,
    notices,
    obligations,
    proposals,
    recipients,
    record,
    remediation,
    retention,
    risk,
    saying,
    tampering,
    writing_down,
)
from incident_app.services.deliveries import posting
from incident_app.services.record import Asked
from incident_app.services.remediation import NewAction
from incident_app.services.unit import writing
from tests.builders import the_forms, the_law
from tests.fakes import FakeClock
from tests.letters_kit import Desk, csv_of
from tests.people import People
from tests.post_kit import POSTAL
from tests.services.filing_steps import all_answered
from tests.services.test_risk import ANSWERS
from tests.services.test_sealing import cells, woken

WHO = "Quetzalvin"
WHY = f"{WHO} asked for it in a letter."
ROWS: tuple[type[Any], ...] = (Assessment, Decision, Confirmation, Obligation, Hold, Proposal, Action, Deed, RecipientList, PostExport, Filing, Notice)


@pytest.fixture
def aes(session: Session) -> AesVault:
    """The real vault, for the texts of this database."""
    made = AesVault([("k1", b"k" * 32)])
    sealing.bind(session.get_bind().engine, lambda: made)
    return made


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock, aes: AesVault) -> Desk:
    """A desk with the real vault."""
    return Desk(session, people, clock, aes)  # type: ignore[arg-type]  # another Vault


def decided(desk: Desk, case_id: int) -> None:
    """Score, decide, send back, decide again, confirm; settle one duty alone, discharge another late."""
    session, first, second, now = desk.session, desk.people.approver, desk.people.second_approver, desk.now
    risk.assess(session, case_id, ANSWERS, reasons={"ei": WHY}, extra=risk.Extra(), by=desk.people.responder, now=now,
                law=the_law())
    for confirmed in (False, True):
        made = risk.decide(session, case_id, "people", risk.NOT_REQUIRED, WHY, by=first, now=now + timedelta(seconds=confirmed))
        risk.answer(session, case_id, made.id, confirmed=confirmed, reason=WHY, by=second, now=now)
    duty = session.scalars(select(Obligation).where(
        Obligation.case_id == case_id, Obligation.provision == "Art 33(1)", Obligation.state != "superseded")).one()
    obligations.decide_one(session, case_id, duty.id, owed=True, reason=WHY, by=first, now=now)
    desk.clock.move(hours=80)
    with writing(session):
        obligations.discharge(session, duty, at=desk.now, how="portal", reference="R-1", proof_document_id=None,
                              late_reason=WHY, by=first, now=desk.now)


def held(desk: Desk, case_id: int) -> None:
    """Hold the case, ask to lift it, be refused, lift it in the end; do one thing and not another."""
    session, first, second, now = desk.session, desk.people.approver, desk.people.second_approver, desk.now
    retention.set_hold(session, case_id, WHY, by=first, now=now)
    asked = retention.ask_lift(session, case_id, WHY, by=first, now=now)
    retention.refuse_lift(session, case_id, asked.public_id, WHY, by=second, now=now)
    asked = retention.ask_lift(session, case_id, WHY, by=first, now=now)
    retention.lift(session, case_id, asked.public_id, by=second, now=now)
    by = desk.people.responder
    for number in range(2):
        made = remediation.add(session, case_id, NewAction(f"Ring {WHO}", ActionKind.REMEDY.value), by=by,
                               now=now + timedelta(seconds=number))
        if number:
            remediation.complete(session, made.id, WHY, by=by, now=now)
            remediation.review(session, made.id, "works", WHY, by=first, now=now)
        else:
            remediation.not_needed(session, made.id, WHY, by=by, now=now)


def sent(desk: Desk, case_id: int) -> int:
    """Send a filing and a notice back, then pause the notice and ask for its letters; return the id of the notice."""
    session, by, second, now = desk.session, desk.people.responder, desk.people.approver, desk.now
    duty = session.scalars(select(Obligation.id).where(
        Obligation.case_id == case_id, Obligation.provision == "Art 33(1)", Obligation.state != "superseded")).one()
    filing = filings.draft(session, duty, by=by, now=now, forms=the_forms(), law=the_law())
    filing = filings.save(session, filing.id, all_answered(filing), version=filing.version, by=by, now=now, forms=the_forms())
    filings.ask_approval(session, filing.id, version=filing.version, by=by, now=now, forms=the_forms())
    filings.send_back(session, filing.id, WHY, version=filing.version, by=second, now=now)
    people = recipients.import_list(session, case_id, "crowd.csv", b"name,email\n" + b"".join(
        b"A,one+%d@crowd.example\n" % number for number in range(5)), by=by, now=now, vault=desk.vault)
    recipients.accept_crowd(session, case_id, people.id, WHY, by=by, now=now)
    people = recipients.import_list(session, case_id, "post.csv", POSTAL, by=by, now=now, vault=desk.vault)
    notice = notices.draft(session, case_id, people.id, by=by, now=now)
    notice = notices.set_plan(session, notice.id, order=["email", "post"], wait_minutes=0, canary=False, uncertain_policy="ask",
                              version=notice.version, by=by, now=now)
    notices.ask_approval(session, notice.id, by=by, now=now)
    notices.send_back(session, notice.id, WHY, by=second, now=now)
    assert notice.state_reason == f"Sent back: {WHY}"
    notices.ask_approval(session, notice.id, by=by, now=now)
    notices.approve(session, notice.id, by=second, now=now)
    deliveries.launch(session, notice.id, typed_count=3, by=by, now=now)
    desk.sweep()
    desk.send()
    posting.ask_post_export(session, notice.id, WHY, by=second, now=desk.now)
    deliveries.pause(session, notice.id, WHY, by=by, now=desk.now)
    return notice.id


def reasoned(desk: Desk) -> Case:
    """File a case in which a reason names somebody wherever one can be given."""
    case_id = desk.case(data_categories=("account",)).id
    sent(desk, case_id)
    decided(desk, case_id)
    held(desk, case_id)
    desk.session.expunge_all()
    return desk.session.get_one(Case, case_id)


def texts(session: Session) -> list[str]:
    """Return every reason as whoever may read it reads it."""
    found: list[str] = []
    for table in ROWS:
        for row in session.scalars(select(table).order_by(table.id)):
            found += [str(value) for value in sealing.texts_of(row).values()]
    return found


def test_t86_a_stolen_database_says_no_reason_and_whoever_may_reads_each(desk: Desk) -> None:
    # Given a case in which every reason names somebody
    session = desk.session
    case = reasoned(desk)

    # Then no cell of the database has the name, the record included, and the chain is whole
    assert WHO.encode() not in cells(session)
    assert audit.verify(session).complete

    # And every reason is read where it belongs
    read = texts(session)
    assert sum(WHO in one for one in read) == 24
    decision = session.scalars(select(Decision).order_by(Decision.id.desc())).first()
    assert decision is not None
    assert decision.confirmation is not None
    assert (decision.reason, decision.confirmation.reason, decision.standing) == (WHY, WHY, "confirmed")
    assert {one.title for one in remediation.of_case(session, case.id) if one.made_by_id} == {f"Ring {WHO}"}
    assert all(one.title and not one.sealed for one in remediation.of_case(session, case.id) if one.made_by_id is None)
    assert session.scalars(select(Notice)).one().state_reason == WHY

    # The record says them too: on its page, in its export, and in the timeline of the case
    lines = record.page(session, Asked(case=case.ref), by=desk.people.auditor, limit=500).lines
    assert sum(WHO in one.detail for one in lines) >= 17
    assert WHO in "".join(record.export(session, Asked(case=case.ref), by=desk.people.auditor, now=desk.now))
    said = cases.details_of(session, case, cases.timeline(session, case.id)).values()
    assert {"risk.decided", "hold.set"} <= {one.action for one in cases.timeline(session, case.id)}
    assert sum(one.get("reason") == WHY for one in said) >= 14
    assert sum(WHO in str(one.get("title")) for one in said) == 5
    shown = next(writing_down.entries(session, [case.id]))
    assert WHY in str(shown)


def test_t86_a_fresh_key_seals_every_reason_anew(desk: Desk, aes: AesVault) -> None:
    case = reasoned(desk)
    before = texts(desk.session)

    made = keys.renew(desk.session, case.id, by=SYSTEM, now=desk.now, vault=aes, tell=lambda *_: None)

    # Then each opens as before, and under the fresh key
    assert (made.shut, made.done) == (0, True)
    desk.session.expunge_all()
    assert texts(desk.session) == before
    ring = desk.session.get_one(Case, case.id).text_key
    assert ring is not None
    for table in ROWS:
        for row in desk.session.scalars(select(table).where(table.sealed != b"")):
            assert aes.place_of(ring, row.sealed) == 0, table


def test_t87_a_reason_in_the_place_of_another_does_not_open(desk: Desk) -> None:
    # Given the decision, the hold and the entry of one case with what is sealed in those of another
    session, other_id = desk.session, desk.case().id
    case_id = reasoned(desk).id
    retention.set_hold(session, other_id, "Another reason, of another case.", by=desk.people.approver, now=desk.now)
    first, last = session.scalars(select(Decision.id).order_by(Decision.id)).all()
    for table, taken, put in ((Decision, first, last), (Hold, 1, 2)):
        session.execute(update(table).where(table.id == put).values(
            sealed=select(table.sealed).where(table.id == taken).scalar_subquery()))
    session.commit()
    session.expunge_all()

    # Then neither opens, which is said where it would have stood, and somebody is woken
    assert session.get_one(Decision, last).reason == "(This text cannot be opened: This was changed, or belongs to another row.)"
    assert "cannot be opened" in session.get_one(Hold, 2).reason
    entry = next(one for one in cases.timeline(session, case_id) if saying.SEALED in one.details)
    moved = Entry(seq=entry.seq + 1, case_id=case_id, details=entry.details)
    broken = Entry(seq=entry.seq, case_id=case_id, details={saying.SEALED: "no base64 «да»", "people": 3})
    said = saying.opened(session, [moved, broken])
    assert "cannot be opened" in said[moved.seq]["reason"]
    assert (said[broken.seq]["people"], "cannot be opened" in said[broken.seq]["reason"]) == (3, True)
    tampering.sound_shut(session, now=desk.now)
    assert woken(session) == ["text", "text"]


def test_t94_what_was_done_stays_in_the_record_when_its_words_are_gone(desk: Desk) -> None:
    # Given a case whose key was destroyed
    session = desk.session
    case = reasoned(desk)
    session.execute(update(Case).values(text_key=None))
    session.commit()
    session.expunge_all()

    # Then the chain is whole, it says who decided what when, and the words are gone from it
    assert audit.verify(session).complete
    case = session.get_one(Case, case.id)
    entry = next(one for one in cases.timeline(session, case.id) if one.action == "risk.decided")
    said = cases.details_of(session, case, [entry])[entry.seq]
    assert (entry.actor_name, said["about"], said["outcome"]) == (desk.people.approver.name, "people", "not_required")
    assert said["reason"] == "(The words are gone: the key of the texts of this case was destroyed when their time had come.)"

    # And what is recorded afterwards is recorded without words that nobody could seal
    with writing(session):
        made = audit.record(session, action="notice.cancelled", by=desk.people.responder, now=desk.now, case_id=case.id,
                            details={"reason": WHY, "people": 3})
    assert made.details == {"reason": sealing.LEFT_OUT, "people": 3}


def test_an_outer_key_that_is_not_at_hand_leaves_words_out_and_stops_nothing(desk: Desk) -> None:
    notice = desk.launched(csv_of(3))
    case_id, engine = notice.case_id, desk.session.get_bind().engine
    desk.session.expunge_all()
    sealing.bind(engine, lambda: AesVault([("k2", b"n" * 32)]))

    deliveries.pause(desk.session, notice.id, WHY, by=desk.people.responder, now=desk.now)

    newest = next(one for one in cases.timeline(desk.session, case_id) if one.action == "notice.paused")
    assert newest.details == {"reason": sealing.LEFT_OUT}
    assert desk.session.get_one(Notice, notice.id, populate_existing=True).state_reason == sealing.LEFT_OUT


def test_a_request_about_no_case_is_sealed_under_a_key_of_its_own(desk: Desk) -> None:
    session, by = desk.session, desk.people.admin
    with writing(session):
        made = proposals.put(session, "people.make_approver", subject="user", subject_id=7, facts={"roles": ["approver"]},
                             reason="She stands in for the officer.", by=by, now=desk.now)
    session.expunge_all()

    kept = session.scalars(select(Proposal).where(Proposal.public_id == made.public_id)).one()
    assert kept.text_key is not None
    assert (kept.facts, kept.reason, kept.answer_reason) == ({"roles": ["approver"]}, "She stands in for the officer.", "")
    table = Base.metadata.tables["proposals"]
    assert b"officer" not in session.execute(select(table.c.sealed)).scalar_one()
    session.execute(update(Proposal).values(sealed=b"other"))
    session.commit()
    session.expunge_all()
    assert "cannot be opened" in session.scalars(select(Proposal)).one().reason
