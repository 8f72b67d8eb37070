"""The door: email and password, the second factor, a passkey, the way back for who forgot, and the way out."""

from datetime import datetime

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_login import current_user, logout_user
from flask_wtf import FlaskForm
from wtforms import PasswordField

from incident_app.domain import signing_in as rules
from incident_app.domain.refusals import Refused
from incident_app.domain.signing_in import TooMany, Unreadable
from incident_app.extensions import db
from incident_app.models.accounts import User
from incident_app.models.sessions import UserSession
from incident_app.services.signing_in import factors, oidc, passkeys, passwords, sessions
from incident_app.services.signing_in.passkeys import Asked
from incident_app.web import connecting
from incident_app.web.answers import form_errors
from incident_app.web.guard import actor, public
from incident_app.web.keeping import at_the_door, enter, own, secret_of, where
from incident_app.wiring import now, ports, wake

bp = Blueprint("signing_in", __name__)
HALF, NEXT, ASKED = "half", "next", "passkey"
SENT = "If there is an active account with this address, a mail with a link is on its way. The link works for an hour."


class PasswordForm(FlaskForm):
    """A new password, typed twice."""

    password = PasswordField("New password")
    again = PasswordField("The same once more")


def ask_passkey(user: User | None = None) -> str:
    """Return what a browser is asked for a passkey, and remember the question; empty where none could answer."""
    keys = ports().credentials.passkeys
    if not keys.possible() or (user is not None and not factors.has_passkey(db.session(), user)):
        return ""
    question = passkeys.question(db.session(), user, passkeys=keys)
    remember(question.challenge)
    return question.options


def remember(challenge: str) -> None:
    """Keep a question in the browser's signed cookie."""
    cookie[ASKED] = {"challenge": challenge, "at": now().isoformat()}


def asked() -> Asked:
    """Return the question this browser was asked, once."""
    kept = cookie.pop(ASKED, None) or {}
    return Asked(str(kept.get("challenge", "")), datetime.fromisoformat(kept.get("at", "2000-01-01T00:00:00+00:00")))


def refused_page(template: str, refused: Refused, **more: object) -> ResponseReturnValue:
    """Show a form again with the words of the refusal: 429 with the wait for too many tries, 422 otherwise."""
    answer = make_response(render_template(template, problem=refused.reason, **more), 422)
    if isinstance(refused, TooMany):
        answer.status_code = 429
        answer.headers["Retry-After"] = str(refused.seconds)
    return answer


# ------------------------------------------------------------------------------------------------------------ the way in


def typed() -> tuple[str, str]:
    """Return the email and password as they were sent, form or JSON; raises ``Unreadable`` for anything but two texts."""
    if request.is_json:
        body = request.get_json(silent=True)
        if not isinstance(body, dict):
            raise Unreadable("Send email and password.")
        return rules.check_typed(body.get("email"), body.get("password"))
    if any(len(request.form.getlist(name)) != 1 for name in ("email", "password")):
        raise Unreadable("Send one email and one password.")
    return rules.check_typed(request.form["email"], request.form["password"])


def door(problem: Refused | None = None, email: str = "") -> ResponseReturnValue:
    """Show the door, with the words of a refusal."""
    provider = ports().provider
    back = rules.own_path(request.values.get("next"))
    left = oidc.farewell(db.session(), provider, now=now()) if provider and request.args.get("left") == "provider" else ""
    more = {"farewell": left, "email": email, "next": back, "options": ask_passkey(), "label": provider.label if provider else ""}
    if problem is not None:
        return refused_page("pages/accounts/sign_in.html", problem, **more)
    return render_template("pages/accounts/sign_in.html", problem="", **more)


@bp.get("/sign-in")
@public
def sign_in() -> ResponseReturnValue:
    """Show the door; who is in already goes on."""
    if current_user.is_authenticated:
        return redirect(rules.own_path(request.args.get("next")))
    return door()


@bp.post("/sign-in")
@public
def by_password() -> ResponseReturnValue:
    """Take email and password; who has a second factor is asked for it next."""
    email, password = typed()
    connecting.drop()
    try:
        user = passwords.check(db.session(), email, password, where(), credentials=ports().credentials, now=now(),
                               with_demo=ports().mode == "simulate")
    except Refused as refused:
        if isinstance(refused, TooMany):
            wake("tasks.bot.notes")
        return door(refused, email)
    back = rules.own_path(request.values.get("next"))
    if factors.has_any(db.session(), user):
        kept = sessions.begin(db.session(), user, "password", where(), now=now(), half=True)
        cookie.pop(ASKED, None)
        cookie[HALF], cookie[NEXT] = kept, back
        return redirect(url_for("signing_in.second"))
    return let_in(user, "password", back)


