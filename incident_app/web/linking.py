"""How we reach you: one's own channels with a test of each, and the steps that tie a Telegram chat to one's account."""

import secrets

from flask import Blueprint, flash, jsonify, redirect, render_template, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_login import current_user

from incident_app.domain.accounts import Permission
from incident_app.domain.staff_bot import BotTrouble, TalkingBot
from incident_app.extensions import db
from incident_app.services import linking
from incident_app.web.guard import actor, allowed, wants_json
from incident_app.web.square_codes import drawn
from incident_app.wiring import now, ports, wake

bp = Blueprint("linking", __name__, url_prefix="/oncall/me")
ASKED = "telegram_link"
"""What this browser remembers of its request: a value that nobody else has, and the code while it waits."""


def _bot() -> TalkingBot | None:
    channel: object = ports().staff_channels.get("telegram")
    return channel if isinstance(channel, TalkingBot) else None


def _asked() -> tuple[str, str]:
    kept = cookie.get(ASKED) or {}
    return str(kept.get("browser", "")), str(kept.get("code", ""))


@bp.get("")
@allowed(Permission.ACK_ALERT)
def show() -> ResponseReturnValue:
    """Show one's channels."""
    ways = linking.ways(db.session(), by=actor())
    if wants_json():
        return jsonify(finished=not any(way.under_test for way in ways))
    return render_template("pages/linking/show.html", ways=ways, zone=current_user.zone, has_bot=_bot() is not None,
                           testing=any(way.under_test for way in ways))


@bp.post("/link")
@allowed(Permission.ACK_ALERT)
def begin() -> ResponseReturnValue:
    """Make a code for this browser."""
    browser = _asked()[0] or secrets.token_urlsafe(16)
    cookie[ASKED] = {"browser": browser, "code": linking.new_code(db.session(), by=actor(), browser=browser, now=now())}
    return redirect(url_for("linking.link"))


@bp.get("/link")
@allowed(Permission.ACK_ALERT)
def link() -> ResponseReturnValue:
    """Show the code while no chat has sent it, and which chat has; JSON says whether that changed."""
    browser, code = _asked()
    waiting = linking.latest(db.session(), by=actor(), browser=browser, now=now())
    if wants_json():
        return jsonify(finished=waiting is None or waiting.claimed_at is not None)
    if waiting is None:
        flash("This link has expired, or was answered. Make a new one if you still need it.", "soon")
        return redirect(url_for("linking.show"))
    address, trouble = "", ""
    bot = _bot()
    if bot is not None and waiting.claimed_at is None:
        try:
            address = f"https://t.me/{bot.user_name()}?start={code}"
        except BotTrouble as error:
            trouble = str(error)
    return render_template("pages/linking/link.html", waiting=waiting, code=code, address=address, trouble=trouble,
                           drawn=drawn(address) if address else "", zone=current_user.zone)


@bp.post("/link/<int:link_id>/yes")
@allowed(Permission.ACK_ALERT)
def confirm(link_id: int) -> ResponseReturnValue:
    """Say that the chat is one's own."""
    done = linking.confirm(db.session(), link_id, by=actor(), browser=_asked()[0], now=now())
    cookie.pop(ASKED, None)
    wake("tasks.bot.notes")
    flash(f"Telegram is linked: alerts go to “{done.chat_name}” from now on.", "done")
    return redirect(url_for("linking.show"))


@bp.post("/link/<int:link_id>/no")
@allowed(Permission.ACK_ALERT)
def refuse(link_id: int) -> ResponseReturnValue:
    """Say that the chat is somebody else's."""
    linking.refuse(db.session(), link_id, by=actor(), browser=_asked()[0], now=now())
    cookie.pop(ASKED, None)
    flash("Nothing was linked. That chat gets no alerts. Make a new link, and open it on your own phone.", "soon")
    return redirect(url_for("linking.show"))


@bp.post("/unlink")
@allowed(Permission.ACK_ALERT)
def unlink() -> ResponseReturnValue:
    """Forget one's Telegram chat."""
    linking.unlink(db.session(), by=actor(), now=now())
    wake("tasks.bot.notes")
    flash("Telegram is unlinked. Alerts reach you by email.", "soon")
    return redirect(url_for("linking.show"))


@bp.post("/test/<channel>")
@allowed(Permission.ACK_ALERT)
def test(channel: str) -> ResponseReturnValue:
    """Send a test to oneself."""
    note = linking.test(db.session(), channel, by=actor(), now=now())
    wake("tasks.bot.notes")
    name = {"telegram": "Telegram", "email": "email"}[note.channel]
    flash(f"A test by {name} is on its way to you.", "open")
    return redirect(url_for("linking.show"))
