"""Public notices as JSON: draft, edit, days, ask, approve (which publishes), send back, take down, count for a duty.

An approval by token takes a token of the last five minutes, as every other approval does; everybody reads the page from
its first day on, and goes on reading what was approved while a correction waits to be approved too.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from typing import Any

from flask_smorest import Blueprint
from marshmallow import fields

from incident_app.api import answers
from incident_app.api.conflicts import both
from incident_app.api.guard import actor, allowed, case_or_404, fresh
from incident_app.api.obligations import obligation_json
from incident_app.api.schemas import Strict, Versioned
from incident_app.api.submitting import once
from incident_app.api.versions import versioned
from incident_app.domain.accounts import Permission
from incident_app.extensions import db
from incident_app.models.publishing import PublicNotice
from incident_app.services import publishing
from incident_app.wiring import now, ports

blp = Blueprint("api_publishing", __name__, url_prefix="/api/v1")
AT = "/cases/<ref>/public-notices"
ONE = f"{AT}/<int:number>"


class PublicNoticeSchema(Strict):
    """In which languages, and on which days everybody can read it, both whole, where the organisation is."""

    languages = fields.List(fields.String(), required=True)
    first_day = fields.Date(required=True)
    last_day = fields.Date(required=True)


class PublicTextSchema(Versioned):
    """The text of one language; ``((fields))`` of one person are refused, for everybody reads it."""

    subject = fields.String(required=True)
    body = fields.String(required=True)


class PublicDaysSchema(Versioned):
    """The days on which everybody can read it, both whole."""

    first_day = fields.Date(required=True)
    last_day = fields.Date(required=True)


class PublicVersionSchema(Versioned):
    """The version that was read."""

    needs_version = False


class PublicReasonSchema(PublicVersionSchema):
    """Why."""

    reason = fields.String(required=True)


class PublicCountSchema(Strict):
    """Which duty to tell people it discharges, why in public and not one by one, and why late, where it is."""

    obligation_id = fields.Integer(strict=True, required=True)
    public_reason = fields.String(required=True)
    late_reason = fields.String(load_default="")


def public_json(notice: PublicNotice) -> dict[str, Any]:
    """Return a public notice; moments in UTC, days where the organisation is."""
    today = publishing.today(db.session(), now())
    plain = ("number", "state", "state_reason", "texts", "version")
    return {name: getattr(notice, name) for name in plain} | {
        "address": publishing.address_of(notice, ports().public_url), "content_hash": publishing.hash_of(notice),
        "first_day": notice.first_day.isoformat(), "last_day": notice.last_day.isoformat(),
        "shown": publishing.live(notice, today) is not None,
        "made_at": notice.made_at.astimezone(UTC).isoformat(), "edited_at": notice.edited_at.astimezone(UTC).isoformat(),
        "problems": publishing.problems_of(notice),
    }


def _found(ref: str, number: int) -> PublicNotice:
    return publishing.find(db.session(), case_or_404(ref).id, number)


@contextmanager
def _both(ref: str, number: int) -> Iterator[PublicNotice]:
    notice = _found(ref, number)
    with both("public_notice", notice.id, notice.case_id, lambda: public_json(_found(ref, number))):
        yield notice


@blp.get(AT)
@allowed(Permission.SEE_NOTICES)
@blp.alt_response(200, schema=answers.PUBLIC_NOTICES, success=True)
def of_case(ref: str) -> dict[str, Any]:
    """Return the public notices of a case, the newest first."""
    return {"public_notices": [public_json(one) for one in publishing.of_case(db.session(), case_or_404(ref).id)]}


@blp.post(AT)
@allowed(Permission.DRAFT_NOTICE)
@once
@blp.arguments(PublicNoticeSchema)
@blp.response(201)
@blp.alt_response(201, schema=answers.PUBLIC_NOTICE, success=True)
def draft(body: dict[str, Any], ref: str) -> dict[str, Any]:
    """Draft one from the facts of the case; nobody outside sees it before a second person approved it."""
    return public_json(publishing.draft(db.session(), case_or_404(ref).id, by=actor(), now=now(), **body))


@blp.get(ONE)
@allowed(Permission.SEE_NOTICES)
@versioned
@blp.alt_response(200, schema=answers.PUBLIC_NOTICE, success=True)
def show(ref: str, number: int) -> dict[str, Any]:
    """Return one public notice."""
    return public_json(_found(ref, number))


@blp.put(f"{ONE}/texts/<language>")
@allowed(Permission.DRAFT_NOTICE)
@versioned
@blp.arguments(PublicTextSchema)
@blp.alt_response(200, schema=answers.PUBLIC_NOTICE, success=True)
def edit(body: dict[str, Any], ref: str, number: int, language: str) -> dict[str, Any]:
    """Replace the text of one language; what everybody reads stays until this is approved too."""
    notice = _found(ref, number)
    with both("public_notice", notice.id, notice.case_id, lambda: _words(_found(ref, number), language)):
        return public_json(publishing.edit(db.session(), notice.id, language=language, by=actor(), now=now(), **body))


def _words(notice: PublicNotice, language: str) -> dict[str, Any]:
    return {"version": notice.version, **notice.texts.get(language, {})}


@blp.put(f"{ONE}/days")
@allowed(Permission.DRAFT_NOTICE)
@versioned
@blp.arguments(PublicDaysSchema)
@blp.alt_response(200, schema=answers.PUBLIC_NOTICE, success=True)
def days(body: dict[str, Any], ref: str, number: int) -> dict[str, Any]:
    """Replace the days on which it can be read; what everybody reads stays until this is approved too."""
    with _both(ref, number) as notice:
        return public_json(publishing.set_days(db.session(), notice.id, by=actor(), now=now(), **body))


@blp.post(f"{ONE}/ask-approval")
@allowed(Permission.DRAFT_NOTICE)
@versioned
@blp.arguments(PublicVersionSchema)
@blp.alt_response(200, schema=answers.PUBLIC_NOTICE, success=True)
def ask(body: dict[str, Any], ref: str, number: int) -> dict[str, Any]:
    """Put it up for approval."""
    with _both(ref, number) as notice:
        return public_json(publishing.ask(db.session(), notice.id, by=actor(), now=now(), **body))


@blp.post(f"{ONE}/approve")
@allowed(Permission.APPROVE_NOTICE)
@fresh
@versioned
@once
@blp.arguments(PublicVersionSchema)
@blp.alt_response(200, schema=answers.PUBLIC_NOTICE, success=True)
def approve(body: dict[str, Any], ref: str, number: int) -> dict[str, Any]:
    """Approve and publish it: everybody reads it on its days. Its author and editors cannot."""
    with _both(ref, number) as notice:
        return public_json(publishing.approve(
            db.session(), notice.id, by=actor(), now=now(), vault=ports().vault, public_url=ports().public_url,
            method="token", **body))


@blp.post(f"{ONE}/send-back")
@allowed(Permission.APPROVE_NOTICE)
@versioned
@blp.arguments(PublicReasonSchema)
@blp.alt_response(200, schema=answers.PUBLIC_NOTICE, success=True)
def send_back(body: dict[str, Any], ref: str, number: int) -> dict[str, Any]:
    """Give it back to its writers, with the reason."""
    reason = body.pop("reason")
    with _both(ref, number) as notice:
        return public_json(publishing.send_back(db.session(), notice.id, reason, by=actor(), now=now(), **body))


@blp.post(f"{ONE}/drop-correction")
@allowed(Permission.DRAFT_NOTICE)
@versioned
@blp.arguments(PublicVersionSchema)
@blp.alt_response(200, schema=answers.PUBLIC_NOTICE, success=True)
def drop_correction(body: dict[str, Any], ref: str, number: int) -> dict[str, Any]:
    """Drop the correction that was begun: what everybody reads is all there is again, and a waiting approval is void."""
    with _both(ref, number) as notice:
        return public_json(publishing.drop_correction(db.session(), notice.id, by=actor(), now=now(), **body))


@blp.post(f"{ONE}/withdraw")
@allowed(Permission.DRAFT_NOTICE)
@versioned
@blp.arguments(PublicReasonSchema)
@blp.alt_response(200, schema=answers.PUBLIC_NOTICE, success=True)
def withdraw(body: dict[str, Any], ref: str, number: int) -> dict[str, Any]:
    """Take it down for good, at once, with the reason."""
    reason = body.pop("reason")
    with _both(ref, number) as notice:
        return public_json(publishing.withdraw(db.session(), notice.id, reason, by=actor(), now=now(), **body))


@blp.post(f"{ONE}/count")
@allowed(Permission.MARK_SUBMITTED)
@once
@blp.arguments(PublicCountSchema)
@blp.alt_response(200, schema=answers.DUTY, success=True)
def count(body: dict[str, Any], ref: str, number: int) -> dict[str, Any]:
    """Let it discharge a duty to tell people, the snapshot as its proof, as of when it could be read first."""
    return obligation_json(publishing.count(db.session(), _found(ref, number).id, by=actor(), now=now(),
                                            public_url=ports().public_url, **body))
