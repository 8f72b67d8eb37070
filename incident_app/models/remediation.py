"""Things to do about a breach: steps of a runbook and what people added."""

from datetime import datetime

from sqlalchemy import ForeignKey, Select, String, Text, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from incident_app.domain.remediation import ActionState
from incident_app.models.accounts import User
from incident_app.models.base import UTC, Model
from incident_app.models.cases import Case
from incident_app.models.reports import Document


class Action(Model):
    """One thing to do. A case keeps the version of the runbook it was given (``runbook_version``)."""

    __tablename__ = "actions"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    title: Mapped[str] = mapped_column(String(300))
    kind: Mapped[str] = mapped_column(String(32))
    role: Mapped[str] = mapped_column(String(32), default="")
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    due_at: Mapped[datetime | None] = mapped_column(UTC, index=True)
    proof_asked: Mapped[str] = mapped_column(Text, default="")
    runbook: Mapped[str] = mapped_column(String(60), default="")
    runbook_version: Mapped[str] = mapped_column(String(20), default="")
    state: Mapped[str] = mapped_column(String(32), default=ActionState.OPEN.value, index=True)
    proof_text: Mapped[str] = mapped_column(Text, default="")
    proof_document_id: Mapped[int | None] = mapped_column(ForeignKey("documents.id"))
    not_needed_reason: Mapped[str] = mapped_column(Text, default="")
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime] = mapped_column(UTC)
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    ended_at: Mapped[datetime | None] = mapped_column(UTC)
    version: Mapped[int] = mapped_column(default=1)

    case: Mapped[Case] = relationship(lazy="joined")
    owner: Mapped[User | None] = relationship(foreign_keys=[owner_id])
    ended_by: Mapped[User | None] = relationship(foreign_keys=[ended_by_id])
    proof_document: Mapped[Document | None] = relationship()


def of_case(case_id: int) -> Select[Action]:
    """Ask for everything to do in one case, in the order it was entered."""
    return select(Action).where(Action.case_id == case_id).order_by(Action.id)


def open_soonest() -> Select[Action]:
    """Ask for everything still to do, soonest first, what has no date last."""
    return (
        select(Action)
        .where(Action.state == ActionState.OPEN.value)
        .order_by(Action.due_at.is_(None), Action.due_at, Action.id)
    )
