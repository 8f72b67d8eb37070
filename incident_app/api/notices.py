"""Notices as JSON: draft, edit, check, preview, ask, approve, send back."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from flask_smorest import Blueprint
from marshmallow import fields

from incident_app.api import answers
from incident_app.api.conflicts import both
from incident_app.api.guard import actor, allowed, case_or_404, fresh
from incident_app.api.schemas import Strict, Versioned
from incident_app.api.submitting import once
from incident_app.api.versions import versioned
from incident_app.domain.accounts import Permission
from incident_app.domain.notices import CONTROLLERS, FIELDS, fields_for
from incident_app.extensions import db
from incident_app.models.notices import Notice
from incident_app.services import notices
from incident_app.wiring import now, ports

blp = Blueprint("api_notices", __name__, url_prefix="/api/v1")
PLAIN = ("number", "list_id", "kind", "is_reminder", "state", "state_reason", "texts", "plan", "fallback_language", "version", "content_hash",
         "list_digest", "list_count")
MOMENTS = ("made_at", "edited_at", "launched_at", "finished_at")


class NoticeDraftSchema(Strict):
    """To which list."""

    list_id = fields.Integer(strict=True, required=True)


class NoticeTextSchema(Versioned):
    """The text of one language; ``((fields))`` are listed at ``/notices/fields``."""

    subject = fields.String(required=True)
    body = fields.String(required=True)


class ChannelPlanSchema(Versioned):
    """The order of channels (telegram, email, post), and the wait before the next one.

    A channel in ``never`` is left out for people whose data are sensitive. With a ``bypass_reason``, email goes also
    to who unsubscribed or was blocked; the approver reads it.
    """

    order = fields.List(fields.String(), required=True)
    wait_minutes = fields.Integer(strict=True, load_default=0)
    canary = fields.Boolean(load_default=True)
    uncertain_policy = fields.String(load_default="ask")
    never = fields.List(fields.String(), load_default=list)
    bypass_reason = fields.String(load_default="")


class NoticeListSchema(Versioned):
    """Another list of the case."""

    list_id = fields.Integer(strict=True, required=True)


class NoticeAgainSchema(Versioned):
    """By which day people hear from us again, such as 2026-12-01; ``null`` for no day in particular."""

    again_by = fields.Date(required=True, allow_none=True)


class NoticeVersionSchema(Versioned):
    """The version that was read."""

    needs_version = False


class NoticeBackSchema(NoticeVersionSchema):
    """Why it goes back."""

    reason = fields.String(required=True)


def _moment(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat() if at else None


def notice_json(notice: Notice) -> dict[str, Any]:
    """Return a notice; moments in UTC."""
    return {name: getattr(notice, name) for name in PLAIN} | {
        name: _moment(getattr(notice, name)) for name in MOMENTS} | {
        "again_by": notice.again_by.isoformat() if notice.again_by else None}


def found(ref: str, number: int) -> Notice:
    """Return a notice within the token owner's scope."""
    return notices.find(db.session(), case_or_404(ref).id, number)


def checks_json(notice: Notice) -> dict[str, Any]:
    """Return the check of every language, and who was told before."""
    return {"told_before": list(notices.told_before(db.session(), notice)), "checks": {language: asdict(one) | {"ready": one.ready, "problems": one.problems, "hints": one.hints}
            for language, one in notices.check(db.session(), notice.id).items()}}


@contextmanager
def _both(ref: str, number: int) -> Iterator[Notice]:
    notice = found(ref, number)
    with both("notice", notice.id, notice.case_id, lambda: notice_json(found(ref, number))):
        yield notice


@blp.get("/notices/fields")
@allowed(Permission.SEE_NOTICES)
@blp.alt_response(200, schema=answers.NOTICE_FIELDS, success=True)
def known_fields() -> dict[str, Any]:
    """Return the fields a text may hold, to people and to controllers, and the languages drafts are written in."""
    return {"fields": FIELDS, "controller_fields": fields_for(CONTROLLERS), "languages": list(notices.languages())}


