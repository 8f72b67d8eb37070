"""Record that a filing reached the authority: with moment, way, reference and proof. Only then the duty is done.

An approver records it; whoever works on the case may have sent it, and asks an approver to record it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from incident_app.domain import documents as document_rules
from incident_app.domain import filings as rules
from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.documents import DocumentKind
from incident_app.domain.filings import FilingState, Form, How
from incident_app.domain.ports import Calendar, Vault
from incident_app.domain.refusals import Conflict, Refused
from incident_app.domain.regimes import Law, Threshold
from incident_app.models.filings import Filing
from incident_app.models.obligations import DISCHARGED
from incident_app.models.proposals import Proposal
from incident_app.models.reports import Document
from incident_app.services import audit, documents, obligations, proposals
from incident_app.services.filings.records import form_of, locked, owed_late, situation_of
from incident_app.services.holding import locked_case
from incident_app.services.unit import writing

KIND = "filing.submission"


def mark_submitted(
    session: Session, filing_id: int, *, submitted_at: datetime, how: str, reference: str, proof_name: str,
    proof_bytes: bytes, late_reason: str = "", by: Actor, now: datetime, vault: Vault, forms: Mapping[str, Form],
    law: Law, calendar: Calendar, version: int | None = None, proof_type: str = "application/octet-stream",
) -> Filing:
    """Record the submission of an approved filing and discharge its duty; from then on it never changes.

    What the law asks for next, such as the rest of an incomplete filing (Art 33(4)), arises with it.

    ``how`` is portal, email, phone or post. Raises ``Refused`` by field: a moment in the future or before awareness,
    no reference, no proof, or lateness without its reasons (Art 33(1)); the reasons may stand in the filing itself.
    """
    require(by, Permission.MARK_SUBMITTED)
    with writing(session):
        filing = locked(session, filing_id, version, FilingState.APPROVED)
        case = locked_case(session, filing.case_id)
        reason = late_reason.strip() or _written_reason(filing)
        problems = _problems(filing, submitted_at, how, reference, proof_name, proof_bytes, reason, now)
        if problems:
            raise Refused("It was not recorded as filed.", problems)
        proof = documents.keep(session, case, kind=DocumentKind.PROOF.value, name=proof_name, media_type=proof_type,
                               content=proof_bytes, by=by, now=now, vault=vault)
        _submit(session, filing, form_of(filing, forms), _Sent(submitted_at, how, reference.strip(), reason, proof), by, now)
        obligations.arise(session, case, by=by, now=now, law=law, calendar=calendar)
    return filing


def ask_submitted(
    session: Session, filing_id: int, *, submitted_at: datetime, how: str, reference: str, proof_name: str,
    proof_bytes: bytes, late_reason: str = "", by: Actor, now: datetime, vault: Vault, version: int | None = None,
    proof_type: str = "application/octet-stream",
) -> Proposal:
    """Say that an approved filing reached the authority, with the proof, and ask an approver to record it.

    Raises what :func:`mark_submitted` raises. The proof is kept with the case whatever the approver answers.
    """
    require(by, Permission.ASK_APPROVER)
    with writing(session):
        filing = locked(session, filing_id, version, FilingState.APPROVED)
        case = locked_case(session, filing.case_id)
        reason = late_reason.strip() or _written_reason(filing)
        problems = _problems(filing, submitted_at, how, reference, proof_name, proof_bytes, reason, now)
        if problems:
            raise Refused("No approver was asked.", problems)
        proof = documents.keep(session, case, kind=DocumentKind.PROOF.value, name=proof_name, media_type=proof_type,
                               content=proof_bytes, by=by, now=now, vault=vault)
        return proposals.put(
            session, KIND, subject="filing", subject_id=filing.id, case_id=case.id, by=by, now=now,
            reason=f"It was filed by {how}, reference {reference.strip()}.",
            facts={"at": submitted_at.isoformat(), "how": how, "reference": reference.strip(), "late_reason": reason,
                   "proof": proof.id, "content_hash": filing.approved_hash})


def asked_submitted(session: Session, filing: Filing, *, now: datetime) -> Proposal | None:
    """Return the request to record this filing as submitted that nobody answered yet."""
    found = proposals.waiting(session, [KIND], now=now, case_id=filing.case_id)
    return next((one for one in found if one.subject_id == str(filing.id)), None)


def answer_submitted(
    session: Session, filing_id: int, public_id: str, *, agreed: bool, reason: str = "", by: Actor, now: datetime,
    forms: Mapping[str, Form], law: Law, calendar: Calendar,
) -> Filing:
    """Record what somebody says was filed, or refuse with a reason.

    Raises ``Conflict`` where another version than the one that was sent is approved by now.
    """
    require(by, Permission.MARK_SUBMITTED)
    with writing(session):
        filing = locked(session, filing_id, None, FilingState.APPROVED)
        case = locked_case(session, filing.case_id)
        proposals.about(session, KIND, public_id, "filing", filing_id)
        if not agreed:
            proposals.refuse(session, KIND, public_id, reason, by=by, now=now)
            return filing
        facts = proposals.agree(session, KIND, public_id, by=by, now=now).facts
        if facts["content_hash"] != filing.approved_hash:
            raise Conflict("Another version of this filing was approved since it was sent. Nothing was recorded.")
        sent = _Sent(datetime.fromisoformat(facts["at"]), facts["how"], facts["reference"], facts["late_reason"],
                     session.get_one(Document, facts["proof"]))
        _submit(session, filing, form_of(filing, forms), sent, by, now)
        obligations.arise(session, case, by=by, now=now, law=law, calendar=calendar)
    return filing


@dataclass(frozen=True, slots=True)
class _Sent:
    at: datetime
    how: str
    reference: str
    late_reason: str
    proof: Document


def _submit(session: Session, filing: Filing, form: Form, sent: _Sent, by: Actor, now: datetime) -> None:
    _freeze(filing, form, sent.at, by)
    filing.how, filing.reference, filing.proof_document_id = sent.how, sent.reference, sent.proof.id
    filing.late_reason = sent.late_reason if filing.late_by_seconds else ""
    audit.record(
        session, action="filing.submitted", by=by, now=now, case_id=filing.case_id, subject="filing", subject_id=filing.id,
        details={"at": sent.at.isoformat(), "how": sent.how, "reference": sent.reference, "proof": sent.proof.sha256,
                 "content_hash": filing.approved_hash, "complete": filing.complete},
    )
    _discharge(session, filing, sent.at, sent.proof.id, by=by, now=now)


def _discharge(session: Session, filing: Filing, at: datetime, proof_id: int, *, by: Actor, now: datetime) -> None:
    """End the duty of this filing; the rest of an earlier one is told only with what was complete."""
    duty = filing.obligation
    rest = duty.threshold_id == Threshold.STILL_MISSING
    if duty.state != DISCHARGED and (filing.complete or not rest):
        obligations.discharge(
            session, duty, at=at, how=filing.how, reference=filing.reference, proof_document_id=proof_id,
            late_reason=filing.late_reason, by=by, now=now,
        )
    if filing.complete:
        obligations.supplemented(session, duty, at=at, how=filing.how, reference=filing.reference,
                                 proof_document_id=proof_id, by=by, now=now)


def _written_reason(filing: Filing) -> str:
    answer = rules.from_json(filing.answers).get("late_reasons")
    return str(answer.value) if answer is not None and answer.answered else ""


def _problems(
    filing: Filing, submitted_at: datetime, how: str, reference: str, proof_name: str, proof: bytes, reason: str, now: datetime,
) -> dict[str, str]:
    problems = {}
    if submitted_at > now:
        problems["submitted_at"] = "This moment is still to come."
    elif submitted_at < filing.case.aware_at.replace(second=0, microsecond=0):  # receipts know minutes, not seconds
        problems["submitted_at"] = "This is before you became aware of the breach."
    if how not in set(How):
        problems["how"] = f"Choose {', '.join(How)}."
    if not reference.strip():
        problems["reference"] = "Give the authority's reference or receipt number: the clock stops on proof only."
    if words := document_rules.problems(DocumentKind.PROOF.value, proof, named=bool(proof_name)).get("file"):
        problems["proof"] = f"{words} It is the receipt, the sent email or a picture of the confirmation."
    if owed_late(filing, submitted_at) is not None and not reason:
        problems["late_reason"] = "It was late: the law asks for the reasons with it (Art 33(1))."
    return problems


def _freeze(filing: Filing, form: Form, submitted_at: datetime, by: Actor) -> None:
    filing.submitted_at, filing.submitted_by_id = submitted_at, by.id
    filing.state = FilingState.SUBMITTED.value
    filing.late_by_seconds = owed_late(filing, submitted_at)
    situation = situation_of(filing, submitted_at)
    filing.complete = rules.cover(form, rules.from_json(filing.answers), situation).complete
    filing.version += 1
