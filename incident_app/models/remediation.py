"""Things to do about a breach: steps of a runbook and what people added."""

from datetime import datetime

from sqlalchemy import Float, ForeignKey, Index, Select, String, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from incident_app.domain.remediation import ActionState
from incident_app.models.accounts import User
from incident_app.models.base import UTC, Model
from incident_app.models.cases import Case, OfCase, exactly
from incident_app.models.reports import Document
from incident_app.models.sealing import SealedText


class Action(OfCase, Model):
    """One thing to do. A case keeps the version of the runbook it was given (``runbook_version``).

    ``step`` is the title a runbook gave it, which stays; what people wrote, their own titles too, is sealed. ``due_hours``, where it is
    set, is what ``due_at`` was reckoned with: from ``anchor``, or from ``free_at``, since when it waits for nothing any more.
    ``check_due_at`` and ``review_due_at``: since when somebody else has to look whether it was done, from when whether it
    works; ``None`` where nobody has to. What was done about it before it was reopened stays in its deeds.
    """

    __tablename__ = "actions"
    __table_args__ = (
        Index("ix_actions_state_due_at", "state", "due_at", "id"),
        Index("ix_actions_owner_id_state_due_at", "owner_id", "state", "due_at", "id"),
        Index("ix_actions_check_due_at", "check_due_at", "id"),
        Index("ix_actions_review_due_at", "review_due_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    step: Mapped[str] = mapped_column("title", String(300), default="")
    kind: Mapped[str] = mapped_column(String(32))
    role: Mapped[str] = mapped_column(String(32), default="")
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    mandatory: Mapped[bool] = mapped_column(default=False)
    anchor: Mapped[str] = mapped_column(String(16), default="")
    due_hours: Mapped[float | None] = mapped_column(Float)
    due_at: Mapped[datetime | None] = mapped_column(UTC)
    waiting: Mapped[bool] = mapped_column(default=False)
    free_at: Mapped[datetime | None] = mapped_column(UTC)
    proof_asked: Mapped[str] = mapped_column(Text, default="")
    runbook: Mapped[str] = mapped_column(String(60), default="")
    runbook_version: Mapped[str] = mapped_column(String(20), default="")
    state: Mapped[str] = mapped_column(String(32), default=ActionState.OPEN.value)
    proof_document_id: Mapped[int | None] = mapped_column(ForeignKey("documents.id"))
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime] = mapped_column(UTC)
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    ended_at: Mapped[datetime | None] = mapped_column(UTC)
    check_due_at: Mapped[datetime | None] = mapped_column(UTC)
    checked_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    checked_at: Mapped[datetime | None] = mapped_column(UTC)
    review_days: Mapped[int] = mapped_column(default=0)
    review_due_at: Mapped[datetime | None] = mapped_column(UTC)
    works: Mapped[str] = mapped_column(String(16), default="")
    reopened_at: Mapped[datetime | None] = mapped_column(UTC)
    version: Mapped[int] = mapped_column(default=1)

    case: Mapped[Case] = relationship(lazy="joined")
    owner: Mapped[User | None] = relationship(foreign_keys=[owner_id])
    ended_by: Mapped[User | None] = relationship(foreign_keys=[ended_by_id])
    checked_by: Mapped[User | None] = relationship(foreign_keys=[checked_by_id])
    proof_document: Mapped[Document | None] = relationship()

    own_title = SealedText()
    proof_text = SealedText()
    proof_link = SealedText()
    not_needed_reason = SealedText()

    @property
    def title(self) -> str:
        """What is to be done, in the words of who added or changed it, or else of the runbook."""
        return self.own_title or self.step

    def row_name(self) -> str:
        """Case, who made it when, and the step it was made from."""
        return name_of_action(self.case_id, self.made_by_id, self.made_at, self.step or "")


class Wait(Model):
    """One action waits for another of the same case."""

    __tablename__ = "action_waits"

    action_id: Mapped[int] = mapped_column(ForeignKey("actions.id"), primary_key=True)
    waits_for_id: Mapped[int] = mapped_column(ForeignKey("actions.id"), primary_key=True, index=True)


class Deed(OfCase, Model):
    """What somebody did about an action: done, not needed, checked, sent back, looked at. Written once, never changed.

    ``sha256`` is the hash of the file that proves it.
    """

    __tablename__ = "action_deeds"
    __table_args__ = (UniqueConstraint("action_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    action_id: Mapped[int] = mapped_column(ForeignKey("actions.id"))
    number: Mapped[int]
    what: Mapped[str] = mapped_column(String(16))
    outcome: Mapped[str] = mapped_column(String(16), default="")
    document_id: Mapped[int | None] = mapped_column(ForeignKey("documents.id"))
    sha256: Mapped[str] = mapped_column(String(64), default="")
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UTC)

    document: Mapped[Document | None] = relationship()

    words = SealedText()
    link = SealedText()

    def row_name(self) -> str:
        """The action and the number of the deed."""
        return name_of_deed(self.action_id, self.number)


def name_of_deed(action_id: int, number: int) -> str:
    """Return what the words of one deed are bound to."""
    return f"{action_id}/{number}"


def name_of_action(case_id: int, made_by_id: int | None, made_at: datetime, step: str) -> str:
    """Return what is written about an action is bound to."""
    return f"{case_id}/{made_by_id or 0}/{exactly(made_at)}/{step}"


def of_case(case_id: int) -> Select[Action]:
    """Ask for everything to do in one case, in the order it was entered."""
    return select(Action).where(Action.case_id == case_id).order_by(Action.id)


def open_of_case(case_id: int) -> Select[Action]:
    """Ask for what is still to do in one case, soonest first, what has no date last."""
    return (
        select(Action).where(Action.case_id == case_id, Action.state == ActionState.OPEN.value)
        .order_by(Action.due_at.is_(None), Action.due_at, Action.id)
    )
