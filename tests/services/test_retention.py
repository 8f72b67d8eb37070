"""What goes when: periods that are only lowered, holds that stop everything, two people to lift them or to erase early."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, undefer

from incident_app.domain.accounts import Actor
from incident_app.domain.refusals import Conflict, Forbidden, NotFound, Refused
from incident_app.domain.retention import DEFAULTS, PROVIDERS, Going, Kind, Periods
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.deliveries import Delivery, Proof, Receipt
from incident_app.models.notices import Notice
from incident_app.models.recipients import Recipient
from incident_app.models.reports import Document
from incident_app.models.retention import Destroyed
from incident_app.services import audit, documents, recipients, reports, retention, saying
from incident_app.services.reports import proving
from tests.fakes import FakeClock, FakePdf
from tests.letters_kit import Desk, csv_of
from tests.people import People

WHY = "The court asked for it yesterday."


@pytest.fixture
def desk(session: Session, people: People, clock: FakeClock) -> Desk:
    return Desk(session, people, clock)


def closed(desk: Desk, case_id: int) -> None:
    desk.session.execute(update(Case).where(Case.id == case_id).values(state="closed", closed_at=desk.now))
    desk.session.commit()


def sent(desk: Desk) -> Notice:
    """Return a notice everybody got, in a case closed since."""
    notice = desk.launched(csv_of(4))
    desk.send_all()
    closed(desk, notice.case_id)
    return notice


def erased(desk: Desk) -> int:
    return recipients.erase_due(desk.session, now=desk.now, vault=desk.vault)


def evidence(desk: Desk, case_id: int, kind: str = "evidence") -> Document:
    return documents.add(desk.session, case_id, kind=kind, name="log.txt", media_type="text/plain", content=b"log",
                         by=desk.people.responder, now=desk.now, vault=desk.vault)


def acts(desk: Desk, *actions: str) -> list[str]:
    return list(desk.session.scalars(select(Entry.action).where(Entry.action.in_(actions)).order_by(Entry.seq)))


def going(desk: Desk, by: Actor | None = None) -> list[Going]:
    found = retention.plan(desk.session, by=by or desk.people.auditor, now=desk.now).going
    assert found is not None
    return list(found)


# ------------------------------------------------------------------------------------------------------------ periods


def lowered(desk: Desk, wanted: Periods, version: int = 0, reason: str = WHY, by: Actor | None = None) -> tuple[int, Periods]:
    return retention.lower(desk.session, wanted, reason, version=version, by=by or desk.people.admin, now=desk.now)


def test_an_administrator_shortens_periods_and_what_is_due_follows(desk: Desk) -> None:
    notice = sent(desk)
    assert retention.current(desk.session) == (0, DEFAULTS)

    assert lowered(desk, replace(DEFAULTS, people=30)) == (1, replace(DEFAULTS, people=30))

    assert recipients.due_at(desk.session, desk.session.get_one(Case, notice.case_id)) == desk.now + timedelta(days=30)
    desk.clock.move(days=31)
    assert erased(desk) == 1
    entry = desk.session.scalars(select(Entry).where(Entry.action == "retention.lowered")).one()
    assert entry.details == {"changed": {"people": [90, 30]}, "reason": WHY}


def test_periods_are_never_raised_and_never_too_short(desk: Desk) -> None:
    lowered(desk, replace(DEFAULTS, people=30))

    with pytest.raises(Refused) as refused:
        lowered(desk, Periods(people=31, people_most=5, events=30, evidence=1096, exports=24), 1, "short")

    assert set(refused.value.problems) == {"people", "people_most", "reason"}
    assert "only shorter than now (30 days)" in refused.value.problems["people"]
    assert "at least 30 days" in refused.value.problems["people_most"]
    with pytest.raises(Refused, match="not changed") as same:
        lowered(desk, replace(DEFAULTS, people=30), 1)
    assert same.value.problems == {"people": "Nothing is different."}
    with pytest.raises(Conflict, match="while you were editing"):
        lowered(desk, replace(DEFAULTS, people=20), 0)
    with pytest.raises(Forbidden):
        lowered(desk, replace(DEFAULTS, people=20), 1, by=desk.people.approver)
    assert retention.current(desk.session)[0] == 1


def test_periods_of_an_older_version_are_as_by_default_where_they_said_nothing() -> None:
    assert Periods.of({"people": 30, "gone": 1}) == replace(DEFAULTS, people=30)
    assert "custom" not in PROVIDERS[0].keeps
    assert "random public id" in PROVIDERS[1].keeps


# -------------------------------------------------------------------------------------------------------------- holds


def test_a_hold_is_set_at_once_and_stops_every_erasure(desk: Desk) -> None:
    # Given a case whose contacts and evidence are due
    notice = desk.launched(csv_of(4))
    file = evidence(desk, notice.case_id)
    desk.send_all()
    closed(desk, notice.case_id)
    desk.clock.move(days=2000)

    # When it is held
    retention.set_hold(desk.session, notice.case_id, WHY, by=desk.people.approver, now=desk.now)

    # Then nothing goes, and the plan says why
    assert erased(desk) == 0
    assert retention.clear_due(desk.session, now=desk.now, vault=desk.vault) == (0, 0)
    assert {(one.kind, one.held, one.due(desk.now)) for one in going(desk)} == {
        (Kind.PEOPLE, True, False), (Kind.EVIDENCE, True, False), (Kind.TEXTS, True, False)}
    assert {one.why for one in going(desk)} == {"Legal hold: nothing is erased until two people lift it."}
    assert len(desk.session.scalars(select(Recipient).where(Recipient.sealed != b"")).all()) == 4
    assert desk.session.get_one(Document, file.id, options=[undefer(Document.sealed)], populate_existing=True).sealed
    with pytest.raises(Conflict, match="legal hold: nothing"):
        retention.ask_erase(desk.session, notice.case_id, WHY, by=desk.people.approver, now=desk.now)


def test_a_hold_takes_an_approver_and_a_reason_and_stands_once(desk: Desk) -> None:
    case = desk.case()
    for other in (desk.people.responder, desk.people.admin, desk.people.auditor):
        with pytest.raises(Forbidden):
            retention.set_hold(desk.session, case.id, WHY, by=other, now=desk.now)
    with pytest.raises(Refused, match="No hold was set"):
        retention.set_hold(desk.session, case.id, "because", by=desk.people.approver, now=desk.now)
    with pytest.raises(NotFound):
        retention.set_hold(desk.session, 999, WHY, by=desk.people.approver, now=desk.now)
    retention.set_hold(desk.session, case.id, WHY, by=desk.people.approver, now=desk.now)
    with pytest.raises(Conflict, match="already"):
        retention.set_hold(desk.session, case.id, WHY, by=desk.people.approver, now=desk.now)


def test_lifting_takes_a_second_person(desk: Desk) -> None:
    # Given a held case, and a request to lift it
    notice = sent(desk)
    case_id, first, second = notice.case_id, desk.people.approver, desk.people.second_approver
    with pytest.raises(Conflict, match="not on legal hold"):
        retention.ask_lift(desk.session, case_id, WHY, by=first, now=desk.now)
    retention.set_hold(desk.session, case_id, WHY, by=first, now=desk.now)
    asked = retention.ask_lift(desk.session, case_id, "The court is done with it.", by=first, now=desk.now)
    assert [one.id for one in retention.waiting(desk.session, case_id, now=desk.now)[0]] == [asked.id]

    # When the first tries it alone, or by another account, or by another case
    for alone in (first, replace(second, person_id=first.id)):
        with pytest.raises(Forbidden, match="You asked"):
            retention.lift(desk.session, case_id, asked.public_id, by=alone, now=desk.now)
    with pytest.raises(NotFound):
        retention.lift(desk.session, desk.case().id, asked.public_id, by=second, now=desk.now)
    assert retention.hold_of(desk.session, case_id) is not None

    # Then nothing happens; the second lifts it, and what was due goes
    retention.lift(desk.session, case_id, asked.public_id, by=second, now=desk.now)
    assert retention.hold_of(desk.session, case_id) is None
    assert [one.lift_reason for one in retention.earlier_holds(desk.session, case_id)] == ["The court is done with it."]
    desk.clock.move(days=91)
    assert erased(desk) == 1
    assert acts(desk, "hold.set", "hold.lift.asked", "hold.lift.agreed", "hold.lifted") == [
        "hold.set", "hold.lift.asked", "hold.lift.agreed", "hold.lifted"]


def test_a_request_to_lift_is_about_one_hold_and_can_be_refused(desk: Desk) -> None:
    case, first, second = desk.case(), desk.people.approver, desk.people.second_approver
    retention.set_hold(desk.session, case.id, WHY, by=first, now=desk.now)
    asked = retention.ask_lift(desk.session, case.id, WHY, by=first, now=desk.now)
    retention.refuse_lift(desk.session, case.id, asked.public_id, "The appeal is still open.", by=second, now=desk.now)
    with pytest.raises(Conflict, match="answered already"):
        retention.lift(desk.session, case.id, asked.public_id, by=second, now=desk.now)

    # A request of an earlier hold does not lift a later one
    old = retention.ask_lift(desk.session, case.id, WHY, by=first, now=desk.now)
    hold = retention.hold_of(desk.session, case.id)
    assert hold is not None
    hold.lifted_at = desk.now
    desk.session.commit()
    for _ in range(2):
        with pytest.raises(Conflict, match="stands no more"):
            retention.lift(desk.session, case.id, old.public_id, by=second, now=desk.now)
        if retention.hold_of(desk.session, case.id) is None:
            retention.set_hold(desk.session, case.id, WHY, by=first, now=desk.now)


# -------------------------------------------------------------------------------------------------------- early erasure


def test_two_people_erase_early_and_the_proof_survives(desk: Desk) -> None:
    # Given a notice that has ended with failures, in an open case
    notice = desk.launched(csv_of(4))
    desk.send_all()
    digest = desk.session.scalars(select(Proof.digest)).one()
    case_id, first, second = notice.case_id, desk.people.approver, desk.people.second_approver
    assert retention.early_of(desk.session, case_id) == retention.Early(1, 4, "")

    # When one asks and another agrees
    asked = retention.ask_erase(desk.session, case_id, WHY, by=first, now=desk.now)
    assert [one.id for one in retention.waiting(desk.session, case_id, now=desk.now)[1]] == [asked.id]
    with pytest.raises(Forbidden, match="You asked"):
        retention.erase_early(desk.session, case_id, asked.public_id, by=first, now=desk.now, vault=desk.vault)
    assert retention.erase_early(desk.session, case_id, asked.public_id, by=second, now=desk.now, vault=desk.vault) == (1, 4)

    # Then the contacts are gone with their key, and the proof is what it was, printed too
    assert set(desk.session.scalars(select(Recipient.sealed))) == {b""}
    assert desk.session.get_one(Case, case_id, populate_existing=True).data_key is None
    assert desk.session.scalars(select(Proof.digest)).one() == digest
    assert desk.session.scalar(select(func.count()).select_from(Delivery)) == 4
    matter = proving.proof_matter(desk.session, desk.session.get_one(Notice, notice.id), desk.now)
    assert (matter["digest"], matter["people"]["accepted"], matter["people"]["total"]) == (digest, 4, 4)
    printed = reports.proof_pdf(desk.session, desk.session.get_one(Notice, notice.id), by=desk.people.auditor,
                                now=desk.now, pdf=FakePdf())
    assert printed.startswith(b"%PDF")
    entry = desk.session.scalars(select(Entry).where(Entry.action == "recipients.erased")).one()
    assert saying.opened(desk.session, [entry])[entry.seq] == {"lists": 1, "people": 4, "reason": WHY}
    assert entry.actor_id == second.id
    assert retention.early_of(desk.session, case_id).why_not == "There are no contacts."
    assert audit.verify(desk.session).complete


def test_nothing_is_erased_early_while_a_notice_is_sent(desk: Desk) -> None:
    notice = desk.launched(csv_of(4))

    with pytest.raises(Conflict, match="under way"):
        retention.ask_erase(desk.session, notice.case_id, WHY, by=desk.people.approver, now=desk.now)

    assert "A notice to them is under way" in going(desk)[0].why
    assert going(desk)[0].at is None


def test_what_is_erased_is_what_was_asked_for(desk: Desk) -> None:
    case = desk.case()
    desk.listed(case, csv_of(3))
    asked = retention.ask_erase(desk.session, case.id, WHY, by=desk.people.approver, now=desk.now)
    desk.listed(case, csv_of(5))

    with pytest.raises(Conflict, match="not those it was asked for"):
        retention.erase_early(desk.session, case.id, asked.public_id, by=desk.people.second_approver, now=desk.now,
                              vault=desk.vault)

    assert len(desk.session.scalars(select(Recipient).where(Recipient.sealed != b"")).all()) == 8
    with pytest.raises(NotFound):
        retention.refuse_erase(desk.session, desk.case().id, asked.public_id, "", by=desk.people.approver, now=desk.now)
    retention.refuse_erase(desk.session, case.id, asked.public_id, "", by=desk.people.approver, now=desk.now)
    assert acts(desk, "recipients.erase_early.withdrawn", "recipients.erased") == ["recipients.erase_early.withdrawn"]


# ------------------------------------------------------------------------------------------------------------- the plan


def test_the_plan_says_what_goes_when_and_why(desk: Desk) -> None:
    still_open = desk.case()
    desk.listed(still_open, csv_of(2))
    evidence(desk, still_open.id)
    notice = sent(desk)

    found = {(one.case_id, one.kind): one for one in going(desk)}

    open_people = found[still_open.id, Kind.PEOPLE]
    assert (open_people.count, open_people.at) == (2, desk.now + timedelta(days=365))
    assert open_people.why == "The case is open: at most 365 days after the newest list came."
    assert found[still_open.id, Kind.EVIDENCE].why == "The case is open: its evidence is kept."
    assert found[notice.case_id, Kind.PEOPLE].at == desk.now + timedelta(days=90)
    assert "90 days after the last notice ended" in found[notice.case_id, Kind.PEOPLE].why
    assert retention.plan(desk.session, by=desk.people.auditor, now=desk.now).holds == ()


def test_an_administrator_sees_the_periods_and_no_case(desk: Desk) -> None:
    sent(desk)

    found = retention.plan(desk.session, by=desk.people.admin, now=desk.now)

    assert (found.going, found.holds, found.periods) == (None, (), DEFAULTS)
    with pytest.raises(Forbidden):
        retention.plan(desk.session, by=desk.people.responder, now=desk.now)


def test_evidence_goes_three_years_after_the_case_was_closed(desk: Desk) -> None:
    case = desk.case()
    file = evidence(desk, case.id)
    evidence(desk, case.id, "proof")
    closed(desk, case.id)
    retention.set_hold(desk.session, case.id, WHY, by=desk.people.approver, now=desk.now)
    assert [ref for ref, _ in retention.plan(desk.session, by=desk.people.auditor, now=desk.now).holds] == [case.ref]
    hold = retention.hold_of(desk.session, case.id)
    assert hold is not None
    hold.lifted_at = desk.now
    desk.session.commit()

    desk.clock.move(days=1095)
    assert retention.clear_due(desk.session, now=desk.now, vault=desk.vault) == (0, 0)
    assert not going(desk)[0].due(desk.now)
    assert going(desk)[0].why == "1096 days after the case was closed."
    desk.clock.move(days=1)
    assert going(desk)[0].due(desk.now)
    assert retention.clear_due(desk.session, now=desk.now, vault=desk.vault) == (1, 0)

    kept = desk.session.get_one(Document, file.id, options=[undefer(Document.sealed)], populate_existing=True)
    assert (kept.sealed, kept.sha256) == (b"", file.sha256)
    assert desk.session.get_one(Destroyed, case.id).files == 2
    assert acts(desk, "documents.erased") == ["documents.erased"]
    assert retention.clear_due(desk.session, now=desk.now, vault=desk.vault) == (0, 0)
    assert [one.kind for one in going(desk)] == [Kind.TEXTS]


def receipt(desk: Desk, number: int, public_id: str, came_at: datetime, applied: bool = True) -> Receipt:
    made = Receipt(provider="sendgrid", event_key=f"k{number}", delivery_public_id=public_id, kind="delivered", at=came_at,
                   came_at=came_at, due_at=came_at, applied_at=came_at if applied else None)
    desk.session.add(made)
    return made


def test_raw_receipts_go_after_thirty_days_unless_they_are_needed(desk: Desk) -> None:
    # Given receipts: applied, not yet applied, young, of a held case, of nobody
    finished, other = sent(desk), desk.launched(csv_of(2))
    desk.send_all()
    retention.set_hold(desk.session, other.case_id, WHY, by=desk.people.approver, now=desk.now)
    first, held = (desk.session.scalars(select(Delivery.public_id).where(Delivery.notice_id == one.id)).first() or ""
                   for one in (finished, other))
    old = desk.now
    for number, (public_id, applied) in enumerate(((first, True), (first, False), (held, True), ("nobody", True))):
        receipt(desk, number, public_id, old, applied)
    desk.clock.move(days=31)
    receipt(desk, 9, first, desk.now)
    desk.session.commit()

    assert retention.clear_due(desk.session, now=desk.now, vault=desk.vault, at_once=1) == (0, 2)

    assert set(desk.session.scalars(select(Receipt.event_key))) == {"k1", "k2", "k9"}
