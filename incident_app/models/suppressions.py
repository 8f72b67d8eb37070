"""Who of a list stands on the mail provider's block list: by number, without any address."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Select, String, Text, bindparam, func, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from incident_app.models.base import UTC, BigId, Json, Model

QUEUED, CHECKING, DONE, FAILED, NONE = "queued", "checking", "done", "failed", "none"


class SuppressionCheck(Model):
    """One list, and how asking the provider about it stands. queued → checking → done or failed; ``none``: email does
    not go by a provider that has a list. ``counts`` is people by kind as of ``checked_at``; ``generation`` tells the
    rows of the last whole answer from those of one that is under way.
    """

    __tablename__ = "suppression_checks"

    list_id: Mapped[int] = mapped_column(ForeignKey("recipient_lists.id"), primary_key=True)
    state: Mapped[str] = mapped_column(String(16), default=QUEUED, index=True)
    reason: Mapped[str] = mapped_column(Text, default="")
    due_at: Mapped[datetime] = mapped_column(UTC)
    token: Mapped[str | None] = mapped_column(String(36))
    lease_until: Mapped[datetime | None] = mapped_column(UTC)
    attempts: Mapped[int] = mapped_column(default=0)
    generation: Mapped[int] = mapped_column(default=0)
    counts: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    checked_at: Mapped[datetime | None] = mapped_column(UTC)


class Suppressed(Model):
    """One person of a list whose address the provider would drop."""

    __tablename__ = "suppressed"
    __table_args__ = (Index("ux_suppressed", "list_id", "generation", "number", unique=True),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    list_id: Mapped[int] = mapped_column(ForeignKey("recipient_lists.id"))
    generation: Mapped[int]
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(String(16))


CHECKED: Any = select(SuppressionCheck.generation).where(
    SuppressionCheck.list_id == bindparam("list"), SuppressionCheck.checked_at.is_not(None))
"""Ask for the generation of the last whole answer about a list."""


def waiting_checks(now: datetime) -> Select[SuppressionCheck]:
    """Ask for the oldest list that waits for its check, or whose worker is gone; others' locked rows are skipped."""
    lapsed = (SuppressionCheck.state == CHECKING) & (SuppressionCheck.lease_until <= now)
    queued = (SuppressionCheck.state == QUEUED) & (SuppressionCheck.due_at <= now)
    return (
        select(SuppressionCheck).where(or_(queued, lapsed)).order_by(SuppressionCheck.due_at).limit(1)
        .with_for_update(skip_locked=True, of=SuppressionCheck)
    )


def tally(list_id: int, generation: int) -> Select[str, int]:
    """Count the people of one answer by kind."""
    return (
        select(Suppressed.kind, func.count())
        .where(Suppressed.list_id == list_id, Suppressed.generation == generation).group_by(Suppressed.kind)
    )


def numbers_between(list_id: int, generation: int, first: int, last: int) -> Select[int, str]:
    """Ask who of a range of people stands on the list."""
    return select(Suppressed.number, Suppressed.kind).where(
        Suppressed.list_id == list_id, Suppressed.generation == generation, Suppressed.number.between(first, last)
    )
