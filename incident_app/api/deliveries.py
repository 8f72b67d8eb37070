"""Sends as JSON: launch, follow, stop, decide; and the story of one person, without contacts."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from flask_smorest import Blueprint
from marshmallow import RAISE, fields, validate

from incident_app.api import answers
from incident_app.api.conflicts import both
from incident_app.api.guard import actor, allowed, fresh
from incident_app.api.notices import found, notice_json
from incident_app.api.recipients import PeoplePageSchema
from incident_app.api.schemas import Strict, Versioned
from incident_app.api.submitting import once
from incident_app.api.versions import versioned
from incident_app.domain.accounts import Permission
from incident_app.domain.deliveries import BUCKETS, TWICE
from incident_app.extensions import db
from incident_app.models.notices import Notice
from incident_app.services import deliveries, notices
from incident_app.wiring import holds, now, ports, rates, wake

blp = Blueprint("api_deliveries", __name__, url_prefix="/api/v1")
BASE = "/cases/<ref>/notices/<int:number>"


class LaunchSchema(Versioned):
    """The number of people, typed by hand; ``version`` of the notice that was read."""

    typed_count = fields.Integer(strict=True, required=True)
    needs_version = False


class SendReasonSchema(Strict):
    """Why."""

    reason = fields.String(required=True)


class StopSchema(SendReasonSchema):
    """Why, and whether what was sent by then is wrong. Left out, it stands: a true message that is disowned keeps people from
    doing what is urgent, and a wrong one can be withdrawn afterwards (``…/text``)."""

    text_wrong = fields.Boolean(load_default=False)


class JudgedTextSchema(SendReasonSchema):
    """Whether the text is wrong, and how that is known."""

    text_wrong = fields.Boolean(required=True)


class UncertainDecisionSchema(SendReasonSchema):
    """``leave`` them so; all, or the people with these numbers. Sending again takes two people: ``…/uncertain/again``."""

    decision = fields.String(required=True)
    numbers = fields.List(fields.Integer(strict=True), allow_none=True)


class ResendSchema(SendReasonSchema):
    """All who are uncertain, or the people with these numbers."""

    numbers = fields.List(fields.Integer(strict=True), allow_none=True)


class ResendAnswerSchema(Strict):
    """Whether the second person agrees; refusing takes a reason."""

    agreed = fields.Boolean(required=True)
    reason = fields.String()


class RetrySchema(SendReasonSchema):
    """``cause`` as in the reasons of the progress."""

    cause = fields.String(required=True)


class DeliveryPageSchema(PeoplePageSchema):
    """Which people: those of one term of the sum, or whoever may have got it ``twice``, whatever became of it."""

    outcome = fields.String(load_default=None, validate=validate.OneOf((*BUCKETS, TWICE)))


def _stopped(notice: Notice) -> dict[str, Any]:
    return {name: getattr(notice, name) for name in ("number", "state", "state_reason", "text_withdrawn")}


def _moment(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat() if at else None


@blp.post(f"{BASE}/launch")
@allowed(Permission.SEND_NOTICE)
@fresh
@versioned
@once
@blp.arguments(LaunchSchema)
@blp.alt_response(200, schema=answers.NOTICE, success=True)
def launch(body: dict[str, Any], ref: str, number: int) -> dict[str, Any]:
    """Send an approved notice; a second time is refused (409)."""
    notice = found(ref, number)
    with both("notice", notice.id, notice.case_id, lambda: notice_json(found(ref, number))):
        notice = deliveries.launch(db.session(), notice.id, by=actor(), now=now(), envelope=ports().envelope, **body)
    wake("tasks.deliveries.pump")
    return notice_json(notice)


@blp.get(f"{BASE}/progress")
@allowed(Permission.SEE_NOTICES)
@blp.alt_response(200, schema=answers.PROGRESS, success=True)
def progress(ref: str, number: int) -> dict[str, Any]:
    """Return the sum: total = accepted + failed + uncertain + waiting + cancelled; and the reasons."""
    seen = deliveries.overview(db.session(), found(ref, number).id, now=now(), rates=rates(), holds=holds())
    return {
        "state": seen.state, "state_reason": seen.state_reason, "total": seen.total,
        **{name: getattr(seen, name) for name in BUCKETS}, "adds_up": seen.adds_up, "missing": seen.sum.missing,
        "finished": seen.finished_at is not None, "percent": seen.percent, "delivered": seen.delivered,
        "resent": seen.resent, "undecided": seen.undecided, "seconds_left": seen.seconds_left,
        "letters": seen.letters, "waits_until": _moment(seen.waits_until),
        "reasons": [{"reason": reason, "people": count} for reason, count in seen.reasons],
        "by_channel": [asdict(share) for share in seen.by_channel],
        "by_language": [asdict(share) for share in seen.by_language],
        "by_country": [asdict(share) for share in seen.by_country],
        "over_time": [{"from": _moment(at), "accepted": count} for at, count in seen.over_time],
        "launched_at": _moment(seen.launched_at), "finished_at": _moment(seen.finished_at),
        "proofs": [{"number": one.number, "at": _moment(one.at), "digest": one.digest, "counts": one.counts}
                   for one in deliveries.proofs_of(db.session(), seen.notice_id)],
    }


@blp.post(f"{BASE}/pause")
@allowed(Permission.STOP_SEND)
@blp.arguments(SendReasonSchema)
@blp.alt_response(200, schema=answers.STOPPED, success=True)
def pause(body: dict[str, Any], ref: str, number: int) -> dict[str, Any]:
    """Pause; on-call people may, without seeing the case."""
    notice = notices.find_by_ref(db.session(), ref, number, by=actor())
    return _stopped(deliveries.pause(db.session(), notice.id, body["reason"], by=actor(), now=now()))


@blp.post(f"{BASE}/cancel")
@allowed(Permission.STOP_SEND)
@blp.arguments(StopSchema)
@blp.alt_response(200, schema=answers.STOPPED, success=True)
def cancel(body: dict[str, Any], ref: str, number: int) -> dict[str, Any]:
    """Stop for good; with ``text_wrong``, whoever asks by the code of the message is told not to act on it."""
    notice = notices.find_by_ref(db.session(), ref, number, by=actor())
    return _stopped(deliveries.cancel(db.session(), notice.id, body.pop("reason"), by=actor(), now=now(), **body))


@blp.post(f"{BASE}/text")
@allowed(Permission.SEND_NOTICE)
@fresh
@blp.arguments(JudgedTextSchema)
@blp.alt_response(200, schema=answers.STOPPED, success=True)
def judge_text(body: dict[str, Any], ref: str, number: int) -> dict[str, Any]:
    """Withdraw the text of a notice that was sent or stopped for good, or let it stand after all.

    While it is withdrawn, whoever asks by the code of the message is told not to act on it, and nobody is sent it any more: trying
    again, sending once more and giving out letters answer 409.
    """
    return _stopped(deliveries.judge_text(db.session(), found(ref, number).id, body.pop("reason"), by=actor(), now=now(), **body))


@blp.post(f"{BASE}/resume")
@allowed(Permission.SEND_NOTICE)
@fresh
@blp.arguments(SendReasonSchema)
@blp.alt_response(200, schema=answers.NOTICE, success=True)
def resume(body: dict[str, Any], ref: str, number: int) -> dict[str, Any]:
    """Go on."""
    return notice_json(deliveries.resume(db.session(), found(ref, number).id, body["reason"], by=actor(), now=now()))


@blp.post(f"{BASE}/again")
@allowed(Permission.SEND_NOTICE)
@fresh
@blp.arguments(RetrySchema)
@blp.alt_response(200, schema=answers.AGAIN, success=True)
def retry(body: dict[str, Any], ref: str, number: int) -> dict[str, Any]:
    """Try those again who failed for one reason; proved refusals only."""
    count = deliveries.retry_failed(db.session(), found(ref, number).id, body["cause"], reason=body["reason"],
                                    by=actor(), now=now(), mode=ports().mode)
    return {"again": count}


@blp.post(f"{BASE}/uncertain")
@allowed(Permission.RESOLVE_UNCERTAIN)
@fresh
@blp.arguments(UncertainDecisionSchema)
@blp.alt_response(200, schema=answers.DECIDED, success=True)
def decide(body: dict[str, Any], ref: str, number: int) -> dict[str, Any]:
    """Decide about messages that may or may not have gone out."""
    count = deliveries.resolve_uncertain(db.session(), found(ref, number).id, body.pop("decision"), by=actor(),
                                         now=now(), **body)
    return {"decided": count}


@blp.post(f"{BASE}/uncertain/again")
@allowed(Permission.PROPOSE_RESEND)
@blp.arguments(ResendSchema)
@blp.alt_response(202, schema=answers.RESEND, success=True)
def ask_resend(body: dict[str, Any], ref: str, number: int) -> tuple[dict[str, Any], int]:
    """Ask for the uncertain to be sent their message once more; an approver who is somebody else answers."""
    asked = deliveries.ask_resend(db.session(), found(ref, number).id, by=actor(), now=now(), **body)
    return {"id": asked.public_id, "state": asked.state, "people": asked.facts["people"]}, 202


@blp.post(f"{BASE}/uncertain/again/<uuid:asked>")
@allowed(Permission.RESOLVE_UNCERTAIN)
@fresh
@blp.arguments(ResendAnswerSchema)
@blp.alt_response(200, schema=answers.AGAIN, success=True)
def answer_resend(body: dict[str, Any], ref: str, number: int, asked: object) -> dict[str, Any]:
    """Agree as the second person, or refuse with a reason."""
    count = deliveries.answer_resend(db.session(), found(ref, number).id, str(asked), by=actor(), now=now(), **body)
    if body["agreed"]:
        wake("tasks.deliveries.pump")
    return {"again": count}


@blp.get(f"{BASE}/deliveries")
@allowed(Permission.SEE_NOTICES)
@blp.arguments(DeliveryPageSchema, location="query", unknown=RAISE)
@blp.alt_response(200, schema=answers.DELIVERIES, success=True)
def lines(page: dict[str, Any], ref: str, number: int) -> dict[str, Any]:
    """Return people with what became of their message, without contacts."""
    bucket = page.pop("outcome")
    seen = deliveries.people_page(db.session(), found(ref, number).id, by=actor(), bucket=bucket, **page)
    return {"deliveries": [asdict(line) | {"last_at": _moment(line.last_at)} for line in seen]}


@blp.get(f"{BASE}/deliveries/<int:person>")
@allowed(Permission.SEE_NOTICES)
@blp.alt_response(200, schema=answers.STORY, success=True)
def story(ref: str, number: int, person: int) -> dict[str, Any]:
    """Return everything that happened to the message for one person."""
    steps = deliveries.story(db.session(), found(ref, number).id, person, by=actor())
    return {"steps": [asdict(step) | {"at": _moment(step.at)} for step in steps]}


@blp.post(f"{BASE}/deliveries/<int:person>/words")
@allowed(Permission.OPEN_CONTACT)
@blp.alt_response(200, schema=answers.WORDS, success=True)
def words(ref: str, number: int, person: int) -> dict[str, Any]:
    """Return what exactly one person got, on each channel; that opens their contact and is recorded."""
    seen = deliveries.recall(db.session(), found(ref, number).id, person, by=actor(), now=now(), vault=ports().vault,
                             letters=ports().letters, envelope=ports().envelope)
    return {"language": seen.language, "as_approved": seen.as_approved,
            "copies": [asdict(one) | {"at": _moment(one.at)} for one in seen.copies]}
