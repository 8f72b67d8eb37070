"""Step 2 of a notice: its text, the day it promises, and reasons for waivers, as one form.

A browser without JavaScript sends one form and forgets the rest of the page. So whatever is typed on this page belongs
to the form of the text, every way on is a button of it, and what cannot be done yet keeps the page where it is.
"""

from collections.abc import Callable
from datetime import date

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField, TextAreaField
from wtforms.widgets import DateInput

from incident_app.domain import notices as rules
from incident_app.domain.accounts import Permission, may
from incident_app.domain.refusals import Refused, Stale
from incident_app.extensions import db
from incident_app.models.notices import Notice
from incident_app.services import notices
from incident_app.web import conflicts
from incident_app.web.answers import form_errors
from incident_app.web.errors import status_of
from incident_app.web.guard import actor, case_or_404
from incident_app.web.previews import paragraphs
from incident_app.web.wizard import STEPS, frame
from incident_app.wiring import now, ports

Act = Callable[[Notice, str, str, int], str]
"""Does what is asked of a finding: (notice, name of the check, reason, version); returns what to say of it."""
REASON, SEEN = "reason-", "seen-"
WAIVED = "waived"
PARTS = {"again": "again", WAIVED: "check"}
"""What was pressed within the page: the part of it to come back to."""


class TextForm(FlaskForm):
    """The text of one language, and the day that the texts of all of them name."""

    version = HiddenField()
    base = HiddenField()
    subject = StringField("Subject")
    body = TextAreaField("Message")
    again_by = StringField("We write again by", widget=DateInput())


def to(step: str, notice: Notice, ref: str, **more: object) -> ResponseReturnValue:
    """Go to a step."""
    return redirect(url_for(f"notices.{step}", ref=ref, number=notice.number, **more))  # type: ignore[arg-type]  # query values


def version_in(form: FlaskForm) -> int:
    """Return the version a form was shown with."""
    return conflicts.version_of({"version": form["version"].data or ""}) or 0


def language_of(notice: Notice) -> str:
    """Return the language the address asks for, or the first one."""
    languages, asked = notices.languages_of(db.session(), notice), request.args.get("language", "")
    return asked if asked in languages else next(iter(languages))


def show(ref: str, notice: Notice) -> ResponseReturnValue:
    """Show the text as it is saved."""
    form, language = TextForm(), language_of(notice)
    _start(form, notice, language)
    return _page(ref, notice, language, form, 200)


def take(ref: str, notice: Notice, go: str, act: Act | None = None) -> ResponseReturnValue:
    """Save what was typed, carry out what was asked of a finding, and go where the pressed button says (``go``).

    Who typed nothing goes on whatever others changed meanwhile. A reason for a finding whose own button was not pressed
    is neither sent nor lost: the page stays, and says so.
    """
    form, language, was = TextForm(conflicts.posted()), language_of(notice), notice.version
    nothing_typed = bool(go or act) and conflicts.untouched(form)
    if nothing_typed:
        g.nothing_saved = True
    try:
        if not nothing_typed:
            notice = _save(notice, form, language)
    except Stale:
        return conflicts.page(_as_it_is(ref, notice, language), conflicts.fields_of(form))
    except Refused as refused:
        if notice.version != was:
            _start(form, notice, language, day=form.again_by.data)
        form_errors(form, refused)
        return _page(ref, notice, language, form, status_of(refused))
    reasons, version = _reasons(), version_in(form) if nothing_typed else notice.version
    if act is not None:
        try:
            _carry_out(act, notice, language, reasons, version)
        except Refused as refused:
            flash(" ".join([refused.reason, *refused.problems.values()]), "late")
            return _stay(ref, notice, language, form, reasons, status_of(refused))
    if reasons:
        flash("A reason is typed, but not sent: press the button below it, or empty it.", "late")
        return _stay(ref, notice, language, form, reasons, 422)
    return _onward(ref, notice, language, go)


def _save(notice: Notice, form: TextForm, language: str) -> Notice:
    """Save the text, and the day where it is another one."""
    session, day, was = db.session(), _day(notice, form), (notice.version, notice.again_by)
    notice = notices.edit(session, notice.id, language=language, subject=form.subject.data or "", body=form.body.data or "",
                          version=version_in(form), by=actor(), now=now())
    if notice.version != was[0] or day == was[1]:
        flash("Saved.", "done")
    if day != was[1]:
        notice = notices.set_again(session, notice.id, day, version=notice.version, by=actor(), now=now())
        flash("Every text names the day now." if day else "The texts name no day now.", "done")
    return notice


