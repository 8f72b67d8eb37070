"""A filing as PDF: page 1 is the summary, then the sections in the form's order.

It leaves the house: nothing of other authorities, and nothing in another language than its own. What was decided, sent
and done stands in the report of the case.
"""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from incident_app.domain import filings as rules
from incident_app.domain.filings import ENGLISH, Answer, FilingState, Form, Phase
from incident_app.domain.filings.answers import moment_in
from incident_app.domain.regimes.terms import NO_ANCHOR
from incident_app.models.audit import Head
from incident_app.models.filings import Filing
from incident_app.services.filings.records import situation_of
from incident_app.services.reports.contents import duty_stands, home, printed_at, whose

TEMPLATE = "filing.html"
LONGEST_IN_SUMMARY = 800


def file_name(filing: Filing, version: int) -> str:
    """Return the name of the printed file of one version."""
    return f"{filing.case.ref}-filing-{filing.number}-{filing.phase.replace('_', '-')}-v{version}.pdf"


def title_of(filing: Filing, form: Form) -> str:
    """Return the title of the printed file, in the language of the filing."""
    form = form.spoken(filing.language)
    phase = form.phase_words(Phase(filing.phase))
    return f"{filing.case.ref} · {phase}: {filing.obligation.recipient} · {form.wording.word('version')} {filing.version}"


def is_draft(filing: Filing) -> bool:
    """Whether nobody has approved it as it stands."""
    return filing.state not in {FilingState.APPROVED.value, FilingState.SUBMITTED.value}


def document(session: Session, filing: Filing, form: Form, now: datetime) -> dict[str, Any]:
    """Return the filing as it stands as the JSON that goes along inside the PDF, but for the address of its schema."""
    form, duty, head = form.spoken(filing.language), filing.obligation, session.get(Head, 1)
    about = rules.About(
        id=filing.public_id, case=filing.case.ref, drill=filing.case.is_drill, organisation=home(session)["organisation"],
        number=filing.number, version=filing.version, state=filing.state, zone=filing.case.zone, generated_at=now,
        recipient={"name": duty.recipient, "regime": duty.regime, "provision": duty.provision, "due_at": _iso(duty.due_at)},
        record=(head.seq, head.hash) if head else (0, ""), language=filing.language,
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
    """Return the frozen content of the printed filing, its form in the language chosen for it."""
    form = form.spoken(filing.language)
    word = form.wording.word
    answers, situation = rules.from_json(filing.answers), situation_of(filing, now)
    coverage = rules.cover(form, answers, situation)
    zone = filing.case.zone
    before = rules.changes(form, rules.from_json(filing.before), answers, zone) if filing.before is not None else {}
    sections = tuple(
        {
            "title": one.section.title,
            "rows": tuple(
                {
                    "label": field.label,
                    "value": rules.words(field, answers.get(field.id, Answer()), zone, form.wording),
                    "article": field.article, "number": field.number, "was": before.get(field.id, ""),
                    "answered": answers.get(field.id, Answer()).answered,
                }
                for field in one.fields
            ),
        }
        for one in coverage.sections
    )
    draft, drill = is_draft(filing), filing.case.is_drill
    return whose(session, filing.case, now) | {
        "printed_at": printed_at(now, zone, form.wording),
        "phase": form.phase_words(Phase(filing.phase)), "number": filing.number, "version": filing.version, "draft": draft,
        "is_complete": coverage.complete, "gaps": tuple(gap.said(form.wording) for gap in coverage.gaps), "sections": sections,
        "to_follow": rules.to_follow(form, answers, zone) if coverage.gaps else "",
        "authority": filing.obligation.recipient, "form_title": form.title,
        "form": f"{form.id}, {word('version')} {form.version}",
        "instrument": form.instrument, "number_word": form.number_word, "content_hash": filing.approved_hash or filing.content_hash,
        "summary": _summary(filing, answers, form, draft, coverage.complete, now),
        "mark": word("drill_mark") if drill else word("draft_mark") if draft else "",
        "state": word(f"state_{filing.state}"), "said": dict(form.wording.words),
    }


def _summary(
    filing: Filing, answers: rules.Answers, form: Form, draft: bool, complete: bool, now: datetime,
) -> tuple[tuple[str, str], ...]:
    zone, duty, word = filing.case.zone, filing.obligation, form.wording.word

    def said(name: str) -> str:
        field = form.field(name)
        return rules.words(field, answers.get(name, Answer()), zone, form.wording) if field else ""

    rows = (
        (word("to"), f"{duty.recipient} ({form.instrument})"),
        (word("filing"), f"{form.phase_words(Phase(filing.phase))}, {word('complete' if complete else 'incomplete')}"),
        (word("state"), word("state_draft") if draft else word(f"state_{filing.state}")),
        (word("what_happened"), _briefly(said("what_happened"))), (word("aware"), said("aware_at")),
        (word("due"), _due(filing, form)),
        (word("filed"), _filed(filing, form, now)), (word("people"), said("people_count")),
        (word("records"), said("records_count")), (word("risk"), said("risk_outcome")),
    )
    return tuple((label, value) for label, value in rows if value)


def _briefly(text: str) -> str:
    """Return the beginning of a long text: all of it stands in its section."""
    return text if len(text) <= LONGEST_IN_SUMMARY else f"{text[:LONGEST_IN_SUMMARY].rstrip()} …"


def _due(filing: Filing, form: Form) -> str:
    duty, word = filing.obligation, form.wording.word
    if duty.due_at is not None:
        return moment_in(duty.due_at, filing.case.zone, form.wording)
    if duty.anchor_at is not None or duty.anchor in NO_ANCHOR:
        return word("no_date")
    return rules.term_in(form.wording, duty.value, duty.unit, duty.anchor, told=filing.submitted_at is not None)


def _filed(filing: Filing, form: Form, now: datetime) -> str:
    due_at, word = filing.obligation.due_at, form.wording.word
    if filing.submitted_at is None:
        if form.wording.language != ENGLISH.language:
            return word("not_yet")
        return f"{word('not_yet')}; {stands}" if (stands := duty_stands(filing.obligation, now)) else word("not_yet")
    at = (f"{moment_in(filing.submitted_at, filing.case.zone, form.wording)} ({word(f'how_{filing.how}')}), "
          f"{word('reference')} {filing.reference}")
    if filing.late_by_seconds:
        return f"{at}; {word('late')}: {filing.late_reason}"
    return f"{at}; {word('on_time')}" if due_at else at
