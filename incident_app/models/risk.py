"""What the method says (assessment) and what the human decided (decision), each in versions that never change."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from incident_app.models.base import UTC, Json, Model


class Assessment(Model):
    """One scoring by ENISA's method: the answers with their reasons, the figures, and the outcome they propose."""

    __tablename__ = "assessments"
    __table_args__ = (UniqueConstraint("case_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    number: Mapped[int]
    method: Mapped[str] = mapped_column(String(60), default="ENISA 2013 v1.0")
    answers: Mapped[dict[str, Any]] = mapped_column(Json)
    dpc: Mapped[str] = mapped_column(String(8))
    ei: Mapped[str] = mapped_column(String(8))
    cb: Mapped[str] = mapped_column(String(8))
    se: Mapped[str] = mapped_column(String(8))
    level: Mapped[str] = mapped_column(String(16))
    reasons: Mapped[list[str]] = mapped_column(Json)
    proposal: Mapped[dict[str, Any]] = mapped_column(Json)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UTC)


class Decision(Model):
    """Whether one party must be told (``subject``: authority | people), by a named human, with the reason."""

    __tablename__ = "decisions"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    assessment_id: Mapped[int | None] = mapped_column(ForeignKey("assessments.id"))
    subject: Mapped[str] = mapped_column(String(16))
    outcome: Mapped[str] = mapped_column(String(32))  # required | not_required | need_more_facts
    proposed: Mapped[bool | None]
    differs: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str] = mapped_column(Text)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UTC)
