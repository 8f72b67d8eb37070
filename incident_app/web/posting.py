"""Letters on paper: ask for them, confirm them as a second person, take them, say what became of them."""

from datetime import date

from flask import Blueprint, Response, flash, redirect, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue

from incident_app.domain import posting as rules
from incident_app.domain.accounts import Permission
from incident_app.domain.refusals import Refused
from incident_app.extensions import db
from incident_app.models.notices import Notice
from incident_app.services import accounts, deliveries, notices
from incident_app.services.deliveries import posting
from incident_app.services.deliveries.lettering import csv_lines
from incident_app.web.documents import attachment
from incident_app.web.guard import actor, allowed, case_or_404, fresh
from incident_app.web.stays import stays
from incident_app.web.submitting import once
from incident_app.wiring import now, ports

bp = Blueprint("posting", __name__)
TYPES = {"pdf": "application/pdf", "zip": "application/zip"}
AT = "/cases/<ref>/notices/<int:number>/letters"
WORDS = {
    rules.ASKED: "waits for a second person", rules.CONFIRMED: "confirmed", rules.TAKEN: "being taken",
    rules.DONE: "given out", rules.MAKING: "being printed", rules.MADE: "printed", rules.FAILED: "could not be printed",
    rules.HANDED: "handed over to the post", rules.DROPPED: "not posted", rules.BROKEN: "broke off", rules.REFUSED: "sent back",
}


def letters_of(notice: Notice, *, glance: bool = False) -> dict[str, object]:
    """Return what the letters of a notice are shown with; at a ``glance`` without a count of everybody's rows."""
    stand = posting.posting_of(db.session(), notice, now=now(), most=posting.MOST_COUNTED if glance else None)
    open_one = stand.open.stand if stand.open else None
    return {
        "stand": stand, "words": WORDS, "corrections": deliveries.corrections_of(db.session(), notice), "names": accounts.names(db.session()),
        "why_not": open_one.why_not_take(actor().id, now()) if open_one else None,
        "mine": stand.open is not None and stand.open.asked_by_id in accounts.accounts_of(db.session(), actor()),
    }


def _found(ref: str, number: int) -> Notice:
    return notices.find(db.session(), case_or_404(ref).id, number)


def _back(ref: str, number: int) -> ResponseReturnValue:
    return redirect(url_for("deliveries.show", ref=ref, number=number, _anchor="letters"))


@bp.post(AT)
@allowed(Permission.EXPORT_RECIPIENTS)
@once("notices.show")
@fresh
@stays("deliveries.show")
def ask(ref: str, number: int) -> ResponseReturnValue:
    """Ask for the file of everybody whose turn is a letter."""
    posting.ask_post_export(db.session(), _found(ref, number).id, request.form.get("reason", ""), by=actor(), now=now(),
                            form=request.form.get("form", rules.PRINTED), side=request.form.get("side", rules.SIDES[0]))
    flash("Another approver has to confirm it.", "done")
    return _back(ref, number)


@bp.post(AT + "/<int:export>/answer")
@allowed(Permission.EXPORT_RECIPIENTS)
@fresh
@stays("deliveries.show")
def answer(ref: str, number: int, export: int) -> ResponseReturnValue:
    """Confirm a file as its second person, or send it back."""
    confirmed = request.form.get("answer") == "confirm"
    answered = posting.answer_post_export(db.session(), _found(ref, number).id, export, confirmed=confirmed,
                                          reason=request.form.get("reason", ""), by=actor(), now=now())
    words = "Confirmed. You two can take the file for 15 minutes, once."
    if answered.form == rules.PRINTED:
        words = "Confirmed. The letters are being printed: you two can take them for a day."
    flash(words if confirmed else "Sent back, with your reason.", "done")
    return _back(ref, number)


@bp.post(AT + "/<int:export>/file")
@allowed(Permission.EXPORT_RECIPIENTS)
@fresh
def take(ref: str, number: int, export: int) -> ResponseReturnValue:
    """Take the table, once, or the printed letters."""
    notice = _found(ref, number)
    if posting.find_export(db.session(), notice.id, export).form == rules.PRINTED:
        name, content = deliveries.take_letters(db.session(), notice.id, export, by=actor(), now=now(), vault=ports().vault)
        return attachment(stream_with_context(content), name, TYPES[name.rpartition(".")[2]])
    rows = posting.take_post_export(db.session(), notice.id, export, by=actor(), clock=ports().clock,
                                    vault=ports().vault)
    name = f"{ref}-notice-{number}-letters-{export}.csv"
    return Response(
        stream_with_context(csv_lines(rows)), mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


@bp.post(AT + "/<int:export>/handed")
@allowed(Permission.EXPORT_RECIPIENTS)
@fresh
@stays("deliveries.show")
def handed(ref: str, number: int, export: int) -> ResponseReturnValue:
    """Say that the printed letters were handed over to the post."""
    notice = _found(ref, number)
    on, count = _day(request.form.get("on", "")), "".join(request.form.get("count", "").split())
    if not (count.isascii() and count.isdigit() and len(count) < 10):
        raise Refused("Nothing was changed.", {"count": "Write how many letters were handed over, as a number."})
    deliveries.hand_over(db.session(), notice.id, export, on=on, count=int(count), by=actor(), now=now(),
                         left_out=rules.read_labels(request.form.get("left_out", "")))
    flash("Recorded. These people count as written to; a letter that was not posted is still to be sent.", "done")
    return _back(ref, number)


@bp.post(AT + "/<int:export>/dropped")
@allowed(Permission.EXPORT_RECIPIENTS)
@fresh
@stays("deliveries.show")
def dropped(ref: str, number: int, export: int) -> ResponseReturnValue:
    """Say that the printed letters were not posted."""
    deliveries.drop_letters(db.session(), _found(ref, number).id, export, reason=request.form.get("reason", ""), by=actor(),
                            now=now())
    flash("Recorded. The printed letters are gone here, and these people still wait.", "done")
    return _back(ref, number)


@bp.post(AT + "/<int:export>/corrected")
@allowed(Permission.EXPORT_RECIPIENTS)
@fresh
@stays("deliveries.show")
def corrected(ref: str, number: int, export: int) -> ResponseReturnValue:
    """Say that letters of a hand-over were not posted after all."""
    notice = _found(ref, number)
    deliveries.correct_hand_over(db.session(), notice.id, export, reason=request.form.get("reason", ""), by=actor(), now=now(),
                                 people=rules.read_labels(request.form.get("people", ""), "people"))
    flash("Corrected. These people wait for a letter again; what was said before stays in the record.", "done")
    return _back(ref, number)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Refused("Nothing was changed.", {"on": "Write the day as on a calendar, such as 2026-11-24."}) from None
