"""The register of every breach, its exports, and printed reports."""

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from incident_app.domain.accounts import Permission, may
from incident_app.domain.reports import Filter
from incident_app.extensions import db
from incident_app.services import reports
from incident_app.web.documents import attachment
from incident_app.web.filings import pdf_response
from incident_app.web.guard import actor, allowed, case_or_404
from incident_app.wiring import now, ports

bp = Blueprint("reports", __name__)
PAGE_SIZE = 50
PILLS = {Filter.RUNNING: ("", "clock"), Filter.DECIDE: ("soon", "signpost-split"), Filter.OVERDUE: ("late", "exclamation-lg")}


def _asked() -> tuple[str, str]:
    return request.args.get("filter", Filter.ALL.value), request.args.get("q", "")


@bp.get("/register")
@allowed(Permission.SEE_REGISTER)
def register() -> ResponseReturnValue:
    """Show every breach, told or not, what is due next first."""
    wanted, search = _asked()
    shown = reports.register(db.session(), by=actor(), now=now(), filter=wanted, search=search)
    given = request.args.get("page", "1")
    page = max(1, int(given)) if given.isascii() and given.isdigit() and len(given) < 6 else 1
    first = (page - 1) * PAGE_SIZE
    pills = [
        (one.words, shown.counts[one.value], url_for("reports.register", filter=one.value, q=search or None),
         one is shown.filter, *PILLS.get(one, ("", "")))
        for one in Filter
    ]
    more = url_for("reports.register", filter=shown.filter.value, q=search or None, page=page + 1)
    full = may(actor(), Permission.SEE_CASES)
    return render_template(
        "pages/cases/register.html", rows=shown.rows[first : first + PAGE_SIZE], pills=pills, total=len(shown.rows),
        more_url=more if len(shown.rows) > first + PAGE_SIZE else None, query=shown.search,
        clear_url=url_for("reports.register", filter=shown.filter.value), export_count=len(shown.rows) if full else 0,
        export_url=url_for("reports.export", filter=shown.filter.value, q=search or None) if full else None,
        pdf_url=url_for("reports.register_pdf", filter=shown.filter.value, q=search or None) if full else None,
    )


@bp.get("/register.csv")
@allowed(Permission.SEE_CASES)
def export() -> ResponseReturnValue:
    """Hand out the register as CSV; the export is recorded."""
    wanted, search = _asked()
    content = reports.export(db.session(), by=actor(), now=now(), filter=wanted, search=search)
    return attachment(content, f"register-{now():%Y-%m-%d}.csv", "text/csv")


@bp.get("/register.pdf")
@allowed(Permission.SEE_CASES)
def register_pdf() -> ResponseReturnValue:
    """Print the register."""
    wanted, search = _asked()
    missing = ports().pdf.available()
    if missing:
        return render_template("pages/reports/no_pdf.html", words=missing, back=url_for("reports.register")), 409
    content = reports.register_pdf(db.session(), by=actor(), now=now(), pdf=ports().pdf, filter=wanted, search=search)
    return pdf_response(content, f"register-{now():%Y-%m-%d}.pdf")


@bp.get("/cases/<ref>/report.pdf")
@allowed(Permission.SEE_CASES)
def case_pdf(ref: str) -> ResponseReturnValue:
    """Print everything on record about one case."""
    case, missing = case_or_404(ref), ports().pdf.available()
    if missing:
        return render_template("pages/reports/no_pdf.html", words=missing, back=url_for("cases.show", ref=ref)), 409
    content = reports.case_pdf(db.session(), case.id, by=actor(), now=now(), pdf=ports().pdf, law=ports().law)
    return pdf_response(content, f"{ref}-report.pdf")
