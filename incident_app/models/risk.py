"""What the method says (assessment) and what the human decided (decision), each in versions that never change."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Select, String, UniqueConstraint, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from incident_app.models.base import UTC, Json, Model
from incident_app.models.cases import OfCase, exactly
from incident_app.models.reports import Document
from incident_app.models.sealing import SealedJson, SealedText, Sealing


class Assessment(OfCase, Model):
    """One scoring by ENISA's method: the answers with their reasons, the figures, and the outcome they propose."""

    __tablename__ = "assessments"
    __table_args__ = (UniqueConstraint("case_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    number: Mapped[int]
    method: Mapped[str] = mapped_column(String(60), default="ENISA 2013 v1.0")
    dpc: Mapped[str] = mapped_column(String(8))
    ei: Mapped[str] = mapped_column(String(8))
    cb: Mapped[str] = mapped_column(String(8))
    se: Mapped[str] = mapped_column(String(8))
    level: Mapped[str] = mapped_column(String(16))
    proposal: Mapped[dict[str, Any]] = mapped_column(Json)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UTC)

    answers = SealedJson[dict[str, Any]]()
    reasons = SealedJson[list[str]]([])

    def row_name(self) -> str:
        """Case and number."""
        return name_of_assessment(self.case_id, self.number)


class Decision(OfCase, Model):
    """Whether one party must be told (``subject``: authority | people), by a named human, with the reason.

    ``needs_second``: without effect until another person confirms it. ``exemption``: the ground of Art 34(3), with its
    ``proof`` in words and perhaps a file.
    """

    __tablename__ = "decisions"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    assessment_id: Mapped[int | None] = mapped_column(ForeignKey("assessments.id"))
    subject: Mapped[str] = mapped_column(String(16))
    outcome: Mapped[str] = mapped_column(String(32))  # required | not_required | need_more_facts
    proposed: Mapped[bool | None]
    differs: Mapped[bool] = mapped_column(default=False)
    needs_second: Mapped[bool] = mapped_column(default=False)
    exemption: Mapped[str] = mapped_column(String(32), default="")
    proof_document_id: Mapped[int | None] = mapped_column(ForeignKey("documents.id"))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UTC)

    reason = SealedText()
    proof = SealedText()

    confirmation: Mapped["Confirmation | None"] = relationship(back_populates="decision", lazy="joined")
    proof_document: Mapped[Document | None] = relationship(lazy="joined")

    def row_name(self) -> str:
        """Case, party, and who decided it when."""
        return name_of_decision(self.case_id, self.subject, self.by_id, self.at)

    @property
    def waits(self) -> bool:
        """Whether a second person has to answer it."""
        return self.needs_second and self.confirmation is None

    @property
    def counts(self) -> bool:
        """Whether it has effect."""
        return not self.needs_second or (self.confirmation is not None and self.confirmation.confirmed)

    @property
    def standing(self) -> str:
        """How it stands in words, for those that need a second person; empty for the others."""
        if not self.needs_second:
            return ""
        return "waits for a second person" if self.waits else "confirmed" if self.counts else "refused"


class Confirmation(Sealing, Model):
    """What a second person said about a decision not to tell: confirmed, or sent back with a reason. Never changed."""

    __tablename__ = "confirmations"

    id: Mapped[int] = mapped_column(primary_key=True)
    decision_id: Mapped[int] = mapped_column(ForeignKey("decisions.id"), unique=True)
    confirmed: Mapped[bool]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UTC)

    decision: Mapped[Decision] = relationship(back_populates="confirmation")

    reason = SealedText()

    def row_name(self) -> str:
        """Return the id of the decision: each has one at most."""
        return str(self.decision.id)

    def number_of_case(self) -> int:
        """Return the case of the decision."""
        return self.decision.case_id

    def ring(self, session: Session) -> bytes | None:
        """Return the text key of that case."""
        return self.decision.ring(session)

    def is_erased(self, session: Session) -> bool:
        """Whether the texts of that case were erased."""
        return self.decision.is_erased(session)

    def newest_ring(self, session: Session) -> bytes | None:
        """Ask for it anew."""
        return self.decision.newest_ring(session)


def name_of_assessment(case_id: int, number: int) -> str:
    """Return what the texts of an assessment are bound to."""
    return f"{case_id}/{number}"


def name_of_decision(case_id: int, subject: str, by_id: int | None, at: datetime) -> str:
    """Return what the texts of a decision are bound to."""
    return f"{case_id}/{subject}/{by_id or 0}/{exactly(at)}"


def counting() -> Select[Decision]:
    """Ask for the decisions that have effect, the oldest first: those that wait for a second person have none."""
    return (
        select(Decision).outerjoin(Confirmation, Confirmation.decision_id == Decision.id)
        .where(or_(Decision.needs_second.is_(False), Confirmation.confirmed.is_(True)))
        .order_by(Decision.id)
    )
