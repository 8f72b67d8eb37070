"""Answer ENISA's questions, see the severity with its reasons, and decide with a reason."""

from decimal import Decimal
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import IntegerField, RadioField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import Optional

from incident_app.domain import risk as rules
from incident_app.domain.accounts import Permission
from incident_app.domain.refusals import Refused
from incident_app.extensions import db
from incident_app.models.cases import Case
from incident_app.services import accounts, risk
from incident_app.web.answers import form_errors
from incident_app.web.forms.cases import TRUTH, YES_NO_UNKNOWN
from incident_app.web.guard import actor, allowed, case_or_404
from incident_app.web.overview import case_frame
from incident_app.wiring import now, ports

bp = Blueprint("risk", __name__)
CLASS_WORDS = {
    "simple": "Simple: name, contact, account", "behavioural": "Behavioural: location, traffic, habits, prompts",
    "financial": "Financial: payments, cards, invoices", "sensitive": "Sensitive: health, politics, sex life",
}
EI_WORDS = {
    "0.25": "Hardly at all", "0.5": "With effort", "0.75": "Easily for many", "1": "At once",
}


def _choices(values: dict[Decimal, str]) -> list[tuple[str, str]]:
    return [(rules.figure(value), f"{words.capitalize()} ({rules.figure(value)})") for value, words in values.items()]


class AssessForm(FlaskForm):
    """ENISA's questions: words first, the figure second."""

    classes = SelectMultipleField("Which classes of data were hit?", choices=list(CLASS_WORDS.items()))
    adjust_simple = IntegerField("Simple data: steps up or down", default=0, validators=[Optional()])
    adjust_behavioural = IntegerField("Behavioural data: steps up or down", default=0, validators=[Optional()])
    adjust_financial = IntegerField("Financial data: steps up or down", default=0, validators=[Optional()])
    adjust_sensitive = IntegerField("Sensitive data: steps up or down", default=0, validators=[Optional()])
    why_classes = StringField("Why?")
    ei = RadioField(
        "How easily can somebody tell whose data these are?",
        choices=[(value, f"{words} ({value})") for value, words in EI_WORDS.items()],
    )
    why_ei = StringField("Why?")
    confidentiality = RadioField("Who may have read the data?", choices=_choices(rules.CB["confidentiality"]))
    why_confidentiality = StringField("Why?")
    integrity = RadioField("Were the data changed?", choices=_choices(rules.CB["integrity"]))
    availability = RadioField("Were the data lost?", choices=_choices(rules.CB["availability"]))
    malicious = RadioField("Was it done on purpose?", choices=[("yes", "Yes, or it cannot be excluded"), ("no", "No")])
    why_malicious = StringField("Why?")
    exfiltration_excluded = RadioField("Does evidence exclude that data were read or taken?", choices=YES_NO_UNKNOWN,
                                       default="unknown")
    recipients_known = RadioField("Is everybody known who got the data?", choices=YES_NO_UNKNOWN, default="unknown")
    recipient_trusted = RadioField("Is the recipient trusted, and has confirmed deletion?", choices=YES_NO_UNKNOWN,
                                   default="unknown")
    restored_in_time = RadioField("Was all restored before anybody felt it?", choices=YES_NO_UNKNOWN, default="unknown")
    identity_theft = RadioField("Are the data enough for identity theft or fraud?", choices=YES_NO_UNKNOWN,
                                default="unknown")
    vulnerable_people = RadioField("Are children or other vulnerable people among them?", choices=YES_NO_UNKNOWN,
                                   default="unknown")


class DecisionForm(FlaskForm):
    """What a human decides, beside what the score suggests."""

    subject = RadioField(
        "About", choices=[("authority", "Tell the authority"), ("people", "Tell the people")],
    )
    outcome = RadioField(
        "Decision",
        choices=[("required", "Required"), ("not_required", "Not required"), ("need_more_facts", "Need more facts")],
    )
    reason = TextAreaField("Reason")


MISSING = {
    "classes": "Choose at least one class of data.",
    "ei": "Say how easily somebody can tell whose data these are.",
    "confidentiality": "Say who may have read the data.",
    "integrity": "Say whether the data were changed.",
    "availability": "Say whether the data were lost.",
    "malicious": "Say whether it was done on purpose.",
}


def _answers(form: AssessForm, case: Case) -> rules.Answers:
    missing = {name: words for name, words in MISSING.items() if not form[name].data}
    if missing:
        raise Refused("The severity was not scored.", missing)
    return rules.Answers(
        classes=tuple(
            rules.ClassAnswer(rules.DataClass(name), form[f"adjust_{name}"].data or 0, form.why_classes.data or "")
            for name in form.classes.data or ()
        ),
        ei=Decimal(form.ei.data), confidentiality=Decimal(form.confidentiality.data),
        integrity=Decimal(form.integrity.data), availability=Decimal(form.availability.data),
        malicious=form.malicious.data == "yes", people=case.people, unintelligible=case.unintelligible,
    )


def _start(form: AssessForm, given: dict[str, Any]) -> None:
    form.classes.data = [one["class"] for one in given["classes"]]
    for one in given["classes"]:
        form[f"adjust_{one['class']}"].data = one["adjust"]
    for name in ("ei", "confidentiality", "integrity", "availability"):
        form[name].data = given[name]
    form.malicious.data = "yes" if given["malicious"] else "no"
    for name, words in given["reasons"].items():
        form[f"why_{name}"].data = words
    for name, value in given["extra"].items():
        form[name].data = {True: "yes", False: "no", None: "unknown"}[value]


def _page(case: Case, form: AssessForm, decision: DecisionForm, status: int) -> ResponseReturnValue:
    session = db.session()
    newest = risk.latest(session, case.id)
    changes: tuple[rules.Change, ...] = ()
    if newest is not None:
        blank = AssessForm(formdata=None)
        _start(blank, newest.answers)
        changes = rules.what_would_change(_answers(blank, case))
    return render_template(
        "pages/risk/assess.html", tab="assess", form=form, decision=decision, newest=newest, changes=changes,
        history=risk.history(session, case.id), decided=risk.decided(session, case.id), past=risk.decisions(session, case.id),
        names=accounts.names(session), steps_of=rules.STEPS, **case_frame(session, case, actor(), now()),
    ), status


@bp.route("/cases/<ref>/assess", methods=["GET", "POST"])
@allowed(Permission.SEE_CASES)
def assess(ref: str) -> ResponseReturnValue:
    """Score the severity; every scoring is a new version."""
    case, form, status = case_or_404(ref), AssessForm(), 200
    newest = risk.latest(db.session(), case.id)
    if request.method == "GET":
        if newest is not None:
            _start(form, newest.answers)
    else:
        status = 422
        extra = risk.Extra(**{name: TRUTH[form[name].data or "unknown"] for name in risk.Extra.__slots__})
        reasons = {name: form[f"why_{name}"].data or "" for name in ("classes", "ei", "confidentiality", "malicious")}
        try:
            made = risk.assess(db.session(), case.id, _answers(form, case), reasons=reasons, extra=extra, by=actor(),
                               now=now(), law=ports().law)
        except Refused as refused:
            form_errors(form, refused)
        else:
            flash(f"Scored: SE {made.se}, {made.level.replace('_', ' ')}.", "done")
            return redirect(url_for("risk.assess", ref=ref))
    return _page(case, form, DecisionForm(formdata=None), status)


@bp.post("/cases/<ref>/decisions")
@allowed(Permission.DECIDE)
def decide(ref: str) -> ResponseReturnValue:
    """Record what a human decided."""
    case, decision = case_or_404(ref), DecisionForm()
    try:
        risk.decide(db.session(), case.id, decision.subject.data or "", decision.outcome.data or "",
                    decision.reason.data or "", by=actor(), now=now())
    except Refused as refused:
        form_errors(decision, refused)
        for one in (decision.outcome, decision.reason):  # both decisions stand on the page: each has ids of its own
            one.id = f"{decision.subject.data}-{one.short_name}"
        form, newest = AssessForm(formdata=None), risk.latest(db.session(), case.id)
        if newest is not None:
            _start(form, newest.answers)
        return _page(case, form, decision, 422)
    flash("The decision stands in the record.", "done")
    return redirect(url_for("risk.assess", ref=ref))
