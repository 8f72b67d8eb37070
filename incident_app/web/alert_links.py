"""The link of an alert's email: what the email said, without signing in. It shows and does nothing."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from incident_app.domain.refusals import NotFound, Refused
from incident_app.extensions import db
from incident_app.services import alerts
from incident_app.web.guard import public
from incident_app.wiring import now, ports

bp = Blueprint("alert_links", __name__)


@bp.get("/a/<token>")
@public
def show(token: str) -> ResponseReturnValue:
    """Show one alert to whoever has the link; a link that is none says so."""
    try:
        page = alerts.by_mail(db.session(), token, secret=ports().alert_secret, now=now())
    except Refused as refused:
        status = 404 if isinstance(refused, NotFound) else 410
        return render_template("pages/linking/by_mail.html", page=None, problem=refused.reason), status
    return render_template("pages/linking/by_mail.html", page=page)
