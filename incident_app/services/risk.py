"""Score a breach by ENISA's method, and decide: the score proposes, a named human decides with a reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incident_app.domain import risk as rules
from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.cases import CaseState, PeopleData, move_refusal
from incident_app.domain.refusals import Conflict, NotFound, Refused
from incident_app.domain.regimes import Law
from incident_app.models.cases import Case
from incident_app.models.obligations import OWED, of_case
from incident_app.models.risk import Assessment, Decision
from incident_app.services import audit, obligations
from incident_app.services.unit import writing

REQUIRED, NOT_REQUIRED, NEED_MORE_FACTS = "required", "not_required", "need_more_facts"
OUTCOMES = (REQUIRED, NOT_REQUIRED, NEED_MORE_FACTS)
SUBJECTS: dict[str, tuple[str, ...]] = {
    "authority": ("authority", "controller", "other"),
    "people": ("data_subjects",),
}
SHORTEST_REASON = 10


@dataclass(frozen=True, slots=True)
class Extra:
    """Facts that decide beside the score; ``None`` means not known yet (see :class:`rules.RiskFacts`)."""

    exfiltration_excluded: bool | None = None
    restored_in_time: bool | None = None
    recipients_known: bool | None = None
    recipient_trusted: bool | None = None
    identity_theft: bool | None = None
    vulnerable_people: bool | None = None


def _risk_facts(case: Case, extra: Extra, law: Law) -> rules.RiskFacts:
    plain = rules.RiskFacts(
        people_data=PeopleData(case.people_data), people=case.people, confidentiality=case.confidentiality,
        integrity=case.integrity, availability=case.availability, malicious=case.malicious,
        unintelligible=case.unintelligible, exfiltration_excluded=extra.exfiltration_excluded,
        restored_in_time=extra.restored_in_time, recipients_known=extra.recipients_known,
        recipient_trusted=extra.recipient_trusted, identity_theft=extra.identity_theft,
        vulnerable_people=extra.vulnerable_people,
    )
    return rules.from_categories(plain, [law.categories[name] for name in case.data_categories])


def _plain(answers: rules.Answers, reasons: dict[str, str], extra: Extra) -> dict[str, Any]:
    return {
        "classes": [
            {"class": one.data_class.value, "adjust": one.adjust, "reason": one.reason} for one in answers.classes
        ],
        "ei": rules.figure(answers.ei),
        "confidentiality": rules.figure(answers.confidentiality),
        "integrity": rules.figure(answers.integrity),
        "availability": rules.figure(answers.availability),
        "malicious": answers.malicious,
        "reasons": reasons,
        "extra": {name: getattr(extra, name) for name in Extra.__slots__},
    }


def _open_case(session: Session, case_id: int) -> Case:
    case = session.scalar(select(Case).where(Case.id == case_id).with_for_update(of=Case))
    if case is None:
        raise NotFound("There is no such case.")
    refusal = move_refusal(CaseState(case.state), CaseState.ASSESSED)
    if refusal is not None:
        raise Conflict(refusal)
    return case


def latest(session: Session, case_id: int) -> Assessment | None:
    """Return the newest assessment of a case."""
    return session.scalar(
        select(Assessment).where(Assessment.case_id == case_id).order_by(Assessment.number.desc()).limit(1)
    )


def history(session: Session, case_id: int) -> Sequence[Assessment]:
    """Return every assessment of a case, the newest first."""
    return session.scalars(
        select(Assessment).where(Assessment.case_id == case_id).order_by(Assessment.number.desc())
    ).all()


def decisions(session: Session, case_id: int) -> Sequence[Decision]:
    """Return every decision about a case, the newest first."""
    return session.scalars(select(Decision).where(Decision.case_id == case_id).order_by(Decision.id.desc())).all()


def decided(session: Session, case_id: int) -> dict[str, Decision]:
    """Return the decision that counts, by subject (authority, people)."""
    counts: dict[str, Decision] = {}
    for decision in reversed(decisions(session, case_id)):
        counts[decision.subject] = decision
    return counts


def assess(
    session: Session, case_id: int, answers: rules.Answers, *, reasons: dict[str, str], extra: Extra, by: Actor,
    now: datetime, law: Law,
) -> Assessment:
    """Score a case: a new version with the reasons, never over the old one. Returns the frozen assessment."""
    require(by, Permission.ASSESS)
    severity = rules.score(answers)
    with writing(session):
        case = _open_case(session, case_id)
        outcome = rules.propose(_risk_facts(case, extra, law), severity)
        newest = session.scalar(select(func.max(Assessment.number)).where(Assessment.case_id == case_id)) or 0
        assessment = Assessment(
            case_id=case_id, number=newest + 1, method=rules.METHOD, answers=_plain(answers, reasons, extra),
            dpc=rules.figure(severity.dpc), ei=rules.figure(severity.ei), cb=rules.figure(severity.cb),
            se=rules.figure(severity.se), level=severity.level.value,
            reasons=[*severity.reasons, *severity.flags],
            proposal={"authority": outcome.notify_authority, "people": outcome.tell_people,
                      "reasons": list(outcome.reasons)},
            by_id=by.id, at=now,
        )
        session.add(assessment)
        if case.state == CaseState.LOGGED.value:
            case.state = CaseState.ASSESSED.value
        session.flush()
        audit.record(
            session, action="risk.assessed", by=by, now=now, case_id=case_id, subject="assessment",
            subject_id=assessment.id,
            details={"se": assessment.se, "level": assessment.level, "number": assessment.number},
        )
    return assessment


def decide(
    session: Session, case_id: int, subject: str, outcome: str, reason: str, *, by: Actor, now: datetime
) -> Decision:
    """Record what a human decided about the duty to tell ``subject`` (authority | people); the duties follow it."""
    require(by, Permission.DECIDE)
    problems: dict[str, str] = {}
    if subject not in SUBJECTS:
        problems["subject"] = "Choose authority or people."
    if outcome not in OUTCOMES:
        problems["outcome"] = "Choose required, not required, or need more facts."
    if len(reason.strip()) < SHORTEST_REASON:
        problems["reason"] = "Say why: the record must show it (Art 33(5))."
    if problems:
        raise Refused("The decision was not recorded.", problems)
    with writing(session):
        case = _open_case(session, case_id)
        assessment = latest(session, case_id)
        if assessment is None:
            raise Refused("Score the severity first: a decision rests on an assessment.", {})
        proposed = bool(assessment.proposal.get(subject))
        decision = Decision(
            case_id=case_id, assessment_id=assessment.id, subject=subject, outcome=outcome, proposed=proposed,
            differs=outcome != NEED_MORE_FACTS and (outcome == REQUIRED) != proposed, reason=reason.strip(),
            by_id=by.id, at=now,
        )
        session.add(decision)
        session.flush()
        audit.record(
            session, action="risk.decided", by=by, now=now, case_id=case_id, subject="decision",
            subject_id=decision.id,
            details={"about": subject, "outcome": outcome, "differs": decision.differs, "reason": reason.strip()},
        )
        if outcome != NEED_MORE_FACTS:
            obligations.decide(
                session, case, SUBJECTS[subject], owed=outcome == REQUIRED, reason=reason.strip(), by=by, now=now
            )
            _decided_both(session, case)
    return decision


def _decided_both(session: Session, case: Case) -> None:
    """Once both are decided the case is; it stays a notified one unless the decision means to tell somebody more."""
    settled = decided(session, case.id)
    if any(subject not in settled or settled[subject].outcome == NEED_MORE_FACTS for subject in SUBJECTS):
        return
    waiting = any(row.state == OWED for row in session.scalars(of_case(case.id)) if row.recipient_type != "register")
    if waiting or case.state != CaseState.NOTIFIED.value:
        case.state = CaseState.DECIDED.value
