"""What people would have seen: every message the simulator kept, as an email and as a Telegram bubble."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from incident_app.domain.accounts import Permission
from incident_app.domain.ports import Outbox, OutboxItem
from incident_app.extensions import db
from incident_app.services import outgoing, trust
from incident_app.web.guard import actor, allowed
from incident_app.web.previews import paragraphs
from incident_app.wiring import ports

bp = Blueprint("outbox", __name__)
PAGE = 20
AT_ONCE = 200
MOST_LOOKS = 25  # 5,000 messages of others in a row: the next page goes on behind them
CHANNELS = ("telegram", "email")


@bp.get("/outbox")
@allowed(Permission.SEE_OUTBOX)
def show() -> ResponseReturnValue:
    """Show the newest first; nothing of it left this machine."""
    outbox = ports().outbox
    channel, search = request.args.get("channel", ""), request.args.get("q", "").strip()
    channel = channel if channel in CHANNELS else ""
    before = request.args.get("before", type=int)
    items, older = _items(outbox, channel, search, before) if outbox is not None else ([], None)
    shown = [(item, paragraphs(item.text, (), ())) for item in items]
    return render_template("pages/outbox/show.html", outbox=outbox, items=shown, channel=channel, search=search, older=older,
                           service=trust.house(db.session()).name)


def _items(outbox: Outbox, channel: str, search: str, before: int | None) -> tuple[list[OutboxItem], int | None]:
    """Return a page of what is within scope, and before which number the next one begins."""
    found: list[OutboxItem] = []
    for _ in range(MOST_LOOKS):
        batch = outbox.items(channel=channel or None, search=search, before=before, limit=AT_ONCE)
        mine = outgoing.within(db.session(), [item.delivery_id for item in batch], by=actor())
        for item in batch:
            before = item.number
            if item.delivery_id in mine:
                found.append(item)
            if len(found) == PAGE:
                return found, before
        if len(batch) < AT_ONCE:
            return found, None
    return found, before
