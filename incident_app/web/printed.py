"""The register on paper: asked for, made by a worker, fetched by who asked for it."""

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from incident_app.domain.accounts import Permission
from incident_app.domain.numbers import grouped
from incident_app.domain.register import FIELDS
from incident_app.domain.reports import Filter
from incident_app.extensions import db
from incident_app.models.printed import PrintedReport
from incident_app.services import cases, reports
from incident_app.web.documents import attachment
from incident_app.web.filings import pdf_response
from incident_app.web.guard import actor, allowed
from incident_app.wiring import now, ports, wake

bp = Blueprint("printed", __name__)


@bp.post("/register/paper")
@allowed(Permission.SEE_CASES)
def ask() -> ResponseReturnValue:
    """Ask for the register on paper, as it is filtered, and show how far it is."""
    given = {name: request.form.get(name, "") for name in FIELDS}
    report = reports.ask_register(db.session(), by=actor(), now=now(), filter=request.form.get("filter") or Filter.ALL.value,
                                  given=given)
    wake("tasks.papers.make")
    return redirect(url_for("printed.show", printed_id=report.public_id))


def _found(printed_id: str) -> PrintedReport:
    return reports.printed_report(db.session(), printed_id, by=actor())


@bp.get("/printed/<printed_id>")
@allowed(Permission.SEE_CASES)
def show(printed_id: str) -> str:
    """Show how far it is, and hand it out."""
    return render_template("pages/reports/printed.html", report=_found(printed_id), progress=_progress(_found(printed_id)),
                           missing=ports().pdf.available(), zone=cases.organisation(db.session()).zone)


@bp.get("/printed/<printed_id>/progress.json")
@allowed(Permission.SEE_CASES)
def progress(printed_id: str) -> Response:
    """Say how far it is."""
    return jsonify(_progress(_found(printed_id)))


def _progress(report: PrintedReport) -> dict[str, object]:
    done, whole = report.done_count, report.all_count
    return {"state": report.state, "finished": report.state not in {"waiting", "making"}, "done": done, "all": whole,
            "percent": 100 * done / whole if whole else 0.0, "label": f"{grouped(done)} of {grouped(whole)} breaches are on paper"}


@bp.get("/printed/<printed_id>/file")
@allowed(Permission.SEE_CASES)
def file(printed_id: str) -> ResponseReturnValue:
    """Hand it out, or show how far it is."""
    if _found(printed_id).state != "made":
        flash("It is not made yet.", "soon")
        return redirect(url_for("printed.show", printed_id=printed_id))
    report, content = reports.open_report(db.session(), printed_id, by=actor(), vault=ports().vault)
    if report.media_type == "application/pdf":
        return pdf_response(content, report.name)
    return attachment(content, report.name, report.media_type)
