"""Who is signed in where, how often it was tried, and what lets somebody back in."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from incident_app.models.accounts import User
from incident_app.models.base import UTC, Model


class UserSession(Model):
    """One browser in which one person is signed in. Of its random id only a hash is kept.

    ``is_half``: the password was right, the second factor is still to come. ``way``: password, link, passkey, oidc or demo.
    ``pending``: the sealed key of an authenticator that is being set up in this browser, since ``pending_at``.
    """

    __tablename__ = "user_sessions"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    way: Mapped[str] = mapped_column(String(20))
    is_half: Mapped[bool] = mapped_column(default=False)
    ip: Mapped[str] = mapped_column(String(64), default="")
    place: Mapped[str] = mapped_column(String(64), default="")
    agent: Mapped[str] = mapped_column(String(60), default="")
    made_at: Mapped[datetime] = mapped_column(UTC)
    used_at: Mapped[datetime] = mapped_column(UTC)
    proved_at: Mapped[datetime | None] = mapped_column(UTC)
    ended_at: Mapped[datetime | None] = mapped_column(UTC, index=True)
    ended_why: Mapped[str] = mapped_column(String(60), default="")
    pending: Mapped[str | None] = mapped_column(Text)
    pending_at: Mapped[datetime | None] = mapped_column(UTC)

    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)


class SignInTries(Model):
    """The tries counted in one scope; ``key`` is a keyed digest, so that no address of a stranger is kept."""

    __tablename__ = "sign_in_tries"

    scope: Mapped[str] = mapped_column(String(20), primary_key=True)
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    count: Mapped[int] = mapped_column(default=0)
    since: Mapped[datetime] = mapped_column(UTC, index=True)
    locked_until: Mapped[datetime | None] = mapped_column(UTC)
    strikes: Mapped[int] = mapped_column(default=0)


class RecoveryCode(Model):
    """A code that stands in for the second factor, once. Sealed."""

    __tablename__ = "recovery_codes"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    sealed: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(UTC)
    used_at: Mapped[datetime | None] = mapped_column(UTC)


class PasswordLink(Model):
    """A link that lets one person choose a password, once. Only its hash is kept."""

    __tablename__ = "password_links"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[datetime] = mapped_column(UTC)
    expires_at: Mapped[datetime] = mapped_column(UTC)
    used_at: Mapped[datetime | None] = mapped_column(UTC)


class ResetAsked(Model):
    """Somebody asked for a mail that lets them choose a password; whether there is such a person is looked up later."""

    __tablename__ = "resets_asked"

    id: Mapped[int] = mapped_column(primary_key=True)
    sealed: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime] = mapped_column(UTC)


class SpentChallenge(Model):
    """A challenge a passkey has answered: it answers once."""

    __tablename__ = "spent_challenges"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    spent_at: Mapped[datetime] = mapped_column(UTC, index=True)
