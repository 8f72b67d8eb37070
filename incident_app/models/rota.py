"""The rota: who is on call when, and the secret addresses of its calendar feed."""

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Select, String, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from incident_app.domain.rota import LONGEST_SHIFT
from incident_app.models.accounts import User
from incident_app.models.base import UTC, Model


class Shift(Model):
    """When one person is on call. Where two overlap the higher ``rank`` counts: the one made later.

    ``covers_id`` is whose turn it really is, where somebody stands in. ``version`` and ``changed_at`` move whenever
    this shift, or the stretch of it that counts, becomes another.
    """

    __tablename__ = "shifts"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    starts_at: Mapped[datetime] = mapped_column(UTC, index=True)
    ends_at: Mapped[datetime] = mapped_column(UTC, index=True)
    made_at: Mapped[datetime] = mapped_column(UTC)
    rank: Mapped[int]
    covers_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    version: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[datetime] = mapped_column(UTC)

    user: Mapped[User] = relationship(lazy="joined", foreign_keys=[user_id])
    covers: Mapped[User | None] = relationship(lazy="joined", foreign_keys=[covers_id])


class CalendarLink(Model):
    """The secret address at which one person's calendar reads shifts and deadlines. Only its hash is kept."""

    __tablename__ = "calendar_links"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[datetime] = mapped_column(UTC)
    last_used_at: Mapped[datetime | None] = mapped_column(UTC)


def covering(at: datetime) -> Select[Shift]:
    """Ask for the shifts that cover ``at``, the one that counts first.

    No shift is longer than 31 days: so an index on the start answers, however many lie in the past.
    """
    near = (Shift.starts_at <= at, Shift.starts_at >= at - LONGEST_SHIFT)
    return select(Shift).where(*near, Shift.ends_at > at).order_by(Shift.rank.desc(), Shift.id.desc())


def touching(start: datetime, end: datetime) -> Select[Shift]:
    """Ask for the shifts that touch a stretch of time, in order of their start."""
    near = (Shift.starts_at < end, Shift.starts_at > start - LONGEST_SHIFT - timedelta(seconds=1))
    return select(Shift).where(*near, Shift.ends_at > start).order_by(Shift.starts_at, Shift.id)


def not_over(now: datetime) -> Select[Shift]:
    """Ask for every shift that runs or is still to come, in order of its start."""
    return select(Shift).where(Shift.ends_at > now).order_by(Shift.starts_at, Shift.id)


def highest_rank() -> Select[int | None]:
    """Ask for the rank of the shift made last."""
    return select(func.max(Shift.rank))