def let_in(user: User, way: str, back: str, *, proved: bool = True) -> ResponseReturnValue:
    """Begin a session in this browser, and connect the account first where that was asked; go on to a page of ours.

    ``proved``: the account itself was proved to us just now.
    """
    said, tone = connecting.settle(user)
    instead = str(cookie.get(HALF, "")) or secret_of()
    secret = sessions.begin(db.session(), user, way, where(), now=now(), instead_of=instead, proved=proved)
    enter(user, secret)
    if said:
        flash(said, tone)
        wake("tasks.bot.notes")
    return redirect(back)


def _coming() -> UserSession | None:
    return sessions.half(db.session(), str(cookie.get(HALF, "")), now=now())


@bp.route("/sign-in/code", methods=["GET", "POST"])
@public
def second() -> ResponseReturnValue:
    """Ask for the second factor of whoever came half the way."""
    coming = _coming()
    if coming is None:
        flash("That took too long. Begin again.", "soon")
        return redirect(url_for("signing_in.sign_in"))
    user, page = coming.user, "pages/accounts/second_factor.html"
    if request.method == "POST":
        try:
            factors.check_code(db.session(), user.id, request.form.get("code", "")[:64], where(),
                               credentials=ports().credentials, now=now())
        except Refused as refused:
            return refused_page(page, refused, app=factors.has_app(user), options=ask_passkey(user))
        return let_in(user, coming.way, rules.own_path(cookie.get(NEXT)))
    return render_template(page, problem="", app=factors.has_app(user), options=ask_passkey(user))


@bp.post("/sign-in/passkey")
@public
def by_passkey() -> ResponseReturnValue:
    """Take a passkey, at the door or as the second factor."""
    coming = _coming()
    back = rules.own_path(cookie.get(NEXT) if coming is not None else request.form.get("next"))
    if coming is None:
        connecting.drop()
    try:
        user = passkeys.check(db.session(), request.form.get("answer", ""), asked(),
                              passkeys=ports().credentials.passkeys, now=now(),
                              only=coming.user_id if coming is not None else None, with_demo=ports().mode == "simulate")
    except Refused as refused:
        return door(refused)
    return let_in(user, "passkey", back)


@bp.post("/sign-out")
@public
@at_the_door
def sign_out() -> ResponseReturnValue:
    """End the session of this browser."""
    left = None
    if current_user.is_authenticated:
        left = "provider" if own().way == oidc.WAY else None
        sessions.sign_out(db.session(), secret_of(), by=actor(), now=now())
        logout_user()
    cookie.clear()
    return redirect(url_for("signing_in.sign_in", left=left))


# ----------------------------------------------------------------------------------------------------------- the way back


@bp.route("/sign-in/forgotten", methods=["GET", "POST"])
@public
def forgotten() -> ResponseReturnValue:
    """Take an address; the answer is the same whoever is behind it."""
    page = "pages/accounts/forgotten.html"
    if request.method == "GET":
        return render_template(page, problem="", sent="")
    email, _ = rules.check_typed(request.form.get("email"), "")
    try:
        passwords.ask_reset(db.session(), email, where(), seal=ports().credentials.seal, now=now())
    except TooMany as refused:
        return refused_page(page, refused, sent="")
    wake("tasks.bot.notes")
    return render_template(page, problem="", sent=SENT)


@bp.route("/password/<secret>", methods=["GET", "POST"])
@public
def choose(secret: str) -> ResponseReturnValue:
    """Choose a password by a link from a mail; the way in is the door, as always."""
    form, page = PasswordForm(), "pages/accounts/choose_password.html"
    try:
        who = passwords.look(db.session(), secret, now=now())
    except Refused as refused:
        return refused_page("pages/accounts/link_of_no_use.html", refused)
    if request.method == "GET":
        return render_template(page, form=form, who=who.email)
    try:
        passwords.choose(db.session(), secret, form.password.data or "", form.again.data or "",
                         passwords=ports().credentials.passwords, now=now())
    except Refused as refused:
        form_errors(form, refused)
        return render_template(page, form=form, who=who.email), 422
    cookie.clear()
    wake("tasks.bot.notes")
    flash("Your password is set. Sign in with it.", "done")
    return redirect(url_for("signing_in.sign_in"))


