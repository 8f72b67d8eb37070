"""The people who work here, how they sign in, and their tokens."""

from datetime import datetime

from flask_security.models import fsqla_v3 as fsqla
from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from incident_app.domain.accounts import Actor, Role
from incident_app.extensions import db
from incident_app.models.base import UTC, Model

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
    # The mixin would look for a class named Role, which is taken by the rule.
    roles: Mapped[list[RoleRow]] = relationship(secondary=fsqla.FsModels.roles_users, lazy="selectin")

    @property
    def actor(self) -> Actor:
        """This person as the rules know them."""
        roles = frozenset(Role(row.name) for row in self.roles)
        return Actor(id=self.id, name=self.name or self.email, roles=roles, person_id=self.person_id)

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


class ApiToken(Model):
    """A bearer token for the API. Only its hash is kept; it can never do more than its owner."""

    __tablename__ = "api_tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    hint: Mapped[str] = mapped_column(String(12))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[datetime] = mapped_column(UTC)
    expires_at: Mapped[datetime] = mapped_column(UTC)
    last_used_at: Mapped[datetime | None] = mapped_column(UTC)
    revoked_at: Mapped[datetime | None] = mapped_column(UTC)
