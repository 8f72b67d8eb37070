"""The register as a CSV file: everything Art 33(5) asks for, nothing a spreadsheet would run."""

import csv
import io
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain import reports as rules
from incident_app.domain.accounts import Actor, Permission, require
from incident_app.models.cases import Case
from incident_app.models.obligations import DISCHARGED, NOT_LIVING, Obligation
from incident_app.models.remediation import Action
from incident_app.models.risk import Assessment, Decision, counting
from incident_app.services import audit
from incident_app.services.reports.registering import register
from incident_app.services.unit import writing

BOM = "\ufeff"
HEAD = (
    "Reference", "Title", "Drill", "State", "Our role", "Kind", "Happened", "Detected", "Aware", "Time zone",
    "Source of awareness", "Contained", "Closed", "Closing reason", "Facts", "Cause", "Confidentiality", "Integrity",
    "Availability", "People", "Records", "Data categories", "Countries", "Effects", "Severity", "Severity score", "Method",
    "Protection before", "Measures taken", "Measures planned", "Actions", "Authority: decision", "Authority: reason",
    "People: decision", "People: reason", "Duties and submissions", "People told", "Owner",
)


def export(session: Session, *, by: Actor, now: datetime, filter: str = "all", search: str = "") -> bytes:  # noqa: A002 (the page's word)
    """Return the register as CSV (UTF-8 with a byte order mark, so that spreadsheets read it), and record the export.

    Cells that a spreadsheet would take for a formula are made harmless.
    """
    require(by, Permission.SEE_CASES)
    shown = register(session, by=by, now=now, filter=filter, search=search, in_full=True)
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(HEAD)
    for row in shown.rows:
        case = session.scalars(select(Case).where(Case.ref == row.ref)).one()
        writer.writerow([rules.neutral(cell) for cell in _cells(session, case, row)])
    with writing(session):
        audit.record(session, action="register.exported", by=by, now=now, subject="register",
                     details={"rows": len(shown.rows), "filter": shown.filter.value})
    return (BOM + out.getvalue()).encode()


def _at(case: Case, moment: datetime | None) -> str:
    return moment.astimezone(ZoneInfo(case.zone)).isoformat(timespec="minutes") if moment else ""


def _truth(value: bool | None) -> str:
    return {True: "yes", False: "no", None: "not known"}[value]


def _cells(session: Session, case: Case, row: rules.Row) -> list[str]:
    newest = select(Assessment).where(Assessment.case_id == case.id).order_by(Assessment.number.desc()).limit(1)
    score = session.scalar(newest)
    decided = {one.subject: one for one in session.scalars(counting().where(Decision.case_id == case.id))}
    words = [
        _decision(decided.get(subject)) for subject in ("authority", "people")
    ]
    return [
        case.ref, case.title, "yes" if case.is_drill else "no", case.state, case.role, case.kind,
        _at(case, case.occurred_at), _at(case, case.detected_at), _at(case, case.aware_at), case.zone,
        case.aware_source, _at(case, case.contained_at), _at(case, case.closed_at), case.close_reason, case.summary,
        case.cause, _truth(case.confidentiality), _truth(case.integrity), _truth(case.availability),
        case.people.words(), case.records.words(), "; ".join(case.data_categories), "; ".join(case.countries),
        case.consequences, row.severity, score.se if score else "", score.method if score else "",
        case.measures_before, case.measures_taken, case.measures_planned, _actions(session, case),
        *words[0], *words[1], _duties(session, case), row.people_sub, row.owner,
    ]


def _decision(decision: Decision | None) -> tuple[str, str]:
    return (decision.outcome.replace("_", " "), decision.reason) if decision else ("not decided", "")


def _actions(session: Session, case: Case) -> str:
    actions = session.scalars(select(Action).where(Action.case_id == case.id).order_by(Action.id))
    return "\n".join(f"{one.title} ({one.state.replace('_', ' ')})" for one in actions)


def _duties(session: Session, case: Case) -> str:
    duties = session.scalars(
        select(Obligation).where(Obligation.case_id == case.id, Obligation.state.not_in(NOT_LIVING)).order_by(Obligation.id)
    )
    return "\n".join(_duty(case, duty) for duty in duties if duty.recipient_type != "register")


def _duty(case: Case, duty: Obligation) -> str:
    parts = [f"{duty.recipient} ({duty.regime} {duty.provision}): {duty.state}"]
    if duty.due_at is not None:
        parts.append(f"due {_at(case, duty.due_at)}")
    if duty.state == DISCHARGED:
        parts.append(f"told {_at(case, duty.discharged_at)}, reference {duty.receipt_reference}")
    if duty.late_reason:
        parts.append(f"late: {duty.late_reason}")
    elif duty.state_reason:
        parts.append(duty.state_reason)
    return ", ".join(parts)


