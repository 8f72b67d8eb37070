"""Tell the owners of API tokens that a token ends soon, once."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain import people as rules
from incident_app.models.accounts import ApiToken, User
from incident_app.services import linking
from incident_app.services.unit import writing

SUBJECT = "An API token of yours ends soon"


def warn(session: Session, *, now: datetime) -> int:
    """Write to owners of tokens that end within 14 days; return how many tokens that were.

    Of a token that was made for no longer than that, its owner knows.
    """
    question = select(ApiToken).join(User, User.id == ApiToken.user_id).where(
        ApiToken.revoked_at.is_(None), ApiToken.warned_at.is_(None), User.active.is_(True),
        ApiToken.expires_at > now, ApiToken.expires_at <= now + rules.EXPIRES_SOON)
    if session.scalar(question.limit(1)) is None:
        return 0  # without taking the write lock
    told = 0
    with writing(session):
        for token in session.scalars(question.with_for_update(of=ApiToken, skip_locked=True)).all():
            token.warned_at = now
            if token.expires_at - token.made_at <= rules.EXPIRES_SOON:
                continue
            user = session.get_one(User, token.user_id)
            words = rules.expiring_words(token.name, f"{token.expires_at.day} {token.expires_at:%B %Y, %H:%M} UTC")
            linking.write(session, user, "token", "email", user.email, words, now=now, subject=SUBJECT)
            told += 1
    return told
