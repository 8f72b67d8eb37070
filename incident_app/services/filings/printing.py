"""A filing as PDF: page 1 is the summary, then the sections in the form's order, then the record behind it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from incident_app.domain import filings as rules
from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.filings import Answer, FilingState, Form, Phase
from incident_app.domain.filings.answers import moment_words
from incident_app.domain.ports import PdfWriter
from incident_app.domain.refusals import NotFound
from incident_app.domain.reports import span
from incident_app.models.filings import Filing
from incident_app.services.filings.records import form_of, situation_of
from incident_app.services.reports.contents import case_matter
from incident_app.services.reports.printing import write

TEMPLATE = "filing.html"


def file_name(filing: Filing) -> str:
    """Return the name of the printed file."""
    return f"{filing.case.ref}-filing-{filing.number}-{filing.phase.replace('_', '-')}-v{filing.version}.pdf"


def print_pdf(
    session: Session, filing_id: int, *, by: Actor, now: datetime, forms: Mapping[str, Form], pdf: PdfWriter,
) -> bytes:
    """Print a filing as it stands; what is not approved is marked as a draft, what is incomplete as incomplete."""
    require(by, Permission.SEE_FILINGS)
    filing = session.get(Filing, filing_id)
    if filing is None:
        raise NotFound("There is no such filing.")
    return printed(session, filing, form_of(filing, forms), by=by, now=now, pdf=pdf)


def printed(session: Session, filing: Filing, form: Form, *, by: Actor, now: datetime, pdf: PdfWriter) -> bytes:
    """Print a filing on its form."""
    phase = Phase(filing.phase).words
    title = f"{filing.case.ref} · {phase} notification to {filing.obligation.recipient} · version {filing.version}"
    return write(session, TEMPLATE, content(session, filing, form, now), title=title, language="en", now=now, pdf=pdf,
                 by=by, case_id=filing.case_id)


def content(session: Session, filing: Filing, form: Form, now: datetime) -> dict[str, Any]:
    """Return the frozen content of the printed filing."""
    answers, situation = rules.from_json(filing.answers), situation_of(filing, now)
    coverage = rules.cover(form, answers, situation)
    zone = filing.case.zone
    before = rules.changes(form, rules.from_json(filing.before), answers, zone) if filing.before is not None else {}
    sections = tuple(
        {
            "title": one.section.title,
            "rows": tuple(
                {
                    "label": field.label, "value": rules.words(field, answers.get(field.id, Answer()), zone),
                    "article": field.article, "number": field.number, "was": before.get(field.id, ""),
                    "answered": answers.get(field.id, Answer()).answered,
                }
                for field in one.fields
            ),
        }
        for one in coverage.sections
    )
    draft = filing.state not in {FilingState.APPROVED.value, FilingState.SUBMITTED.value}
    return case_matter(session, filing.case, now) | {
        "phase": Phase(filing.phase).words, "number": filing.number, "version": filing.version, "draft": draft,
        "is_complete": coverage.complete, "gaps": tuple(gap.words for gap in coverage.gaps), "sections": sections,
        "authority": filing.obligation.recipient, "form_title": form.title, "form": f"{form.id}, version {form.version}",
        "instrument": form.instrument, "content_hash": filing.approved_hash or filing.content_hash,
        "summary": _summary(filing, answers, form, draft, coverage.complete, now),
        "state": filing.state.replace("_", " "),
    }


def _summary(
    filing: Filing, answers: rules.Answers, form: Form, draft: bool, complete: bool, now: datetime,
) -> tuple[tuple[str, str], ...]:
    zone, duty = filing.case.zone, filing.obligation

    def said(name: str) -> str:
        field = form.field(name)
        return rules.words(field, answers.get(name, Answer()), zone) if field else ""

    return (
        ("To", f"{duty.recipient} ({duty.regime} {duty.provision})"),
        ("Filing", f"{Phase(filing.phase).words}, {'complete' if complete else 'incomplete: more will follow'}"),
        ("State", "draft, not yet approved" if draft else filing.state),
        ("What happened", said("what_happened")), ("Aware", said("aware_at")), ("Due", _due(filing)),
        ("Filed", _filed(filing, now)), ("People", said("people_count")), ("Records", said("records_count")),
        ("Risk", said("risk_outcome")),
    )


def _due(filing: Filing) -> str:
    due_at = filing.obligation.due_at
    return moment_words(due_at, filing.case.zone) if due_at else "no date in law"


def _filed(filing: Filing, now: datetime) -> str:
    due_at = filing.obligation.due_at
    if filing.submitted_at is None:
        if due_at is None:
            return "not yet"
        left = due_at - now
        return f"not yet; {span(abs(left))} {'left' if left.total_seconds() >= 0 else 'overdue'}"
    at = f"{moment_words(filing.submitted_at, filing.case.zone)} by {filing.how}, reference {filing.reference}"
    if filing.late_by_seconds:
        return f"{at}; late: {filing.late_reason}"
    return f"{at}; on time" if due_at else at
