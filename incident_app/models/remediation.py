"""Things to do about a breach: steps of a runbook and what people added."""

from datetime import datetime

from sqlalchemy import ForeignKey, Select, String, Text, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from incident_app.domain.remediation import ActionState
from incident_app.models.accounts import User
from incident_app.models.base import UTC, Model
from incident_app.models.cases import Case, OfCase, exactly
from incident_app.models.reports import Document
from incident_app.models.sealing import SealedText


class Action(OfCase, Model):
    """One thing to do. A case keeps the version of the runbook it was given (``runbook_version``).

    ``step`` is the title a runbook gave it; what people wrote, their own titles too, is sealed.
    """

    __tablename__ = "actions"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    step: Mapped[str] = mapped_column("title", String(300), default="")
    kind: Mapped[str] = mapped_column(String(32))
    role: Mapped[str] = mapped_column(String(32), default="")
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    due_at: Mapped[datetime | None] = mapped_column(UTC, index=True)
    proof_asked: Mapped[str] = mapped_column(Text, default="")
    runbook: Mapped[str] = mapped_column(String(60), default="")
    runbook_version: Mapped[str] = mapped_column(String(20), default="")
    state: Mapped[str] = mapped_column(String(32), default=ActionState.OPEN.value, index=True)
    proof_document_id: Mapped[int | None] = mapped_column(ForeignKey("documents.id"))
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime] = mapped_column(UTC)
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    ended_at: Mapped[datetime | None] = mapped_column(UTC)
    version: Mapped[int] = mapped_column(default=1)

    case: Mapped[Case] = relationship(lazy="joined")
    owner: Mapped[User | None] = relationship(foreign_keys=[owner_id])
    ended_by: Mapped[User | None] = relationship(foreign_keys=[ended_by_id])
    proof_document: Mapped[Document | None] = relationship()

    own_title = SealedText()
    proof_text = SealedText()
    not_needed_reason = SealedText()

    @property
    def title(self) -> str:
        """What is to be done, in the words of the runbook or of who added it."""
        return self.step or self.own_title

    def row_name(self) -> str:
        """Case, who made it when, and the step it was made from."""
        return name_of_action(self.case_id, self.made_by_id, self.made_at, self.step or "")


def name_of_action(case_id: int, made_by_id: int | None, made_at: datetime, step: str) -> str:
    """Return what is written about an action is bound to."""
    return f"{case_id}/{made_by_id or 0}/{exactly(made_at)}/{step}"


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
