"""Things to do: the actions of a case, and what is mine, overdue, to be checked or looked at anywhere."""

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from incident_app.domain.accounts import Permission, Role
from incident_app.domain.cases import local_moment
from incident_app.domain.refusals import Conflict, Forbidden, NotFound, Refused, Stale
from incident_app.extensions import db
from incident_app.models.cases import Case
from incident_app.models.remediation import Action
from incident_app.services import accounts, remediation
from incident_app.services.remediation import NewAction, Plan
from incident_app.web import conflicts
from incident_app.web.answers import form_errors
from incident_app.web.forms.remediation import (
    KINDS,
    NOBODY,
    YES_NO,
    ActionForm,
    days_of,
    hours_of,
    ids_of,
    local,
    numbered,
    texts_of,
    whole,
)
from incident_app.web.guard import actor, allowed, case_or_404
from incident_app.web.overview import case_frame
from incident_app.web.submitting import once
from incident_app.wiring import now

bp = Blueprint("remediation", __name__)
ROLES = {role.value: role.value for role in Role} | {"oncall": "on-call"}
LISTS = {"mine": "Mine", "overdue": "Overdue", "check": "To check", "reviews": "Reviews due", "all": "All open"}


def _people() -> list[tuple[int, str]]:
    return [(NOBODY, "Nobody yet"), *((user.id, user.name) for user in accounts.everybody(db.session()))]


def _form(*, fresh: bool = False) -> ActionForm:
    form = ActionForm(formdata=None) if fresh else ActionForm()
    form.owner_id.choices = _people()
    return form


def _waits(actions: Sequence[Action]) -> dict[int, str]:
    """Return the numbers of what each action waits for, as the form has them."""
    found, number = remediation.waits_of(db.session(), actions), numbered(actions)
    return {one.id: ", ".join(str(number[other]) for other in found.get(one.id, ())) for one in actions}


def _page(case: Case, form: ActionForm, status: int = 200, failed: int = 0) -> ResponseReturnValue:
    session = db.session()
    actions = remediation.of_case(session, case.id)
    waits = _waits(actions)
    return render_template(
        "pages/remediation/of_case.html", tab="actions", form=form, actions=actions, people=_people(), kinds=KINDS, yes_no=YES_NO, role_words=ROLES,
        sum=remediation.counts(actions, now()), documents=remediation.documents_of(session, case.id), failed=failed,
        typed=request.form if failed else {}, waits=waits, deeds=remediation.deeds_of(session, actions), me=actor().id,
        texts=lambda one: {name: text for name, (text,) in texts_of(one, case, waits[one.id]).items()},
        base=lambda one: conflicts.remember(texts_of(one, case, waits[one.id])), names=accounts.names(session),
        **case_frame(session, case, actor(), now()),
    ), status


@bp.get("/cases/<ref>/actions")
@allowed(Permission.SEE_ACTIONS)
def of_case(ref: str) -> ResponseReturnValue:
    """Show everything to do in one case."""
    return _page(case_or_404(ref), _form(fresh=True))


def _new(form: ActionForm, case: Case) -> NewAction:
    due = (form.due_at.data or "").strip()
    return NewAction(
        form.title.data or "", form.kind.data or "", form.owner_id.data or None,
        local_moment(due, case.zone, field="due_at") if due else None, form.proof.data or "",
        due_hours=hours_of(form.due_hours.data or ""), mandatory=bool(form.mandatory.data),
        waits_for=ids_of(form.waits_for.data or "", remediation.of_case(db.session(), case.id)),
        review_days=days_of(form.review_days.data or ""),
    )


@bp.post("/cases/<ref>/actions")
@allowed(Permission.MANAGE_ACTIONS)
@once("remediation.of_case")
def add(ref: str) -> ResponseReturnValue:
    """Add a thing to do."""
    case, form = case_or_404(ref), _form()
    try:
        remediation.add(db.session(), case.id, _new(form, case), by=actor(), now=now())
    except Conflict:
        raise
    except Refused as refused:
        form_errors(form, refused)
        return _page(case, form, 422)
    flash("The action is on the list.", "done")
    return redirect(url_for("remediation.of_case", ref=ref))


