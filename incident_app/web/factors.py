"""How I come in: one's own password, authenticator app, passkeys and recovery codes. Always of who is signed in (T-09)."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import StringField

from incident_app.domain.accounts import Permission
from incident_app.domain.refusals import Refused
from incident_app.domain.signing_in import TooMany, needs_second_factor
from incident_app.extensions import db
from incident_app.services.signing_in import factors, oidc, passkeys, passwords
from incident_app.web.answers import form_errors
from incident_app.web.guard import actor, allowed, fresh
from incident_app.web.keeping import carry_on, for_setting_up, has_nothing_to_prove_with, own, where
from incident_app.web.signing_in import PasswordForm, asked, remember
from incident_app.web.square_codes import drawn
from incident_app.wiring import now, ports, wake

bp = Blueprint("factors", __name__, url_prefix="/me/security")


class CodeForm(FlaskForm):
    """What the app shows."""

    code = StringField("Code from the app")


@bp.get("")
@allowed(Permission.SEE_OWN_ACCOUNT)
@for_setting_up
def show() -> ResponseReturnValue:
    """Show what one comes in with, and what is still missing."""
    return _page()


def _page(codes: list[str] | None = None) -> str:
    return render_template(
        "pages/accounts/security.html", codes=codes, has_password=current_user.password is not None,
        has_app=factors.has_app(current_user), keys=passkeys.of(db.session(), actor().id), zone=current_user.zone,
        possible=ports().credentials.passkeys.possible(), left=factors.recovery_codes_left(db.session(), by=actor()),
        demanded=needs_second_factor(actor().roles) and not current_user.is_demo,
        missing=factors.must_set_up(db.session(), current_user),
        helpless=has_nothing_to_prove_with(current_user), provider=ports().provider, at_provider=oidc.of(db.session(), actor().id))


def _done(secret: str, words: str) -> ResponseReturnValue:
    carry_on(secret)
    wake("tasks.bot.notes")
    flash(words, "done")
    return redirect(url_for("factors.show"))


@bp.route("/password", methods=["GET", "POST"])
@allowed(Permission.SEE_OWN_ACCOUNT)
@fresh
@for_setting_up
def password() -> ResponseReturnValue:
    """Change one's password, or set the first one."""
    form, status = PasswordForm(), 200
    if request.method == "POST":
        try:
            secret = passwords.change(db.session(), form.password.data or "", form.again.data or "", where(), by=actor(),
                                      passwords=ports().credentials.passwords, now=now())
        except Refused as refused:
            form_errors(form, refused)
            status = 422
        else:
            return _done(secret, "Your password is set. Everything else that was signed in has been signed out.")
    return render_template("pages/accounts/password.html", form=form), status


@bp.route("/app", methods=["GET", "POST"])
@allowed(Permission.SEE_OWN_ACCOUNT)
@fresh
@for_setting_up
def app() -> ResponseReturnValue:
    """Set up an authenticator app: scan, then type the code it shows."""
    form, status, world = CodeForm(), 200, ports().credentials
    if request.method == "POST":
        try:
            secret = factors.confirm_app(db.session(), own().id, (form.code.data or "")[:64], where(), by=actor(),
                                         credentials=world, now=now())
        except Refused as refused:
            form_errors(form, refused)
            status = 429 if isinstance(refused, TooMany) else 422
        else:
            return _done(secret, "The authenticator app is set up. Make recovery codes next, for the day the phone is lost.")
    key = factors.new_key(db.session(), own().id, by=actor(), credentials=world, now=now())
    code = drawn(world.codes.address(key, str(current_user.email)))
    groups = [key[at:at + 4] for at in range(0, len(key), 4)]
    return render_template("pages/accounts/app.html", form=form, drawn=code, groups=groups), status


@bp.post("/app/remove")
@allowed(Permission.SEE_OWN_ACCOUNT)
@fresh
@for_setting_up
def remove_app() -> ResponseReturnValue:
    """Take the app off."""
    secret = factors.remove_app(db.session(), where(), own().way, by=actor(), now=now())
    return _done(secret, "The authenticator app is off your account.")


@bp.post("/codes")
@allowed(Permission.SEE_OWN_ACCOUNT)
@fresh
@for_setting_up
def codes() -> ResponseReturnValue:
    """Make recovery codes, shown this once."""
    return _page(factors.make_recovery_codes(db.session(), by=actor(), credentials=ports().credentials, now=now()))


@bp.route("/passkey", methods=["GET", "POST"])
@allowed(Permission.SEE_OWN_ACCOUNT)
@fresh
@for_setting_up
def passkey() -> ResponseReturnValue:
    """Add a passkey of this browser, phone or key."""
    problem, status, keys = "", 200, ports().credentials.passkeys
    if request.method == "POST":
        try:
            secret = passkeys.add(db.session(), request.form.get("answer", ""), asked(), request.form.get("name", ""),
                                  where(), own().way, by=actor(), passkeys=keys, now=now())
        except Refused as refused:
            problem, status = refused.reason, 422
        else:
            return _done(secret, "The passkey is added. You can sign in with it, without a password.")
    question = passkeys.registration(db.session(), by=actor(), passkeys=keys)
    remember(question.challenge)
    return render_template("pages/accounts/passkey.html", options=question.options, problem=problem,
                           possible=keys.possible()), status


@bp.post("/passkeys/<int:number>/remove")
@allowed(Permission.SEE_OWN_ACCOUNT)
@fresh
@for_setting_up
def remove_passkey(number: int) -> ResponseReturnValue:
    """Take a passkey off."""
    secret = passkeys.remove(db.session(), number, where(), own().way, by=actor(), now=now())
    return _done(secret, "The passkey is off your account.")
