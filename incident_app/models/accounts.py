"""The people who work here, how they sign in, and their tokens."""

from datetime import datetime

from flask_security.models import fsqla_v3 as fsqla
from sqlalchemy import ForeignKey, String, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from incident_app.domain.accounts import Actor, Role
from incident_app.extensions import db
from incident_app.models.base import UTC, Json, Model
from incident_app.models.teams import TeamMember

fsqla.FsModels.set_db_info(db, user_table_name="users", role_table_name="roles")


class RoleRow(Model, fsqla.FsRoleMixin):  # type: ignore[misc]  # the mixin is untyped
    """A role as Flask-Security stores it; its name is one of :class:`incident_app.domain.accounts.Role`."""

    __tablename__ = "roles"


class User(Model, fsqla.FsUserMixin):  # type: ignore[misc]  # the mixin is untyped
    """An account. ``telegram_chat_id`` is where on-call alerts reach its owner.

    ``person_id`` is the same for every account of one person (the id of the first of them); ``None``: the only one.
    """

    __tablename__ = "users"

    name: Mapped[str] = mapped_column(String(200), default="")
    zone: Mapped[str] = mapped_column(String(64), default="UTC")
    person_id: Mapped[int | None]
    telegram_chat_id: Mapped[str | None] = mapped_column(String(32))
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    # Made by the demo: comes in only where nothing can be sent, and without a second factor.
    is_demo: Mapped[bool] = mapped_column(default=False, server_default=false())
    # Of the authenticator app: the last time step (30 s) a code was used of, and a keyed digest of its key.
    totp_step: Mapped[int | None]
    totp_mark: Mapped[str | None] = mapped_column(String(64))
    # The mixin would look for a class named Role, which is taken by the rule.
    roles: Mapped[list[RoleRow]] = relationship(secondary=fsqla.FsModels.roles_users, lazy="selectin")
    memberships: Mapped[list[TeamMember]] = relationship(lazy="selectin", viewonly=True)

    @property
    def actor(self) -> Actor:
        """This person as the rules know them."""
        roles = frozenset(Role(row.name) for row in self.roles)
        teams = frozenset(row.team_id for row in self.memberships)
        return Actor(id=self.id, name=self.name or self.email, roles=roles, person_id=self.person_id, teams=teams)

    def verify_and_update_password(self, password: str) -> bool:
        """Tell whether this is the password; an account that has none yet is opened by no word."""
        return bool(self.password) and bool(super().verify_and_update_password(password))


class WebAuthn(Model, fsqla.FsWebAuthnMixin):  # type: ignore[misc]  # the mixin is untyped
    """A passkey."""

    __tablename__ = "web_authn"


class SignInLink(Model):
    """A link that signs one person in, once. Only its hash is kept."""

    __tablename__ = "sign_in_links"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[datetime] = mapped_column(UTC)
    expires_at: Mapped[datetime] = mapped_column(UTC)
    used_at: Mapped[datetime | None] = mapped_column(UTC)


class Invitation(Model):
    """An invitation to come in for the first time. Its secret is derived from ``nonce`` and a key outside the database.

    Only the hash of the secret is kept. Name, zone and roles stand on the account, which is not active before.
    ``ended_at``: replaced by a newer one, or withdrawn.
    """

    __tablename__ = "invitations"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    nonce: Mapped[str] = mapped_column(String(36))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    made_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime] = mapped_column(UTC)
    expires_at: Mapped[datetime] = mapped_column(UTC)
    accepted_at: Mapped[datetime | None] = mapped_column(UTC)
    ended_at: Mapped[datetime | None] = mapped_column(UTC)


class ApiToken(Model):
    """A bearer token for the API. Only its hash is kept; it can never do more than its owner.

    ``scopes`` are names of permissions; ``None``: all its owner has. ``warned_at``: when its owner heard that it ends.
    """

    __tablename__ = "api_tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    hint: Mapped[str] = mapped_column(String(12))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[datetime] = mapped_column(UTC)
    expires_at: Mapped[datetime] = mapped_column(UTC)
    scopes: Mapped[list[str] | None] = mapped_column(Json)
    last_used_at: Mapped[datetime | None] = mapped_column(UTC)
    warned_at: Mapped[datetime | None] = mapped_column(UTC)
    revoked_at: Mapped[datetime | None] = mapped_column(UTC)
