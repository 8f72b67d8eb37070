"""Things to do as JSON: read, add, assign, prove done, say why not needed; and the runbooks."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

from flask_smorest import Blueprint
from marshmallow import RAISE, fields, validate

from incident_app.api import answers
from incident_app.api.conflicts import both
from incident_app.api.guard import actor, allowed, case_or_404
from incident_app.api.schemas import MomentField, Strict, Versioned
from incident_app.api.submitting import once
from incident_app.api.versions import versioned
from incident_app.domain.accounts import Permission
from incident_app.domain.remediation import LONGEST_TITLE, is_overdue
from incident_app.extensions import db
from incident_app.models.remediation import Action, Deed
from incident_app.services import documents, remediation, runbooks
from incident_app.services.remediation import NewAction, Plan
from incident_app.wiring import now, ports

blp = Blueprint("api_remediation", __name__, url_prefix="/api/v1")

LARGEST = 2**31 - 1
MANY = validate.Length(max=200)


class _Id(fields.Integer):
    """The id of an action."""

    def __init__(self) -> None:
        """Take whole numbers that an id can be."""
        super().__init__(strict=True, validate=validate.Range(1, LARGEST))


class ActionSchema(Strict):
    """A further thing to do; ``kind`` is contain, mitigate, remedy, prevent or notify.

    Due at ``due_at``, or ``due_hours`` after it is free; ``waits_for`` are ids of actions of the case; ``review_days`` 0:
    nobody looks later whether it works, none: as is usual for its kind.
    """

    title = fields.String(required=True)
    kind = fields.String(required=True)
    owner_id = fields.Integer(strict=True, allow_none=True)
    due_at = MomentField(allow_none=True)
    proof = fields.String()
    due_hours = fields.Float(allow_none=True)
    mandatory = fields.Boolean()
    waits_for = fields.List(_Id, validate=MANY)
    review_days = fields.Integer(strict=True, allow_none=True)


class ChangeSchema(Versioned):
    """Who does it and by when; both are set to what is given. ``version`` is the one that was read.

    ``waits_for`` and ``review_days`` stay as they are where they are not given.
    """

    owner_id = fields.Integer(strict=True, allow_none=True, required=True)
    due_at = MomentField(allow_none=True, required=True)
    due_hours = fields.Float(allow_none=True)
    waits_for = fields.List(_Id, validate=MANY)
    review_days = fields.Integer(strict=True, allow_none=True)
    title = fields.String(validate=validate.Length(max=LONGEST_TITLE))
    kind = fields.String()
    mandatory = fields.Boolean()
    proof = fields.String()
    reason = fields.String()


class DoneSchema(Versioned):
    """What proves it: words, the address of a page, a document of the case by its ``id`` there or by its SHA-256."""

    needs_version = False
    proof = fields.String(load_default="")
    link = fields.String()
    document_id = fields.UUID(allow_none=True)
    sha256 = fields.String()


class CheckSchema(Versioned):
    """Whether it was done as is written; where it is sent back, with the reason."""

    needs_version = False
    agreed = fields.Boolean(required=True)
    reason = fields.String()


class ReviewSchema(Versioned):
    """Whether it works: works, partly or not; and by what that is seen."""

    needs_version = False
    outcome = fields.String(required=True)
    reason = fields.String(required=True)


class NotNeededSchema(Versioned):
    """Why this case does not need it."""

    needs_version = False
    reason = fields.String(required=True)


class WhoseSchema(Strict):
    """Which list, at most how many of it, and after which action it goes on."""

    whose = fields.String(load_default="all")
    limit = fields.Integer(load_default=500, validate=validate.Range(1, 500))
    after = fields.Integer(validate=validate.Range(1, LARGEST))


def _moment(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat() if at else None


def _deed_json(deed: Deed) -> dict[str, Any]:
    return {"what": deed.what, "outcome": deed.outcome, "words": deed.words, "link": deed.link, "by_id": deed.by_id,
            "at": _moment(deed.at), "sha256": deed.sha256}


def one_json(action: Action) -> dict[str, Any]:
    """Return one action with what it waits for and what was done about it."""
    (found,) = _listed([action])
    return found


def _listed(actions: Sequence[Action]) -> list[dict[str, Any]]:
    session = db.session()
    waits, deeds = remediation.waits_of(session, actions), remediation.deeds_of(session, actions)
    return [action_json(one, waits.get(one.id, ()), deeds.get(one.id, ())) for one in actions]


def action_json(action: Action, waits_for: Sequence[int], deeds: Sequence[Deed]) -> dict[str, Any]:
    """Return one action with its proof or the reason why it was not needed, and what was done about it so far."""
    return {
        "id": action.id, "case": action.case.ref, "title": action.title, "kind": action.kind, "role": action.role,
        "owner_id": action.owner_id, "owner": action.owner.name if action.owner else None,
        "due_at": _moment(action.due_at), "overdue": is_overdue(action.state, action.due_at, now()) and not action.waiting,
        "due_hours": action.due_hours, "mandatory": action.mandatory, "waiting": action.waiting, "waits_for": list(waits_for),
        "link": action.proof_link, "check_due_at": _moment(action.check_due_at), "checked_at": _moment(action.checked_at),
        "checked_by_id": action.checked_by_id, "review_days": action.review_days,
        "review_due_at": _moment(action.review_due_at), "works": action.works,
        "deeds": [_deed_json(one) for one in deeds],
        "state": action.state, "proof_asked": action.proof_asked, "proof": action.proof_text,
        "document_id": action.proof_document.public_id if action.proof_document else None,
        "not_needed_reason": action.not_needed_reason, "runbook": action.runbook,
        "runbook_version": action.runbook_version, "ended_at": _moment(action.ended_at), "version": action.version,
    }


def _both(action_id: int) -> AbstractContextManager[None]:
    case_id = remediation.find(db.session(), action_id, by=actor()).case_id
    return both("action", action_id, case_id, lambda: one_json(remediation.find(db.session(), action_id, by=actor())))


@blp.route("/actions", methods=["GET"])
@allowed(Permission.SEE_ACTIONS)
@blp.arguments(WhoseSchema, location="query", unknown=RAISE)
@blp.alt_response(200, schema=answers.ACTIONS, success=True)
def every_action(query: dict[str, Any]) -> dict[str, Any]:
    """List what is still to do: ``?whose=mine``, ``overdue``, ``check``, ``reviews`` or ``all`` (the default).

    ``next`` is the ``after`` of the next page, none where this is the last one.
    """
    found = remediation.overview(db.session(), **query, by=actor(), now=now())
    return {"actions": _listed(found.actions), "next": found.after}


@blp.route("/cases/<ref>/actions", methods=["GET"])
@allowed(Permission.SEE_ACTIONS)
@blp.alt_response(200, schema=answers.ACTIONS, success=True)
def of_case(ref: str) -> dict[str, Any]:
    """List everything to do in one case."""
    case = case_or_404(ref)
    return {"actions": _listed(remediation.of_case(db.session(), case.id)), "next": None}


@blp.route("/cases/<ref>/actions", methods=["POST"])
@allowed(Permission.MANAGE_ACTIONS)
@once
@blp.arguments(ActionSchema)
@blp.alt_response(201, schema=answers.ACTION, success=True)
def add(body: dict[str, Any], ref: str) -> tuple[dict[str, Any], int]:
    """Add a thing to do."""
    waits_for = tuple(body.pop("waits_for", ()))
    made = remediation.add(db.session(), case_or_404(ref).id, NewAction(**body, waits_for=waits_for), by=actor(), now=now())
    return one_json(made), 201


@blp.route("/actions/<int:action_id>", methods=["PATCH"])
@allowed(Permission.MANAGE_ACTIONS)
@versioned
@blp.arguments(ChangeSchema)
@blp.alt_response(200, schema=answers.ACTION, success=True)
def change(body: dict[str, Any], action_id: int) -> dict[str, Any]:
    """Say what it is, who does it, by when, what it waits for, and when somebody looks whether it works."""
    version, waits_for = body.pop("version", None), body.pop("waits_for", None)
    plan = Plan(**body, waits_for=None if waits_for is None else tuple(waits_for))
    with _both(action_id):
        return one_json(remediation.change(db.session(), action_id, plan, version=version, by=actor(), now=now()))


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
        return one_json(remediation.complete(session, action_id, proof, document_id=document.id if document else None,
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
        return one_json(remediation.not_needed(db.session(), action_id, reason, **body, by=actor(), now=now()))


@blp.route("/actions/<int:action_id>/check", methods=["POST"])
@allowed(Permission.MANAGE_ACTIONS)
@versioned
@blp.arguments(CheckSchema)
@blp.alt_response(200, schema=answers.ACTION, success=True)
def check(body: dict[str, Any], action_id: int) -> dict[str, Any]:
    """Say as a second person that it was done as is written, or send it back with a reason."""
    with _both(action_id):
        return one_json(remediation.check(db.session(), action_id, **body, by=actor(), now=now()))


@blp.route("/actions/<int:action_id>/review", methods=["POST"])
@allowed(Permission.MANAGE_ACTIONS)
@versioned
@blp.arguments(ReviewSchema)
@blp.alt_response(200, schema=answers.ACTION, success=True)
def review(body: dict[str, Any], action_id: int) -> dict[str, Any]:
    """Say whether what was done works; what does not is open again."""
    outcome, reason = body.pop("outcome"), body.pop("reason")
    with _both(action_id):
        return one_json(remediation.review(db.session(), action_id, outcome, reason, **body, by=actor(), now=now()))


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
