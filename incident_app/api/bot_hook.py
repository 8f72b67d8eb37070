"""What on-call people say, sent by Telegram: proved by a secret in a header, kept, answered by a worker."""

import hmac
import json
from typing import Any

from flask import current_app, request
from flask_smorest import Blueprint
from werkzeug.exceptions import Unauthorized

from incident_app.api.guard import public_document
from incident_app.domain.refusals import NotFound, Refused
from incident_app.domain.staff_bot import HOOK_PATH
from incident_app.wiring import ports, wake

blp = Blueprint("bot_hook", __name__)
SECRET = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 (the name of a header)
LARGEST = 64 * 1024


def _update() -> dict[str, Any]:
    if (request.content_length or 0) > LARGEST:
        raise Refused("The body is larger than an update.")
    try:
        update = json.loads(request.get_data())
    except (ValueError, RecursionError):
        raise Refused("The body is not JSON.") from None
    if not isinstance(update, dict):
        raise Refused("The body is not an update.")
    return update


@blp.post(HOOK_PATH)
@public_document
@blp.response(200)
def telegram_staff() -> dict[str, int]:
    """Keep one update, each number once. Only Telegram knows the secret; the address alone opens nothing."""
    secret = ports().staff_hook_secret
    if secret is None:
        raise NotFound("The webhook of the on-call bot is switched off (TELEGRAM_STAFF_WEBHOOK).")
    if not hmac.compare_digest(request.headers.get(SECRET, "").encode(), secret.encode()):
        raise Unauthorized("The secret does not fit.")
    kept = current_app.extensions["incident_app_bot_keep"](_update())
    if kept:
        wake("tasks.bot.poll")
    return {"kept": kept}
