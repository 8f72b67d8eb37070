"""Cause and lessons of a case as JSON."""

from datetime import UTC
from typing import Any

from flask_smorest import Blueprint
from marshmallow import fields

from incident_app.api import answers
from incident_app.api.conflicts import both
from incident_app.api.guard import actor, allowed, case_or_404
from incident_app.api.schemas import Versioned
from incident_app.api.versions import versioned
from incident_app.domain.accounts import Permission
from incident_app.domain.lessons import Lessons
from incident_app.extensions import db
from incident_app.models.cases import Case
from incident_app.models.lessons import LessonsVersion
from incident_app.services import lessons
from incident_app.wiring import now, ports

blp = Blueprint("api_lessons", __name__, url_prefix="/api/v1")


class LessonsSchema(Versioned):
    """What was found out; what is left out is empty. ``cause`` and ``factors`` are ids of ``/law/causes``; ``whys`` at most
    seven, in order. ``version`` is the one that was read, 0 where nothing is written yet."""

    cause = fields.String(load_default="")
    factors = fields.List(fields.String(), load_default=list)
    cause_words = fields.String(load_default="")
    whys = fields.List(fields.String(), load_default=list)
    went_well = fields.String(load_default="")
    differently = fields.String(load_default="")


def lessons_json(case: Case, row: LessonsVersion | None) -> dict[str, Any]:
    """Return one version as JSON; version 0 where nothing is written yet."""
    said, words = lessons.plain(row), ports().law.words
    plain = {name: getattr(said, name) for name in ("cause", "cause_words", "went_well", "differently")}
    return plain | {
        "version": row.number if row else 0, "factors": list(said.factors), "whys": list(said.whys),
        "cause_label": words.cause_label(said.cause), "caused_by": words.caused_by(said.cause, case.malicious),
        "by": row.by_id if row else None, "at": row.at.astimezone(UTC).isoformat() if row else None,
    }


@blp.get("/law/causes")
@allowed(Permission.SEE_OWN_ACCOUNT)
@blp.alt_response(200, schema=answers.CAUSES, success=True)
def causes() -> dict[str, Any]:
    """List the causes and contributing factors to choose from."""
    words = ports().law.words
    return {"causes": [{"id": one.id, "family": one.family, "label": one.label, "words": one.words,
                        "caused_by": one.caused_by, "on_purpose": one.on_purpose} for one in words.causes.values()],
            "factors": [{"id": name, "label": label} for name, label in words.factors.items()]}


@blp.get("/cases/<ref>/lessons")
@allowed(Permission.SEE_CASES)
@versioned
@blp.alt_response(200, schema=answers.LESSONS, success=True)
def show(ref: str) -> dict[str, Any]:
    """Read the version that counts."""
    case = case_or_404(ref)
    return lessons_json(case, lessons.latest(db.session(), case.id))


@blp.get("/cases/<ref>/lessons/versions")
@allowed(Permission.SEE_CASES)
@blp.alt_response(200, schema=answers.LESSONS_VERSIONS, success=True)
def versions(ref: str) -> dict[str, Any]:
    """Read every version, the newest first."""
    case = case_or_404(ref)
    return {"versions": [lessons_json(case, one) for one in lessons.versions(db.session(), case.id)]}


@blp.put("/cases/<ref>/lessons")
@allowed(Permission.EDIT_CASE)
@versioned
@blp.arguments(LessonsSchema)
@blp.alt_response(200, schema=answers.LESSONS, success=True)
def write(body: dict[str, Any], ref: str) -> dict[str, Any]:
    """Write a new version; one that says the same as the last makes none."""
    case, version = case_or_404(ref), body.pop("version")
    said = Lessons(**body | {"factors": tuple(body["factors"]), "whys": tuple(body["whys"])})
    with both("lessons", ref, case.id, lambda: show_now(ref)):
        made = lessons.save(db.session(), case.id, said, version=version, by=actor(), now=now(), words=ports().law.words)
    return lessons_json(case_or_404(ref), made)


def show_now(ref: str) -> dict[str, Any]:
    """Return the version that counts, for who was slower."""
    case = case_or_404(ref)
    return lessons_json(case, lessons.latest(db.session(), case.id))
