"""A filing on paper, and the same as JSON: asked for, made by a worker, fetched."""

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response
from flask_smorest import Blueprint

from incident_app.api import answers
from incident_app.api.documents import binary
from incident_app.api.guard import actor, allowed, case_or_404
from incident_app.api.shapes import A_FILE
from incident_app.domain.accounts import Permission
from incident_app.extensions import db
from incident_app.models.papers import Paper
from incident_app.services import filings
from incident_app.wiring import now, ports, wake

blp = Blueprint("api_papers", __name__, url_prefix="/api/v1")


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def paper_json(paper: Paper) -> dict[str, Any]:
    """Return how far it is: ``state`` is waiting, making, made or failed; then ``reason`` says why."""
    return {"state": paper.state, "version": paper.version, "content_hash": paper.content_hash, "draft": paper.draft,
            "reason": paper.reason, "asked_at": _moment(paper.asked_at), "made_at": _moment(paper.made_at)}


@blp.route("/cases/<ref>/filings/<int:number>/pdf", methods=["POST"])
@allowed(Permission.SEE_FILINGS)
@blp.alt_response(200, schema=answers.PAPER, success=True)
@blp.alt_response(202, schema=answers.PAPER, success=True)
def ask(ref: str, number: int) -> tuple[dict[str, Any], int]:
    """Ask for the PDF of the filing as it stands: 202 while it is being made, 200 where it is there already."""
    filing = filings.find(db.session(), case_or_404(ref).id, number)
    paper = filings.ask_paper(db.session(), filing.id, by=actor(), now=now(), forms=ports().forms, vault=ports().vault)
    wake("tasks.papers.make")
    return paper_json(paper), 200 if paper.state == "made" else 202


@blp.route("/cases/<ref>/filings/<int:number>/pdf", methods=["GET"])
@allowed(Permission.SEE_FILINGS)
@blp.alt_response(200, schema=A_FILE, content_type="application/pdf", success=True)
def pdf(ref: str, number: int) -> Response:
    """Fetch the PDF of this version; 404 where nobody asked for it, 409 with words while it is not there."""
    filing = filings.find(db.session(), case_or_404(ref).id, number)
    _, content = filings.open_paper(db.session(), filing.id, by=actor(), now=now(), vault=ports().vault)
    return binary(content, f"{ref}-filing-{number}.pdf", "application/pdf")


@blp.route("/filings/<uuid:filing_id>", methods=["GET"])
@allowed(Permission.SEE_FILINGS)
@blp.alt_response(200, schema=answers.FILED_DOCUMENT, success=True)
def document(filing_id: UUID) -> dict[str, Any]:
    """Read a filing in the published format, as it goes along inside its PDF; ``$schema`` says where that is described."""
    filing = filings.by_public_id(db.session(), str(filing_id))
    case_or_404(filing.case.ref)
    return filings.plain(db.session(), filing.id, by=actor(), now=now(), forms=ports().forms, public_url=ports().public_url)
