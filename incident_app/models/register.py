"""How people look at the register: the columns each of them chose, and the views they keep."""

from datetime import datetime

from sqlalchemy import ForeignKey, Select, String, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from incident_app.models.base import UTC, Json, Model


class RegisterColumns(Model):
    """The columns one person chose, by name."""

    __tablename__ = "register_columns"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    names: Mapped[list[str]] = mapped_column(Json)
    chosen_at: Mapped[datetime] = mapped_column(UTC)


class RegisterView(Model):
    """A saved view: filters by name (:class:`incident_app.domain.register.Wanted`), a pill, and columns. Others see it
    where it is ``shared``."""

    __tablename__ = "register_views"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(36), unique=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    pill: Mapped[str] = mapped_column(String(16))
    wanted: Mapped[dict[str, str]] = mapped_column(Json)
    columns: Mapped[list[str]] = mapped_column(Json)
    shared: Mapped[bool] = mapped_column(default=False)
    changed_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    changed_at: Mapped[datetime] = mapped_column(UTC)
    version: Mapped[int] = mapped_column(default=1)


def views_of(user_id: int) -> Select[RegisterView]:
    """Ask for one's own views and the shared ones, by name."""
    mine = or_(RegisterView.owner_id == user_id, RegisterView.shared.is_(True))
    return select(RegisterView).where(mine).order_by(RegisterView.name, RegisterView.id)
