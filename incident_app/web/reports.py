"""The register of every breach, its exports, and printed reports."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from incident_app.domain.accounts import Permission, may
from incident_app.domain.cases import CaseState
from incident_app.domain.refusals import Forbidden, NotFound, Refused
from incident_app.domain.register import CHOICES, FIELDS, KINDS, PEOPLE, TIMINGS, TOLD, Column, chosen
from incident_app.domain.reports import Filter
from incident_app.extensions import db
from incident_app.models.register import RegisterView
from incident_app.services import accounts, reports
from incident_app.services.reports import Register
from incident_app.web.documents import attachment
from incident_app.web.errors import status_of
from incident_app.web.filings import pdf_response
from incident_app.web.guard import actor, allowed, case_or_404
from incident_app.wiring import now, ports

bp = Blueprint("reports", __name__)
PILLS = {Filter.RUNNING: ("", "clock"), Filter.DECIDE: ("soon", "signpost-split"), Filter.OVERDUE: ("late", "exclamation-lg")}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address or a form asks of the register: pill, filters, columns, and the view it began with."""

    pill: str
    given: Mapping[str, str]
    columns: tuple[Column, ...]
    view: RegisterView | None
    own_columns: tuple[str, ...] = ()

    def address(self, endpoint: str = "reports.register", **more: Any) -> str:
        """Return an address that asks the same, of a page or a file."""
        asks = {name: text for name, text in self.given.items() if text} | {"filter": self.pill}
        view = self.view.public_id if self.view is not None and endpoint == "reports.register" else None
        columns = list(self.own_columns) or None if endpoint == "reports.register" else None
        return url_for(endpoint, **{**asks, "view": view, "columns": columns, **more})


def asked(args: MultiDict[str, str]) -> Asked:
    """Read what is asked for. A view fills what the address leaves open; then come the columns somebody chose."""
    session, by = db.session(), actor()
    public_id = args.get("view", "") if may(by, Permission.SEE_CASES) else ""
    view = reports.one_view(session, public_id, by=by) if public_id else None
    given = {name: args.get(name, "") for name in FIELDS}
    pill = args.get("filter", "")
    if view is not None and not pill and not any(given.values()):
        given, pill = reports.filters_of(view).given, view.pill
    own = tuple(args.getlist("columns"))
    columns = chosen(own or (view.columns if view is not None else ())) or reports.columns_of(session, by=by)
    return Asked(pill or Filter.ALL.value, given, columns, view, own)


def page(args: MultiDict[str, str], refused: Refused | None = None) -> ResponseReturnValue:
    """Show the register as asked; what could not be read is named above it, and the whole register shown instead."""
    try:
        looked = asked(args)
        shown = _shown(looked, args.get("after", ""))
    except Refused as problem:
        if isinstance(problem, NotFound | Forbidden):
            raise
        refused, looked = problem, Asked(Filter.ALL.value, {}, reports.columns_of(db.session(), by=actor()), None)
        shown = _shown(looked, "")
    typed = {name: (args if refused else looked.given).get(name, "") for name in (*FIELDS, "name")}
    return render_template(
        "pages/cases/register.html", rows=shown.rows, pills=_pills(looked, shown), total=shown.total, columns=shown.columns,
        cells=shown.cells, more_url=looked.address(after=shown.more) if shown.more else None, query=shown.search,
        asked_words=shown.wanted.words(), active=len(shown.wanted.given), typed=typed, pill=looked.pill, given=looked.given,
        clear_url=url_for("reports.register", filter=looked.pill), refused=refused, **_tools(looked, shown),
    ), status_of(refused) if refused else 200


def _shown(looked: Asked, after: str) -> Register:
    return reports.register(db.session(), by=actor(), now=now(), filter=looked.pill, given=looked.given, after=after,
                            columns=looked.columns)


def _pills(looked: Asked, shown: Register) -> list[tuple[str, int, str, bool, str, str]]:
    return [
        (one.words, shown.counts[one.value], looked.address(filter=one.value), one is shown.filter, *PILLS.get(one, ("", "")))
        for one in Filter
    ]


def _tools(looked: Asked, shown: Register) -> dict[str, Any]:
    """Return what only who reads cases has: filters, columns, views, files."""
    session, by = db.session(), actor()
    if not may(by, Permission.SEE_CASES):
        return {"export_count": 0, "export_url": None, "views": None}
    narrow = [one.value for one in looked.columns]
    causes = {name: book.title for name, book in sorted(ports().runbooks.items(), key=lambda item: item[1].title)}
    return {
        "export_count": shown.total, "export_url": looked.address("reports.export"),
        "files": [
            ("CSV", looked.address("reports.export"), "download"),
            ("Excel (XLSX)", looked.address("reports.workbook"), "file-earmark-spreadsheet"),
            ("CSV, only these columns", looked.address("reports.export", columns=narrow), "download"),
            ("Excel, only these columns", looked.address("reports.workbook", columns=narrow), "file-earmark-spreadsheet"),
        ],
        "choices": CHOICES, "views": reports.every_view(session, by=by), "view": looked.view, "names": accounts.names(session),
        "changes": looked.view is not None and reports.may_change(looked.view, by),
        "selects": (
            ("state", "State", {one.value: one.value.capitalize() for one in CaseState}), ("cause", "Cause", causes),
            ("kind", "Kind of breach", KINDS), ("timing", "On time or late", TIMINGS), ("authority", "Authority", TOLD),
            ("people", "People", PEOPLE)),
    }


@bp.get("/register")
@allowed(Permission.SEE_REGISTER)
def register() -> ResponseReturnValue:
    """Show every breach, told or not, what is due next first."""
    return page(request.args)


def _file_asked() -> dict[str, Any]:
    given = {name: request.args.get(name, "") for name in FIELDS}
    return {"by": actor(), "now": now(), "filter": request.args.get("filter", Filter.ALL.value), "given": given}


@bp.get("/register.csv")
@allowed(Permission.SEE_CASES)
def export() -> ResponseReturnValue:
    """Hand out the register as CSV; the export is recorded."""
    columns = chosen(request.args.getlist("columns"))
    content = reports.export(db.session(), columns=columns, **_file_asked())
    return attachment(content, f"register-{now():%Y-%m-%d}.csv", "text/csv")


@bp.get("/register.xlsx")
@allowed(Permission.SEE_CASES)
def workbook() -> ResponseReturnValue:
    """Hand out the register as a spreadsheet; the export is recorded."""
    columns = chosen(request.args.getlist("columns"))
    content = reports.export(db.session(), columns=columns, workbooks=ports().workbooks, **_file_asked())
    return attachment(content, f"register-{now():%Y-%m-%d}.xlsx", XLSX)


@bp.get("/cases/<ref>/report.pdf")
@allowed(Permission.SEE_CASES)
def case_pdf(ref: str) -> ResponseReturnValue:
    """Print everything on record about one case."""
    case, missing = case_or_404(ref), ports().pdf.available()
    if missing:
        return render_template("pages/reports/no_pdf.html", words=missing, back=url_for("cases.show", ref=ref)), 409
    content = reports.case_pdf(db.session(), case.id, by=actor(), now=now(), pdf=ports().pdf, law=ports().law, forms=ports().forms)
    return pdf_response(content, f"{ref}-report.pdf")
