"""The link in an alert's email: signed, for one alert and one person, for seven days. It shows, and does nothing."""

import hashlib
from datetime import UTC, datetime, timedelta

from itsdangerous import BadData, URLSafeSerializer

from incident_app.domain.refusals import NotFound, Refused

LIVES = timedelta(days=7)
PATH = "/a/"
_SALT = "incident-app alert by mail"


def link_for(alert_id: int, person_id: int, *, public_url: str, secret: bytes, now: datetime) -> str:
    """Return the address that an email about this alert carries for this person."""
    expires_at = int((now + LIVES).timestamp())
    return f"{public_url.rstrip('/')}{PATH}{_serializer(secret).dumps([alert_id, person_id, expires_at])!s}"


def _serializer(secret: bytes) -> URLSafeSerializer:
    return URLSafeSerializer(secret, _SALT, signer_kwargs={"digest_method": hashlib.sha256})


def read_link(token: str, *, secret: bytes, now: datetime) -> tuple[int, int]:
    """Return alert and person. Raises ``NotFound`` for a token that is not ours, ``Refused`` for an expired one."""
    try:
        read = _serializer(secret).loads(token)
    except BadData:
        raise NotFound("This link is not one of ours, or not all of it arrived. Sign in to see the alerts.") from None
    alert_id, person_id, expires_at = (int(part) for part in read)
    if datetime.fromtimestamp(expires_at, UTC) <= now:
        raise Refused("This link has expired: it works for seven days. Sign in to see how the alert stands.")
    return alert_id, person_id
