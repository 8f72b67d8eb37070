"""What is typed is kept while it is typed: the address the browser posts to, and the offer to take it up."""

from datetime import datetime

from flask import Blueprint, Flask, Response, flash, g, jsonify, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from incident_app.domain.accounts import Permission
from incident_app.extensions import db
from incident_app.services import drafts
from incident_app.web.guard import actor, allowed
from incident_app.wiring import now, ports

bp = Blueprint("unsaved", __name__)
MARK = "draft_of"


@bp.post("/drafts/<form>/<subject>")
@allowed(Permission.SEE_OWN_ACCOUNT)
def keep(form: str, subject: str) -> Response:
    """Keep what is typed so far: ``{"values": [[name, text], …]}``."""
    request.max_content_length = 2 * drafts.LARGEST
    body = request.get_json(silent=True)
    values = body.get("values") if isinstance(body, dict) else None
    kept = drafts.keep(db.session(), form, subject, values, by=actor(), now=now(), vault=ports().vault)
    return jsonify(saved_at=kept.saved_at.isoformat())


@bp.get("/drafts/<form>/<subject>")
@allowed(Permission.SEE_OWN_ACCOUNT)
def take_up(form: str, subject: str) -> Response:
    """Hand one's own unsaved text out again."""
    found = drafts.take_up(db.session(), form, subject, by=actor(), vault=ports().vault)
    return jsonify(saved_at=found.saved_at.isoformat(), values=found.values)


@bp.post("/drafts/<form>/<subject>/discard")
@allowed(Permission.SEE_OWN_ACCOUNT)
def discard(form: str, subject: str) -> ResponseReturnValue:
    """Throw it away, and go back to where it was offered."""
    drafts.drop(db.session(), form, subject, by=actor())
    flash("The unsaved text is thrown away.", "done")
    back = request.form.get("back", "")
    return redirect(back if back.startswith("/") and not back.startswith(("//", "/\\")) else "/")


def _offered(form: str, subject: str) -> datetime | None:
    """Return when unsaved text of this person in this form was kept last."""
    return drafts.kept_at(db.session(), form, subject, by=actor()) if current_user.is_authenticated else None


def register(app: Flask) -> None:
    """Let templates offer what is unsaved, and forget it once the form it belongs to was saved."""
    app.jinja_env.globals["unsaved_since"] = _offered

    @app.after_request
    def _saved(response: Response) -> Response:
        sent = request.method == "POST" and response.status_code in {302, 303} and "set_aside" not in g
        if sent and current_user.is_authenticated and not g.get("nothing_saved"):
            form, _, subject = request.form.get(MARK, "").partition("/")
            if form in drafts.FORMS and drafts.kept_at(db.session(), form, subject, by=actor()) is not None:
                drafts.drop(db.session(), form, subject, by=actor())
        return response
