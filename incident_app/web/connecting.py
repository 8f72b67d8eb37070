"""What the browser carries while somebody comes in by a provider: the way there and back, and whom it showed. Sealed."""

import json
from dataclasses import asdict
from datetime import datetime
from hmac import compare_digest
from typing import Any

from flask import session as cookie

from incident_app.domain import oidc as rules
from incident_app.domain.oidc import Journey, Shown
from incident_app.domain.refusals import Refused
from incident_app.extensions import db
from incident_app.models.accounts import User
from incident_app.services.signing_in import oidc
from incident_app.wiring import now, ports

WAY, SHOWN = "oidc_way", "oidc_shown"


def _keep(name: str, facts: dict[str, object]) -> None:
    cookie[name] = ports().credentials.seal.seal(json.dumps(facts))


def _kept(name: str) -> dict[str, Any] | None:
    try:
        found: Any = json.loads(ports().credentials.seal.open(str(cookie.get(name, ""))))
    except ValueError:  # nothing there, or sealed under a key that is gone
        return None
    found["at"] = datetime.fromisoformat(found["at"])
    return found if rules.is_under_way(found["at"], now()) else None


def set_out(journey: Journey) -> None:
    """Bind a way to the provider to this browser."""
    _keep(WAY, asdict(journey) | {"at": journey.at.isoformat()})


def come_back(state: str) -> Journey | None:
    """Return the way this browser set out on, once; ``None`` where it is another one, or too long ago."""
    found = _kept(WAY)
    cookie.pop(WAY, None)
    return Journey(**found) if found is not None and compare_digest(found["state"].encode(), state.encode()) else None


def mark(shown: Shown, *, back: str, user: int = 0) -> None:
    """Remember for ten minutes whom the provider showed, until the account is proved; ``user`` is who is signed in."""
    _keep(SHOWN, {"issuer": shown.issuer, "subject": shown.subject, "email": shown.email, "back": back, "user": user,
                  "proving": False, "at": now().isoformat()})


def marked(user: int = 0) -> tuple[Shown, str] | None:
    """Return whom the provider showed to this browser, and the page to go to afterwards."""
    found = _kept(SHOWN)
    if found is None or found["user"] != user:
        return None
    return Shown(found["issuer"], found["subject"], found["email"]), found["back"]


def prove() -> None:
    """Note that what is proved now in this browser is proved to connect."""
    found = _kept(SHOWN)
    if found is not None:
        _keep(SHOWN, found | {"proving": True, "at": found["at"].isoformat()})


def drop() -> None:
    """Forget whom the provider showed."""
    cookie.pop(SHOWN, None)


def settle(user: User) -> tuple[str, str]:
    """Connect the account of who has just proved it is theirs, where that was asked; return words to say and their tone."""
    found, shown = _kept(SHOWN), marked()
    drop()
    if found is None or shown is None or not found["proving"] or shown[0].email != user.email:
        return "", ""
    try:
        oidc.connect_at_the_door(db.session(), shown[0], by=user.actor, now=now())
    except Refused as refused:
        return refused.reason, "soon"
    return "Connected: from now on you may sign in by your provider.", "done"
