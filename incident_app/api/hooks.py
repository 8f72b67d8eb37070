"""What providers tell us: SendGrid's events, proved by signature over the raw bytes, each counted once."""

import base64
import binascii
import json
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key
from flask import request
from flask_smorest import Blueprint

from incident_app.api.guard import public_document
from incident_app.domain.deliveries import ReceiptKind
from incident_app.domain.refusals import Forbidden, NotFound, Refused
from incident_app.extensions import db
from incident_app.services import deliveries
from incident_app.services.deliveries import Event
from incident_app.wiring import now, ports

blp = Blueprint("hooks", __name__, url_prefix="/hooks")
OLDEST = timedelta(minutes=10)
SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP = "X-Twilio-Email-Event-Webhook-Timestamp"
KINDS = {
    "processed": ReceiptKind.PROCESSED, "deferred": ReceiptKind.DEFERRED, "delivered": ReceiptKind.DELIVERED,
    "bounce": ReceiptKind.BOUNCED, "dropped": ReceiptKind.BOUNCED, "spamreport": ReceiptKind.SPAM,
}


def check_signature(public_key: str, signature: str, timestamp: str, body: bytes, at: datetime) -> None:
    """Raise ``Forbidden`` unless SendGrid signed exactly these bytes (ECDSA, SHA-256) within the last ten minutes."""
    try:
        key = load_der_public_key(base64.b64decode(public_key, validate=True))
        if not isinstance(key, EllipticCurvePublicKey):
            raise Forbidden("The signature could not be checked.")
        key.verify(base64.b64decode(signature, validate=True), timestamp.encode() + body, ECDSA(SHA256()))
        age = abs(at - datetime.fromtimestamp(int(timestamp), UTC))
    except (InvalidSignature, binascii.Error, ValueError, OverflowError):
        raise Forbidden("The signature does not fit.") from None
    if age > OLDEST:
        raise Forbidden("The signature is too old.")


def events_of(body: bytes, at: datetime) -> list[Event]:
    """Return the events of a post that came ``at``, without those that are of no kind we know. Raises ``Refused``."""
    try:
        raw = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused("The body is not JSON.") from None
    if not isinstance(raw, list):
        raise Refused("The body is not a list of events.")
    return [event for one in raw if isinstance(one, dict) and (event := _event(one, at)) is not None]


@lru_cache(4096)  # thousands of events share a second
def _second(stamp: int) -> datetime:
    return datetime.fromtimestamp(stamp, UTC)


def _event(one: dict[str, Any], at: datetime) -> Event | None:
    kind = KINDS.get(str(one.get("event")))
    delivery_id, key = one.get("delivery_id", ""), one.get("sg_event_id")  # without ours: somebody else sent it
    if kind is None or not isinstance(delivery_id, str) or not isinstance(key, str):
        return None
    stamp = one.get("timestamp")
    happened = _second(stamp) if isinstance(stamp, int) and 0 < stamp < 2**33 else at
    return Event(key, delivery_id, kind, str(one.get("reason") or one.get("response") or ""), happened)


@blp.post("/sendgrid")
@public_document
@blp.response(202)
def sendgrid() -> dict[str, int]:
    """Take SendGrid's signed events: forward only, each once; unknown ones are left out."""
    public_key = ports().sendgrid_public_key
    if public_key is None:
        raise NotFound("No key to check events with is set (SENDGRID_WEBHOOK_PUBLIC_KEY).")
    body = request.get_data()
    check_signature(public_key, request.headers.get(SIGNATURE, ""), request.headers.get(TIMESTAMP, ""), body, now())
    events = events_of(body, now())
    deliveries.record_receipts(db.session(), "sendgrid", events, now=now())
    return {"kept": len(events)}
