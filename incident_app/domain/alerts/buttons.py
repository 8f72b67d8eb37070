"""What the buttons of an alert carry, and how a tap is read."""

import hashlib
import hmac

from incident_app.domain.refusals import Refused

VERBS = {"ack": "Acknowledge", "take": "I take it", "esc": "Escalate"}
ALL = "all"
"""Acknowledges everything a digest told of; its number is that of the send which carried it."""


def _seal(secret: bytes, verb: str, alert_id: int, chat_id: str) -> str:
    return hmac.new(secret, f"{verb}:{alert_id}:{chat_id}".encode(), hashlib.sha256).hexdigest()[:16]


def button_data(secret: bytes, verb: str, alert_id: int, chat_id: str) -> str:
    """Return what a button carries, bound to alert and chat: ``ack:12:0123456789abcdef`` (at most 64 bytes)."""
    return f"{verb}:{alert_id}:{_seal(secret, verb, alert_id, chat_id)}"


def read_button(secret: bytes, data: str, chat_id: str) -> tuple[str, int]:
    """Return verb and alert of a tapped button; raises ``Refused`` for one that was not made for this chat."""
    verb, _, rest = data.partition(":")
    number, _, seal = rest.partition(":")
    known = verb in {*VERBS, ALL} and number.isascii() and number.isdigit() and len(number) < 16
    if not known or not hmac.compare_digest(seal.encode(), _seal(secret, verb, int(number), chat_id).encode()):
        raise Refused("This button does not belong to this chat.")
    return verb, int(number)
