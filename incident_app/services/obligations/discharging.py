"""Stop the clock of a duty, with proof."""

from datetime import datetime

from sqlalchemy.orm import Session

from incident_app.domain import documents as document_rules
from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.cases import CaseState
from incident_app.domain.documents import DocumentKind
from incident_app.domain.ports import Vault
from incident_app.domain.refusals import Conflict, Refused
from incident_app.domain.regimes import Threshold
from incident_app.models.cases import Case
from incident_app.models.obligations import DISCHARGED, EXCUSED, OWED, STILL_OPEN, Obligation, of_case
from incident_app.services import alerts, audit, documents
from incident_app.services.holding import locked_case
from incident_app.services.obligations.deciding import SHORTEST_REASON, find_duty
from incident_app.services.unit import writing

TO_BE_FOLLOWED = ""
FILED = frozenset({"authority", "register"})
HOWS = {"portal": "Portal", "email": "Email", "phone": "Telephone", "post": "Post", "notice": "Written notice, handed over"}
PUBLIC = {"public": "In public (Art 34(3)(c))"}
OUR_MESSAGE = "by our message, which a provider took"


def by_our_message(duty: Obligation) -> bool:
    """Whether a notice sent from here ended it, not a person by hand: whoever does, adds the proof as a file."""
    return duty.discharged_how == "notice" and duty.proof_document_id is None


def how_words(duty: Obligation) -> str:
    """Return how somebody was told as it stands in a sentence: by email, in public."""
    if by_our_message(duty):
        return OUR_MESSAGE
    how = duty.discharged_how
    return "in public" if how in PUBLIC else f"by {HOWS.get(how, how).lower()}"


def discharge(
    session: Session, obligation: Obligation, *, at: datetime, how: str, reference: str,
    proof_document_id: int | None, late_reason: str, public_reason: str = "", by: Actor, now: datetime,
) -> Obligation:
    """Stop the clock of one duty, with proof. Call inside a write unit.

    ``public_reason``: why people were told in public, and not one by one: only where that would take disproportionate
    effort may they be (GDPR Art 34(3)(c); other laws have conditions of their own).

    Raises ``Conflict`` when it was stopped before, ``Refused`` for a moment in the future or before the anchor, or
    for lateness or telling in public without the reasons. The stages that follow arise at the next look at the law.
    """
    if obligation.state == DISCHARGED:
        raise Conflict("This duty was discharged before. Its record stays as it was.")
    problems: dict[str, str] = {}
    if how in PUBLIC and len(public_reason.strip()) < SHORTEST_REASON:
        problems["public_reason"] = "Say why they were told in public and not one by one: the law allows it on a ground only."
    if at > now:
        problems["submitted_at"] = "This moment is still to come."
    elif obligation.anchor_at is not None and at < obligation.anchor_at.replace(second=0, microsecond=0):
        # Receipts know minutes, not seconds.
        problems["submitted_at"] = "This is before the clock started."
    if not reference.strip():
        problems["reference"] = "Give the reference or receipt number: the clock stops on proof only."
    late = int((at - obligation.due_at).total_seconds()) if obligation.due_at else None
    if late is not None and late > 0 and not late_reason.strip():
        problems["late_reason"] = "It was late: the law asks for the reasons with it (Art 33(1))."
    if problems:
        raise Refused("It was not recorded as done.", problems)
    obligation.state, obligation.discharged_at, obligation.discharged_how = DISCHARGED, at, how
    obligation.receipt_reference, obligation.proof_document_id = reference.strip(), proof_document_id
    obligation.late_by_seconds, obligation.late_reason = late, late_reason.strip()
    obligation.public_reason = public_reason.strip() if how in PUBLIC else ""
    obligation.version += 1
    obligation.case.law_version = TO_BE_FOLLOWED
    alerts.cancel_for_obligation(session, obligation.id, reason="The duty was discharged.", now=now)
    audit.record(
        session, action="obligation.discharged", by=by, now=now, case_id=obligation.case_id, subject="obligation",
        subject_id=obligation.id,
        details={"at": at.isoformat(), "how": how, "reference": reference.strip(), "late_by_seconds": late,
                 "late_reason": late_reason.strip(), "proof": proof_document_id, "public_reason": obligation.public_reason},
    )
    _told_all(session, obligation.case)
    return obligation


def _told_all(session: Session, case: Case) -> None:
    """Once nobody is left to be told, a decided case is a notified one."""
    waiting = [row for row in session.scalars(of_case(case.id))
               if row.state in STILL_OPEN and row.recipient_type != "register"]
    if not waiting and case.state == CaseState.DECIDED.value:
        case.state = CaseState.NOTIFIED.value


def supplemented(
    session: Session, first: Obligation, *, at: datetime, how: str, reference: str, proof_document_id: int | None,
    by: Actor, now: datetime,
) -> None:
    """A complete filing ends the duty to send the same authority what was still missing. Call inside a write unit."""
    for row in session.scalars(of_case(first.case_id)):
        same = (row.regime, row.recipient, row.threshold_id) == (
            first.regime, first.recipient, Threshold.STILL_MISSING.value)
        if same and row.state in STILL_OPEN and row.id != first.id:
            late = row.due_at is not None and at > row.due_at
            discharge(session, row, at=at, how=how, reference=reference, proof_document_id=proof_document_id,
                      late_reason="Sent with the complete filing." if late else "", by=by, now=now)


def mark_done(
    session: Session, case_id: int, obligation_id: int, *, at: datetime, how: str, reference: str, late_reason: str,
    proof_name: str, proof_bytes: bytes, proof_type: str, public_reason: str = "", by: Actor, now: datetime, vault: Vault,
) -> Obligation:
    """Record that somebody was told by other ways than a filing or a notice of this app, with its proof as a file.

    An authority is told by a filing, never by hand. ``how`` is one of :data:`HOWS`, for people also "public", with the reason.
    Raises ``Refused`` by field, ``Conflict`` when it is settled, ``NotFound`` for a duty of another case.
    """
    require(by, Permission.MARK_SUBMITTED)
    problems = {} if how in HOWS | PUBLIC else {"how": f"Choose one of {', '.join(HOWS | PUBLIC)}."}
    if not proof_bytes:
        words = document_rules.problems(DocumentKind.PROOF.value, proof_bytes, named=bool(proof_name))["file"]
        problems["proof"] = f"{words} It is the receipt, the sent message or a picture of the confirmation."
    if problems:
        raise Refused("It was not recorded as done.", problems)
    with writing(session):
        row = find_duty(session, case_id, obligation_id, lock=True)
        if row.state == EXCUSED or row.case.state == CaseState.CLOSED.value:
            raise Conflict("This duty is settled. Nothing was changed.")
        if row.recipient_type in FILED:
            raise Refused(f"{row.recipient} is told by a filing: draft it, have it approved, record its submission.")
        if how in PUBLIC and row.recipient_type != "data_subjects":
            raise Refused("It was not recorded as done.", {"how": "Only people may be told in public (Art 34(3)(c))."})
        case = locked_case(session, case_id)
        proof = documents.keep(session, case, kind=DocumentKind.PROOF.value, name=proof_name, media_type=proof_type,
                               content=proof_bytes, by=by, now=now, vault=vault)
        row.state = row.state if row.state == DISCHARGED else OWED
        return discharge(session, row, at=at, how=how, reference=reference, proof_document_id=proof.id,
                         late_reason=late_reason, public_reason=public_reason, by=by, now=now)