def _day(notice: Notice, form: TextForm) -> date | None:
    typed = form.again_by.data
    try:
        return notice.again_by if typed is None else date.fromisoformat(typed.strip()) if typed.strip() else None
    except ValueError:
        raise Refused("The day was not saved.", {"again_by": "Give a day, such as 2026-11-24."}) from None


def _reasons() -> dict[str, str]:
    """Return what was typed as a reason beside a finding, by the name of its check."""
    return {name.removeprefix(REASON): text for name, text in request.form.items() if name.startswith(REASON) and text.strip()}


def _seen(found: rules.Check, name: str) -> str:
    return " ".join(" ".join(one.words for one in found.named[name]).split())


def _carry_out(act: Act, notice: Notice, language: str, reasons: dict[str, str], version: int) -> None:
    name = request.form.get("check", "")
    found = notices.check(db.session(), notice.id)[language]
    if name in found.named and _seen(found, name) != request.form.get(f"{SEEN}{name}"):
        raise Refused("The finding changed with the text. Look at it again, then press once more.")
    flash(act(notice, name, reasons.get(name, ""), version), "done")
    reasons.pop(name, None)


def _onward(ref: str, notice: Notice, language: str, go: str) -> ResponseReturnValue:
    """Go where the pressed button says: another step, the text in another language, a part of the page; or stay."""
    if go in STEPS or go == "versions":
        return to(go, notice, ref, **({"language": language} if go == "versions" else {}))
    if go in PARTS:
        return to("message", notice, ref, language=language, _anchor=PARTS[go])
    return to("message", notice, ref, language=go if go in notice.texts else language)


def _start(form: TextForm, notice: Notice, language: str, day: str | None = None) -> None:
    saved = notice.texts[language]
    form.subject.data, form.body.data, form.version.data = saved["subject"], saved["body"], str(notice.version)
    form.again_by.data = notice.again_by.isoformat() if notice.again_by else ""
    form.base.data = conflicts.remember(conflicts.fields_of(form))
    form.again_by.data = form.again_by.data if day is None else day


def _waiving(ref: str, notice: Notice, language: str, reasons: dict[str, str]) -> dict[str, object] | None:
    """Return what the forms beside the findings need, or ``None`` where nothing may be waived or taken back."""
    if notice.state not in rules.EDITABLE or not may(actor(), Permission.DRAFT_NOTICE):
        return None
    at = {"ref": ref, "number": notice.number, "language": language}
    return {"url": url_for("waiving.waive", **at) if notice.state in rules.WAIVABLE else "",  # type: ignore[arg-type]  # query
            "back": url_for("waiving.withdraw", **at), "reasons": reasons, "seen": _seen}  # type: ignore[arg-type]  # query


def _as_it_is(ref: str, notice: Notice, language: str) -> conflicts.Record:
    """Return the text as it is now, for who was slower."""
    form = TextForm(formdata=None)
    _start(form, notice, language)
    return conflicts.Record(
        f"Notice {notice.number} of {ref}, {notices.wording(language).label}",
        url_for("notices.message", ref=ref, number=notice.number, language=language), "notice", notice.id, notice.case_id,
        notice.version, conflicts.fields_of(form), conflicts.shown_of(form),
    )


def _stay(ref: str, notice: Notice, language: str, form: TextForm, reasons: dict[str, str], status: int) -> ResponseReturnValue:
    _start(form, notice, language)
    return _page(ref, notice, language, form, status, reasons)


def _page(ref: str, notice: Notice, language: str, form: TextForm, status: int, reasons: dict[str, str] | None = None
          ) -> ResponseReturnValue:
    session = db.session()
    languages = notices.languages_of(session, notice)
    seen = notices.preview(session, notice.id, notices.sample(session, notice, language), by=actor(),
                           vault=ports().vault, letters=ports().letters)
    return render_template(
        "pages/notices/message.html", language=language, languages=languages, form=form, fields=rules.fields_for(notice.kind),
        checks=notices.check(session, notice.id), labels={code: notices.wording(code).label for code in languages},
        seen=seen, paragraphs=paragraphs(seen.body, seen.headings, seen.values), saved=notice.texts[language],
        unsure=notices.unsure_of(language), counts=notices.reach(session, notice).counts,
        waiving=_waiving(ref, notice, language, _reasons() if reasons is None else reasons),
        **frame(notice, case_or_404(ref), "message"),
    ), status
