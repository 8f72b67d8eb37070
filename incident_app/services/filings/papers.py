"""A filing on paper: asked for, made by a worker from what was frozen then, given at once where it was made before.

What a second person approved is kept with the case; anything else is a look at how it stands, and goes after a day.
"""

import json
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from incident_app.domain.accounts import SYSTEM, Actor, Permission, require
from incident_app.domain.documents import DocumentKind
from incident_app.domain.filings import FilingState, Form
from incident_app.domain.filings.papers import SCHEMA
from incident_app.domain.ports import Attachment, Clock, PdfWriter, Vault, VaultError
from incident_app.domain.refusals import Conflict, NotFound, Refused
from incident_app.models import papers as rows
from incident_app.models.accounts import User
from incident_app.models.cases import Case
from incident_app.models.filings import Filing
from incident_app.models.papers import FAILED, MADE, MAKING, WAITING, Paper, scope_of_paper
from incident_app.models.reports import Document
from incident_app.services import anchoring, audit, documents
from incident_app.services.filings.printing import TEMPLATE, content, document, file_name, is_draft, title_of
from incident_app.services.filings.records import form_of
from incident_app.services.unit import changed, writing

LEASE = timedelta(minutes=3)
"""Longer than the printer is given for one report."""
KEPT = timedelta(days=1)
MOST_ATTEMPTS = 3
ATTACHED = "filing.json"
CUT_SHORT = "Making it was cut short three times. Ask for it again; if that does not help, whoever runs this has to look."
SHUT = "What was to be printed cannot be opened any more. Ask for it again."


def by_public_id(session: Session, public_id: str) -> Filing:
    """Return a filing by its id. Raises ``NotFound``; whether its case is in scope is for the caller to ask."""
    found = session.scalar(select(Filing).where(Filing.public_id == public_id))
    if found is None:
        raise NotFound("There is no such filing.")
    return found


def linked(plain_document: Mapping[str, Any], public_url: str) -> dict[str, Any]:
    """Return the JSON of a filing with the address where its schema is published."""
    return {"$schema": f"{public_url.rstrip('/')}/static/{SCHEMA}", **plain_document}


def plain(
    session: Session, filing_id: int, *, by: Actor, now: datetime, forms: Mapping[str, Form], public_url: str,
) -> dict[str, Any]:
    """Return a filing as it stands in the format that goes along inside the PDF."""
    require(by, Permission.SEE_FILINGS)
    filing = session.get(Filing, filing_id)
    if filing is None:
        raise NotFound("There is no such filing.")
    return linked(document(session, filing, form_of(filing, forms), now), public_url)


def paper_of(session: Session, filing: Filing) -> Paper | None:
    """Return how far the printed filing of the version that stands is, ``None`` where nobody asked for it."""
    return session.scalar(rows.of_filing(filing.id, filing.version))


def ask_paper(
    session: Session, filing_id: int, *, by: Actor, now: datetime, forms: Mapping[str, Form], vault: Vault,
    anew: bool = False,
) -> Paper:
    """Ask for the PDF of a filing as it stands; a worker makes it. One that was made for this version is given at once.

    ``anew`` prints once more what nobody approved: the record behind it may have grown. One that failed is tried again.
    """
    require(by, Permission.SEE_FILINGS)
    with writing(session):
        filing = session.scalar(select(Filing).where(Filing.id == filing_id).with_for_update(of=Filing))
        if filing is None:
            raise NotFound("There is no such filing.")
        paper = paper_of(session, filing)
        again = paper is not None and anew and paper.state == MADE and paper.document_id is None
        if paper is None or paper.state == FAILED or again:
            paper = lay(session, filing, form_of(filing, forms), by=by, now=now, vault=vault)
    return paper


def lay(session: Session, filing: Filing, form: Form, *, by: Actor, now: datetime, vault: Vault) -> Paper:
    """Freeze what is printed, and put it where a worker takes it up. Call inside a write unit that holds the filing."""
    audit.record(session, action="report.printed", by=by, now=now, case_id=filing.case_id, subject="report",
                 subject_id=TEMPLATE.removesuffix(".html"), details={"filing": filing.number, "recipient": filing.obligation.recipient})
    entry = form.spoken(filing.language).wording.word("record_entry")
    foot = anchoring.foot(session, filing.case.ref, now=now, entry=entry)
    frozen = {
        "content": {**content(session, filing, form, now), "record": foot}, "title": title_of(filing, form),
        "language": filing.language,
        "created_at": now.isoformat(), "document": document(session, filing, form, now),
    }
    paper = paper_of(session, filing)
    if paper is None:
        paper = Paper(public_id=str(uuid.uuid4()), filing_id=filing.id, version=filing.version, attempts=0)
        session.add(paper)
    paper.draft, paper.content_hash = is_draft(filing), filing.approved_hash or filing.content_hash
    paper.state, paper.reason, paper.attempts, paper.token = WAITING, "", 0, None
    paper.by_id, paper.asked_at, paper.made_at, paper.lease_until = by.id or None, now, None, None
    paper.data_key = vault.new_key()
    paper.sealed = vault.seal(paper.data_key, json.dumps(frozen, default=dict).encode(), scope_of_paper(paper.public_id))
    session.flush()
    return paper


