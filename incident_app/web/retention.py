"""What goes when and why: the dry run, the periods, legal holds, erasing early."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import StringField, TextAreaField

from incident_app.domain import retention as rules
from incident_app.domain.accounts import Permission, may
from incident_app.domain.refusals import Refused
from incident_app.domain.retention import Periods
from incident_app.extensions import db
from incident_app.models.cases import Case
from incident_app.services import accounts, proposals, retention
from incident_app.web.answers import form_errors, whole
from incident_app.web.errors import status_of
from incident_app.web.forms.numbers import WholeField
from incident_app.web.guard import actor, allowed, case_or_404, fresh
from incident_app.web.overview import case_frame
from incident_app.wiring import now, ports

bp = Blueprint("retention", __name__)


class PeriodsForm(FlaskForm):
    """The periods; one that is left as it is stays."""

    people = WholeField(rules.LABELS["people"], least=rules.SHORTEST.people)
    people_most = WholeField(rules.LABELS["people_most"], least=rules.SHORTEST.people_most)
    events = WholeField(rules.LABELS["events"], least=rules.SHORTEST.events)
    evidence = WholeField(rules.LABELS["evidence"], least=rules.SHORTEST.evidence)
    exports = WholeField(rules.LABELS["exports"], least=rules.SHORTEST.exports)
    version = StringField()
    reason = TextAreaField("Why")


class ReasonForm(FlaskForm):
    """A reason in words."""

    reason = TextAreaField("Why")


def _page(form: PeriodsForm, status: int = 200) -> ResponseReturnValue:
    session = db.session()
    return render_template(
        "pages/retention/show.html", plan=retention.plan(session, by=actor(), now=now()), form=form, labels=rules.LABELS,
        units=rules.UNITS, providers=rules.PROVIDERS, audit_words=rules.AUDIT_WORDS, moment_now=now(),
        names=accounts.names(session), zone=str(current_user.zone),
    ), status


@bp.get("/retention")
@allowed(Permission.SEE_RETENTION)
def show() -> ResponseReturnValue:
    """Say what goes when and why. Nothing is changed by looking."""
    version, periods = retention.current(db.session())
    return _page(PeriodsForm(formdata=None, data=periods.plain() | {"version": str(version)}))


@bp.post("/retention")
@allowed(Permission.LOWER_RETENTION)
@fresh
def lower() -> ResponseReturnValue:
    """Shorten periods."""
    form = PeriodsForm()
    wanted = {name: getattr(form, name).data for name in rules.LABELS}
    missing = [name for name, value in wanted.items() if value is None]
    if not form.validate() or missing:
        for name in missing:
            form[name].errors = ["Give a number."]
        return _page(form, 422)
    version = form.version.data or ""
    try:
        retention.lower(db.session(), Periods.of(wanted), form.reason.data or "",
                        version=whole(version) if version == "0" or whole(version) else -1, by=actor(), now=now())
    except Refused as refused:
        form_errors(form, refused)
        return _page(form, status_of(refused))
    flash("Shorter from now on. The next daily run follows it.", "done")
    return redirect(url_for("retention.show"))


def _case_page(case: Case, form: ReasonForm, status: int = 200) -> ResponseReturnValue:
    session, by = db.session(), actor()
    lifting, erasing = retention.waiting(session, case.id, now=now())
    return render_template(
        "pages/retention/of_case.html", tab="overview", form=form, earlier=retention.earlier_holds(session, case.id),
        lifting=[(one, proposals.why_not(one, by)) for one in lifting], early=retention.early_of(session, case.id),
        erasing=[(one, proposals.why_not(one, by)) for one in erasing], names=accounts.names(session),
        may_hold=may(by, Permission.HOLD_CASE), **case_frame(session, case, by, now()),
    ), status


@bp.get("/cases/<ref>/retention")
@allowed(Permission.SEE_CASES)
def of_case(ref: str) -> ResponseReturnValue:
    """Show the legal hold of a case, and what may be erased early."""
    return _case_page(case_or_404(ref), ReasonForm(formdata=None))


def _did(case: Case, refused: Refused, form: ReasonForm) -> ResponseReturnValue:
    form_errors(form, refused)
    return _case_page(case, form, status_of(refused))


def _done(ref: str, words: str) -> ResponseReturnValue:
    flash(words, "done")
    return redirect(url_for("retention.of_case", ref=ref))


@bp.post("/cases/<ref>/hold")
@allowed(Permission.HOLD_CASE)
@fresh
def hold(ref: str) -> ResponseReturnValue:
    """Set a legal hold at once."""
    case, form = case_or_404(ref), ReasonForm()
    try:
        retention.set_hold(db.session(), case.id, form.reason.data or "", by=actor(), now=now())
    except Refused as refused:
        return _did(case, refused, form)
    return _done(ref, "On legal hold. Nothing of this case is erased until two people lift it.")


@bp.post("/cases/<ref>/hold/lift")
@allowed(Permission.HOLD_CASE)
@fresh
def ask_lift(ref: str) -> ResponseReturnValue:
    """Ask a second person to lift it."""
    case, form = case_or_404(ref), ReasonForm()
    try:
        retention.ask_lift(db.session(), case.id, form.reason.data or "", by=actor(), now=now())
    except Refused as refused:
        return _did(case, refused, form)
    return _done(ref, "Asked. The hold stands until another approver agrees, within a day.")


@bp.post("/cases/<ref>/hold/lift/<uuid:request_id>/<any(agree, refuse):answer>")
@allowed(Permission.HOLD_CASE)
@fresh
def answer_lift(ref: str, request_id: object, answer: str) -> ResponseReturnValue:
    """Agree to lifting it, or refuse; who asked withdraws."""
    case, form = case_or_404(ref), ReasonForm()
    try:
        if answer == "agree":
            retention.lift(db.session(), case.id, str(request_id), by=actor(), now=now())
        else:
            retention.refuse_lift(db.session(), case.id, str(request_id), form.reason.data or "", by=actor(), now=now())
    except Refused as refused:
        return _did(case, refused, form)
    return _done(ref, "The hold is lifted." if answer == "agree" else "The hold stands.")


@bp.post("/cases/<ref>/erase")
@allowed(Permission.ERASE_EARLY)
@fresh
def ask_erase(ref: str) -> ResponseReturnValue:
    """Ask a second person to erase the contacts now."""
    case, form = case_or_404(ref), ReasonForm()
    try:
        retention.ask_erase(db.session(), case.id, form.reason.data or "", by=actor(), now=now())
    except Refused as refused:
        return _did(case, refused, form)
    return _done(ref, "Asked. Nothing is erased until another approver agrees, within a day.")


@bp.post("/cases/<ref>/erase/<uuid:request_id>/<any(agree, refuse):answer>")
@allowed(Permission.ERASE_EARLY)
@fresh
def answer_erase(ref: str, request_id: object, answer: str) -> ResponseReturnValue:
    """Agree, and the contacts are erased at once; or refuse; who asked withdraws."""
    case, form = case_or_404(ref), ReasonForm()
    try:
        if answer == "agree":
            retention.erase_early(db.session(), case.id, str(request_id), by=actor(), now=now(), vault=ports().vault)
        else:
            retention.refuse_erase(db.session(), case.id, str(request_id), form.reason.data or "", by=actor(), now=now())
    except Refused as refused:
        return _did(case, refused, form)
    return _done(ref, "The contacts are erased. The proof of what was sent stays." if answer == "agree" else
                 "Nothing is erased.")
