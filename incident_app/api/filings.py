"""Filings to authorities as JSON: draft, answer, approve, record the submission."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from flask_smorest import Blueprint
from marshmallow import fields

from incident_app.api import answers
from incident_app.api.conflicts import both
from incident_app.api.documents import from_base64
from incident_app.api.guard import actor, allowed, case_or_404, fresh
from incident_app.api.schemas import MomentField, Strict, Versioned
from incident_app.api.submitting import once
from incident_app.api.versions import versioned
from incident_app.domain.accounts import Permission
from incident_app.domain.refusals import NotFound, Refused
from incident_app.extensions import db
from incident_app.models.filings import Filing
from incident_app.services import filings
from incident_app.wiring import now, ports, wake

blp = Blueprint("api_filings", __name__, url_prefix="/api/v1")


class FilingDraftSchema(Strict):
    """The duty to be filed; ``phase`` is initial, follow_up, final or withdraw (left out: what comes next)."""

    obligation_id = fields.Integer(strict=True, required=True)
    phase = fields.String()


class FilingAnswerSchema(Strict):
    """One answer: a value in the shape of the field, or that it is not yet known."""

    value = fields.Raw(allow_none=True)
    not_yet_known = fields.Boolean(load_default=False)


class FilingSaveSchema(Versioned):
    """Answers by field id, and the version that was read; or ``phase``, or ``form_id`` (the authority's form) and
    ``language`` (what it is printed in)."""

    answers = fields.Dict(keys=fields.String(), values=fields.Nested(FilingAnswerSchema), load_default=dict)
    phase = fields.String()
    form_id = fields.String()
    language = fields.String()


class FilingUseSchema(Versioned):
    """Which fields to take from the case again; left out: all that were not typed by hand."""

    fields_ = fields.List(fields.String(), data_key="fields", load_default=None, allow_none=True)


class FilingVersionSchema(Versioned):
    """The version that was read."""


class FilingSendBackSchema(FilingVersionSchema):
    """Why it is sent back."""

    reason = fields.String(required=True)


class FilingSubmittedSchema(Versioned):
    """How the authority got it; the proof as base64."""

    submitted_at = MomentField(required=True)
    how = fields.String(required=True)
    reference = fields.String(required=True)
    proof_name = fields.String(required=True)
    proof_base64 = fields.String(required=True)
    late_reason = fields.String(load_default="")
    needs_version = False


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def filing_json(filing: Filing, again: Sequence[str] = ()) -> dict[str, Any]:
    """Return a filing as JSON with every question asked now, and what Art 33(3) still misses.

    ``again`` are the fields whose answers another form does not take over.
    """
    page = filings.page(db.session(), filing, now=now(), forms=ports().forms, law=ports().law)
    plain = ("number", "phase", "state", "version", "form_id", "form_version", "language", "content_hash", "approved_hash", "how",
             "reference", "late_reason", "late_by_seconds", "sent_back_reason", "obligation_id")
    return {name: getattr(filing, name) for name in plain} | {
        "id": filing.public_id, "answer_anew": list(again), "recipient": filing.obligation.recipient, "late": page.late,
        "complete": page.coverage.complete, "submitted_at": _moment(filing.submitted_at),
        "approved_at": _moment(filing.approved_at), "due_at": _moment(filing.obligation.due_at),
        "missing": [{"field": gap.field_id, "words": gap.words, "not_yet_known": gap.waits} for gap in page.gaps],
        "sections": [
            {
                "id": section.id, "title": section.title,
                "fields": [
                    {
                        "id": view.field.id, "label": view.field.label, "type": view.field.type.value,
                        "article": view.field.article, "edpb": view.field.number, "required": view.field.required,
                        "may_wait": view.field.may_wait, "to_check": view.field.to_check, "traps": list(view.traps),
                        "options": [{"id": one.id, "label": one.label} for one in view.field.options],
                        "value": view.answer.value, "not_yet_known": view.answer.not_yet_known,
                        "source": view.answer.source.value, "words": view.words, "was": view.was,
                        "case_says": view.offer,
                    }
                    for view in section.fields
                ],
            }
            for section in page.sections
        ],
    }


def _found(ref: str, number: int) -> Filing:
    return filings.find(db.session(), case_or_404(ref).id, number)


@contextmanager
def _both(ref: str, number: int) -> Iterator[Filing]:
    filing = _found(ref, number)
    with both("filing", filing.id, filing.case_id, lambda: filing_json(_found(ref, number))):
        yield filing


@blp.route("/cases/<ref>/filings", methods=["GET"])
@allowed(Permission.SEE_FILINGS)
@blp.alt_response(200, schema=answers.FILINGS, success=True)
def every(ref: str) -> dict[str, Any]:
    """List the filings of a case, the first first."""
    return {"filings": [filing_json(one) for one in filings.of_case(db.session(), case_or_404(ref).id)]}


@blp.route("/cases/<ref>/filings", methods=["POST"])
@allowed(Permission.DRAFT_FILING)
@once
@blp.arguments(FilingDraftSchema)
@blp.alt_response(201, schema=answers.FILING, success=True)
def draft(body: dict[str, Any], ref: str) -> tuple[dict[str, Any], int]:
    """Draft the filing of one duty from the case, or return the one being worked on."""
    session, case = db.session(), case_or_404(ref)
    if body["obligation_id"] not in {duty.id for duty in filings.duties_to_authorities(session, case.id)}:
        raise NotFound("There is no such duty to an authority in this case.")
    made = filings.draft(session, body["obligation_id"], phase=body.get("phase"), by=actor(), now=now(),
                         forms=ports().forms, law=ports().law)
    return filing_json(made), 201


@blp.route("/cases/<ref>/filings/<int:number>", methods=["GET"])
@allowed(Permission.SEE_FILINGS)
@versioned
@blp.alt_response(200, schema=answers.FILING, success=True)
def one(ref: str, number: int) -> dict[str, Any]:
    """Read one filing with every question asked now."""
    return filing_json(_found(ref, number))


@blp.route("/cases/<ref>/filings/<int:number>", methods=["PATCH"])
@allowed(Permission.DRAFT_FILING)
@versioned
@blp.arguments(FilingSaveSchema)
@blp.alt_response(200, schema=answers.FILING, success=True)
def save(body: dict[str, Any], ref: str, number: int) -> dict[str, Any]:
    """Answer questions, change the phase, or the authority's form and the language; each voids an approval."""
    filing, version = _found(ref, number), body["version"]
    form = {name: body[name] for name in ("form_id", "language") if name in body}
    if ("phase" in body) + bool(body["answers"]) + bool(form) > 1:
        raise Refused("Change the phase, the form or the answers, one after the other.")
    if form:
        chosen = filings.choose_form(db.session(), filing.id, version=version, by=actor(), now=now(), forms=ports().forms,
                                     law=ports().law, **form)
        return filing_json(chosen.filing, [one.id for one in chosen.again])
    if "phase" in body:
        return filing_json(filings.set_phase(db.session(), filing.id, body["phase"], version=version, by=actor(),
                                             now=now(), forms=ports().forms))
    with both("filing", filing.id, filing.case_id, lambda: _answers(_found(ref, number), body["answers"])):
        return filing_json(filings.save(db.session(), filing.id, body["answers"], version=version, by=actor(), now=now(),
                                        forms=ports().forms))


def _answers(filing: Filing, asked: Collection[str]) -> dict[str, Any]:
    """Return the answers that were to be changed, as they stand."""
    return {"version": filing.version, "answers": {name: filing.answers.get(name) for name in asked}}


@blp.route("/cases/<ref>/filings/<int:number>/use", methods=["POST"])
@allowed(Permission.DRAFT_FILING)
@versioned
@blp.arguments(FilingUseSchema)
@blp.alt_response(200, schema=answers.FILING, success=True)
def use(body: dict[str, Any], ref: str, number: int) -> dict[str, Any]:
    """Take what the case says now."""
    with _both(ref, number) as filing:
        return filing_json(filings.use(db.session(), filing.id, body["fields_"], version=body["version"],
                                       by=actor(), now=now(), forms=ports().forms, law=ports().law))


@blp.route("/cases/<ref>/filings/<int:number>/ask-approval", methods=["POST"])
@allowed(Permission.DRAFT_FILING)
@versioned
@blp.arguments(FilingVersionSchema)
@blp.alt_response(200, schema=answers.FILING, success=True)
def ask(body: dict[str, Any], ref: str, number: int) -> dict[str, Any]:
    """Ask a second person to approve; refused by field while a question is open."""
    with _both(ref, number) as filing:
        return filing_json(filings.ask_approval(db.session(), filing.id, by=actor(), now=now(), forms=ports().forms, **body))


@blp.route("/cases/<ref>/filings/<int:number>/approve", methods=["POST"])
@allowed(Permission.APPROVE_FILING)
@fresh
@versioned
@once
@blp.arguments(FilingVersionSchema)
@blp.alt_response(200, schema=answers.FILING, success=True)
def approve(body: dict[str, Any], ref: str, number: int) -> dict[str, Any]:
    """Approve exactly this version; whoever wrote part of it cannot."""
    with _both(ref, number) as filing:
        made = filings.approve(db.session(), filing.id, by=actor(), now=now(), forms=ports().forms, vault=ports().vault, **body)
    wake("tasks.papers.make")
    return filing_json(made)


@blp.route("/cases/<ref>/filings/<int:number>/send-back", methods=["POST"])
@allowed(Permission.APPROVE_FILING)
@versioned
@blp.arguments(FilingSendBackSchema)
@blp.alt_response(200, schema=answers.FILING, success=True)
def send_back(body: dict[str, Any], ref: str, number: int) -> dict[str, Any]:
    """Send it back to be worked on."""
    with _both(ref, number) as filing:
        return filing_json(filings.send_back(db.session(), filing.id, body["reason"], version=body["version"], by=actor(),
                                             now=now()))


@blp.route("/cases/<ref>/filings/<int:number>/submitted", methods=["POST"])
@allowed(Permission.MARK_SUBMITTED)
@versioned
@once
@blp.arguments(FilingSubmittedSchema)
@blp.alt_response(200, schema=answers.FILING, success=True)
def submitted(body: dict[str, Any], ref: str, number: int) -> dict[str, Any]:
    """Record the submission with its proof; only then the duty is done."""
    proof = from_base64(body.pop("proof_base64"), "proof_base64")
    return filing_json(filings.mark_submitted(db.session(), _found(ref, number).id, proof_bytes=proof, by=actor(),
                                              now=now(), vault=ports().vault, forms=ports().forms, law=ports().law,
                                              calendar=ports().calendar, **body))
