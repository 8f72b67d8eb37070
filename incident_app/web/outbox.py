"""What people would have seen: every message the simulator kept, as an email and as a Telegram bubble."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from incident_app.domain.accounts import Permission
from incident_app.web.guard import allowed
from incident_app.web.previews import paragraphs
from incident_app.wiring import ports

bp = Blueprint("outbox", __name__)
PAGE = 20
CHANNELS = ("telegram", "email")


@bp.get("/outbox")
@allowed(Permission.SEE_OUTBOX)
def show() -> ResponseReturnValue:
    """Show the newest first; nothing of it left this machine."""
    outbox = ports().outbox
    channel, search = request.args.get("channel", ""), request.args.get("q", "").strip()
    channel = channel if channel in CHANNELS else ""
    items = []
    if outbox is not None:
        items = outbox.items(channel=channel or None, search=search, before=request.args.get("before", type=int),
                             limit=PAGE)
    shown = [(item, paragraphs(item.text, (), ())) for item in items]
    return render_template("pages/outbox/show.html", outbox=outbox, items=shown, channel=channel, search=search,
                           page=PAGE, count=outbox.count() if outbox is not None else 0)
