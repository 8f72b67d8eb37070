"""The invitation itself: a row, its link, and the email that carries it.

The secret of a link is derived from a number of the row and a key from outside the database; a stolen database, and the
email that waits in it, hold none.
"""

import base64
import hashlib
import hmac
import uuid
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain import people as rules
from incident_app.domain.accounts import Actor
from incident_app.models.accounts import Invitation, User
from incident_app.models.linking import StaffNote
from incident_app.models.organisation import Organisation
from incident_app.services import linking
from incident_app.services.accounts.hashing import digest
from incident_app.services.people.finding import newest_invitation

PATH = "/invitation/"
NOTE = "invitation"
SUBJECT = "You are invited to incident-app"
_LINK = "{link}"
_WITHDRAWN = "(this invitation was withdrawn; ask for a new one)"
_SALT = b"incident-app invitation "


def _derived(secret: bytes, nonce: str) -> str:
    made = hmac.new(secret, _SALT + nonce.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def write(session: Session, user: User, *, secret: bytes, by: Actor, now: datetime) -> Invitation:
    """Make an invitation and the email with it, inside the caller's transaction; earlier ones end."""
    end_open(session, user.id, now)
    nonce = str(uuid.uuid4())
    made = Invitation(user_id=user.id, nonce=nonce, digest=digest(_derived(secret, nonce)), made_by_id=by.id,
                      made_at=now, expires_at=now + rules.INVITATION_LIVES)
    session.add(made)
    home = session.scalar(select(Organisation.name).limit(1)) or "Your organisation"
    linking.write(session, user, NOTE, "email", user.email, rules.invitation_words(user.name, home, _LINK), now=now,
                  subject=SUBJECT)
    session.flush()
    return made


def end_open(session: Session, user_id: int, now: datetime) -> None:
    """End invitations nobody has accepted, inside the caller's transaction."""
    for old in session.scalars(select(Invitation).where(
            Invitation.user_id == user_id, Invitation.accepted_at.is_(None), Invitation.ended_at.is_(None))):
        old.ended_at = now


def link_of(invitation: Invitation, *, secret: bytes, public_url: str) -> str:
    """Return the address to hand to whoever is invited."""
    return f"{public_url.rstrip('/')}{PATH}{_derived(secret, invitation.nonce)}"


def filled(session: Session, *, secret: bytes, public_url: str) -> Callable[[StaffNote], str]:
    """Return how the text of a note becomes what is sent: only then the link of an invitation is put in."""

    def text(note: StaffNote) -> str:
        if note.kind != NOTE:
            return note.text
        newest = newest_invitation(session, note.user_id)
        is_open = newest is not None and newest.ended_at is None and newest.accepted_at is None
        link = link_of(newest, secret=secret, public_url=public_url) if newest is not None and is_open else _WITHDRAWN
        return note.text.replace(_LINK, link)

    return text
