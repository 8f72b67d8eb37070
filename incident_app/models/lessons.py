"""Cause and lessons of a case, one row for each version: the newest counts, none is ever changed."""

from datetime import datetime

from sqlalchemy import ForeignKey, Select, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from incident_app.models.base import UTC, Json, Model
from incident_app.models.cases import OfCase
from incident_app.models.sealing import SealedJson, SealedText


class LessonsVersion(OfCase, Model):
    """What was found out about one breach. Cause and factors are ids of ``law/causes.toml``; what people wrote is sealed."""

    __tablename__ = "case_lessons"
    __table_args__ = (UniqueConstraint("case_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    number: Mapped[int]
    cause: Mapped[str] = mapped_column(String(60), default="")
    factors: Mapped[list[str]] = mapped_column(Json, default=list)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UTC)

    cause_words = SealedText()
    whys = SealedJson[list[str] | None]([])
    went_well = SealedText()
    differently = SealedText()

    def row_name(self) -> str:
        """Case and number of the version."""
        return name_of_lessons(self.case_id, self.number)


def name_of_lessons(case_id: int, number: int) -> str:
    """Return what the texts of one version are bound to."""
    return f"{case_id}/{number}"


def newest_lessons(case_id: int) -> Select[LessonsVersion]:
    """Ask for the versions of a case, the newest first."""
    return select(LessonsVersion).where(LessonsVersion.case_id == case_id).order_by(LessonsVersion.number.desc())