@blp.get("/cases/<ref>/notices")
@allowed(Permission.SEE_NOTICES)
@blp.alt_response(200, schema=answers.NOTICES, success=True)
def of_case(ref: str) -> dict[str, Any]:
    """Return the notices of a case."""
    return {"notices": [notice_json(one) for one in notices.of_case(db.session(), case_or_404(ref).id)]}


@blp.post("/cases/<ref>/notices")
@allowed(Permission.DRAFT_NOTICE)
@once
@blp.arguments(NoticeDraftSchema)
@blp.response(201)
@blp.alt_response(201, schema=answers.NOTICE, success=True)
def draft(body: dict[str, Any], ref: str) -> dict[str, Any]:
    """Draft a notice to a list, in every language of its people."""
    return notice_json(notices.draft(db.session(), case_or_404(ref).id, body["list_id"], by=actor(), now=now(),
                                     envelope=ports().envelope))


@blp.get("/cases/<ref>/notices/<int:number>")
@allowed(Permission.SEE_NOTICES)
@versioned
@blp.alt_response(200, schema=answers.NOTICE, success=True)
def show(ref: str, number: int) -> dict[str, Any]:
    """Return one notice."""
    return notice_json(found(ref, number))


@blp.put("/cases/<ref>/notices/<int:number>/texts/<language>")
@allowed(Permission.DRAFT_NOTICE)
@versioned
@blp.arguments(NoticeTextSchema)
@blp.alt_response(200, schema=answers.NOTICE, success=True)
def edit(body: dict[str, Any], ref: str, number: int, language: str) -> dict[str, Any]:
    """Replace the text of one language; an approval is taken back."""
    notice = found(ref, number)
    with both("notice", notice.id, notice.case_id, lambda: _words(found(ref, number), language)):
        return notice_json(notices.edit(db.session(), notice.id, language=language, by=actor(), now=now(), **body))


def _words(notice: Notice, language: str) -> dict[str, Any]:
    return {"version": notice.version, **notice.texts.get(language, {})}


@blp.put("/cases/<ref>/notices/<int:number>/plan")
@allowed(Permission.DRAFT_NOTICE)
@versioned
@blp.arguments(ChannelPlanSchema)
@blp.alt_response(200, schema=answers.NOTICE, success=True)
def plan(body: dict[str, Any], ref: str, number: int) -> dict[str, Any]:
    """Replace the channel plan; an approval is taken back."""
    notice = found(ref, number)
    with both("notice", notice.id, notice.case_id, lambda: {**notice_json(found(ref, number)), **found(ref, number).plan}):
        return notice_json(notices.set_plan(db.session(), notice.id, by=actor(), now=now(), **body))


@blp.put("/cases/<ref>/notices/<int:number>/list")
@allowed(Permission.DRAFT_NOTICE)
@versioned
@blp.arguments(NoticeListSchema)
@blp.alt_response(200, schema=answers.NOTICE, success=True)
def bind_list(body: dict[str, Any], ref: str, number: int) -> dict[str, Any]:
    """Bind another list; an approval is taken back."""
    with _both(ref, number) as notice:
        return notice_json(notices.set_list(db.session(), notice.id, body["list_id"], version=body["version"], by=actor(),
                                            now=now()))


@blp.put("/cases/<ref>/notices/<int:number>/again-by")
@allowed(Permission.DRAFT_NOTICE)
@versioned
@blp.arguments(NoticeAgainSchema)
@blp.alt_response(200, schema=answers.NOTICE, success=True)
def again_by(body: dict[str, Any], ref: str, number: int) -> dict[str, Any]:
    """Set the day of the next message, into the text of every language; an approval is taken back."""
    with _both(ref, number) as notice:
        return notice_json(notices.set_again(db.session(), notice.id, by=actor(), now=now(), **body))


