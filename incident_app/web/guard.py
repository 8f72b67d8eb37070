"""Who comes in: every page names the permission it takes, and is refused without one."""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from flask import current_app, g, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from incident_app.domain.accounts import Actor, Permission, may, require
from incident_app.extensions import db
from incident_app.models.cases import Case
from incident_app.services import break_glass, cases
from incident_app.web.keeping import READING, gate, own
from incident_app.wiring import now

View = TypeVar("View", bound=Callable[..., Any])


def actor() -> Actor:
    """Return who is signed in, as the rules know them, and by which session."""
    return replace(cast(Actor, current_user.actor), session=own().digest, opened=g.get("opened", frozenset()))


def _opened() -> frozenset[int]:
    """Return what was broken open to who is signed in: for reading, never for doing anything."""
    return break_glass.open_to(db.session(), current_user.actor, now=now()) if request.method in READING else frozenset()


def allowed(permission: Permission) -> Callable[[View], View]:
    """Let in only who is signed in and may; the permission stands on the view for the house test to read."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> ResponseReturnValue:
            if not current_user.is_authenticated:
                return cast(ResponseReturnValue, current_app.login_manager.unauthorized())  # type: ignore[attr-defined]  # set by Flask-Login
            if (asked := gate(guarded)) is not None:
                return asked
            g.opened = _opened()
            require(actor(), permission)
            return cast(ResponseReturnValue, view(*args, **kwargs))

        guarded.permission = permission  # type: ignore[attr-defined]  # read by the house test
        return cast(View, guarded)

    return decorate


def fresh(view: View) -> View:
    """Mark a view, below ``allowed``, that takes a proof of who one is from the last five minutes."""
    view.fresh = True  # type: ignore[attr-defined]  # read by ``allowed``
    return view


def public(view: View) -> View:
    """Mark a view that anybody may see (sign-in, health)."""
    view.permission = None  # type: ignore[attr-defined]  # read by the house test
    return view


def case_or_404(ref: str) -> Case:
    """Return a case within the signed-in person's scope; one outside it does not exist."""
    return cases.find(db.session(), ref, by=actor())


def opens(url: str) -> bool:
    """Tell whether the page at ``url``, one of our own, opens to who is signed in: what would be refused is not offered."""
    if not url:  # nowhere to go
        return False
    endpoint, _ = current_app.url_map.bind_to_environ(request.environ).match(urlsplit(url).path.removeprefix(request.script_root), "GET")
    permission = getattr(current_app.view_functions[str(endpoint)], "permission", None)
    return permission is None or may(actor(), permission)


def wants_json() -> bool:
    """Whether the asker is a script polling for progress."""
    return request.accept_mimetypes.best == "application/json"
