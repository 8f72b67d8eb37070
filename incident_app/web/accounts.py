"""Coming in by a one-time link, and the tokens a person makes for scripts."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import IntegerField, StringField
from wtforms.validators import InputRequired

from incident_app.domain.accounts import Permission
from incident_app.domain.refusals import Refused
from incident_app.extensions import db
from incident_app.services import accounts
from incident_app.services.signing_in import sessions
from incident_app.web.answers import form_errors
from incident_app.web.guard import actor, allowed, fresh, public
from incident_app.web.keeping import enter, secret_of, where
from incident_app.wiring import now, ports

bp = Blueprint("accounts", __name__)


class TokenForm(FlaskForm):
    """A new API token."""

    name = StringField("What is it for?", validators=[InputRequired("Say what the token is for.")])
    days = IntegerField("Days it lives", default=90, validators=[InputRequired("Say how many days.")])


@bp.get("/start/<secret>")
@public
def start(secret: str) -> ResponseReturnValue:
    """Ask for one press: a link that a mail scanner opens must not be spent by it."""
    return render_template("pages/accounts/start.html", secret=secret, form=FlaskForm())


@bp.post("/start/<secret>")
@public
def come_in(secret: str) -> ResponseReturnValue:
    """Sign in by a one-time link."""
    try:
        user = accounts.use_sign_in_link(db.session(), secret, now=now(), with_demo=ports().mode == "simulate")
    except Refused as refused:
        return render_template("pages/accounts/start.html", secret=None, problem=refused.reason, form=FlaskForm()), 422
    enter(user, sessions.begin(db.session(), user, "link", where(), now=now(), instead_of=secret_of()))
    return redirect(url_for("dashboard.show"))


@bp.route("/me", methods=["GET", "POST"])
@allowed(Permission.SEE_OWN_ACCOUNT)
@fresh
def me() -> ResponseReturnValue:
    """Show who is signed in and their tokens; make a token, shown this once."""
    form, made, status = TokenForm(), None, 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                _, made = accounts.make_token(
                    db.session(), form.name.data or "", form.days.data or 0, by=actor(), now=now()
                )
                status = 200
            except Refused as refused:
                form_errors(form, refused)
    tokens = accounts.tokens_of(db.session(), actor().id)
    return render_template("pages/accounts/me.html", form=form, fresh_token=made, tokens=tokens), status


@bp.post("/me/tokens/<int:token_id>/revoke")
@allowed(Permission.SEE_OWN_ACCOUNT)
def revoke(token_id: int) -> ResponseReturnValue:
    """End one of one's own tokens."""
    accounts.revoke_token(db.session(), token_id, by=actor(), now=now())
    flash("The token is revoked. Nobody can use it any more.", "done")
    return redirect(url_for("accounts.me"))