@blp.get("/cases/<ref>/notices/<int:number>/texts/<language>/versions")
@allowed(Permission.SEE_NOTICES)
@blp.alt_response(200, schema=answers.SAVED_TEXTS, success=True)
def versions(ref: str, number: int, language: str) -> dict[str, Any]:
    """Return what was saved in one language, the newest first, with the sentences that changed."""
    saved = notices.versions(db.session(), found(ref, number).id, language, by=actor())
    return {"versions": [
        {"number": one.number, "at": one.at.astimezone(UTC).isoformat(), "by_id": one.by_id, **asdict(one.text),
         "changes": [asdict(change) for change in one.changes]} for one in saved]}


@blp.get("/cases/<ref>/notices/<int:number>/check")
@allowed(Permission.SEE_NOTICES)
@blp.alt_response(200, schema=answers.CHECKS, success=True)
def check(ref: str, number: int) -> dict[str, Any]:
    """Return per language what blocks the approval, what is worth a look, and the parts Art 34(2) GDPR asks for."""
    return checks_json(found(ref, number))


@blp.get("/cases/<ref>/notices/<int:number>/preview/<int:person>")
@allowed(Permission.SEE_NOTICES)
@blp.alt_response(200, schema=answers.PREVIEW, success=True)
def preview(ref: str, number: int, person: int) -> dict[str, Any]:
    """Return what person so-and-so of the list would read on each channel; the contact is masked."""
    seen = notices.preview(db.session(), found(ref, number).id, person, by=actor(), vault=ports().vault,
                           letters=ports().letters)
    return {
        "person": seen.label, "language": seen.language, "first_channel": seen.first_channel, "subject": seen.subject,
        "telegram": seen.telegram, "email": asdict(seen.email) if seen.email else None,
        "masked_email": seen.masked_email, "masked_telegram": seen.masked_telegram,
        "post": seen.post,
    }


@blp.get("/cases/<ref>/notices/<int:number>/reach")
@allowed(Permission.SEE_NOTICES)
@blp.alt_response(200, schema=answers.REACH, success=True)
def reach(ref: str, number: int) -> dict[str, Any]:
    """Return how many people each channel is tried first for, and how many are left without any."""
    return asdict(notices.reach(db.session(), found(ref, number)))


@blp.post("/cases/<ref>/notices/<int:number>/ask-approval")
@allowed(Permission.DRAFT_NOTICE)
@versioned
@blp.arguments(NoticeVersionSchema)
@blp.alt_response(200, schema=answers.NOTICE, success=True)
def ask(body: dict[str, Any], ref: str, number: int) -> dict[str, Any]:
    """Put a draft up for approval."""
    with _both(ref, number) as notice:
        return notice_json(notices.ask_approval(
            db.session(), notice.id, by=actor(), now=now(), envelope=ports().envelope, **body))


@blp.post("/cases/<ref>/notices/<int:number>/approve")
@allowed(Permission.APPROVE_NOTICE)
@fresh
@versioned
@once
@blp.arguments(NoticeVersionSchema)
@blp.alt_response(200, schema=answers.NOTICE, success=True)
def approve(body: dict[str, Any], ref: str, number: int) -> dict[str, Any]:
    """Approve it; its author, editors and the uploader of the list cannot."""
    with _both(ref, number) as notice:
        return notice_json(notices.approve(
            db.session(), notice.id, by=actor(), now=now(), envelope=ports().envelope, method="token", **body))


@blp.post("/cases/<ref>/notices/<int:number>/send-back")
@allowed(Permission.APPROVE_NOTICE)
@versioned
@blp.arguments(NoticeBackSchema)
@blp.alt_response(200, schema=answers.NOTICE, success=True)
def send_back(body: dict[str, Any], ref: str, number: int) -> dict[str, Any]:
    """Give it back to its writers, with the reason."""
    reason = body.pop("reason")
    with _both(ref, number) as notice:
        return notice_json(notices.send_back(db.session(), notice.id, reason, by=actor(), now=now(), **body))
