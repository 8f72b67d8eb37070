"""What somebody typed and has not saved yet."""

from datetime import datetime

from sqlalchemy import Delete, ForeignKey, LargeBinary, String, UniqueConstraint, delete
from sqlalchemy.orm import Mapped, mapped_column

from incident_app.models.base import UTC, Model


class Draft(Model):
    """The unsaved text of one person in one form, sealed under a key of its own. ``form`` is one of the names in
    :data:`incident_app.services.drafts.FORMS`, ``subject`` what the form is about (a reference, and perhaps a part)."""

    __tablename__ = "drafts"
    __table_args__ = (UniqueConstraint("user_id", "form", "subject"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    form: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(80))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    data_key: Mapped[bytes] = mapped_column(LargeBinary)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    saved_at: Mapped[datetime] = mapped_column(UTC, index=True)


def all_of_case(case_id: int) -> Delete:
    """Ask to throw away what everybody typed about a case and did not save."""
    return delete(Draft).where(Draft.case_id == case_id)


def scope_of_draft(user_id: int, form: str, subject: str) -> str:
    """Return what a sealed draft is bound to."""
    return f"drafts|{user_id}|{form}|{subject}"
