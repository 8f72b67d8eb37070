"""A year on one page, and on paper."""

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from incident_app.domain.accounts import Permission
from incident_app.domain.statistics import NONE
from incident_app.extensions import db
from incident_app.services import cases, reports, statistics
from incident_app.web.filings import pdf_response
from incident_app.web.guard import actor, allowed
from incident_app.wiring import now, ports

bp = Blueprint("statistics", __name__)
MOST_ROWS = 200


def _kinds() -> dict[str, str]:
    return {name: book.title for name, book in ports().runbooks.items()} | {"other": "Something else"}


def _data() -> dict[str, str]:
    return {name: one.label for name, one in ports().law.categories.items()}


def _causes() -> dict[str, str]:
    return {name: one.label for name, one in ports().law.words.causes.items()}


def _year() -> int:
    return request.args.get("year", 0, type=int) or now().year


@bp.get("/statistics")
@allowed(Permission.SEE_CASES)
def show() -> ResponseReturnValue:
    """Show the figures of a year: a table behind each picture."""
    session = db.session()
    found = statistics.of_year(session, _year(), by=actor(), now=now()).named(_kinds(), _data(), _causes())
    return render_template(
        "pages/statistics/show.html", year=found, pictures=found.pictures(), dash=NONE, most_rows=MOST_ROWS,
        practice=statistics.practised(session, by=actor(), now=now()), zone=cases.organisation(session).zone,
        years=sorted({*reports.years(session, now(), by=actor()), found.year}, reverse=True))


@bp.get("/statistics.pdf")
@allowed(Permission.SEE_CASES)
def pdf() -> ResponseReturnValue:
    """Print the figures of a year."""
    year, missing = _year(), ports().pdf.available()
    if missing:
        return render_template("pages/reports/no_pdf.html", words=missing, back=url_for("statistics.show", year=year)), 409
    content = statistics.pdf_of(db.session(), year, by=actor(), now=now(), pdf=ports().pdf, kinds=_kinds(), data=_data(),
                               causes=_causes())
    return pdf_response(content, f"statistics-{year}.pdf")
