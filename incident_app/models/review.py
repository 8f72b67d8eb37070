"""What people judged about a case once it was over, in versions, and who signed it."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Select, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from incident_app.models.base import UTC, Model
from incident_app.models.cases import OfCase, exactly
from incident_app.models.sealing import SealedJson, SealedText


class ReviewWords(OfCase, Model):
    """One version of the words people add to what the record says of itself; the newest counts, none is ever changed."""

    __tablename__ = "review_words"
    __table_args__ = (UniqueConstraint("case_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    number: Mapped[int]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UTC)

    judgement = SealedText()
    to_change = SealedText()

    def row_name(self) -> str:
        """Case and number of the version."""
        return name_of_words(self.case_id, self.number)


class ReviewSignature(OfCase, Model):
    """One person's signature under a review: ``content_hash`` is of the facts and words they saw, ``facts`` those facts.

    ``person`` is who it really is, ``decides`` whether they close cases. One that is void stays readable.
    """

    __tablename__ = "review_signatures"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    words_number: Mapped[int]
    content_hash: Mapped[str] = mapped_column(String(64))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    person: Mapped[int]
    decides: Mapped[bool]
    method: Mapped[str] = mapped_column(String(32), default="")
    state_before: Mapped[str] = mapped_column(String(32), default="")
    at: Mapped[datetime] = mapped_column(UTC)
    voided_at: Mapped[datetime | None] = mapped_column(UTC)
    voided_why: Mapped[str] = mapped_column(String(200), default="")

    facts = SealedJson[dict[str, Any]]({})

    def row_name(self) -> str:
        """Case, and who signed it when."""
        return name_of_signature(self.case_id, self.by_id, self.at)


def name_of_words(case_id: int, number: int) -> str:
    """Return what one version of the words is bound to."""
    return f"{case_id}/{number}"


def name_of_signature(case_id: int, by_id: int | None, at: datetime) -> str:
    """Return what the facts under a signature are bound to."""
    return f"{case_id}/{by_id or 0}/{exactly(at)}"


def words_of(case_id: int) -> Select[ReviewWords]:
    """Ask for every version of the words, the newest first."""
    return select(ReviewWords).where(ReviewWords.case_id == case_id).order_by(ReviewWords.number.desc())


def signatures_of(case_id: int) -> Select[ReviewSignature]:
    """Ask for every signature, the first first."""
    return select(ReviewSignature).where(ReviewSignature.case_id == case_id).order_by(ReviewSignature.id)
