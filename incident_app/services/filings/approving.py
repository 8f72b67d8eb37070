"""A second person approves the exact content, by hash. What is approved is frozen for the printer, and kept."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from incident_app.domain import filings as rules
from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.filings import FilingState, Form, Phase
from incident_app.domain.ports import Vault
from incident_app.domain.reasons import weighty
from incident_app.domain.refusals import Forbidden, Refused
from incident_app.models.filings import Filing
from incident_app.services import accounts, audit
from incident_app.services.filings import papers
from incident_app.services.filings.records import form_of, locked, situation_of
from incident_app.services.unit import writing


def _check(filing: Filing, form: Form, now: datetime) -> rules.Coverage:
    coverage = rules.cover(form, rules.from_json(filing.answers), situation_of(filing, now))
    problems = rules.asking_problems(coverage, Phase(filing.phase))
    if problems:
        raise Refused("Not ready for approval: answer what is open, or say that it is not yet known.", problems)
    return coverage


def ask_approval(
    session: Session, filing_id: int, *, version: int, by: Actor, now: datetime, forms: Mapping[str, Form],
) -> Filing:
    """Ask a second person to approve. Raises ``Refused`` naming by field what Art 33(3) still misses."""
    require(by, Permission.DRAFT_FILING)
    with writing(session):
        filing = locked(session, filing_id, version, FilingState.DRAFT)
        coverage = _check(filing, form_of(filing, forms), now)
        filing.state, filing.asked_at, filing.asked_by_id = FilingState.IN_REVIEW.value, now, by.id or None
        filing.sent_back_reason = ""
        filing.version += 1
        audit.record(
            session, action="filing.approval_asked", by=by, now=now, case_id=filing.case_id, subject="filing",
            subject_id=filing.id, details={"content_hash": filing.content_hash, "complete": coverage.complete},
        )
    return filing


def send_back(
    session: Session, filing_id: int, reason: str, *, version: int, by: Actor, now: datetime,
) -> Filing:
    """Send a filing back to be worked on, with the reason."""
    require(by, Permission.APPROVE_FILING)
    words = weighty(reason, "It was not sent back.", "Say what has to change")
    with writing(session):
        filing = locked(session, filing_id, version, FilingState.IN_REVIEW, FilingState.APPROVED)
        filing.state, filing.sent_back_reason = FilingState.DRAFT.value, words
        filing.approved_at = filing.approved_by_id = filing.approved_hash = filing.pdf_document_id = None
        filing.version += 1
        audit.record(session, action="filing.sent_back", by=by, now=now, case_id=filing.case_id, subject="filing",
                     subject_id=filing.id, details={"reason": filing.sent_back_reason})
    return filing


def approve(
    session: Session, filing_id: int, *, version: int, by: Actor, now: datetime, forms: Mapping[str, Form], vault: Vault,
) -> Filing:
    """Approve the exact content as it stands. A worker makes the PDF of exactly this, and keeps it with the case.

    Raises ``Forbidden`` for whoever drafted or edited it: it takes a second person.
    """
    require(by, Permission.APPROVE_FILING)
    with writing(session):
        filing = locked(session, filing_id, version, FilingState.IN_REVIEW)
        form = form_of(filing, forms)
        if by.person in accounts.persons_of(session, [filing.author_id, *filing.editor_ids]):
            raise Forbidden("You wrote part of this filing, so a second person has to approve it.")
        _check(filing, form, now)
        filing.state, filing.approved_at, filing.approved_by_id = FilingState.APPROVED.value, now, by.id
        filing.approved_hash = rules.digest(form, filing.phase, rules.from_json(filing.answers))
        filing.version += 1
        audit.record(session, action="filing.approved", by=by, now=now, case_id=filing.case_id, subject="filing",
                     subject_id=filing.id, details={"content_hash": filing.approved_hash})
        papers.lay(session, filing, form, by=by, now=now, vault=vault)
    return filing
