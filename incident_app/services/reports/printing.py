"""Print one case, and what every printed report has in common. No transaction is open while the printer works."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.cases import ControllerRole
from incident_app.domain.filings import Form, phase_said
from incident_app.domain.ports import PdfWriter
from incident_app.domain.refusals import Conflict, NotFound
from incident_app.domain.regimes import Law
from incident_app.models.cases import Case
from incident_app.models.filings import of_case as filings_of_case
from incident_app.models.lessons import LessonsVersion
from incident_app.models.remediation import Action, Deed
from incident_app.models.remediation import of_case as actions_of_case
from incident_app.models.risk import Assessment
from incident_app.services import accounts, anchoring, audit, labels, lessons, remediation, risk
from incident_app.services.obligations import controllers_of
from incident_app.services.reports.contents import NOT_KNOWN, case_matter, learnt, moment
from incident_app.services.unit import writing

_WORKS = {"works": "it works", "partly": "it works partly", "not": "it does not work"}
NO_FORMS: Mapping[str, Form] = MappingProxyType({})


def write(
    session: Session, template: str, content: Mapping[str, object], *, title: str, language: str, now: datetime,
    pdf: PdfWriter, by: Actor, case_id: int | None = None, details: dict[str, Any] | None = None,
) -> bytes:
    """Record who prints, let go of the database, then print, with the head of the record at the foot of each page.

    Raises ``Conflict`` with what to install where printing is not possible.
    """
    missing = pdf.available()
    if missing:
        raise Conflict(missing)
    with writing(session):
        what = title.partition(":")[0].partition(" · ")[0]  # what is printed, without the title of a case
        audit.record(session, action="report.printed", by=by, now=now, case_id=case_id, subject="report",
                     subject_id=template.removesuffix(".html"), details=details)
        head = anchoring.foot(session, what, now=now)
    return pdf.write(template, {**content, "record": head}, language=language, title=title, created_at=now)


def case_pdf(
    session: Session, case_id: int, *, by: Actor, now: datetime, pdf: PdfWriter, law: Law, forms: Mapping[str, Form] = NO_FORMS,
) -> bytes:
    """Return everything on record about one case as PDF; ``forms`` have the words of authorities for their phases."""
    require(by, Permission.SEE_CASES)
    case = session.get(Case, case_id)
    if case is None:
        raise NotFound("There is no such case.")
    content = case_matter(session, case, now, by=by) | {
        "summary": _summary(case, risk.latest(session, case.id)), "facts": _facts(case, law, lessons.latest(session, case.id)),
        "filings": _filings(session, case, forms), "actions": _actions(session, case),
        "lessons": learnt(session, case, law),
    }
    return write(session, "case.html", content, title=f"{case.ref}: {case.title}", language="en", now=now, pdf=pdf,
                 by=by, case_id=case_id)


def _summary(case: Case, score: Assessment | None) -> tuple[tuple[str, str], ...]:
    return (
        ("State", case.state), ("Aware", f"{moment(case, case.aware_at)}, from {case.aware_source}"),
        ("People", case.people.words()), ("Records", case.records.words()),
        ("Severity", f"{score.level.replace('_', ' ')} (SE {score.se}, {score.method})" if score else "not scored yet"),
        ("Closed", f"{moment(case, case.closed_at)}: {case.close_reason}" if case.closed_at else "no"),
    )


def _facts(case: Case, law: Law, learnt: LessonsVersion | None) -> tuple[tuple[str, str], ...]:
    data = [law.categories[name].label for name in case.data_categories if name in law.categories]
    kinds = [f"{name} {_truth(getattr(case, name))}" for name in ("confidentiality", "integrity", "availability")]
    return (
        ("What happened", case.summary or case.title), ("Our part in it", _part(case)), ("Happened", moment(case, case.occurred_at)),
        ("Detected", moment(case, case.detected_at)), ("Contained", moment(case, case.contained_at)),
        ("Cause", case.cause or (law.words.cause_label(learnt.cause) if learnt else "") or NOT_KNOWN),
        ("Broken", ", ".join(kinds)), ("Data", ", ".join(data) or NOT_KNOWN),
        ("Countries", ", ".join(map(labels.place, case.countries)) or NOT_KNOWN), ("Processors", ", ".join(case.processors) or "none named"),
        ("Effects", case.consequences or NOT_KNOWN), ("Protection before", case.measures_before or NOT_KNOWN),
        ("Measures taken", case.measures_taken or NOT_KNOWN), ("Measures planned", case.measures_planned or NOT_KNOWN),
    )


def _part(case: Case) -> str:
    named = ", ".join(one.name for one in controllers_of(case))
    if case.role == ControllerRole.PROCESSOR:
        return f"processor (Art 28); controllers: {named or 'none named yet'}"
    return "controller" + (f", together with {named}" if named else "")


def _truth(value: bool | None) -> str:
    return {True: "yes", False: "no", None: "not known"}[value]


def _filings(session: Session, case: Case, forms: Mapping[str, Form]) -> tuple[dict[str, Any], ...]:
    return tuple(
        {
            "name": f"Filing {one.number}: {phase_said(forms, one.form_id, one.phase)}", "recipient": one.obligation.recipient,
            "state": one.state.replace("_", " "), "at": moment(case, one.submitted_at) if one.submitted_at else "not yet",
            "reference": one.reference, "hash": one.approved_hash or "",
        }
        for one in session.scalars(filings_of_case(case.id))
    )


def _actions(session: Session, case: Case) -> tuple[dict[str, Any], ...]:
    actions, names = session.scalars(actions_of_case(case.id)).all(), accounts.names(session)
    deeds = remediation.deeds_of(session, actions)
    return tuple(
        {"title": one.title, "state": _action_state(one), "due": moment(case, one.due_at) if one.due_at else "",
         "owner": names.get(one.owner_id or -1, ""), "deeds": [_deed(case, deed, names) for deed in deeds.get(one.id, ())],
         "proof": one.proof_text or one.not_needed_reason}
        for one in actions
    )


def _action_state(action: Action) -> str:
    words = ["waiting" if action.waiting else action.state.replace("_", " ")]
    words += ["mandatory"] if action.mandatory else []
    words += ["checked" if action.checked_at else "not checked"] if action.mandatory and action.ended_at else []
    return ", ".join(words)


def _deed(case: Case, deed: Deed, names: Mapping[int, str]) -> str:
    what = f"{deed.what.replace('_', ' ')}: {_WORKS[deed.outcome]}" if deed.outcome else deed.what.replace("_", " ")
    said = ", ".join(filter(None, [deed.words, deed.link, f"SHA-256 {deed.sha256}" if deed.sha256 else ""]))
    return f"{moment(case, deed.at)}, {names.get(deed.by_id or 0, '')}, {what}" + (f": {said}" if said else "")
