"""Duties as they arise, change with the facts, and are discharged with proof or excused with a ground."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain import obligations as rules
from incident_app.domain.accounts import Actor
from incident_app.domain.cases import CaseState, ControllerRole, PeopleData
from incident_app.domain.ports import Calendar
from incident_app.domain.refusals import Conflict, Refused
from incident_app.domain.regimes import CaseFacts, Law
from incident_app.models.cases import Case
from incident_app.models.obligations import (
    DISCHARGED,
    EXCUSED,
    OWED,
    STILL_OPEN,
    SUPERSEDED,
    UNDECIDED,
    Obligation,
    of_case,
)
from incident_app.models.organisation import Organisation
from incident_app.services import alerts, audit

SAME_DUTY = ("regime", "provision", "stage", "recipient_type", "recipient")


def facts_of(session: Session, case: Case) -> CaseFacts:
    """Return what the law asks about a case. Raises ``Refused`` where no organisation has been set up."""
    home = session.scalar(select(Organisation).order_by(Organisation.id))
    if home is None:
        raise Refused("No organisation has been set up yet.")
    return CaseFacts(
        home_country=case.home_country, zone=case.zone, aware_at=case.aware_at, role=ControllerRole(case.role),
        people_countries=tuple(case.countries), subdivision=home.subdivision, detected_at=case.detected_at,
        eu_establishment=home.eu_establishment, people_data=PeopleData(case.people_data), still_missing=False,
    )


def _key(duty: Obligation | rules.Duty) -> tuple[str, ...]:
    return tuple(str(getattr(duty, name)) for name in SAME_DUTY)


def _same_terms(row: Obligation, duty: rules.Duty) -> bool:
    return row.due_at == duty.due_at and row.anchor_at == duty.anchor_at and row.value == duty.value


def arise(session: Session, case: Case, *, by: Actor, now: datetime, law: Law, calendar: Calendar) -> list[Obligation]:
    """Bring the duties of a case in line with its facts; return the new ones. Call inside a write unit.

    A duty whose terms changed is superseded by a new row, so that the old deadline stays visible; what is done or
    excused stays; a duty that no longer applies is superseded too. Nothing is deleted.
    """
    aware_on = case.aware_at.astimezone(ZoneInfo(case.zone)).date()
    duties = {_key(duty): duty for duty in rules.arising(law, facts_of(session, case), calendar, aware_on)}
    rows = {_key(row): row for row in session.scalars(of_case(case.id))}
    made: list[Obligation] = []
    for key, gone in rows.items():
        if key not in duties and gone.state in STILL_OPEN:
            _supersede(session, gone, "The facts changed: this rule no longer applies.", now)
    for key, duty in duties.items():
        row = rows.get(key)
        state = OWED if duty.recipient_type == "register" else UNDECIDED
        if row is not None:
            if row.state not in STILL_OPEN or _same_terms(row, duty):
                continue
            state = row.state
            _supersede(session, row, "The moment it counts from changed.", now)
        fresh = Obligation(
            case_id=case.id, aware_version=case.aware_version, raised_at=now, state=state,
            **duty.terms(),
        )
        session.add(fresh)
        made.append(fresh)
    session.flush()
    if made:
        audit.record(
            session, action="obligation.arisen", by=by, now=now, case_id=case.id, subject="case", subject_id=case.ref,
            details={"duties": [_summary(row) for row in made]},
        )
    return made


def _summary(row: Obligation) -> dict[str, str | None]:
    return {
        "id": str(row.id), "recipient": row.recipient, "provision": row.provision, "stage": row.stage,
        "due_at": row.due_at.isoformat() if row.due_at else None,
    }


def _supersede(session: Session, row: Obligation, reason: str, now: datetime) -> None:
    row.state, row.state_reason = SUPERSEDED, reason
    alerts.cancel_for_obligation(session, row.id, reason=reason, now=now)


def decide(
    session: Session, case: Case, recipient_types: Iterable[str], *, owed: bool, reason: str, by: Actor, now: datetime
) -> list[Obligation]:
    """Set the open duties to these recipients owed or excused, as a human decided. Call inside a write unit."""
    wanted = set(recipient_types)
    touched = [row for row in session.scalars(of_case(case.id))
               if row.recipient_type in wanted and row.state in (*STILL_OPEN, EXCUSED)]
    for row in touched:
        row.state, row.state_reason = (OWED if owed else EXCUSED), reason
        if not owed:
            alerts.cancel_for_obligation(session, row.id, reason="Decided: not owed.", now=now)
    if touched:
        audit.record(
            session, action="obligation.owed" if owed else "obligation.excused", by=by, now=now, case_id=case.id,
            subject="case", subject_id=case.ref, details={"duties": [row.id for row in touched], "reason": reason},
        )
    return touched


def discharge(
    session: Session, obligation: Obligation, *, at: datetime, how: str, reference: str,
    proof_document_id: int | None, late_reason: str, by: Actor, now: datetime,
) -> Obligation:
    """Stop the clock of one duty, with proof. Call inside a write unit.

    Raises ``Conflict`` when it was stopped before, ``Refused`` for a moment in the future or before the anchor, or
    for lateness without its reasons (GDPR Art 33(1)).
    """
    if obligation.state == DISCHARGED:
        raise Conflict("This duty was discharged before. Its record stays as it was.")
    problems: dict[str, str] = {}
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
    alerts.cancel_for_obligation(session, obligation.id, reason="The duty was discharged.", now=now)
    audit.record(
        session, action="obligation.discharged", by=by, now=now, case_id=obligation.case_id, subject="obligation",
        subject_id=obligation.id,
        details={"at": at.isoformat(), "how": how, "reference": reference.strip(), "late_by_seconds": late,
                 "late_reason": late_reason.strip(), "proof": proof_document_id},
    )
    _told_all(session, obligation.case)
    return obligation


def _told_all(session: Session, case: Case) -> None:
    """Once nobody is left to be told, a decided case is a notified one."""
    waiting = [row for row in session.scalars(of_case(case.id))
               if row.state in STILL_OPEN and row.recipient_type != "register"]
    if not waiting and case.state == CaseState.DECIDED.value:
        case.state = CaseState.NOTIFIED.value
