"""What a button of an alert carries: a verb and a number, sealed for one chat and for a while (``threats.md`` T-74)."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

from incident_app.domain.refusals import Refused

VERBS = {"ack": "Acknowledge", "take": "I take it", "esc": "Escalate"}
ALL = "all"
"""“Acknowledge all” of a message that told of many alerts: its number is that of the send that carried the message."""
LIVES = timedelta(days=7)
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)
_LONGEST_NUMBER = 15
_LONGEST_MINUTES = 9
_SEAL_BYTES = 12


def _seal(secret: bytes, carried: str, chat_id: str) -> str:
    digest = hmac.new(secret, f"{carried}:{chat_id}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:_SEAL_BYTES]).decode()


def button_data(secret: bytes, verb: str, number: int, chat_id: str, *, now: datetime) -> str:
    """Return what a button carries, at most 64 bytes: ``ack:12:482911:…``, the third part its last minute."""
    minutes = (now + LIVES - _EPOCH) // _MINUTE
    carried = f"{verb}:{number}:{minutes}"
    return f"{carried}:{_seal(secret, carried, chat_id)}"


def _is_number(text: str, longest: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= longest


def read_button(secret: bytes, data: str, chat_id: str, *, now: datetime) -> tuple[str, int]:
    """Return verb and number of a tapped button.

    Raises ``Refused`` in words for one that was not made for this chat, and for one that has expired.
    """
    carried, _, seal = data.rpartition(":")
    verb, number, minutes = (*carried.split(":"), "", "")[:3]
    known = verb in VERBS or verb == ALL
    if not (known and _is_number(number, _LONGEST_NUMBER) and _is_number(minutes, _LONGEST_MINUTES)):
        raise Refused("This button does not belong to this chat.")
    if not hmac.compare_digest(seal.encode(), _seal(secret, carried, chat_id).encode()):
        raise Refused("This button does not belong to this chat.")
    if now >= _EPOCH + int(minutes) * _MINUTE:
        raise Refused("This button is too old. Say /ack, or open the alert by its link.")
    return verb, int(number)
