"""Decide whether somebody is told. What takes a duty away has effect once a second person has confirmed it."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain import risk as rules
from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.cases import CaseState
from incident_app.domain.refusals import Conflict, Forbidden, NotFound, Refused
from incident_app.models.accounts import User
from incident_app.models.cases import Case
from incident_app.models.obligations import EXCUSED, OWED, STILL_OPEN, Obligation, of_case
from incident_app.models.reports import Document
from incident_app.models.risk import Confirmation, Decision
from incident_app.services import accounts, audit, obligations
from incident_app.services.holding import locked_case
from incident_app.services.obligations.deciding import BY_RISK
from incident_app.services.risk.looking import decided, latest, newest_decisions
from incident_app.services.unit import writing

SUBJECTS: dict[str, tuple[str, ...]] = {
    "authority": ("authority", "controller", "other"),
    "people": ("data_subjects",),
}


def decide(
    session: Session, case_id: int, subject: str, outcome: str, reason: str, *, by: Actor, now: datetime,
    exemption: str = "", proof: str = "", document: str = "",
) -> Decision:
    """Record what a human decided about the duty to tell ``subject`` (authority | people); the duties follow it.

    "Not required" where a duty hangs on it waits for another person (:func:`answer`), and changes nothing until then.
    ``exemption`` is a ground of Art 34(3), with its ``proof`` and perhaps a file of the case by its public id.
    """
    require(by, Permission.DECIDE)
    ruling = rules.Ruling(subject, outcome, reason.strip(), exemption, proof.strip(), document.strip())
    problems = rules.problems_of(ruling)
    if problems:
        raise Refused("The decision was not recorded.", problems)
    with writing(session):
        case = locked_case(session, case_id)
        decision = _recorded(session, case, ruling, by, now)
        session.add(decision)
        session.flush()
        audit.record(
            session, action="risk.decided", by=by, now=now, case_id=case_id, subject="decision",
            subject_id=decision.id,
            details={"about": subject, "outcome": outcome, "differs": decision.differs, "reason": ruling.reason,
                     "needs_second": decision.needs_second, "exemption": exemption, "proof": ruling.proof},
        )
        if decision.counts:
            _take_effect(session, case, decision, ruling.reason, by, now)
    return decision


def _recorded(session: Session, case: Case, ruling: rules.Ruling, by: Actor, now: datetime) -> Decision:
    assessment = latest(session, case.id)
    if assessment is None:
        raise Refused("Score the severity first: a decision rests on an assessment.", {})
    proposed = bool(assessment.proposal.get(ruling.subject))
    return Decision(
        case_id=case.id, assessment_id=assessment.id, subject=ruling.subject, outcome=ruling.outcome,
        proposed=proposed, reason=ruling.reason, exemption=ruling.exemption, proof=ruling.proof,
        differs=ruling.outcome != rules.NEED_MORE_FACTS and (ruling.outcome == rules.REQUIRED) != proposed,
        needs_second=ruling.outcome == rules.NOT_REQUIRED and _hangs_on_it(session, case, ruling.subject),
        proof_document=_proof(session, case, ruling.document) if ruling.document else None,
        by_id=by.id or None, at=now,
    )


def _proof(session: Session, case: Case, public_id: str) -> Document:
    found = session.scalar(select(Document).where(Document.case_id == case.id, Document.public_id == public_id))
    if found is None:
        raise Refused("The decision was not recorded.", {"document": "There is no such file in this case."})
    return found


def _hangs_on_it(session: Session, case: Case, subject: str) -> bool:
    """Whether a duty of the case is tested by this decision, so that "not required" would take it away."""
    return any(_tested(duty) and duty.recipient_type in SUBJECTS[subject] for duty in session.scalars(of_case(case.id)))


def _tested(duty: Obligation) -> bool:
    return duty.threshold_id in BY_RISK and not duty.always and duty.state in (*STILL_OPEN, EXCUSED)


def _take_effect(
    session: Session, case: Case, decision: Decision, reason: str, by: Actor, now: datetime
) -> None:
    if decision.outcome == rules.NEED_MORE_FACTS:
        return
    obligations.decide(
        session, case, SUBJECTS[decision.subject], owed=decision.outcome == rules.REQUIRED, reason=reason, by=by, now=now
    )
    settled = decided(session, case.id)
    if any(subject not in settled or settled[subject].outcome == rules.NEED_MORE_FACTS for subject in SUBJECTS):
        return
    waiting = any(row.state == OWED for row in session.scalars(of_case(case.id)) if row.recipient_type != "register")
    if waiting or case.state != CaseState.NOTIFIED.value:  # told already, and nobody more to tell: it stays notified
        case.state = CaseState.DECIDED.value


def answer(
    session: Session, case_id: int, decision_id: int, *, confirmed: bool, reason: str = "", by: Actor, now: datetime
) -> Decision:
    """Confirm a decision not to tell as its second person, or send it back with a reason.

    Raises ``Forbidden`` for who decided it, ``Conflict`` where it does not wait any more, ``Refused`` where sending it
    back has no reason.
    """
    require(by, Permission.DECIDE)
    if not confirmed and len(reason.strip()) < rules.SHORTEST_REASON:
        raise Refused("The decision was not sent back.", {"reason": f"Say why, in at least {rules.SHORTEST_REASON} characters: who decided it has to know."})
    with writing(session):
        case = locked_case(session, case_id)
        decision = _waiting(session, case, decision_id, by)
        session.add(Confirmation(decision=decision, confirmed=confirmed, reason=reason.strip(), by_id=by.id, at=now))
        session.flush()
        audit.record(
            session, action="risk.confirmed" if confirmed else "risk.sent_back", by=by, now=now, case_id=case_id,
            subject="decision", subject_id=decision.id, details={"about": decision.subject, "reason": reason.strip()},
        )
        if confirmed:
            _take_effect(session, case, decision, _whole_reason(session, decision, by), by, now)
    return decision


def _waiting(session: Session, case: Case, decision_id: int, by: Actor) -> Decision:
    decision = session.get(Decision, decision_id)
    if decision is None or decision.case_id != case.id:
        raise NotFound("There is no such decision.")
    newest, assessment = newest_decisions(session, case.id)[decision.subject], latest(session, case.id)
    refusal = rules.confirm_refusal(
        waits=decision.waits, newest=newest.id == decision.id,
        rescored=assessment is not None and assessment.id != decision.assessment_id,
    )
    if refusal is not None:
        raise Conflict(refusal)
    if by.person in accounts.persons_of(session, [decision.by_id]):
        raise Forbidden(rules.YOURSELF)
    return decision


def _whole_reason(session: Session, decision: Decision, by: Actor) -> str:
    parts = (decision.reason, rules.ground(decision.exemption, decision.proof),
             f"Decided by {session.get_one(User, decision.by_id).name}, confirmed by {by.name}.")
    return " ".join(part for part in parts if part)