def make_paper(session: Session, *, clock: Clock, vault: Vault, pdf: PdfWriter, public_url: str) -> Paper | None:
    """Print the next one that waits; return it as it stands then, ``None`` where none waits.

    No transaction is open while the printer works. What cannot be printed says why, and can be asked for again.
    """
    claimed = _claim(session, clock.now())
    if claimed is None or claimed.state == FAILED:
        return claimed
    paper_id, token = claimed.id, claimed.token
    sealed = session.scalar(select(Paper.sealed).where(Paper.id == paper_id)) or b""
    session.rollback()
    try:
        made = _printed(claimed, sealed, vault, pdf, public_url)
        _keep(session, paper_id, token, made, now=clock.now(), vault=vault)
    except Refused as refused:
        _fail(session, paper_id, token, refused.reason, clock.now())
    return session.get_one(Paper, paper_id, populate_existing=True)


def _claim(session: Session, now: datetime) -> Paper | None:
    with writing(session):
        paper = session.scalar(rows.to_make(now))
        if paper is None:
            return None
        paper.attempts += 1
        paper.state, paper.token, paper.lease_until = MAKING, str(uuid.uuid4()), now + LEASE
        if paper.attempts > MOST_ATTEMPTS:
            _failed(session, paper, CUT_SHORT, now)
    return paper


def _printed(paper: Paper, sealed: bytes, vault: Vault, pdf: PdfWriter, public_url: str) -> bytes:
    missing = pdf.available()
    if missing:
        raise Refused(missing)
    try:
        frozen = json.loads(vault.open(paper.data_key or b"", sealed, scope_of_paper(paper.public_id)))
    except VaultError:
        raise Refused(SHUT) from None
    words = json.dumps(linked(frozen["document"], public_url), ensure_ascii=False, indent=1)
    attached = Attachment(ATTACHED, words.encode(), "application/json", "The same filing, for machines to read")
    return pdf.write(TEMPLATE, frozen["content"], language=frozen["language"], title=frozen["title"],
                     created_at=datetime.fromisoformat(frozen["created_at"]), attachments=[attached])


def _keep(session: Session, paper_id: int, token: str | None, made: bytes, *, now: datetime, vault: Vault) -> None:
    """Keep what was made; what was asked for once more meanwhile is the other's to keep."""
    with writing(session):
        case = session.scalars(
            select(Case).join(Filing, Filing.case_id == Case.id).join(Paper, Paper.filing_id == Filing.id)
            .where(Paper.id == paper_id).with_for_update(of=Case, key_share=True)
        ).one()
        filing = session.scalars(
            select(Filing).join(Paper, Paper.filing_id == Filing.id).where(Paper.id == paper_id).with_for_update(of=Filing)
        ).one()
        paper = session.scalar(rows.held(paper_id, token))
        if paper is None:
            return
        paper.state, paper.made_at, paper.token, paper.lease_until = MADE, now, None, None
        if _is_the_approved(paper, filing):
            kept = documents.keep(
                session, case, kind=DocumentKind.PDF.value, name=file_name(filing, paper.version),
                media_type="application/pdf", content=made, by=_who(session, filing.approved_by_id), now=now, vault=vault)
            filing.pdf_document_id = paper.document_id = kept.id
            paper.data_key = paper.sealed = None
        else:
            paper.sealed = vault.seal(paper.data_key or b"", made, scope_of_paper(paper.public_id))


def _is_the_approved(paper: Paper, filing: Filing) -> bool:
    counts = filing.state in {FilingState.APPROVED.value, FilingState.SUBMITTED.value}
    return counts and not paper.draft and filing.pdf_document_id is None and filing.approved_hash == paper.content_hash


def _who(session: Session, user_id: int | None) -> Actor:
    user = session.get(User, user_id) if user_id else None
    return SYSTEM if user is None else user.actor


def _fail(session: Session, paper_id: int, token: str | None, reason: str, now: datetime) -> None:
    with writing(session):
        paper = session.scalar(rows.held(paper_id, token))
        if paper is not None:
            _failed(session, paper, reason, now)


def _failed(session: Session, paper: Paper, reason: str, now: datetime) -> None:
    paper.state, paper.reason, paper.token, paper.lease_until = FAILED, reason, None, None
    paper.data_key = paper.sealed = None
    filing = session.get_one(Filing, paper.filing_id)
    audit.record(session, action="filing.not_printed", by=_who(session, paper.by_id), now=now, case_id=filing.case_id,
                 subject="filing", subject_id=filing.id, details={"reason": reason})


def open_paper(session: Session, filing_id: int, *, by: Actor, now: datetime, vault: Vault) -> tuple[Paper, bytes]:
    """Return the PDF of the version that stands. Raises ``NotFound`` where nobody asked for it, ``Conflict`` in words
    where it is still being made, or could not be."""
    require(by, Permission.SEE_FILINGS)
    filing = session.get(Filing, filing_id)
    paper = paper_of(session, filing) if filing is not None else None
    if filing is None or paper is None:
        raise NotFound("Nobody asked for the PDF of this version.")
    if paper.state != MADE:
        raise Conflict(paper.reason or "It is still being made. Look again in a few seconds.")
    if paper.document_id is not None:
        kept = session.get_one(Document, paper.document_id)
        return paper, documents.read(session, filing.case_id, kept.public_id, by=by, now=now, vault=vault)[1]
    whole = session.get_one(Paper, paper.id, options=[undefer(Paper.sealed)], populate_existing=True)
    try:
        return paper, vault.open(whole.data_key or b"", whole.sealed or b"", scope_of_paper(whole.public_id))
    except VaultError:
        raise Conflict(SHUT) from None


def forget_papers(session: Session, *, now: datetime) -> int:
    """Throw away what was only looked at, a day after it was asked for; return how many."""
    with writing(session):
        return changed(session, rows.outlived(now - KEPT))

