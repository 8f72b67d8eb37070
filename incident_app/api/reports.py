"""The register and the statistics as JSON, exports as files."""

from dataclasses import asdict
from typing import Any

from flask import Response
from flask_smorest import Blueprint
from marshmallow import RAISE, fields

from incident_app.api import answers
from incident_app.api.documents import binary
from incident_app.api.guard import actor, allowed, case_or_404
from incident_app.api.schemas import Strict
from incident_app.api.shapes import A_FILE
from incident_app.domain.accounts import Permission
from incident_app.domain.register import FIELDS, chosen
from incident_app.domain.reports import Row
from incident_app.extensions import db
from incident_app.services import reports
from incident_app.services import statistics as yearly
from incident_app.wiring import now, ports

blp = Blueprint("api_reports", __name__, url_prefix="/api/v1")


class FileQuery(Strict):
    """Which breaches: ``filter`` is all, running, decide, overdue, closed or drill; ``q`` searches reference, title,
    description. ``country``: two letters; ``cause``: kind of incident; ``kind``: confidentiality, integrity or availability;
    ``timing``: on_time, late, overdue, not_due; ``authority`` and ``people``: told, not_told; ``since``, ``until``: dates of
    awareness. ``columns``: only these."""

    filter = fields.String(load_default="all")
    q = fields.String(load_default="")
    state = fields.String(load_default="")
    country = fields.String(load_default="")
    cause = fields.String(load_default="")
    kind = fields.String(load_default="")
    system = fields.String(load_default="")
    timing = fields.String(load_default="")
    authority = fields.String(load_default="")
    people = fields.String(load_default="")
    since = fields.String(load_default="")
    until = fields.String(load_default="")
    columns = fields.List(fields.String(), load_default=list)


class RegisterQuery(FileQuery):
    """The same, in pages: ``after`` is the ``next`` of the page before. With ``columns``, each row has their words."""

    after = fields.String(load_default="")


class StatisticsQuery(Strict):
    """The year of awareness; left out: this year."""

    year = fields.Integer(load_default=None, allow_none=True)


def _row(row: Row) -> dict[str, Any]:
    plain = ("ref", "title", "zone", "drill", "closed", "overdue", "to_decide", "running", "people", "people_sub",
             "severity", "owner", "next_words", "state")
    return {name: getattr(row, name) for name in plain} | {
        "aware_at": row.aware_at.isoformat(), "authority": row.authority.words,
        "next_due_at": row.next_due_at.isoformat() if row.next_due_at else None,
    }


def asked(query: dict[str, Any]) -> dict[str, Any]:
    """Return what a query asks of the register, as the services take it."""
    return {"by": actor(), "now": now(), "filter": query["filter"], "given": {name: query[name] for name in FIELDS}}


@blp.route("/register", methods=["GET"])
@allowed(Permission.SEE_REGISTER)
@blp.arguments(RegisterQuery, location="query", unknown=RAISE)
@blp.alt_response(200, schema=answers.REGISTER, success=True)
def register(query: dict[str, Any]) -> dict[str, Any]:
    """List every breach within scope, told or not, what is due next first, fifty at a time."""
    columns = chosen(query["columns"])
    shown = reports.register(db.session(), after=query["after"], columns=columns, **asked(query))
    rows = [_row(row) | {"columns": shown.cells.get(row.ref, {})} for row in shown.rows]
    return {"counts": shown.counts, "total": shown.total, "rows": rows, "next": shown.more}


@blp.route("/register.csv", methods=["GET"])
@allowed(Permission.SEE_CASES)
@blp.arguments(FileQuery, location="query", unknown=RAISE)
@blp.alt_response(200, schema=A_FILE, content_type="text/csv", success=True)
def export(query: dict[str, Any]) -> Response:
    """Export the register (Art 33(5)); the export is recorded."""
    content = reports.export(db.session(), columns=chosen(query["columns"]), **asked(query))
    return binary(content, "register.csv", "text/csv")


@blp.route("/register.pdf", methods=["GET"])
@allowed(Permission.SEE_CASES)
@blp.arguments(FileQuery(exclude=["columns"]), location="query", unknown=RAISE)
@blp.alt_response(200, schema=A_FILE, content_type="application/pdf", success=True)
def register_pdf(query: dict[str, Any]) -> Response:
    """Print the register."""
    content = reports.register_pdf(db.session(), pdf=ports().pdf, **asked(query))
    return binary(content, "register.pdf", "application/pdf")


@blp.route("/cases/<ref>/report.pdf", methods=["GET"])
@allowed(Permission.SEE_CASES)
@blp.alt_response(200, schema=A_FILE, content_type="application/pdf", success=True)
def case_pdf(ref: str) -> Response:
    """Print everything on record about one case."""
    content = reports.case_pdf(db.session(), case_or_404(ref).id, by=actor(), now=now(), pdf=ports().pdf,
                               law=ports().law, forms=ports().forms)
    return binary(content, f"{ref}-report.pdf", "application/pdf")


@blp.route("/statistics", methods=["GET"])
@allowed(Permission.SEE_CASES)
@blp.arguments(StatisticsQuery, location="query", unknown=RAISE)
@blp.alt_response(200, schema=answers.STATISTICS, success=True)
def statistics(query: dict[str, Any]) -> dict[str, Any]:
    """Count one year of awareness as the page of the statistics does; drills are left out.

    ``by_cause``, ``by_kind`` and ``by_data`` name what is counted as the law files and runbooks do; a cause without a name
    is not known yet. ``told`` and ``reached`` are null where nothing was sent, ``term_hours`` where the law names no date,
    ``percent`` where no duty of that kind had one. People are a range, and in ``unknown`` breaches nobody knows.
    ``drills`` are those logged in the last 12 months, whatever year is asked.
    """
    found = yearly.of_year(db.session(), query["year"] or now().year, by=actor(), now=now())
    practice = yearly.practised(db.session(), by=actor(), now=now())
    return {
        **{name: getattr(found, name) for name in ("year", "breach_count", "public", "told", "reached")},
        **{name: [{"name": one, "count": count} for one, count in getattr(found, name)]
           for name in ("by_cause", "by_kind", "by_system", "by_data", "effects")},
        "people": asdict(found.people) | {"words": found.people.words()},
        "drills": {"count": practice.count, "last_at": practice.last_at.isoformat() if practice.last_at else None},
        "shares": [asdict(one) | {"percent": one.percent} for one in found.shares],
        "filings": [asdict(one) | {"late": one.late} for one in found.filings],
    }
