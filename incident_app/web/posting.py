"""Letters on paper: ask for the file, confirm it as a second person, take it once."""

from flask import Blueprint, Response, flash, redirect, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue

from incident_app.domain import posting as rules
from incident_app.domain.accounts import Permission
from incident_app.extensions import db
from incident_app.models.notices import Notice
from incident_app.services import accounts, notices
from incident_app.services.deliveries import posting
from incident_app.services.deliveries.lettering import csv_lines
from incident_app.web.guard import actor, allowed, case_or_404, fresh
from incident_app.web.submitting import once
from incident_app.wiring import now, ports

bp = Blueprint("posting", __name__)
AT = "/cases/<ref>/notices/<int:number>/letters"
WORDS = {
    rules.ASKED: "waits for a second person", rules.CONFIRMED: "confirmed", rules.TAKEN: "being taken",
    rules.DONE: "given out", rules.BROKEN: "broke off", rules.REFUSED: "sent back",
}


@bp.app_context_processor
def helpers() -> dict[str, object]:
    """Let the delivery page show the letters of its notice."""

    def letters_of(notice: Notice) -> dict[str, object]:
        stand = posting.posting_of(db.session(), notice, now=now())
        open_one = stand.open.stand if stand.open else None
        return {
            "stand": stand, "words": WORDS, "names": accounts.names(db.session()),
            "why_not": open_one.why_not_take(actor().id, now()) if open_one else None,
            "mine": stand.open is not None and stand.open.asked_by_id in accounts.accounts_of(db.session(), actor()),
        }

    return {"letters_of": letters_of}


def _found(ref: str, number: int) -> Notice:
    return notices.find(db.session(), case_or_404(ref).id, number)


def _back(ref: str, number: int) -> ResponseReturnValue:
    return redirect(url_for("deliveries.show", ref=ref, number=number, _anchor="letters"))


@bp.post(AT)
@allowed(Permission.EXPORT_RECIPIENTS)
@once("notices.show")
@fresh
def ask(ref: str, number: int) -> ResponseReturnValue:
    """Ask for the file of everybody whose turn is a letter."""
    posting.ask_post_export(db.session(), _found(ref, number).id, request.form.get("reason", ""), by=actor(), now=now())
    flash("Another approver has to confirm it.", "done")
    return _back(ref, number)


@bp.post(AT + "/<int:export>/answer")
@allowed(Permission.EXPORT_RECIPIENTS)
@fresh
def answer(ref: str, number: int, export: int) -> ResponseReturnValue:
    """Confirm a file as its second person, or send it back."""
    confirmed = request.form.get("answer") == "confirm"
    posting.answer_post_export(db.session(), _found(ref, number).id, export, confirmed=confirmed,
                               reason=request.form.get("reason", ""), by=actor(), now=now())
    flash("Confirmed. You two can take the file for 15 minutes, once." if confirmed else "Sent back, with your reason.",
          "done")
    return _back(ref, number)


@bp.post(AT + "/<int:export>/file")
@allowed(Permission.EXPORT_RECIPIENTS)
@fresh
def take(ref: str, number: int, export: int) -> ResponseReturnValue:
    """Take the file, once."""
    rows = posting.take_post_export(db.session(), _found(ref, number).id, export, by=actor(), clock=ports().clock,
                                    vault=ports().vault)
    name = f"{ref}-notice-{number}-letters-{export}.csv"
    return Response(
        stream_with_context(csv_lines(rows)), mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )
