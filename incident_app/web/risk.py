"""Answer ENISA's questions, see the severity with its reasons, and decide with a reason."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from incident_app.domain import risk as rules
from incident_app.domain.accounts import Permission, require
from incident_app.domain.refusals import Refused
from incident_app.extensions import db
from incident_app.models.cases import Case
from incident_app.models.risk import Assessment
from incident_app.services import accounts, documents, risk
from incident_app.web.answers import check_offered, check_whole, form_errors
from incident_app.web.forms.risk import (
    CLASS_WORDS,
    FACTS,
    REASONED,
    AnswerForm,
    AssessForm,
    DecisionForm,
    answers_in,
    facts_in,
    start,
)
from incident_app.web.guard import actor, allowed, case_or_404, fresh
from incident_app.web.overview import case_frame
from incident_app.web.stays import take_along
from incident_app.web.submitting import once
from incident_app.wiring import now, ports

bp = Blueprint("risk", __name__)
WORDS = {True: "Yes", False: "No", None: "Not known yet"}
NAMES = {"classes": "Data processing context", "ei": "Ease of identification", "malicious": "Malicious intent",
         "confidentiality": "Loss of confidentiality", "integrity": "Loss of integrity",
         "availability": "Loss of availability"}


MISSING = {
    "classes": "Choose at least one class of data.",
    "ei": "Say how easily somebody can tell whose data these are.",
    "confidentiality": "Say who may have read the data.",
    "integrity": "Say whether the data were changed.",
    "availability": "Say whether the data were lost.",
    "malicious": "Say whether it was done on purpose.",
}


def _answers(form: AssessForm, case: Case) -> rules.Answers:
    given = answers_in(form)
    missing = {name: words for name, words in MISSING.items() if not given[name]}
    if missing:
        raise Refused("The severity was not scored.", missing)
    return rules.Answers(
        classes=tuple(rules.ClassAnswer(rules.DataClass(one["class"]), one["adjust"], one["reason"],
                                        one.get("credentials", False)) for one in given["classes"]),
        ei=Decimal(given["ei"]), confidentiality=Decimal(given["confidentiality"]),
        integrity=Decimal(given["integrity"]), availability=Decimal(given["availability"]),
        malicious=given["malicious"] == "yes", people=case.people, unintelligible=case.unintelligible,
    )


def _value(value: Any) -> str:
    """Return the value of a factor in words."""
    if isinstance(value, list):
        return ", ".join(
            ("credentials that open " if one.get("credentials") else "") + one["class"]
            + (f" {one['adjust']:+d}" if one["adjust"] else "") for one in value)
    return WORDS[value] if isinstance(value, bool) else str(value)


def _factors(one: Assessment) -> list[dict[str, Any]]:
    """Return the factors of an assessment in words, for the record below the page."""
    asked = {fact.name: fact.words for fact in (*FACTS, rules.RESTORED)}
    return [factor | {"words": NAMES.get(factor["name"]) or asked.get(factor["name"], factor["name"]),
                      "said": _value(factor["value"]), "at": datetime.fromisoformat(factor["at"])} for factor in one.answers.get("factors", [])]


def _case_facts(case: Case) -> list[tuple[str, str, str]]:
    """Return the deciding facts that belong to the case: question, answer, why it decides."""
    return [(one.words, WORDS[getattr(case, one.name)], one.why) for one in rules.QUESTIONS if one not in FACTS]


def _page(
    case: Case, form: AssessForm, status: int, decision: DecisionForm | None = None, answering: AnswerForm | None = None,
) -> ResponseReturnValue:
    session, law = db.session(), ports().law
    history = risk.history(session, case.id)
    groups: dict[str, list[rules.Question]] = {}
    for one in FACTS:
        groups.setdefault(one.group, []).append(one)
    groups[rules.RESTORED.group].insert(2, rules.RESTORED)
    return render_template(
        "pages/risk/assess.html", tab="assess", form=form, decision=decision, answering=answering, newest=history[0] if history else None,
        considered=risk.considered(session, case, law), history=[(one, _factors(one)) for one in history],
        latest_of=risk.newest_decisions(session, case.id), past=risk.decisions(session, case.id),
        names=accounts.names(session), steps_of=rules.STEPS, class_words=CLASS_WORDS, groups=groups,
        case_facts=_case_facts(case), said=risk.said_by_categories(case, law), identifiers=rules.IDENTIFIERS,
        exemptions=list(rules.Exemption), files=documents.of_case(session, case.id), me=accounts.accounts_of(session, actor()),
        **case_frame(session, case, actor(), now()),
    ), status


def _blank(case: Case) -> AssessForm:
    form, newest = AssessForm(formdata=None), risk.latest(db.session(), case.id)
    if newest is not None:
        start(form, newest.answers)
    return form


@bp.route("/cases/<ref>/assess", methods=["GET", "POST"])
@allowed(Permission.SEE_CASES)
def assess(ref: str) -> ResponseReturnValue:
    """Score the severity; every scoring is a new version."""
    if request.method == "POST":
        require(actor(), Permission.ASSESS)
    case = case_or_404(ref)
    if request.method == "GET":
        return _page(case, _blank(case), 200)
    form = AssessForm()
    reasons = {name: (form[f"why_{name}"].data or "").strip() for name in REASONED}
    try:
        check_offered(form)
        check_whole(form)
        made = risk.assess(
            db.session(), case.id, _answers(form, case), reasons={name: why for name, why in reasons.items() if why},
            extra=risk.Extra.from_plain(facts_in(form)), by=actor(), now=now(), law=ports().law)
    except Refused as refused:
        refused.problems = {name.removeprefix("extra."): words for name, words in refused.problems.items()}
        form_errors(form, refused)
        return _page(case, form, 422)
    flash(f"Scored: SE {made.se}, {made.level.replace('_', ' ')}.", "done")
    return redirect(url_for("risk.assess", ref=ref))


@bp.post("/cases/<ref>/decisions")
@allowed(Permission.DECIDE)
@once("risk.assess")
def decide(ref: str) -> ResponseReturnValue:
    """Record what a human decided."""
    case, decision = case_or_404(ref), DecisionForm()
    grounds = {name: decision[name].data or "" for name in ("exemption", "proof", "document")}
    if decision["outcome"].data != rules.NOT_REQUIRED or not grounds["exemption"]:
        grounds = dict.fromkeys(grounds, "")
    try:
        made = risk.decide(db.session(), case.id, decision["subject"].data or "", decision["outcome"].data or "",
                           decision["reason"].data or "", by=actor(), now=now(), **grounds)
    except Refused as refused:
        form_errors(decision, refused)
        for one in (decision["outcome"], decision["reason"]):  # both decisions stand on the page: each has ids of its own
            one.id = f"{decision['subject'].data}-{one.short_name}"
        return _page(case, _blank(case), 422, decision=decision)
    flash("The decision is on record and waits for a second person." if made.waits
          else "The decision stands in the record.", "done")
    return redirect(url_for("risk.assess", ref=ref))


@bp.post("/cases/<ref>/decisions/<int:number>/answer")
@allowed(Permission.DECIDE)
@fresh
def answer(ref: str, number: int) -> ResponseReturnValue:
    """Confirm a decision not to tell as its second person, or send it back with a reason."""
    case, form = case_or_404(ref), AnswerForm()
    confirmed = form["verdict"].data == "confirm"
    try:
        risk.answer(db.session(), case.id, number, confirmed=confirmed, reason=form["reason"].data or "", by=actor(),
                    now=now())
    except Refused as refused:
        if not refused.problems:
            take_along()
            raise
        form_errors(form, refused)
        form.reason.id = f"answer-{number}"  # both decisions may wait on the page
        return _page(case, _blank(case), 422, answering=form)
    flash("Confirmed: the decision has effect." if confirmed else "Sent back: nothing has changed.", "done")
    return redirect(url_for("risk.assess", ref=ref))
