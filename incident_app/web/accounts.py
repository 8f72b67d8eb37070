"""Coming in by a one-time link, and the page of one's own account."""

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm

from incident_app.domain.accounts import Permission
from incident_app.domain.refusals import Refused
from incident_app.extensions import db
from incident_app.services import accounts
from incident_app.services.signing_in import sessions
from incident_app.web.guard import allowed, public
from incident_app.web.keeping import enter, secret_of, where
from incident_app.web.tokens import me_page
from incident_app.wiring import now, ports

bp = Blueprint("accounts", __name__)


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


@bp.get("/me")
@allowed(Permission.SEE_OWN_ACCOUNT)
def me() -> ResponseReturnValue:
    """Show who is signed in, their roles and their tokens."""
    return me_page()
