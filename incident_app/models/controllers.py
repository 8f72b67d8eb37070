"""What each controller whose data we process says of our notice to it: that it arrived, when, and by whom."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, Select, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column

from incident_app.models.base import UTC, BigId, Model
from incident_app.models.cases import OfCase
from incident_app.models.sealing import SealedText


class ControllerReceipt(OfCase, Model):
    """One controller of one notice, made when the notice is launched. ``number`` is its number in the list.

    ``who`` is a blind index of organisation and contract: the same in every notice of the case. ``code_hash`` is SHA-256 of the
    code in its link; the code itself stands nowhere but in the message. ``through_id``: the notice by whose link it was
    acknowledged, a reminder perhaps. ``by`` is what the acknowledging person wrote.
    """

    __tablename__ = "controller_receipts"
    __table_args__ = (UniqueConstraint("notice_id", "number"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notices.id"))
    number: Mapped[int]
    who: Mapped[bytes] = mapped_column(LargeBinary)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[datetime] = mapped_column(UTC)
    expires_at: Mapped[datetime] = mapped_column(UTC)
    acknowledged_at: Mapped[datetime | None] = mapped_column(UTC)
    through_id: Mapped[int | None] = mapped_column(ForeignKey("notices.id"))

    organisation = SealedText()
    contract = SealedText()
    by = SealedText()

    def row_name(self) -> str:
        """Notice and number in its list."""
        return name_of_receipt(self.notice_id, self.number)


def name_of_receipt(notice_id: int, number: int) -> str:
    """Return what tells one receipt from every other."""
    return f"{notice_id}/{number}"


def receipts_of(notice_id: int) -> Select[ControllerReceipt]:
    """Ask for the receipts of a notice, in the order of its list."""
    return select(ControllerReceipt).where(ControllerReceipt.notice_id == notice_id).order_by(ControllerReceipt.number)


def given_in(case_id: int) -> Select[ControllerReceipt]:
    """Ask for the receipts that were given in a case."""
    return select(ControllerReceipt).where(ControllerReceipt.case_id == case_id, ControllerReceipt.acknowledged_at.is_not(None))


def acknowledged_count(notice_id: int) -> Select[int]:
    """Ask how many controllers of a notice acknowledged it."""
    return select(func.count()).select_from(ControllerReceipt).where(
        ControllerReceipt.notice_id == notice_id, ControllerReceipt.acknowledged_at.is_not(None))
