"""Things to do: the actions of a case, and what is mine or overdue anywhere."""

from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import RadioField, SelectField, StringField, TextAreaField
from wtforms.widgets import DateTimeLocalInput

from incident_app.domain.accounts import Permission, Role
from incident_app.domain.cases import local_moment
from incident_app.domain.merging import Fields
from incident_app.domain.refusals import Conflict, NotFound, Refused, Stale
from incident_app.domain.remediation import ActionKind
from incident_app.extensions import db
from incident_app.models.cases import Case
from incident_app.models.remediation import Action
from incident_app.services import accounts, remediation
from incident_app.services.remediation import NewAction
from incident_app.web import conflicts
from incident_app.web.answers import form_errors
from incident_app.web.guard import actor, allowed, case_or_404
from incident_app.web.overview import case_frame
from incident_app.web.submitting import once
from incident_app.wiring import now

bp = Blueprint("remediation", __name__)
LOCAL = "%Y-%m-%dT%H:%M"
KINDS = {
    "contain": "Contain: stop it", "mitigate": "Mitigate: lessen the harm", "remedy": "Remedy: remove the cause",
    "prevent": "Prevent: not again", "notify": "Notify: tell somebody",
}
ROLES = {role.value: role.value for role in Role} | {"oncall": "on call"}
NOBODY = 0


class ActionForm(FlaskForm):
    """A further thing to do."""

    title = StringField("What is to be done?")
    kind = RadioField("What for?", choices=[(kind.value, KINDS[kind.value]) for kind in ActionKind], default="remedy")
    owner_id = SelectField("Owner", coerce=int, default=NOBODY)
    due_at = StringField("Due", widget=DateTimeLocalInput())
    proof = TextAreaField("What will show that it is done?")


def _people() -> list[tuple[int, str]]:
    return [(NOBODY, "Nobody yet"), *((user.id, user.name) for user in accounts.everybody(db.session()))]


def _form(*, fresh: bool = False) -> ActionForm:
    form = ActionForm(formdata=None) if fresh else ActionForm()
    form.owner_id.choices = _people()
    return form


def _page(case: Case, form: ActionForm, status: int = 200, failed: int = 0) -> ResponseReturnValue:
    session = db.session()
    actions = remediation.of_case(session, case.id)
    return render_template(
        "pages/remediation/of_case.html", tab="actions", form=form, actions=actions, people=_people(), kinds=KINDS, role_words=ROLES,
        sum=remediation.counts(actions, now()), documents=remediation.documents_of(session, case.id), failed=failed,
        typed=request.form if failed else {}, base=lambda one: conflicts.remember(_texts(one, case)), local=lambda at: at.astimezone(ZoneInfo(case.zone)).strftime(LOCAL), names=accounts.names(session), **case_frame(session, case, actor(), now()),
    ), status


@bp.get("/cases/<ref>/actions")
@allowed(Permission.SEE_ACTIONS)
def of_case(ref: str) -> ResponseReturnValue:
    """Show everything to do in one case."""
    return _page(case_or_404(ref), _form(fresh=True))


@bp.post("/cases/<ref>/actions")
@allowed(Permission.MANAGE_ACTIONS)
@once("remediation.of_case")
def add(ref: str) -> ResponseReturnValue:
    """Add a thing to do."""
    case, form = case_or_404(ref), _form()
    try:
        due = (form.due_at.data or "").strip()
        new = NewAction(
            form.title.data or "", form.kind.data or "", form.owner_id.data or None,
            local_moment(due, case.zone, field="due_at") if due else None, form.proof.data or "",
        )
        remediation.add(db.session(), case.id, new, by=actor(), now=now())
    except Conflict:
        raise
    except Refused as refused:
        form_errors(form, refused)
        return _page(case, form, 422)
    flash("The action is on the list.", "done")
    return redirect(url_for("remediation.of_case", ref=ref))


def _texts(action: Action, case: Case) -> Fields:
    due = action.due_at.astimezone(ZoneInfo(case.zone)).strftime(LOCAL) if action.due_at else ""
    return {"owner_id": (str(action.owner_id or NOBODY),), "due_at": (due,)}


def _both(action_id: int) -> ResponseReturnValue:
    """Show the action as it is now beside what was typed."""
    db.session().expire_all()
    action = remediation.find(db.session(), action_id, by=actor())
    case = case_or_404(action.case.ref)
    words = {str(number): name for number, name in _people()}
    shown = {"owner_id": conflicts.Shown("Owner", free=False, words=words), "due_at": conflicts.Shown(f"Due, time in {case.zone}")}
    return conflicts.page(
        conflicts.Record(
            f"{action.title}, {case.ref}", url_for("remediation.of_case", ref=case.ref) + f"#action-{action_id}", "action",
            action_id, case.id, action.version, _texts(action, case), shown,
        ),
        {name: (request.form[name].strip(),) for name in shown if name in request.form},
    )


def _number(name: str) -> int | None:
    text = conflicts.posted().get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 and int(text) else None


def _work(action: Action, verb: str) -> str:
    session, given, case = db.session(), conflicts.posted(), action.case
    version = conflicts.version_of(given)
    if verb == "done":
        remediation.complete(session, action.id, given.get("proof_text", ""), document_id=_number("document_id"),
                             version=version, by=actor(), now=now())
        return "Done, with its proof."
    if verb == "not-needed":
        remediation.not_needed(session, action.id, given.get("reason", ""), version=version, by=actor(), now=now())
        return "Not needed, with its reason."
    due = given.get("due_at", "").strip()
    remediation.change(
        session, action.id, owner_id=_number("owner_id"), version=version, by=actor(), now=now(),
        due_at=local_moment(due, case.zone, field="due_at") if due else None,
    )
    return "Changed."


@bp.post("/actions/<int:action_id>/<any('done', 'not-needed', 'change'):verb>")
@allowed(Permission.MANAGE_ACTIONS)
def work(action_id: int, verb: str) -> ResponseReturnValue:
    """Mark an action done or not needed, or say who does it by when."""
    action = remediation.find(db.session(), action_id, by=actor())
    case = case_or_404(action.case.ref)
    try:
        words = _work(action, verb)
    except Stale:
        return _both(action_id)
    except (Conflict, NotFound):
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
    """Show what is still to do: mine, overdue or all."""
    session, whose = db.session(), request.args.get("whose", "mine")
    actions = remediation.overview(session, whose=whose, by=actor(), now=now())
    counts = {name: len(remediation.overview(session, whose=name, by=actor(), now=now()))
              for name in ("mine", "overdue", "all")}
    return render_template("pages/remediation/mine.html", actions=actions, whose=whose, counts=counts, kinds=KINDS,
                           role_words=ROLES)
