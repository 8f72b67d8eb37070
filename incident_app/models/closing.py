"""Every closing of a case, the former ones too: why, over what, by whom; and how it was reopened."""

from datetime import datetime

from sqlalchemy import ForeignKey, Select, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from incident_app.models.base import UTC, Model
from incident_app.models.cases import OfCase
from incident_app.models.sealing import SealedJson, SealedText


class Closing(OfCase, Model):
    """One closing. ``asked_by_id`` is who asked for it where another one agreed; ``gaps`` is what was open and was closed
    over, as :meth:`incident_app.domain.closing.Gap.to_json`, ``gaps_hash`` what both people saw of it. ``review_hash`` is of the
    review as it was signed, ``state_before`` where a reopened case goes on."""

    __tablename__ = "case_closings"
    __table_args__ = (UniqueConstraint("case_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    number: Mapped[int]
    at: Mapped[datetime] = mapped_column(UTC)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    state_before: Mapped[str] = mapped_column(String(32))
    over_count: Mapped[int] = mapped_column(default=0)
    gaps_hash: Mapped[str] = mapped_column(String(64), default="")
    review_hash: Mapped[str] = mapped_column(String(64), default="")
    reopened_at: Mapped[datetime | None] = mapped_column(UTC)
    reopened_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    reason = SealedText()
    gaps = SealedJson[list[dict[str, str]] | None](None)
    reopen_reason = SealedText()

    def row_name(self) -> str:
        """Case and number."""
        return name_of_closing(self.case_id, self.number)


def name_of_closing(case_id: int, number: int) -> str:
    """Return what the texts of a closing are bound to."""
    return f"{case_id}/{number}"


def closings_of(*case_ids: int) -> Select[Closing]:
    """Ask for every closing of these cases, the first first."""
    return select(Closing).where(Closing.case_id.in_(case_ids)).order_by(Closing.case_id, Closing.number)
