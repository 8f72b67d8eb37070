"""Saying again who one is: before what cannot be taken back, and after the desk was left alone."""

from flask import Blueprint, flash, redirect, render_template, request
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_login import current_user

from incident_app.domain import signing_in as rules
from incident_app.domain.accounts import Permission
from incident_app.domain.refusals import Refused
from incident_app.domain.signing_in import Unreadable
from incident_app.extensions import db
from incident_app.services.signing_in import factors, passkeys, passwords, sessions
from incident_app.web.guard import actor, allowed
from incident_app.web.keeping import PRESS_AGAIN, at_the_door, own, where
from incident_app.web.signing_in import ask_passkey, asked, refused_page
from incident_app.wiring import now, ports

bp = Blueprint("proving", __name__, url_prefix="/prove")
PAGE = "pages/accounts/prove.html"
IT_IS_YOU = "Thank you, it is you. Nothing was done yet: press the button again."


def _is_demo() -> bool:
    return bool(current_user.is_demo) and ports().mode == "simulate"


def _facts() -> dict[str, object]:
    return {
        "next": rules.own_path(request.values.get("next")), "demo": _is_demo(), "options": ask_passkey(current_user),
        "with_password": current_user.password is not None, "with_code": factors.has_any(db.session(), current_user),
        "pressed": cookie.get(PRESS_AGAIN),
    }


def _proved(how: str) -> ResponseReturnValue:
    sessions.note_proof(db.session(), own().id, by=actor(), how_proved=how, now=now())
    if cookie.pop(PRESS_AGAIN, None):
        flash(IT_IS_YOU, "open")
    return redirect(rules.own_path(request.values.get("next")))


@bp.get("")
@allowed(Permission.SEE_OWN_ACCOUNT)
@at_the_door
def show() -> ResponseReturnValue:
    """Ask for a proof."""
    return render_template(PAGE, problem="", **_facts())


@bp.post("")
@allowed(Permission.SEE_OWN_ACCOUNT)
@at_the_door
def prove() -> ResponseReturnValue:
    """Take the password, with a code where there is a second factor; in the demo one press is enough."""
    if _is_demo():
        return _proved("demo")
    try:
        return _proved(_checked())
    except Unreadable:  # no form of ours sends that
        raise
    except Refused as refused:
        return refused_page(PAGE, refused, **_facts())


def _checked() -> str:
    email, password = rules.check_typed(str(current_user.email), request.form.get("password"))
    user = passwords.check(db.session(), email, password, where(), credentials=ports().credentials, now=now())
    if not factors.has_any(db.session(), user):
        return "password"
    code = request.form.get("code", "")[:64]
    return "password and " + factors.check_code(db.session(), user.id, code, where(), credentials=ports().credentials,
                                                now=now())


@bp.post("/passkey")
@allowed(Permission.SEE_OWN_ACCOUNT)
@at_the_door
def by_passkey() -> ResponseReturnValue:
    """Take a passkey of whoever is signed in."""
    try:
        passkeys.check(db.session(), request.form.get("answer", ""), asked(),
                       passkeys=ports().credentials.passkeys, now=now(), only=actor().id)
    except Refused as refused:
        return refused_page(PAGE, refused, **_facts())
    return _proved("passkey")
