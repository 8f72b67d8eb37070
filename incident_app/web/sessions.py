"""My sessions: where one is signed in, and ending it."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from incident_app.domain.accounts import Permission
from incident_app.extensions import db
from incident_app.services.signing_in import sessions
from incident_app.web.guard import actor, allowed
from incident_app.web.keeping import own
from incident_app.wiring import now

bp = Blueprint("sessions", __name__, url_prefix="/me/sessions")


@bp.get("")
@allowed(Permission.SEE_OWN_ACCOUNT)
def show() -> ResponseReturnValue:
    """Show where one is signed in."""
    rows = sessions.mine(db.session(), by=actor(), now=now())
    return render_template("pages/accounts/sessions.html", rows=rows, here=own().id, ways=sessions.WAYS,
                           zone=current_user.zone)


@bp.post("/<int:number>/end")
@allowed(Permission.SEE_OWN_ACCOUNT)
def end(number: int) -> ResponseReturnValue:
    """End one of them."""
    sessions.end_one(db.session(), number, by=actor(), now=now())
    flash("Signed out there.", "done")
    return redirect(url_for("sessions.show"))


@bp.post("/end-others")
@allowed(Permission.SEE_OWN_ACCOUNT)
def end_others() -> ResponseReturnValue:
    """End all of them but this one."""
    count = sessions.end_others(db.session(), own().id, by=actor(), now=now())
    flash(f"Signed out in {count} other place{'s' if count != 1 else ''}." if count else "You are signed in only here.", "done")
    return redirect(url_for("sessions.show"))
