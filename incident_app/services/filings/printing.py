"""A filing as PDF: page 1 is the summary, then the sections in the form's order, then the record behind it."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from incident_app.domain import filings as rules
from incident_app.domain.filings import Answer, FilingState, Form, Phase
from incident_app.domain.filings.answers import moment_words
from incident_app.domain.reports import span
from incident_app.models.audit import Head
from incident_app.models.filings import Filing
from incident_app.services.filings.records import situation_of
from incident_app.services.reports.contents import case_matter, home

TEMPLATE = "filing.html"


def file_name(filing: Filing, version: int) -> str:
    """Return the name of the printed file of one version."""
    return f"{filing.case.ref}-filing-{filing.number}-{filing.phase.replace('_', '-')}-v{version}.pdf"


def title_of(filing: Filing) -> str:
    """Return the title of the printed file."""
    phase = Phase(filing.phase).words
    return f"{filing.case.ref} · {phase} notification to {filing.obligation.recipient} · version {filing.version}"


def is_draft(filing: Filing) -> bool:
    """Whether nobody has approved it as it stands."""
    return filing.state not in {FilingState.APPROVED.value, FilingState.SUBMITTED.value}


def document(session: Session, filing: Filing, form: Form, now: datetime) -> dict[str, Any]:
    """Return the filing as it stands as the JSON that goes along inside the PDF, but for the address of its schema."""
    duty, head = filing.obligation, session.get(Head, 1)
    about = rules.About(
        id=filing.public_id, case=filing.case.ref, drill=filing.case.is_drill, organisation=home(session)["organisation"],
        number=filing.number, version=filing.version, state=filing.state, zone=filing.case.zone, generated_at=now,
        recipient={"name": duty.recipient, "regime": duty.regime, "provision": duty.provision, "due_at": _iso(duty.due_at)},
        record=(head.seq, head.hash) if head else (0, ""),
        approved={"at": _iso(filing.approved_at), "digest": filing.approved_hash} if filing.approved_hash else None,
        submitted=None if filing.submitted_at is None else {
            "at": _iso(filing.submitted_at), "how": filing.how, "reference": filing.reference,
            "late": bool(filing.late_by_seconds), "late_reason": filing.late_reason},
    )
    before = None if filing.before is None else rules.from_json(filing.before)
    return rules.document(form, filing.phase, rules.from_json(filing.answers), before, about,
                          late=situation_of(filing, now).late)


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None


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
    draft = is_draft(filing)
    return case_matter(session, filing.case, now) | {
        "phase": Phase(filing.phase).words, "number": filing.number, "version": filing.version, "draft": draft,
        "is_complete": coverage.complete, "gaps": tuple(gap.words for gap in coverage.gaps), "sections": sections,
        "to_follow": rules.to_follow(form, answers, zone) if coverage.gaps else "",
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
