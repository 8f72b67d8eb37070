"""What waits, or waited, for a second person."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from incident_app.models.base import UTC, Json, Model


class Proposal(Model):
    """One request that takes two people. ``facts`` is what is asked, exactly; it never changes and names no affected
    person. ``subject``/``subject_id`` say what it is about; ``involved`` are persons who must not decide it."""

    __tablename__ = "proposals"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(36), unique=True)
    kind: Mapped[str] = mapped_column(String(60), index=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    subject: Mapped[str] = mapped_column(String(60))
    subject_id: Mapped[str] = mapped_column(String(60))
    facts: Mapped[dict[str, Any]] = mapped_column(Json)
    reason: Mapped[str] = mapped_column(Text)
    involved: Mapped[list[int]] = mapped_column(Json, default=list)
    state: Mapped[str] = mapped_column(String(32), index=True)
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    asked_by_person: Mapped[int]
    asked_at: Mapped[datetime] = mapped_column(UTC)
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    answered_at: Mapped[datetime | None] = mapped_column(UTC)
    answer_reason: Mapped[str] = mapped_column(Text, default="")
