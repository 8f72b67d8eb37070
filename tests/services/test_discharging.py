"""Whoever takes no filing is told by other ways, and the record keeps the proof."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.domain.refusals import Conflict, Forbidden, NotFound, Refused
from incident_app.models.obligations import DISCHARGED, OWED, Obligation
from incident_app.models.reports import Document
from incident_app.services import discharging
from tests.builders import a_case
from tests.fakes import START, FakeVault

HOURS = timedelta(hours=1)


def duties(session: Session, by: Actor) -> dict[str, Obligation]:
    """File a breach with people in Russia and Brazil; return its duties by kind of recipient, all owed."""
    case = a_case(session, by, countries=("RU", "BR"))
    found = session.scalars(select(Obligation).where(Obligation.case_id == case.id).order_by(Obligation.due_at)).all()
    for duty in found:
        duty.state = OWED
    session.commit()
    return {duty.recipient_type: duty for duty in found}


def tell(session: Session, duty: Obligation, by: Actor, **facts: object) -> Obligation:
    """Record an email three hours after the call."""
    given: dict[str, object] = {
        "told_at": START + 3 * HOURS, "how": "email", "reference": "K-17", "proof_name": "reply.eml",
        "proof_bytes": b"We have it.", "now": START + 4 * HOURS,
    }
    return discharging.told(session, duty.case_id, duty.id, by=by, vault=FakeVault(), **(given | facts))  # type: ignore[arg-type]  # named by the test


def test_another_body_is_told_with_proof(session: Session, approver: Actor) -> None:
    duty = tell(session, duties(session, approver)["other"], approver)

    assert (duty.state, duty.discharged_how, duty.receipt_reference) == (DISCHARGED, "email", "K-17")
    proof = session.get_one(Document, duty.proof_document_id)
    assert (proof.kind, proof.name, proof.size) == ("proof", "reply.eml", 11)
    with pytest.raises(Conflict, match="discharged, not owed"):
        tell(session, duty, approver)


def test_people_told_late_or_in_public_need_reasons_not_a_new_send(session: Session, approver: Actor) -> None:
    duty = duties(session, approver)["data_subjects"]
    assert duty.due_at is None or duty.due_at > START
    duty.due_at = START + HOURS
    session.commit()

    with pytest.raises(Refused) as refused:
        tell(session, duty, approver, how="public", reference="https://example.org/breach")
    assert set(refused.value.problems) == {"late_reason"}
    assert session.scalar(select(Document)) is None

    told = tell(session, duty, approver, how="public", reference="https://example.org/breach",
                late_reason="Nobody's address was known.")
    assert (told.discharged_how, told.late_by_seconds) == ("public", 2 * 3600)


def test_what_cannot_be_is_refused_in_words(session: Session, approver: Actor, responder: Actor) -> None:
    owed = duties(session, approver)

    with pytest.raises(Forbidden):
        tell(session, owed["other"], responder)
    with pytest.raises(Refused, match="is told by a filing"):
        tell(session, owed["authority"], approver)
    with pytest.raises(NotFound):
        tell(session, owed["register"], approver)
    for facts, field in (({"how": "pigeon"}, "how"), ({"proof_bytes": b""}, "file"), ({"reference": " "}, "reference")):
        with pytest.raises(Refused) as refused:
            tell(session, owed["other"], approver, **facts)
        assert set(refused.value.problems) == {field}
    assert {duty.state for duty in owed.values()} == {OWED}
