"""One duty to tell one party in one case, with the terms as they were when it arose."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Select, String, Text, TextClause, event, inspect, select, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from incident_app.models.base import UTC, Model
from incident_app.models.cases import Case, OfCase, exactly
from incident_app.models.sealing import SealedText

UNDECIDED, OWED, DISCHARGED, EXCUSED, SUPERSEDED = "undecided", "owed", "discharged", "excused", "superseded"
MAYBE = "maybe"  # it binds a sector, and nobody has said whether the organisation is of it
STILL_OPEN = (UNDECIDED, OWED)
NOT_LIVING = (SUPERSEDED, MAYBE)
RUNS = "{0}state IN ('undecided', 'owed') AND {0}recipient_type <> 'register'"
TO_DECIDE = "{0}state = 'undecided' AND {0}recipient_type <> 'register'"
_RUNS, _TO_DECIDE = text(RUNS.format("")), text(TO_DECIDE.format(""))


class Obligation(OfCase, Model):
    """A duty and its deadline. The terms are copied from the law when it arises; a change of awareness makes a new
    row and leaves this one *superseded*. ``due_at`` is ``None`` where the law names no date. ``look_at`` is when its
    alerts are evaluated next; ``None`` is never, until something about it changes."""

    __tablename__ = "obligations"
    __table_args__ = (
        Index("ix_obligations_look_at", "look_at", postgresql_where="look_at IS NOT NULL"),
        Index("ix_obligations_open", "case_id", "state", "recipient_type", "due_at"),  # the register: what is due next
        Index("ix_obligations_runs", "due_at", "id", postgresql_where=_RUNS, sqlite_where=_RUNS),
        Index("ix_obligations_to_decide", "case_id", postgresql_where=_TO_DECIDE, sqlite_where=_TO_DECIDE),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    regime: Mapped[str] = mapped_column(String(60))
    provision: Mapped[str] = mapped_column(String(120))
    stage: Mapped[str] = mapped_column(String(40))
    recipient_type: Mapped[str] = mapped_column(String(40))
    recipient: Mapped[str] = mapped_column(String(200))
    controller: Mapped[str] = mapped_column(String(200), default="")
    anchor: Mapped[str] = mapped_column(String(60))
    anchor_at: Mapped[datetime | None] = mapped_column(UTC)
    value: Mapped[int | None]
    unit: Mapped[str] = mapped_column(String(32), default="none")
    mode: Mapped[str] = mapped_column(String(32))
    threshold_id: Mapped[str] = mapped_column(String(32), default="risk")
    threshold: Mapped[str] = mapped_column(Text, default="")
    always: Mapped[bool] = mapped_column(default=False)
    why: Mapped[str] = mapped_column(Text, default="")
    note: Mapped[str] = mapped_column(Text, default="")
    source: Mapped[str] = mapped_column(Text, default="")
    confidence: Mapped[str] = mapped_column(String(32), default="check")
    rule_version: Mapped[str] = mapped_column(String(40), default="")
    aware_version: Mapped[int] = mapped_column(default=1)
    due_at: Mapped[datetime | None] = mapped_column(UTC, index=True)
    legal_latest_at: Mapped[datetime | None] = mapped_column(UTC)
    target_at: Mapped[datetime | None] = mapped_column(UTC)
    look_at: Mapped[datetime | None] = mapped_column(UTC)

    state: Mapped[str] = mapped_column(String(32), default=UNDECIDED)
    raised_at: Mapped[datetime] = mapped_column(UTC)
    raised_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    superseded_at: Mapped[datetime | None] = mapped_column(UTC)
    superseded_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    discharged_at: Mapped[datetime | None] = mapped_column(UTC)
    discharged_how: Mapped[str] = mapped_column(String(60), default="")
    receipt_reference: Mapped[str] = mapped_column(String(200), default="")
    proof_document_id: Mapped[int | None] = mapped_column(ForeignKey("documents.id"))
    late_by_seconds: Mapped[int | None]
    version: Mapped[int] = mapped_column(default=1)

    case: Mapped[Case] = relationship(lazy="joined")

    state_reason = SealedText()
    late_reason = SealedText()
    public_reason = SealedText()

    def row_name(self) -> str:
        """Case, when it arose, and the terms that tell it from others that arose then."""
        return name_of_duty(self.case_id, self.raised_at, self.regime, self.provision, self.stage, self.recipient_type,
                            self.recipient, self.controller or "")


def name_of_duty(case_id: int, raised_at: datetime, *terms: str) -> str:
    """Return what the reasons of a duty are bound to; ``terms``: regime, provision, stage, kind of recipient, recipient and
    controller, none of which ever changes."""
    return "/".join((str(case_id), exactly(raised_at), *terms))


MOVES_ALERTS = ("state", "due_at", "anchor_at", "aware_version", "recipient_type")


@event.listens_for(Obligation, "before_insert")
@event.listens_for(Obligation, "before_update")
def _look_again(_mapper: object, _connection: object, duty: Obligation) -> None:
    """Whatever moves an alert has the duty evaluated at once: nobody who changes one has to think of it."""
    state: Any = inspect(duty)
    if any(state.attrs[name].history.has_changes() for name in MOVES_ALERTS):
        duty.look_at = duty.raised_at


class HouseClock(Model):
    """A clock of a contract or an insurer, in the form of a rule. Never changed: ended, and another one made."""

    __tablename__ = "house_clocks"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    recipient: Mapped[str] = mapped_column(String(200))
    anchor: Mapped[str] = mapped_column(String(60))
    value: Mapped[int]
    unit: Mapped[str] = mapped_column(String(32))
    source: Mapped[str] = mapped_column(String(120))
    note: Mapped[str] = mapped_column(Text, default="")
    made_at: Mapped[datetime] = mapped_column(UTC)
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    ended_at: Mapped[datetime | None] = mapped_column(UTC)
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


def runs() -> TextClause:
    """Ask whether a duty is not yet done or excused, in the words of its index: with values beside them it is not used."""
    return text(RUNS.format("obligations."))


def to_decide() -> TextClause:
    """Ask whether nobody has decided yet if a duty is owed, in the words of its index."""
    return text(TO_DECIDE.format("obligations."))


def running() -> Select[Obligation]:
    """Ask for every duty that is not yet done or excused, soonest first, those without a date last."""
    return select(Obligation).where(runs()).order_by(Obligation.due_at.is_(None), Obligation.due_at, Obligation.id)


def of_case(case_id: int) -> Select[Obligation]:
    """Ask for the duties of one case as they stand, without earlier versions and those of unanswered sectors."""
    return (
        select(Obligation)
        .where(Obligation.case_id == case_id, Obligation.state.not_in(NOT_LIVING))
        .order_by(Obligation.due_at.is_(None), Obligation.due_at, Obligation.id)
    )


def told(case_id: int) -> Select[Obligation]:
    """Ask for the duties of one case that were discharged, the earliest first."""
    return (
        select(Obligation)
        .where(Obligation.case_id == case_id, Obligation.state == DISCHARGED, Obligation.discharged_at.is_not(None))
        .order_by(Obligation.discharged_at, Obligation.id)
    )


def newest(case_id: int) -> Select[Obligation]:
    """Ask for the newest version of every duty of one case, those of unanswered sectors too."""
    return select(Obligation).where(Obligation.case_id == case_id, Obligation.state != SUPERSEDED).order_by(Obligation.id)


def every_version(case_id: int) -> Select[Obligation]:
    """Ask for the duties of one case with all their earlier versions, the oldest first."""
    return select(Obligation).where(Obligation.case_id == case_id).order_by(Obligation.id)
