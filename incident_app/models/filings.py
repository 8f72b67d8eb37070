"""What is told to an authority, in versions; frozen once submitted."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Select, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from incident_app.domain.filings import FilingState, Phase
from incident_app.models.base import UTC, Json, Model
from incident_app.models.cases import Case, OfCase
from incident_app.models.obligations import Obligation
from incident_app.models.sealing import SealedJson, SealedText


class Filing(OfCase, Model):
    """One notification for one duty. ``answers`` and ``before`` (what the filing before it said) are JSON of
    :class:`incident_app.domain.filings.Answer`; ``content_hash`` is of the answers as they stand, ``approved_hash`` of
    the exact content a second person approved. ``language`` is what the form is printed in; values stay as typed."""

    __tablename__ = "filings"
    __table_args__ = (UniqueConstraint("case_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(36), unique=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    obligation_id: Mapped[int] = mapped_column(ForeignKey("obligations.id"), index=True)
    number: Mapped[int]
    phase: Mapped[str] = mapped_column(String(32), default=Phase.INITIAL.value)
    form_id: Mapped[str] = mapped_column(String(60))
    form_version: Mapped[str] = mapped_column(String(20))
    language: Mapped[str] = mapped_column(String(8), default="en")
    state: Mapped[str] = mapped_column(String(32), default=FilingState.DRAFT.value, index=True)
    content_hash: Mapped[str] = mapped_column(String(64))
    version: Mapped[int] = mapped_column(default=1)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    editor_ids: Mapped[list[int]] = mapped_column(Json, default=list)
    made_at: Mapped[datetime] = mapped_column(UTC)
    saved_at: Mapped[datetime] = mapped_column(UTC)

    asked_at: Mapped[datetime | None] = mapped_column(UTC)
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    approved_at: Mapped[datetime | None] = mapped_column(UTC)
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    approved_hash: Mapped[str | None] = mapped_column(String(64))
    pdf_document_id: Mapped[int | None] = mapped_column(ForeignKey("documents.id"))

    submitted_at: Mapped[datetime | None] = mapped_column(UTC)
    submitted_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    how: Mapped[str] = mapped_column(String(32), default="")
    reference: Mapped[str] = mapped_column(String(200), default="")
    proof_document_id: Mapped[int | None] = mapped_column(ForeignKey("documents.id"))
    late_by_seconds: Mapped[int | None]
    complete: Mapped[bool | None]

    case: Mapped[Case] = relationship(lazy="joined")
    obligation: Mapped[Obligation] = relationship(lazy="joined")

    answers = SealedJson[dict[str, Any]]({})
    before = SealedJson[dict[str, Any] | None](None)
    sent_back_reason = SealedText()
    late_reason = SealedText()

    def row_name(self) -> str:
        """Its public id."""
        return self.public_id


def of_case(case_id: int) -> Select[Filing]:
    """Ask for the filings of one case, the first first."""
    return select(Filing).where(Filing.case_id == case_id).order_by(Filing.number)


def submitted_to(case_id: int, regime: str, recipient: str) -> Select[Filing]:
    """Ask for what one authority was told about a case under one law, the newest first."""
    return (
        select(Filing)
        .join(Obligation, Filing.obligation_id == Obligation.id)
        .where(
            Filing.case_id == case_id, Filing.state == FilingState.SUBMITTED.value, Obligation.regime == regime,
            Obligation.recipient == recipient,
        )
        .order_by(Filing.number.desc())
    )
