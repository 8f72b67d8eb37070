"""Staying in: which session a request belongs to, and what must be proved before it goes on."""

from collections.abc import Callable
from typing import Any, TypeVar, cast
from urllib.parse import urlencode, urlsplit

from flask import Flask, g, jsonify, redirect, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_user

from incident_app.domain import signing_in as rules
from incident_app.domain.signing_in import Standing
from incident_app.extensions import db
from incident_app.models.accounts import User
from incident_app.models.sessions import UserSession
from incident_app.services.signing_in import Where, factors, sessions
from incident_app.web import pressed
from incident_app.wiring import now, ports

View = TypeVar("View", bound=Callable[..., Any])
SECRET = "sid"  # noqa: S105 (the name under which the browser keeps it)
PRESS_AGAIN = "press_again"
READING = frozenset({"GET", "HEAD", "OPTIONS"})
SAY_WHO = "This takes a fresh proof of who you are. Open the page in your browser, prove it, and ask again."
SET_UP = "Your role takes a second factor. Open the app in your browser and set one up first."


def where() -> Where:
    """Return from where this request comes; only a proxy the settings trust is believed about it."""
    return Where(request.remote_addr or "", request.user_agent.string[:300])


def secret_of() -> str:
    """Return the secret of the session this browser holds, if any."""
    return str(cookie.get(SECRET, ""))


def own() -> UserSession:
    """Return the session this request belongs to; there is one wherever somebody is signed in."""
    return cast(UserSession, g.own_session)


def enter(user: User, secret: str) -> None:
    """Let somebody in with a session of their own; nothing of what the cookie held before is kept (T-10)."""
    cookie.clear()
    login_user(user)
    cookie[SECRET] = secret


def carry_on(secret: str) -> None:
    """Go on in this browser after everything else was signed out."""
    cookie[SECRET] = secret


def at_the_door(view: View) -> View:
    """Mark a page on which one proves who one is, or leaves: it is there whatever else is missing."""
    view.door = "always"  # type: ignore[attr-defined]  # read by ``gate``
    return view


def for_setting_up(view: View) -> View:
    """Mark a page on which a password or second factor is set up: it is there before there is one."""
    view.door = "setting up"  # type: ignore[attr-defined]  # read by ``gate``
    return view


def is_script() -> bool:
    """Tell whether a script of a page asks, not a person."""
    return request.accept_mimetypes.best == "application/json"


def _load(user_id: str) -> User | None:
    found = sessions.find(db.session(), secret_of(), now=now())
    if found is None or found.user.fs_uniquifier != user_id:
        return None
    if found.user.is_demo and ports().mode != "simulate":
        return None
    g.own_session = found
    return found.user


def come_from() -> str:
    """Return the page of ours to come back to: the one asked for, or the one whose button was pressed."""
    if request.method in READING:
        return rules.own_path(request.full_path.rstrip("?"))
    parts = urlsplit(request.referrer or "")
    own_page = parts.netloc == request.host and rules.own_path(parts.path) == parts.path
    path = pressed.page_of(parts.path if own_page else request.path)
    query = f"?{parts.query}" if own_page and parts.query and path == parts.path else ""
    return rules.own_path(path + query)


def _ask(endpoint: str, words: str, door: str) -> ResponseReturnValue:
    if is_script():
        return jsonify(error=words, problems={}), 403
    if request.method not in READING:
        cookie[PRESS_AGAIN] = pressed.keep(secrets=door == "setting up")
    return redirect(url_for(endpoint, next=come_from()))


def has_nothing_to_prove_with(user: User) -> bool:
    """Tell whether an account holds neither password nor passkey yet: its owner came in by a link."""
    return user.password is None and not user.is_demo and not factors.has_passkey(db.session(), user)


def gate(view: Any) -> ResponseReturnValue | None:
    """Return where a signed-in person must go first, ``None`` where the way is free (T-103, T-105)."""
    door, user, one = getattr(view, "door", ""), cast(User, current_user), own()
    if door == "always":
        return None
    if sessions.how(one, now()) is Standing.LEFT_ALONE:
        return _ask("proving.show", SAY_WHO, door)
    if door != "setting up" and factors.must_set_up(db.session(), user):
        return _ask("factors.show", SET_UP, door)
    if getattr(view, "fresh", False) and _acts(door) and not _is_fresh(user, one, door):
        return _ask("proving.show", SAY_WHO, door)
    if not is_script():  # a page that asks by itself how far it is does not keep anybody at the desk
        sessions.note_use(db.session(), one, where(), now=now())
    return None


def _acts(door: str) -> bool:
    """Tell whether a request does something: reading a form of ours is free, unless it shows a key or asks for one."""
    methods = request.url_rule.methods if request.url_rule is not None else None
    return door == "setting up" or request.method not in READING or "POST" not in (methods or ())


def _is_fresh(user: User, one: UserSession, door: str) -> bool:
    if rules.is_fresh(one.proved_at, now()):
        return True
    first = door == "setting up" and has_nothing_to_prove_with(user)
    return first and rules.is_fresh(one.proved_at, now(), rules.SETTING_UP)


def register(app: Flask) -> None:
    """Let our table of sessions say who is signed in, and nothing else."""
    pressed.register(app)
    manager: Any = app.login_manager  # type: ignore[attr-defined]  # set by Flask-Login
    manager.user_loader(_load)
    manager.request_loader(None)

    @manager.unauthorized_handler
    def unauthorized() -> ResponseReturnValue:
        if is_script():
            return jsonify(error="Please sign in.", problems={}), 401
        back = rules.own_path(request.full_path.rstrip("?")) if request.method in READING else "/"
        return redirect("/sign-in?" + urlencode({"next": back}) if back != "/" else "/sign-in")
