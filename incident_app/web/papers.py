"""A filing on paper, and the same as JSON: asked for, made by a worker, fetched."""

import json

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from incident_app.domain.accounts import Permission
from incident_app.domain.filings.papers import SCHEMA
from incident_app.extensions import db
from incident_app.models.filings import Filing
from incident_app.services import filings
from incident_app.web.clocks import tile
from incident_app.web.filings import pdf_response
from incident_app.web.guard import actor, allowed, case_or_404
from incident_app.wiring import now, ports, wake

bp = Blueprint("papers", __name__)


def _found(ref: str, number: int) -> Filing:
    return filings.find(db.session(), case_or_404(ref).id, number)


@bp.post("/cases/<ref>/filings/<int:number>/paper")
@allowed(Permission.SEE_FILINGS)
def ask(ref: str, number: int) -> ResponseReturnValue:
    """Ask for the PDF of the filing as it stands, and show how far it is."""
    filings.ask_paper(db.session(), _found(ref, number).id, by=actor(), now=now(), forms=ports().forms, vault=ports().vault,
                      anew=request.form.get("anew") == "yes")
    wake("tasks.papers.make")
    return redirect(url_for("papers.show", ref=ref, number=number))


@bp.get("/cases/<ref>/filings/<int:number>/paper")
@allowed(Permission.SEE_FILINGS)
def show(ref: str, number: int) -> ResponseReturnValue:
    """Show how far the PDF of this version is, and hand it out."""
    filing = _found(ref, number)
    page = filings.page(db.session(), filing, now=now(), forms=ports().forms, law=ports().law)
    return render_template(
        "pages/filings/paper.html", case=filing.case, filing=filing, paper=filings.paper_of(db.session(), filing),
        clock=tile(filing.obligation, now()), complete=page.coverage.complete, schema=SCHEMA,
    )


@bp.get("/cases/<ref>/filings/<int:number>/paper/progress.json")
@allowed(Permission.SEE_FILINGS)
def progress(ref: str, number: int) -> Response:
    """Say whether it is there."""
    paper = filings.paper_of(db.session(), _found(ref, number))
    state = paper.state if paper is not None else "none"
    return jsonify(state=state, finished=state not in {"waiting", "making"})


@bp.get("/cases/<ref>/filings/<int:number>/pdf")
@allowed(Permission.SEE_FILINGS)
def pdf(ref: str, number: int) -> ResponseReturnValue:
    """Hand out the PDF of this version, or show how far it is."""
    filing = _found(ref, number)
    paper = filings.paper_of(db.session(), filing)
    if paper is None or paper.state != "made":
        flash("The PDF of this version is not made yet.", "soon")
        return redirect(url_for("papers.show", ref=ref, number=number))
    _, content = filings.open_paper(db.session(), filing.id, by=actor(), now=now(), vault=ports().vault)
    return pdf_response(content, f"{ref}-filing-{number}.pdf")


@bp.get("/cases/<ref>/filings/<int:number>/filing.json")
@allowed(Permission.SEE_FILINGS)
def plain(ref: str, number: int) -> Response:
    """Hand out the filing as it stands as JSON in the published format."""
    said = filings.plain(db.session(), _found(ref, number).id, by=actor(), now=now(), forms=ports().forms,
                         public_url=ports().public_url)
    response = Response(json.dumps(said, ensure_ascii=False, indent=1), mimetype="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="{ref}-filing-{number}.json"'
    return response