def _both(action_id: int) -> ResponseReturnValue:
    """Show the action as it is now beside what was typed."""
    session = db.session()
    session.expire_all()
    action = remediation.find(session, action_id, by=actor())
    case = case_or_404(action.case.ref)
    words = {str(number): name for number, name in _people()}
    shown = {
        "title": conflicts.Shown("What is to be done?"), "kind": conflicts.Shown("What for?", free=False, words=KINDS),
        "mandatory": conflicts.Shown("Mandatory?", free=False, words=YES_NO), "proof": conflicts.Shown("What will show that it is done?"),
        "owner_id": conflicts.Shown("Owner", free=False, words=words), "due_at": conflicts.Shown(f"Due, time in {case.zone}"),
        "due_hours": conflicts.Shown("Or so many hours from now"), "waits_for": conflicts.Shown("Waits for"),
        "review_days": conflicts.Shown("Looked at after so many days"),
    }
    given = {name: (request.form[name].strip(),) for name in shown if name in request.form}
    texts = texts_of(action, case, _waits(remediation.of_case(session, case.id))[action.id])
    return conflicts.page(
        conflicts.Record(
            f"{action.title}, {case.ref}", url_for("remediation.of_case", ref=case.ref) + f"#action-{action_id}", "action",
            action_id, case.id, action.version, {name: texts[name] for name in given}, {name: shown[name] for name in given},
        ), given,
    )


def _number(name: str) -> int | None:
    return whole(conflicts.posted().get(name, "")) or None


def _plan(action: Action) -> Plan:
    given, case = conflicts.posted(), action.case
    due, hours = given.get("due_at", "").strip(), hours_of(given.get("due_hours", ""))
    same = due == local(action, case)
    at = action.due_at if same else local_moment(due, case.zone, field="due_at") if due else None
    wanted = given.get("waits_for")
    return Plan(
        _number("owner_id"), None if hours is not None and same else at, hours,
        waits_for=None if wanted is None else ids_of(wanted, remediation.of_case(db.session(), case.id)),
        review_days=days_of(given.get("review_days", "")), title=given.get("title"), kind=given.get("kind"),
        mandatory={"yes": True, "no": False}.get(given.get("mandatory", "")), proof=given.get("proof"),
        reason=given.get("reason", ""),
    )


def _work(action: Action, verb: str) -> str:
    session, given, by = db.session(), conflicts.posted(), actor()
    version = conflicts.version_of(given)
    reason = given.get("reason", "")
    match verb:
        case "done":
            remediation.complete(session, action.id, given.get("proof_text", ""), link=given.get("proof_link", ""),
                                 document_id=_number("document_id"), version=version, by=by, now=now())
            return "Done, with its proof."
        case "not-needed":
            remediation.not_needed(session, action.id, reason, version=version, by=by, now=now())
            return "Not needed, with its reason."
        case "check":
            agreed = given.get("agreed") == "yes"
            remediation.check(session, action.id, agreed=agreed, reason=reason, version=version, by=by, now=now())
            return "Checked." if agreed else "Sent back: it is open again."
        case "review":
            found = remediation.review(session, action.id, given.get("outcome", ""), reason, version=version, by=by, now=now())
            return "It did not work: the action is open again." if found.works == "not" else "Noted."
    remediation.change(session, action.id, _plan(action), version=version, by=by, now=now())
    return "Changed."


@bp.post("/actions/<int:action_id>/<any('done', 'not-needed', 'change', 'check', 'review'):verb>")
@allowed(Permission.MANAGE_ACTIONS)
def work(action_id: int, verb: str) -> ResponseReturnValue:
    """End an action, plan it, check what was done, or say whether it works."""
    action = remediation.find(db.session(), action_id, by=actor())
    case = case_or_404(action.case.ref)
    try:
        words = _work(action, verb)
    except Stale:
        return _both(action_id)
    except (Conflict, NotFound, Forbidden):
        raise
    except Refused as refused:
        for problem in refused.problems.values() or [refused.reason]:
            flash(problem, "late")
        return _page(case, _form(fresh=True), 422, failed=action_id)
    flash(words, "done")
    return redirect(url_for("remediation.of_case", ref=case.ref) + f"#action-{action_id}")


@bp.get("/actions")
@allowed(Permission.SEE_ACTIONS)
def mine() -> ResponseReturnValue:
    """Show what is still to do: mine, overdue, to be checked, to be looked at, or all; a page at a time."""
    session, whose = db.session(), request.args.get("whose", "mine")
    found = remediation.overview(session, whose=whose, by=actor(), now=now(), after=whole(request.args.get("after", "")))
    return render_template(
        "pages/remediation/mine.html", actions=found.actions, after=found.after, whose=whose, lists=LISTS,
        counts=remediation.tally(session, by=actor(), now=now()), most=remediation.MOST_COUNTED, kinds=KINDS, role_words=ROLES,
    )
