"""How somebody looks at the register, as JSON: columns, saved views; and the register as a spreadsheet."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint
from marshmallow import RAISE, fields

from incident_app.api import answers
from incident_app.api.documents import binary
from incident_app.api.guard import actor, allowed
from incident_app.api.reports import FileQuery, asked
from incident_app.api.schemas import Strict, Versioned
from incident_app.api.shapes import A_FILE
from incident_app.api.versions import versioned
from incident_app.domain.accounts import Permission
from incident_app.domain.register import CHOICES, chosen
from incident_app.extensions import db
from incident_app.models.register import RegisterView
from incident_app.services import reports
from incident_app.services.reports import Look
from incident_app.wiring import now, ports

blp = Blueprint("api_register", __name__, url_prefix="/api/v1")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class ColumnsSchema(Strict):
    """The names of the columns to be shown; none at all: the usual ones."""

    columns = fields.List(fields.String(), required=True)


class ViewSchema(Strict):
    """A view: its name, pill (``filter``), ``filters`` by name as the register takes them, columns, and whether it is shared."""

    name = fields.String(required=True)
    filter = fields.String(load_default="all")
    filters = fields.Dict(fields.String(), fields.String(), load_default=dict)
    columns = fields.List(fields.String(), load_default=list)
    shared = fields.Boolean(load_default=False, truthy={True}, falsy={False})


class ViewChangeSchema(Versioned, ViewSchema):
    """A view as it is to be; ``version`` is the one that was read."""


class VersionQuery(Strict):
    """The version that was read."""

    version = fields.Integer(required=True)


def _view(view: RegisterView) -> dict[str, Any]:
    return {
        "id": view.public_id, "name": view.name, "filter": view.pill, "filters": view.wanted, "columns": view.columns,
        "shared": view.shared, "own": view.owner_id == actor().id, "version": view.version,
        "changed_at": view.changed_at.isoformat(),
    }


def _look(body: dict[str, Any]) -> Look:
    return Look(name=body["name"], pill=body["filter"], given=body["filters"], columns=body["columns"], shared=body["shared"])


@blp.route("/register.xlsx", methods=["GET"])
@allowed(Permission.SEE_CASES)
@blp.arguments(FileQuery, location="query", unknown=RAISE)
@blp.alt_response(200, schema=A_FILE, content_type=XLSX, success=True)
def workbook(query: dict[str, Any]) -> Response:
    """Export the register as a spreadsheet; the export is recorded."""
    content = reports.export(db.session(), columns=chosen(query["columns"]), workbooks=ports().workbooks, **asked(query))
    return binary(content, "register.xlsx", XLSX)


@blp.get("/register/columns")
@allowed(Permission.SEE_CASES)
@blp.alt_response(200, schema=answers.COLUMNS, success=True)
def columns() -> dict[str, Any]:
    """Read the columns one has chosen, and those there are."""
    return {"columns": list(reports.columns_of(db.session(), by=actor())), "choices": {one.value: one.words for one in CHOICES}}


@blp.put("/register/columns")
@allowed(Permission.SEE_CASES)
@blp.arguments(ColumnsSchema)
@blp.alt_response(200, schema=answers.CHOSEN_COLUMNS, success=True)
def choose(body: dict[str, Any]) -> dict[str, Any]:
    """Choose the columns one wants to see."""
    return {"columns": list(reports.choose_columns(db.session(), body["columns"], by=actor(), now=now()))}


@blp.get("/register/views")
@allowed(Permission.SEE_CASES)
@blp.alt_response(200, schema=answers.REGISTER_VIEWS, success=True)
def views() -> dict[str, Any]:
    """List one's own views and the shared ones."""
    return {"views": [_view(one) for one in reports.every_view(db.session(), by=actor())]}


@blp.post("/register/views")
@allowed(Permission.SEE_CASES)
@blp.arguments(ViewSchema)
@blp.alt_response(201, schema=answers.REGISTER_VIEW, success=True)
def save(body: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Save a view."""
    return _view(reports.save_view(db.session(), _look(body), by=actor(), now=now())), 201


@blp.put("/register/views/<view_id>")
@allowed(Permission.SEE_CASES)
@versioned
@blp.arguments(ViewChangeSchema)
@blp.alt_response(200, schema=answers.REGISTER_VIEW, success=True)
def change(body: dict[str, Any], view_id: str) -> dict[str, Any]:
    """Change a view; of a stale version both texts come back, and nothing is saved."""
    return _view(reports.change_view(db.session(), view_id, _look(body), version=body["version"], by=actor(), now=now()))


@blp.delete("/register/views/<view_id>")
@allowed(Permission.SEE_CASES)
@blp.arguments(VersionQuery, location="query", unknown=RAISE)
@blp.response(204)
def remove(query: dict[str, Any], view_id: str) -> None:
    """Remove a view of one's own."""
    reports.remove_view(db.session(), view_id, version=query["version"], by=actor(), now=now())
