"""How long what is kept, and which cases nothing is erased of."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Select, Text, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from incident_app.domain.retention import DEFAULTS, Periods
from incident_app.models.base import UTC, Json, Model
from incident_app.models.cases import OfCase, exactly
from incident_app.models.sealing import SealedText

_ACTIVE = text("lifted_at IS NULL")


class PeriodsRow(Model):
    """One version of the periods; the newest counts, and none is ever changed."""

    __tablename__ = "retention_periods"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    days: Mapped[dict[str, Any]] = mapped_column(Json)
    reason: Mapped[str] = mapped_column(Text)
    by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UTC)


class Hold(OfCase, Model):
    """A legal hold: until it is lifted nothing of its case is erased. One at a time."""

    __tablename__ = "legal_holds"
    __table_args__ = (
        Index("uq_legal_holds_active", "case_id", unique=True, postgresql_where=_ACTIVE, sqlite_where=_ACTIVE),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    set_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    set_at: Mapped[datetime] = mapped_column(UTC)
    lifted_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    lifted_at: Mapped[datetime | None] = mapped_column(UTC)

    reason = SealedText()
    lift_reason = SealedText()

    def row_name(self) -> str:
        """Case, and who set it when."""
        return name_of_hold(self.case_id, self.set_by_id, self.set_at)


class Destroyed(Model):
    """That the evidence of a case was destroyed; what it was stays in the record."""

    __tablename__ = "evidence_destroyed"

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UTC)
    files: Mapped[int]


def name_of_hold(case_id: int, set_by_id: int, set_at: datetime) -> str:
    """Return what the reasons of a hold are bound to."""
    return f"{case_id}/{set_by_id}/{exactly(set_at)}"


def held(case_id: int) -> Select[Hold]:
    """Ask for the hold of a case, if there is one."""
    return select(Hold).where(Hold.case_id == case_id, Hold.lifted_at.is_(None))


def newest_periods(session: Session) -> tuple[int, Periods]:
    """Return the periods that count, and their version (0: the defaults)."""
    row = session.scalar(select(PeriodsRow).order_by(PeriodsRow.version.desc()).limit(1))
    return (row.version, Periods.of(row.days)) if row is not None else (0, DEFAULTS)
