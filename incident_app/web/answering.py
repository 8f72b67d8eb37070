"""What somebody who works on a case asked an approver for: to close it, or to record a filing as submitted."""

import uuid
from datetime import datetime

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from incident_app.domain.accounts import Permission
from incident_app.extensions import db
from incident_app.models.cases import Case
from incident_app.models.filings import Filing
from incident_app.models.proposals import Proposal
from incident_app.services import accounts, cases, filings, proposals
from incident_app.web.guard import actor, allowed, case_or_404
from incident_app.web.stays import stays
from incident_app.wiring import now, ports

bp = Blueprint("answering", __name__)


def _shown(asked: Proposal | None) -> dict[str, object] | None:
    if asked is None:
        return None
    return {"asked": asked, "why_not": proposals.why_not(asked, actor()),
            "who": accounts.names(db.session()).get(asked.asked_by_id, "")}


@bp.app_context_processor
def helpers() -> dict[str, object]:
    """Let the pages show what waits for an approver."""
    return {
        "closing_of": lambda case: _shown(cases.asked_closing(db.session(), case, now=now())),
        "submission_of": _submission_of,
    }


def _submission_of(filing: Filing) -> dict[str, object] | None:
    asked = filings.asked_submitted(db.session(), filing, now=now())
    shown = _shown(asked)
    return shown | {"at": datetime.fromisoformat(asked.facts["at"])} if shown and asked else None


def _agreed() -> bool:
    return request.form.get("answer") == "agree"


@bp.post("/cases/<ref>/close/<uuid:asked>")
@allowed(Permission.CLOSE_CASE)
@stays("cases.show")
def close(ref: str, asked: uuid.UUID) -> ResponseReturnValue:
    """Close the case for the reason somebody gave, or refuse with one."""
    case: Case = case_or_404(ref)
    cases.answer_closing(db.session(), case.id, str(asked), agreed=_agreed(), reason=request.form.get("reason", ""),
                         by=actor(), now=now())
    flash(f"{ref} is closed. Its record stays." if _agreed() else "Refused. The case stays open.", "done")
    return redirect(url_for("cases.show", ref=ref))


@bp.post("/cases/<ref>/filings/<int:number>/submitted/<uuid:asked>")
@allowed(Permission.MARK_SUBMITTED)
@stays("filings.show")
def submitted(ref: str, number: int, asked: uuid.UUID) -> ResponseReturnValue:
    """Record what somebody says was filed, or refuse with a reason."""
    filing: Filing = filings.find(db.session(), case_or_404(ref).id, number)
    filings.answer_submitted(
        db.session(), filing.id, str(asked), agreed=_agreed(), reason=request.form.get("reason", ""), by=actor(), now=now(),
        forms=ports().forms, law=ports().law, calendar=ports().calendar)
    flash("Filed, with proof. The clock has stopped." if _agreed() else "Refused. The clock runs on.", "done")
    return redirect(url_for("filings.show", ref=ref, number=number))
