"""What waits, or waited, for a second person."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, Session, mapped_column

from incident_app.models.base import UTC, Json, Model
from incident_app.models.cases import OfCase
from incident_app.models.sealing import KeyHolder, SealedJson, SealedText


class Proposal(OfCase, KeyHolder, Model):
    """One request that takes two people. ``facts`` is what is asked, exactly; it never changes and names no affected
    person. ``subject``/``subject_id`` say what it is about; ``involved`` are persons who must not decide it.

    Its words are sealed under the key of its case, or under its own where it is about none."""

    __tablename__ = "proposals"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(36), unique=True)
    kind: Mapped[str] = mapped_column(String(60), index=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    subject: Mapped[str] = mapped_column(String(60))
    subject_id: Mapped[str] = mapped_column(String(60))
    involved: Mapped[list[int]] = mapped_column(Json, default=list)
    state: Mapped[str] = mapped_column(String(32), index=True)
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    asked_by_person: Mapped[int]
    asked_at: Mapped[datetime] = mapped_column(UTC)
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    answered_at: Mapped[datetime | None] = mapped_column(UTC)

    facts = SealedJson[dict[str, Any]]({})
    reason = SealedText()
    answer_reason = SealedText()

    def row_name(self) -> str:
        """Its public id."""
        return self.public_id

    def number_of_case(self) -> int | None:
        """Return the id of its case, ``None`` where it is about no case."""
        return self.case_id

    def needs_key(self) -> bool:
        """Whether it is about no case."""
        return self.case_id is None

    def ring(self, session: Session) -> bytes | None:
        """Return the key of its case, or its own."""
        return self.text_key if self.case_id is None else super().ring(session)

    def is_erased(self, session: Session) -> bool:
        """Whether the texts of its case were erased."""
        return self.case_id is not None and super().is_erased(session)

    def newest_ring(self, session: Session) -> bytes | None:
        """Return the same as it stands now."""
        return self.text_key if self.case_id is None else super().newest_ring(session)
