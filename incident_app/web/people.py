"""Who works here: invite, change, disable and enable people, by administrators; and coming in by an invitation."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField, TextAreaField

from incident_app.domain.accounts import Permission, Role
from incident_app.domain.people import roles_of
from incident_app.domain.refusals import Refused
from incident_app.extensions import db
from incident_app.models.proposals import Proposal
from incident_app.services import people
from incident_app.services.people import Newcomer, Wanted
from incident_app.services.signing_in import passwords
from incident_app.web.answers import form_errors, whole
from incident_app.web.forms.cases import zones
from incident_app.web.forms.choices import SelectField, SelectMultipleField
from incident_app.web.guard import actor, allowed, fresh, public
from incident_app.web.stays import stays
from incident_app.wiring import now, ports, wake

bp = Blueprint("people", __name__)
ROLE_WORDS = {
    "reporter": "may file breaches", "responder": "works cases", "approver": "decides and signs", "oncall": "is woken",
    "auditor": "reads everything, changes nothing", "admin": "manages accounts, sees no case",
}
WAITS = "A second person has to agree before anybody becomes an approver. Approvers and other administrators see the request."


class PersonForm(FlaskForm):
    """What is said of an account."""

    name = StringField("Name")
    roles = SelectMultipleField("Roles", choices=[
        (role.value, f"{role.value.replace('oncall', 'on-call').capitalize()} – {ROLE_WORDS[role.value]}") for role in Role])
    zone = SelectField("Time zone", validate_choice=False)
    reason = TextAreaField("Why an approver?")
    version = HiddenField()


class InviteForm(PersonForm):
    """Who is invited."""

    email = StringField("Email")


def _version(form_value: str | None) -> int:
    return whole(form_value)


def _tell(form: FlaskForm, refused: Refused) -> None:
    """Put what is wrong on the form; who may not, or came too late, gets a page of their own."""
    if type(refused) is not Refused:
        raise refused
    form_errors(form, refused)


def _list(form: InviteForm | None = None, link: str = "", status: int = 200) -> ResponseReturnValue:
    form = form or InviteForm(None, zone=current_user.zone)
    form.zone.choices = zones()
    return render_template(
        "pages/people/show.html", people=people.everybody(db.session(), by=actor(), now=now()), form=form, link=link,
        zone=current_user.zone, waiting=people.requests(db.session(), by=actor(), now=now())), status


@bp.get("/people")
@allowed(Permission.MANAGE_ACCOUNTS)
def show() -> ResponseReturnValue:
    """Show everybody who works here, and the form that invites one more."""
    return _list()


@bp.post("/people")
@allowed(Permission.MANAGE_ACCOUNTS)
@fresh
def invite() -> ResponseReturnValue:
    """Invite somebody; their link is shown this once."""
    form = InviteForm()
    try:
        who = Newcomer(form.email.data or "", form.name.data or "", frozenset(roles_of(form.roles.data or [])),
                       form.zone.data or "", form.reason.data or "")
        user, made = people.invite(db.session(), who, secret=ports().alert_secret, by=actor(), now=now())
    except Refused as refused:
        _tell(form, refused)
        return _list(form, status=422)
    if isinstance(made, Proposal):
        flash(f"{user.name} is not invited yet. {WAITS}", "soon")
        return redirect(url_for("people.show"))
    wake("tasks.bot.notes")
    flash(f"An invitation to {user.name} is on its way to {user.email}.", "done")
    return _list(link=people.link_of(made, secret=ports().alert_secret, public_url=ports().public_url))


def _one(user_id: int, form: PersonForm | None = None, link: str = "", status: int = 200) -> ResponseReturnValue:
    person = people.one(db.session(), user_id, by=actor(), now=now())
    user = person.user
    form = form or PersonForm(None, data={
        "name": user.name, "roles": [role.value for role in user.actor.roles], "zone": user.zone, "version": user.version})
    form.zone.choices = zones()
    others = [one.user for one in people.everybody(db.session(), by=actor(), now=now())
              if one.user.actor.person != user.actor.person]
    return render_template("pages/people/person.html", person=person, form=form, others=others, zone=current_user.zone,
                           mine=user.actor.person == actor().person, link=link), status


@bp.get("/people/<int:user_id>")
@allowed(Permission.MANAGE_ACCOUNTS)
def one(user_id: int) -> ResponseReturnValue:
    """Show one account, and what can be done about it."""
    return _one(user_id)


@bp.post("/people/<int:user_id>")
@allowed(Permission.MANAGE_ACCOUNTS)
@fresh
def change(user_id: int) -> ResponseReturnValue:
    """Change name, zone and roles."""
    form = PersonForm()
    try:
        wanted = Wanted(form.name.data or "", form.zone.data or "", frozenset(roles_of(form.roles.data or [])),
                        form.reason.data or "")
        done = people.change(db.session(), user_id, wanted, version=_version(form.version.data), by=actor(), now=now())
    except Refused as refused:
        _tell(form, refused)
        return _one(user_id, form, status=422)
    flash(f"Saved. {WAITS if done.asked else ''}".strip(), "soon" if done.asked else "done")
    return redirect(url_for("people.one", user_id=user_id))


@bp.post("/people/<int:user_id>/disable")
@allowed(Permission.MANAGE_ACCOUNTS)
@fresh
def disable(user_id: int) -> ResponseReturnValue:
    """Let an account do nothing any more."""
    shifts = people.disable(db.session(), user_id, version=_version(request.form.get("version")), by=actor(), now=now())
    words = f" {len(shifts)} of its shifts {'has' if len(shifts) == 1 else 'have'} nobody now: see below." if shifts else ""
    flash(f"The account is disabled. Its sessions and tokens ended.{words}", "soon" if shifts else "done")
    return redirect(url_for("people.one", user_id=user_id))


@bp.post("/people/<int:user_id>/enable")
@allowed(Permission.MANAGE_ACCOUNTS)
@fresh
def enable(user_id: int) -> ResponseReturnValue:
    """Let a disabled account in again."""
    done = people.enable(db.session(), user_id, version=_version(request.form.get("version")), by=actor(), now=now(),
                         reason=request.form.get("reason", ""))
    flash(WAITS if done.asked else "The account is enabled. Its old tokens stay revoked.", "soon" if done.asked else "done")
    return redirect(url_for("people.one", user_id=user_id))


@bp.post("/people/<int:user_id>/invitation")
@allowed(Permission.MANAGE_ACCOUNTS)
@fresh
def resend(user_id: int) -> ResponseReturnValue:
    """Invite again; the link before stops working."""
    user, made = people.resend(db.session(), user_id, secret=ports().alert_secret, by=actor(), now=now())
    wake("tasks.bot.notes")
    flash(f"A new invitation is on its way to {user.email}. The one before does not work any more.", "done")
    if Role.APPROVER in user.actor.roles:  # nobody but its owner comes in as an approver
        return redirect(url_for("people.one", user_id=user_id))
    return _one(user_id, link=people.link_of(made, secret=ports().alert_secret, public_url=ports().public_url))


@bp.post("/people/<int:user_id>/same-person")
@allowed(Permission.MANAGE_ACCOUNTS)
@fresh
def same_person(user_id: int) -> ResponseReturnValue:
    """Say that another account belongs to the same person."""
    people.same_person(db.session(), user_id, _version(request.form.get("other")), by=actor(), now=now())
    flash("Noted. Whatever takes two persons counts these accounts as one.", "done")
    return redirect(url_for("people.one", user_id=user_id))


@bp.post("/people/<int:user_id>/part")
@allowed(Permission.MANAGE_ACCOUNTS)
@fresh
def part(user_id: int) -> ResponseReturnValue:
    """Ask a second person to count this account as a person of its own again."""
    try:
        people.ask_part(db.session(), user_id, request.form.get("reason", ""), by=actor(), now=now())
    except Refused as refused:
        if type(refused) is not Refused:
            raise
        flash(next(iter(refused.problems.values()), refused.reason), "soon")
        return redirect(url_for("people.one", user_id=user_id))
    flash("Nothing is changed yet: a second person has to agree, within a day.", "soon")
    return redirect(url_for("people.one", user_id=user_id))


@bp.get("/people/requests")
@allowed(Permission.AGREE_APPROVER)
def requests() -> ResponseReturnValue:
    """Show who is to become approver, or a person of their own again."""
    return render_template("pages/people/requests.html", zone=current_user.zone,
                           waiting=people.requests(db.session(), by=actor(), now=now()))


@bp.post("/people/requests/<public_id>/agree")
@allowed(Permission.AGREE_APPROVER)
@fresh
def agree(public_id: str) -> ResponseReturnValue:
    """Agree as the second person."""
    then = {one.proposal.public_id: one.proposal.facts["then"] for one in people.requests(db.session(), by=actor(), now=now())}
    user = people.agree(db.session(), public_id, secret=ports().alert_secret, by=actor(), now=now())
    wake("tasks.bot.notes")
    words = "is approver now" if user.active else "is invited as approver, by email"
    if then.get(public_id) == "part":
        words = "counts as a person of their own now"
    flash(f"{user.name} {words}.", "done")
    return redirect(url_for("people.requests"))


@bp.post("/people/requests/<public_id>/refuse")
@allowed(Permission.AGREE_APPROVER)
@fresh
@stays("people.requests")
def refuse(public_id: str) -> ResponseReturnValue:
    """Refuse with a reason, or withdraw what one asked oneself."""
    people.refuse(db.session(), public_id, request.form.get("reason", ""), by=actor(), now=now())
    flash("Refused or withdrawn: nothing changes by this request.", "done")
    return redirect(url_for("people.requests"))


@bp.get("/invitation/<secret>")
@public
def invited(secret: str) -> ResponseReturnValue:
    """Ask for one press: a link that a mail scanner opens must not be spent by it."""
    try:
        user = people.invited(db.session(), secret, now=now())
    except Refused as refused:
        return _no_invitation(refused)
    return render_template("pages/people/invitation.html", user=user, secret=secret)


@bp.post("/invitation/<secret>")
@public
def accept(secret: str) -> ResponseReturnValue:
    """Open the account, and go on to its password. Nothing that is posted counts: the roles stand on the account."""
    try:
        user = people.accept(db.session(), secret, now=now())
    except Refused as refused:
        return _no_invitation(refused)
    return redirect(url_for("signing_in.choose", secret=passwords.first_link(db.session(), user.id, now=now())))


def _no_invitation(refused: Refused) -> ResponseReturnValue:
    return render_template("pages/people/invitation.html", user=None, problem=refused.reason), 422
