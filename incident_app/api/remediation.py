"""Things to do as JSON: read, add, assign, prove done, say why not needed; and the runbooks."""

from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

from flask_smorest import Blueprint
from marshmallow import RAISE, fields

from incident_app.api import answers
from incident_app.api.conflicts import both
from incident_app.api.guard import actor, allowed, case_or_404
from incident_app.api.schemas import MomentField, Strict, Versioned
from incident_app.api.submitting import once
from incident_app.api.versions import versioned
from incident_app.domain.accounts import Permission
from incident_app.domain.remediation import is_overdue
from incident_app.extensions import db
from incident_app.models.remediation import Action
from incident_app.services import documents, remediation, runbooks
from incident_app.services.remediation import NewAction
from incident_app.wiring import now, ports

blp = Blueprint("api_remediation", __name__, url_prefix="/api/v1")


class ActionSchema(Strict):
    """A further thing to do; ``kind`` is contain, mitigate, remedy, prevent or notify."""

    title = fields.String(required=True)
    kind = fields.String(required=True)
    owner_id = fields.Integer(strict=True, allow_none=True)
    due_at = MomentField(allow_none=True)
    proof = fields.String()


class ChangeSchema(Versioned):
    """Who does it and by when; both are set to what is given. ``version`` is the one that was read."""

    owner_id = fields.Integer(strict=True, allow_none=True, required=True)
    due_at = MomentField(allow_none=True, required=True)


class DoneSchema(Versioned):
    """What proves it, in words and perhaps by a document of the case (its ``id`` there)."""

    needs_version = False
    proof = fields.String(required=True)
    document_id = fields.UUID(allow_none=True)


class NotNeededSchema(Versioned):
    """Why this case does not need it."""

    needs_version = False
    reason = fields.String(required=True)


class WhoseSchema(Strict):
    """Whose things to do."""

    whose = fields.String(load_default="all")


def _moment(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat() if at else None


def action_json(action: Action) -> dict[str, Any]:
    """Return one action with its proof or the reason why it was not needed."""
    return {
        "id": action.id, "case": action.case.ref, "title": action.title, "kind": action.kind, "role": action.role,
        "owner_id": action.owner_id, "owner": action.owner.name if action.owner else None,
        "due_at": _moment(action.due_at), "overdue": is_overdue(action.state, action.due_at, now()),
        "state": action.state, "proof_asked": action.proof_asked, "proof": action.proof_text,
        "document_id": action.proof_document.public_id if action.proof_document else None,
        "not_needed_reason": action.not_needed_reason, "runbook": action.runbook,
        "runbook_version": action.runbook_version, "ended_at": _moment(action.ended_at), "version": action.version,
    }


def _both(action_id: int) -> AbstractContextManager[None]:
    case_id = remediation.find(db.session(), action_id, by=actor()).case_id
    return both("action", action_id, case_id, lambda: action_json(remediation.find(db.session(), action_id, by=actor())))


@blp.route("/actions", methods=["GET"])
@allowed(Permission.SEE_ACTIONS)
@blp.arguments(WhoseSchema, location="query", unknown=RAISE)
@blp.alt_response(200, schema=answers.ACTIONS, success=True)
def every_action(query: dict[str, Any]) -> dict[str, Any]:
    """List what is still to do: ``?whose=mine``, ``overdue`` or ``all`` (the default)."""
    return {"actions": [action_json(action) for action in
                        remediation.overview(db.session(), whose=query["whose"], by=actor(), now=now())]}


@blp.route("/cases/<ref>/actions", methods=["GET"])
@allowed(Permission.SEE_ACTIONS)
@blp.alt_response(200, schema=answers.ACTIONS, success=True)
def of_case(ref: str) -> dict[str, Any]:
    """List everything to do in one case."""
    case = case_or_404(ref)
    return {"actions": [action_json(action) for action in remediation.of_case(db.session(), case.id)]}


@blp.route("/cases/<ref>/actions", methods=["POST"])
@allowed(Permission.MANAGE_ACTIONS)
@once
@blp.arguments(ActionSchema)
@blp.alt_response(201, schema=answers.ACTION, success=True)
def add(body: dict[str, Any], ref: str) -> tuple[dict[str, Any], int]:
    """Add a thing to do."""
    made = remediation.add(db.session(), case_or_404(ref).id, NewAction(**body), by=actor(), now=now())
    db.session().refresh(made)
    return action_json(made), 201


@blp.route("/actions/<int:action_id>", methods=["PATCH"])
@allowed(Permission.MANAGE_ACTIONS)
@versioned
@blp.arguments(ChangeSchema)
@blp.alt_response(200, schema=answers.ACTION, success=True)
def change(body: dict[str, Any], action_id: int) -> dict[str, Any]:
    """Say who does it, and by when."""
    with _both(action_id):
        return action_json(remediation.change(db.session(), action_id, **body, by=actor(), now=now()))


@blp.route("/actions/<int:action_id>/done", methods=["POST"])
@allowed(Permission.MANAGE_ACTIONS)
@versioned
@blp.arguments(DoneSchema)
@blp.alt_response(200, schema=answers.ACTION, success=True)
def done(body: dict[str, Any], action_id: int) -> dict[str, Any]:
    """Mark it done, with what proves it."""
    session, proof, named = db.session(), body.pop("proof"), body.pop("document_id", None)
    case_id = remediation.find(session, action_id, by=actor()).case_id
    document = documents.find(session, case_id, str(named)) if named else None
    with _both(action_id):
        return action_json(remediation.complete(session, action_id, proof, document_id=document.id if document else None,
                                                by=actor(), now=now(), **body))


@blp.route("/actions/<int:action_id>/not-needed", methods=["POST"])
@allowed(Permission.MANAGE_ACTIONS)
@versioned
@blp.arguments(NotNeededSchema)
@blp.alt_response(200, schema=answers.ACTION, success=True)
def not_needed(body: dict[str, Any], action_id: int) -> dict[str, Any]:
    """Mark it as not needed in this case."""
    reason = body.pop("reason")
    with _both(action_id):
        return action_json(remediation.not_needed(db.session(), action_id, reason, **body, by=actor(), now=now()))


@blp.route("/runbooks", methods=["GET"])
@allowed(Permission.FILE_BREACH)
@blp.alt_response(200, schema=answers.RUNBOOKS, success=True)
def every_runbook() -> dict[str, Any]:
    """List the kinds of breach and how many steps each one's checklist has."""
    books = ports().runbooks
    return {"runbooks": [
        {"kind": kind, "title": title, "version": books[kind].version, "steps": len(books[kind].steps)}
        for kind, title in runbooks.kinds(books)
    ]}
