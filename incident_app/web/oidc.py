"""Coming in by the organisation's provider: there and back, and the proof of the account that connects it once."""

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_login import current_user

from incident_app.domain import oidc as words
from incident_app.domain import signing_in as rules
from incident_app.domain.accounts import Permission
from incident_app.domain.oidc import Provider, ProviderAway
from incident_app.domain.refusals import NotFound, Refused
from incident_app.extensions import db
from incident_app.models.accounts import User
from incident_app.services.signing_in import factors, oidc, passkeys, passwords, sessions
from incident_app.web import connecting
from incident_app.web.guard import actor, allowed, fresh, public
from incident_app.web.keeping import carry_on, for_setting_up, own, where
from incident_app.web.signing_in import HALF, NEXT, ask_passkey, asked, door, let_in, refused_page
from incident_app.wiring import now, ports, wake

bp = Blueprint("oidc", __name__)
CONNECT = "pages/accounts/connect.html"


def _provider() -> Provider:
    found = ports().provider
    if found is None:
        raise NotFound("There is nothing here.")
    return found


def _leave(back: str, user: int = 0) -> ResponseReturnValue:
    try:
        journey, address = oidc.depart(db.session(), _provider(), back=back, user=user, now=now())
    except ProviderAway as away:
        return _away(away)
    connecting.set_out(journey)
    return redirect(address)


def _away(away: ProviderAway) -> ResponseReturnValue:
    """Say so where people are: at the door the password stays, inside nothing has changed."""
    if current_user.is_authenticated:
        flash(away.reason, "soon")
        return redirect(url_for("factors.show"))
    answer = make_response(door(away))
    answer.status_code = 503
    return answer


# ----------------------------------------------------------------------------------------------------------- at the door


@bp.get("/sign-in/oidc")
@public
def leave() -> ResponseReturnValue:
    """Send the browser to the provider."""
    return _leave(rules.own_path(request.args.get("next")))


@bp.get(words.BACK)
@public
def back() -> ResponseReturnValue:
    """Take the browser back from the provider."""
    provider, journey = _provider(), connecting.come_back(request.args.get("state", ""))
    connecting.drop()
    user = int(current_user.id) if current_user.is_authenticated else 0
    try:
        if journey is None or journey.user not in {0, user}:
            raise Refused(words.LOST)
        if request.args.get("error") or not request.args.get("code"):
            raise Refused(words.DECLINED)
        shown = oidc.arrive(db.session(), provider, request.args["code"], journey, where(), issuer=request.args.get("iss"),
                            seal=ports().credentials.seal, now=now())
        if journey.user:
            connecting.mark(shown, back=journey.back, user=user)
            return redirect(url_for("oidc.confirm"))
        found = oidc.owner(db.session(), shown, where(), seal=ports().credentials.seal, now=now())
        if found is None and not shown.email:
            raise Refused(words.UNVERIFIED)
    except ProviderAway as away:
        return _away(away)
    except Refused as refused:
        return _no_way(refused)
    if found is None:
        connecting.mark(shown, back=journey.back)
        return redirect(url_for("oidc.connect"))
    if factors.has_any(db.session(), found) and not shown.two_factors:
        return _ask_second(found, oidc.WAY, journey.back)
    return let_in(found, oidc.WAY, journey.back, proved=False)


def _no_way(refused: Refused) -> ResponseReturnValue:
    if current_user.is_authenticated:
        flash(refused.reason, "soon")
        return redirect(url_for("factors.show"))
    return door(refused)


def _ask_second(user: User, way: str, back: str) -> ResponseReturnValue:
    cookie[HALF] = sessions.begin(db.session(), user, way, where(), now=now(), half=True)
    cookie[NEXT] = back
    return redirect(url_for("signing_in.second"))


def _connect_page(email: str, problem: Refused | None = None) -> ResponseReturnValue:
    more = {"email": email, "label": _provider().label, "options": ask_passkey()}
    if problem is not None:
        return refused_page(CONNECT, problem, **more)
    return render_template(CONNECT, problem="", **more)


@bp.route("/sign-in/oidc/connect", methods=["GET", "POST"])
@public
def connect() -> ResponseReturnValue:
    """Ask for the password of the account that is to be connected; whether there is one, looks alike."""
    _provider()
    found = connecting.marked()
    if found is None:
        return door(Refused(words.LOST))
    shown, back = found
    if request.method == "GET":
        return _connect_page(shown.email)
    try:
        email, password = rules.check_typed(shown.email, request.form.get("password"))
        user = passwords.check(db.session(), email, password, where(), credentials=ports().credentials, now=now(),
                               with_demo=False)
    except rules.Unreadable:  # no form of ours sends that
        raise
    except Refused as refused:
        wake("tasks.bot.notes")
        return _connect_page(shown.email, refused)
    connecting.prove()
    if factors.has_any(db.session(), user):
        return _ask_second(user, "password", back)
    return let_in(user, "password", back)


@bp.post("/sign-in/oidc/connect/passkey")
@public
def connect_by_passkey() -> ResponseReturnValue:
    """Take a passkey of the account that is to be connected."""
    _provider()
    found = connecting.marked()
    if found is None:
        return door(Refused(words.LOST))
    shown, back = found
    try:
        user = passkeys.check(db.session(), request.form.get("answer", ""), asked(), passkeys=ports().credentials.passkeys,
                              now=now(), with_demo=False)
        if user.email != shown.email:
            raise Refused(passkeys.WRONG)
    except Refused as refused:
        return _connect_page(shown.email, refused)
    connecting.prove()
    return let_in(user, "passkey", back)


# ----------------------------------------------------------------------------------------------------------- from within


@bp.get("/me/security/provider/begin")
@allowed(Permission.SEE_OWN_ACCOUNT)
@fresh
@for_setting_up
def begin() -> ResponseReturnValue:
    """Send who is signed in to the provider, to connect what it calls them."""
    return _leave("/me/security", actor().id)


@bp.route("/me/security/provider", methods=["GET", "POST"])
@allowed(Permission.SEE_OWN_ACCOUNT)
@fresh
@for_setting_up
def confirm() -> ResponseReturnValue:
    """Show whom the provider signed in, and connect after one more press: nobody else's is slipped in."""
    label, found = _provider().label, connecting.marked(actor().id)
    if found is None:
        flash(words.LOST, "soon")
        return redirect(url_for("factors.show"))
    if request.method == "GET":
        return render_template("pages/accounts/connect_mine.html", label=label, shown=found[0])
    connecting.drop()
    return _done(oidc.connect(db.session(), found[0], where(), own().way, by=actor(), now=now()), "Connected")


@bp.post("/me/security/provider/remove")
@allowed(Permission.SEE_OWN_ACCOUNT)
@fresh
@for_setting_up
def remove() -> ResponseReturnValue:
    """Disconnect."""
    _provider()
    return _done(oidc.disconnect(db.session(), where(), own().way, by=actor(), now=now()), "Disconnected")


def _done(secret: str, what: str) -> ResponseReturnValue:
    carry_on(secret)
    wake("tasks.bot.notes")
    flash(f"{what}. Everything else that was signed in has been signed out.", "done")
    return redirect(url_for("factors.show"))
