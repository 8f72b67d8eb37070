"""Who may call: a bearer token, and the permission each endpoint takes."""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any, TypeVar, cast

from flask import abort, g, request
from flask.typing import ResponseReturnValue

from incident_app.api.versions import described, refuse_tag
from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.refusals import Forbidden, Refused
from incident_app.domain.signing_in import is_fresh
from incident_app.extensions import db
from incident_app.models.cases import Case
from incident_app.services import accounts, cases
from incident_app.services.accounts import Holder
from incident_app.wiring import now, ports

View = TypeVar("View", bound=Callable[..., Any])
SAY_WHO = ("This takes a fresh proof of who you are, and a token is one for five minutes after it was made. Make a token for it "
           "in your browser, or do it there.")


def actor() -> Actor:
    """Return whose token came with this request."""
    return cast(Actor, g.api_actor)


def holder() -> Holder:
    """Return the token that came with this request, with its owner."""
    return cast(Holder, g.api_holder)


def allowed(permission: Permission) -> Callable[[View], View]:
    """Let in only a live token whose owner may; the permission stands on the view for the house test to read."""

    def decorate(view: View) -> View:
        taken = getattr(view, "_apidoc", {}).get("arguments", {}).get("parameters", [])
        names_fields = any(one["in"] == "json" for one in taken)  # its schema names what is unknown

        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> ResponseReturnValue:
            scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
            held = accounts.bearer(db.session(), secret.strip(), now=now()) if scheme.lower() == "bearer" else None
            if held is None or (held.user.is_demo and ports().mode != "simulate"):
                abort(401, "Send a valid token: Authorization: Bearer …. Tokens are made in the web UI under your name.")
            g.api_holder, g.api_actor = held, replace(held.actor, session=held.token.digest)
            require(g.api_actor, permission)
            if getattr(view, "fresh", False) and not is_fresh(held.token.made_at, now()):
                raise Forbidden(SAY_WHO)
            if request.method != "GET" and not getattr(view, "versioned", False):
                refuse_tag()
            if not names_fields:
                _no_body()
            elif not request.is_json and (request.content_length or "Transfer-Encoding" in request.headers):
                abort(415, "Send the body as application/json. Nothing was changed.")
            return cast(ResponseReturnValue, view(*args, **kwargs))

        guarded.permission = permission  # type: ignore[attr-defined]  # read by the house test
        return cast(View, described(guarded, **{"x-permission": permission.value}))

    return decorate


def fresh(view: View) -> View:
    """Mark a view, below ``allowed``, that takes a proof of who one is: a token is one for five minutes after it was made."""
    view.fresh = True  # type: ignore[attr-defined]  # read by ``allowed``
    return described(view, **{"x-fresh-proof": True})


def _no_body() -> None:
    """Refuse fields sent to what takes none: whoever sends them believes that they do something."""
    given = request.get_json(silent=True) if request.is_json else None
    if isinstance(given, dict) and given:
        raise Refused("Unknown field.", {str(name)[:60]: "This field is not known here." for name in given})


def case_or_404(ref: str) -> Case:
    """Return a case within the token owner's scope; one outside it does not exist."""
    return cases.find(db.session(), ref, by=actor())


def public_document(view: View) -> View:
    """Mark what anybody may read: the OpenAPI document, and hooks that prove themselves by signature."""
    view.permission = None  # type: ignore[attr-defined]  # read by the house test
    return view
