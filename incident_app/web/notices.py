"""The wizard of a notice to people: audience, message, channels, check, send; step 5 is in ``notice_approval``."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, TextAreaField
from wtforms.validators import InputRequired

from incident_app.domain import notices as rules
from incident_app.domain.accounts import Permission, may, require
from incident_app.domain.notices import ChannelPlan
from incident_app.domain.notices.approval import LONGEST_WAIT_MINUTES
from incident_app.domain.refusals import Refused
from incident_app.extensions import db
from incident_app.models.notices import Notice
from incident_app.services import accounts, deliveries, notices, recipients
from incident_app.web import conflicts, notice_text
from incident_app.web.answers import form_errors
from incident_app.web.errors import status_of
from incident_app.web.estimates import estimate
from incident_app.web.forms.choices import SelectField, SelectMultipleField
from incident_app.web.forms.numbers import WholeField
from incident_app.web.guard import actor, allowed, case_or_404, fresh
from incident_app.web.notice_text import to, version_in
from incident_app.web.overview import case_frame
from incident_app.web.previews import paragraphs
from incident_app.web.submitting import once
from incident_app.web.suppressions import BLOCK_LIST, asked_from
from incident_app.web.wizard import STEPS, frame, orders, said_first
from incident_app.wiring import now, ports, wake

bp = Blueprint("notices", __name__)


class PlanForm(FlaskForm):
    """In which order the channels are tried."""

    version = HiddenField()
    base = HiddenField()
    order = SelectField("Order")
    wait_minutes = WholeField("Minutes to wait before the next channel", default=0, least=0, most=LONGEST_WAIT_MINUTES)
    canary = BooleanField("Try the first 25 alone", default=True)
    uncertain_policy = SelectField("When an answer is lost", choices=[
        ("ask", "ask an approver"), ("next_channel", "try the next channel after its wait"),
        ("resend_once", "send again once after 60 minutes without a receipt")])
    never = SelectMultipleField("Must not carry special-category words", choices=[
        (name, rules.CHANNELS[name]) for name in rules.KNOWN_CHANNELS])
    bypass_reason = TextAreaField("Why must email also go to people who unsubscribed or were blocked?")


class SendForm(FlaskForm):
    """The number of people, typed by hand."""

    version = HiddenField()
    typed_count = WholeField("Type the number of people to confirm", least=1, validators=[
        InputRequired("Type the number of people.")])


def found(ref: str, number: int) -> Notice:
    """Return a notice of a case. Raises ``NotFound``."""
    return notices.find(db.session(), case_or_404(ref).id, number)


@bp.get("/cases/<ref>/notices")
@allowed(Permission.SEE_NOTICES)
def of_case(ref: str) -> ResponseReturnValue:
    """Show the notices of a case, and start one to a list."""
    case, session = case_or_404(ref), db.session()
    written = notices.of_case(session, case.id)
    return render_template(
        "pages/notices/of_case.html", tab="notices", lists=recipients.lists_of(session, case.id), words=rules.WORDS,
        rows=[(notice, deliveries.overview(session, notice.id, now=now(), brief=True)) for notice in written],
        **case_frame(session, case, actor(), now()),
    )


@bp.post("/cases/<ref>/notices")
@allowed(Permission.DRAFT_NOTICE)
@once("notices.of_case")
def start(ref: str) -> ResponseReturnValue:
    """Draft a notice to a list of the case."""
    case = case_or_404(ref)
    notice = notices.draft(db.session(), case.id, request.form.get("list_id", 0, type=int), by=actor(), now=now(),
                           envelope=ports().envelope)
    flash("Drafted from the facts of the case. Read it before anybody else does.", "done")
    return to("message", notice, ref)


@bp.get("/cases/<ref>/notices/<int:number>")
@allowed(Permission.SEE_NOTICES)
def show(ref: str, number: int) -> ResponseReturnValue:
    """Go where this notice stands."""
    notice = found(ref, number)
    if notice.state in rules.LAUNCHED:
        return redirect(url_for("deliveries.show", ref=ref, number=number))
    step = {rules.NoticeState.IN_REVIEW: "approval", rules.NoticeState.APPROVED: "sending"}
    return to(step.get(rules.NoticeState(notice.state), "message"), notice, ref)


@bp.route("/cases/<ref>/notices/<int:number>/audience", methods=["GET", "POST"])
@allowed(Permission.SEE_NOTICES)
def audience(ref: str, number: int) -> ResponseReturnValue:
    """Step 1: who gets it."""
    notice, session = found(ref, number), db.session()
    if request.method == "POST":
        version = request.form.get("version", 0, type=int)
        notices.set_list(session, notice.id, request.form.get("list_id", 0, type=int), version=version, by=actor(),
                         now=now())
        flash("The notice goes to another list. Look at its languages.", "done")
        return to("audience", notice, ref)
    seen = notices.reach(session, notice)
    return render_template(
        "pages/notices/audience.html", lists=recipients.lists_of(session, notice.case_id), counts=seen.counts, seen=seen,
        **said_first(notice, case_or_404(ref)), **frame(notice, case_or_404(ref), "audience"),
    )


@bp.route("/cases/<ref>/notices/<int:number>/message", methods=["GET", "POST"])
@allowed(Permission.SEE_NOTICES)
def message(ref: str, number: int) -> ResponseReturnValue:
    """Step 2: what people read, one tab per language, with the check and both previews."""
    notice = found(ref, number)
    if request.method == "GET":
        return notice_text.show(ref, notice)
    require(actor(), Permission.DRAFT_NOTICE)
    return notice_text.take(ref, notice, request.form.get("go", ""))


@bp.get("/cases/<ref>/notices/<int:number>/versions")
@allowed(Permission.SEE_NOTICES)
def versions(ref: str, number: int) -> str:
    """Show what was saved in one language, with what changed from one to the next."""
    case, notice, session = case_or_404(ref), found(ref, number), db.session()
    language = request.args.get("language", next(iter(notice.texts)))
    saved = notices.versions(session, notice.id, language, by=actor())
    return render_template("pages/notices/versions.html", case=case, notice=notice, saved=saved, language=language,
                           label=notices.wording(language).label, names=accounts.names(session))


@bp.route("/cases/<ref>/notices/<int:number>/channels", methods=["GET", "POST"])
@allowed(Permission.SEE_NOTICES)
def channels(ref: str, number: int) -> ResponseReturnValue:
    """Step 3: by which way, in which order. Every way on from a plan that may be changed saves it (``go``)."""
    if request.method == "POST":
        require(actor(), Permission.DRAFT_NOTICE)
    notice, form, go = found(ref, number), PlanForm(), request.form.get("go", "")
    plan = ChannelPlan.from_json(notice.plan)
    form.order.choices = orders(recipients.find_list(db.session(), notice.case_id, notice.list_id), plan)
    if request.method == "GET":
        _start_plan(form, notice, plan)
        return _plan_page(ref, notice, form, 200)
    if not ((go in STEPS or go == BLOCK_LIST) and conflicts.untouched(form)):
        if not form.validate():
            return _plan_page(ref, notice, form, 422)
        try:
            _save_plan(form, notice)
        except Refused as refused:
            form_errors(form, refused)
            return _plan_page(ref, notice, form, status_of(refused))
        flash("The channel plan is saved.", "done")
    if go == BLOCK_LIST:
        return asked_from(ref, notice, "channels")
    return to(go if go in STEPS else "check", notice, ref)


def _start_plan(form: PlanForm, notice: Notice, plan: ChannelPlan) -> None:
    form.order.data, form.wait_minutes.data = ",".join(plan.order), plan.wait_minutes
    form.canary.data, form.uncertain_policy.data = plan.canary, plan.uncertain_policy
    form.never.data, form.bypass_reason.data = list(plan.never), plan.bypass_reason
    form.version.data, form.base.data = str(notice.version), conflicts.remember(conflicts.fields_of(form))


def _save_plan(form: PlanForm, notice: Notice) -> None:
    notices.set_plan(
        db.session(), notice.id, order=form.order.data.split(","), wait_minutes=form.wait_minutes.data or 0,
        canary=form.canary.data, uncertain_policy=form.uncertain_policy.data, never=form.never.data or [],
        bypass_reason=form.bypass_reason.data or "", version=version_in(form), by=actor(), now=now(),
    )


def _plan_page(ref: str, notice: Notice, form: PlanForm, status: int) -> ResponseReturnValue:
    seen = notices.reach(db.session(), notice)
    return render_template(
        "pages/notices/channels.html", form=form, seen=seen, counts=seen.counts, estimate=estimate(seen.first),
        sensitive=notices.case_is_sensitive(notice), **frame(notice, case_or_404(ref), "channels"),
    ), status


@bp.get("/cases/<ref>/notices/<int:number>/check")
@allowed(Permission.SEE_NOTICES)
def check(ref: str, number: int) -> ResponseReturnValue:
    """Step 4: what real people of the list would read, one after the other."""
    notice = found(ref, number)
    seen = notices.preview(db.session(), notice.id, request.args.get("person", 1, type=int), by=actor(),
                           vault=ports().vault, letters=ports().letters)
    return render_template(
        "pages/notices/check.html", seen=seen, paragraphs=paragraphs(seen.body, seen.headings, seen.values),
        label=notices.wording(seen.language).label, check=notices.check(db.session(), notice.id)[seen.language],
        stays=deliveries.would_stay(db.session(), notice, law=ports().law),
        **frame(notice, case_or_404(ref), "check"),
    )


@bp.route("/cases/<ref>/notices/<int:number>/send", methods=["GET", "POST"])
@allowed(Permission.SEE_NOTICES)
@once("deliveries.show")
@fresh
def sending(ref: str, number: int) -> ResponseReturnValue:
    """Step 6: type the number of people, and it goes out."""
    if request.method == "POST":
        require(actor(), Permission.SEND_NOTICE)
    notice, session, form, status = found(ref, number), db.session(), SendForm(), 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                deliveries.launch(session, notice.id, typed_count=form.typed_count.data or 0, version=version_in(form),
                                  by=actor(), now=now(), envelope=ports().envelope)
            except Refused as refused:
                form_errors(form, refused)
                status = status_of(refused)
            else:
                wake("tasks.deliveries.pump")
                flash("It is being sent. This page follows it by itself.", "done")
                return redirect(url_for("deliveries.show", ref=ref, number=number))
    form.version.data = str(notice.version)
    seen = notices.reach(session, notice)
    return render_template(
        "pages/notices/send.html", form=form, counts=seen.counts, estimate=estimate(seen.first),
        may_send=may(actor(), Permission.SEND_NOTICE), stays=deliveries.would_stay(session, notice, law=ports().law),
        **said_first(notice, case_or_404(ref)), **frame(notice, case_or_404(ref), "sending"),
    ), status
