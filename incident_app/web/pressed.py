"""What was sent before its sender had proved who they are is shown to them again, filled in: they look, and press again."""

from dataclasses import replace
from datetime import datetime

from flask import Flask, Response, current_app, g, render_template, request
from flask import session as cookie
from flask_login import current_user
from werkzeug.exceptions import HTTPException

from incident_app.domain.accounts import Actor
from incident_app.extensions import db
from incident_app.services import set_aside
from incident_app.web.filling_in import NEVER, fill_in
from incident_app.wiring import now, ports

SECRET = frozenset({"password", "again"})
TYPED = "typed"
NOTHING, KEPT, LOST = "nothing", "kept", "lost"


def _by() -> Actor:
    me: Actor = current_user.actor
    return replace(me, session=g.own_session.digest)


def keep(*, secrets: bool) -> str:
    """Set what this request sent aside, and return whether there was something, and whether it is kept.

    Files are not, and of forms that hold ``secrets`` nothing is.
    """
    g.set_aside = True
    sent = [(name, text) for name, text in request.form.items(multi=True) if name not in NEVER | SECRET]
    if secrets or not sent:
        return NOTHING
    kept = set_aside.set_aside(db.session(), request.path, sent, ref=(request.view_args or {}).get("ref"), by=_by(),
                               now=now(), vault=ports().vault)
    if kept:
        cookie[TYPED] = True
    return KEPT if kept else LOST


def page_of(path: str) -> str:
    """Return the page to read for an address of ours that may only take a button: itself, or the nearest above it."""
    asked = current_app.url_map.bind("")
    while path.strip("/"):
        try:
            asked.match(path, method="GET")
        except HTTPException:
            path = path.rstrip("/").rsplit("/", 1)[0]
        else:
            return path
    return "/"


def _note(at: datetime) -> str:
    return render_template("pages/accounts/_typed.html", at=at, zone=current_user.zone)


def _again(response: Response) -> Response:
    """Fill a page in that shows a form set aside; forget a form that was sent again with a proof."""
    if TYPED not in cookie or not current_user.is_authenticated or "own_session" not in g:
        return response
    if request.method == "POST" and response.status_code < 400 and "set_aside" not in g:
        set_aside.done_with(db.session(), request.path, by=_by())
    elif request.method == "GET" and response.status_code == 200 and response.mimetype == "text/html":
        waiting = set_aside.of_browser(db.session(), by=_by(), now=now(), vault=ports().vault)
        if not waiting:
            cookie.pop(TYPED)
        for one in waiting:
            filled = fill_in(response.get_data(as_text=True), request.path, one.path, one.values, _note(one.at))
            if filled is not None:
                response.set_data(filled)
    return response


def register(app: Flask) -> None:
    """Look at every page while something waits, and at none otherwise."""
    app.after_request(_again)
