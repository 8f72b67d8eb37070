"""Reports on their way to paper that are no filing: asked for by one person, made by a worker, gone after a day."""

from datetime import datetime
from typing import Any

from sqlalchemy import Delete, ForeignKey, LargeBinary, Select, String, Text, delete, or_, select
from sqlalchemy.orm import Mapped, deferred, mapped_column

from incident_app.models.base import UTC, Json, Model
from incident_app.models.papers import FAILED, MADE, MAKING, WAITING


class PrintedReport(Model):
    """One report that somebody asked for; nobody else sees it. ``asks`` is what of (ids only): what they might read then.

    ``done_count`` of ``all_count`` breaches are on paper. ``sealed``, under a key of its own, is the file once it is made;
    ``reason`` why it could not be, in words.
    """

    __tablename__ = "printed_reports"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(36), unique=True)
    asks: Mapped[dict[str, Any]] = mapped_column(Json)
    by_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    asked_at: Mapped[datetime] = mapped_column(UTC)
    state: Mapped[str] = mapped_column(String(16), default=WAITING, index=True)
    reason: Mapped[str] = mapped_column(Text, default="")
    attempts: Mapped[int] = mapped_column(default=0)
    token: Mapped[str | None] = mapped_column(String(36))
    lease_until: Mapped[datetime | None] = mapped_column(UTC)
    all_count: Mapped[int] = mapped_column(default=0)
    done_count: Mapped[int] = mapped_column(default=0)
    made_at: Mapped[datetime | None] = mapped_column(UTC)
    name: Mapped[str] = mapped_column(String(200), default="")
    media_type: Mapped[str] = mapped_column(String(100), default="")
    data_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))


def next_to_print(now: datetime) -> Select[PrintedReport]:
    """Ask for the next one to print, or one whose worker is gone; others' locked rows are skipped."""
    lapsed = (PrintedReport.state == MAKING) & (PrintedReport.lease_until <= now)
    return (
        select(PrintedReport).where(or_(PrintedReport.state == WAITING, lapsed)).order_by(PrintedReport.id).limit(1)
        .with_for_update(skip_locked=True, of=PrintedReport)
    )


def still_ours(report_id: int, token: str) -> Select[PrintedReport]:
    """Ask for one that is still ours to make, held for this transaction."""
    return (
        select(PrintedReport)
        .where(PrintedReport.id == report_id, PrintedReport.state == MAKING, PrintedReport.token == token)
        .with_for_update(of=PrintedReport)
    )


def reports_going(by_id: int) -> Select[PrintedReport]:
    """Ask for what somebody asked for that is not made yet."""
    return select(PrintedReport).where(PrintedReport.by_id == by_id, PrintedReport.state.in_([WAITING, MAKING]))


def reports_outlived(before: datetime) -> Delete:
    """Ask to throw away what was made, or failed, before then."""
    return delete(PrintedReport).where(PrintedReport.state.in_([MADE, FAILED]), PrintedReport.asked_at < before)


def scope_of_report(public_id: str) -> str:
    """Return what the sealed content is bound to."""
    return f"printed_reports|{public_id}"
