"""Help that needs no network: what to do at two in the morning, and what the words mean."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from incident_app.domain.accounts import Permission
from incident_app.web import tour
from incident_app.web.guard import allowed

bp = Blueprint("help", __name__)


@bp.get("/help")
@allowed(Permission.SEE_OWN_ACCOUNT)
def show() -> ResponseReturnValue:
    """Show the card for the first night, the loop, and the words."""
    return render_template("pages/help/show.html", tour=tour.for_help())
