"""Files of letters: who asked for one, who confirmed it, who took it, for how many people. No address is kept."""

from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey, Select, String, UniqueConstraint, and_, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from incident_app.domain.posting import Stand
from incident_app.models.base import UTC, Model
from incident_app.models.deliveries import Delivery
from incident_app.models.notices import Notice
from incident_app.models.recipients import Recipient
from incident_app.models.sealing import SealedText, Sealing

POST = "post"


class PostExport(Sealing, Model):
    """One file of letters of a notice. asked → confirmed → taken → done; or refused, or broken off on the way."""

    __tablename__ = "post_exports"
    __table_args__ = (UniqueConstraint("notice_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notices.id"))
    number: Mapped[int]
    state: Mapped[str] = mapped_column(String(16))
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    asked_at: Mapped[datetime] = mapped_column(UTC)
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    answered_at: Mapped[datetime | None] = mapped_column(UTC)
    open_until: Mapped[datetime | None] = mapped_column(UTC)
    taken_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    taken_at: Mapped[datetime | None] = mapped_column(UTC)
    people_count: Mapped[int] = mapped_column(default=0)

    notice: Mapped[Notice] = relationship()

    reason = SealedText()
    answer_reason = SealedText()

    def row_name(self) -> str:
        """Notice and number of the file."""
        return name_of_export(self.notice_id, self.number)

    def number_of_case(self) -> int:
        """Return the case of the notice."""
        return self.notice.case_id

    def ring(self, session: Session) -> bytes | None:
        """Return the text key of that case."""
        return session.get_one(Notice, self.notice_id).ring(session)

    def is_erased(self, session: Session) -> bool:
        """Whether the texts of that case were erased."""
        return session.get_one(Notice, self.notice_id).is_erased(session)

    def newest_ring(self, session: Session) -> bytes | None:
        """Ask for it anew."""
        return session.get_one(Notice, self.notice_id).newest_ring(session)

    @property
    def stand(self) -> Stand:
        """Where it stands, as the rules see it."""
        return Stand(self.state, self.asked_by_id, self.answered_by_id, self.open_until)


def name_of_export(notice_id: int, number: int) -> str:
    """Return what the reasons of a file of letters are bound to."""
    return f"{notice_id}/{number}"


def exports_of(notice_id: int) -> Select[PostExport]:
    """Ask for the files of a notice, the newest first."""
    return select(PostExport).where(PostExport.notice_id == notice_id).order_by(PostExport.number.desc())


def due_letters(notice_id: int, now: datetime) -> Select[int, int]:
    """Ask how many people's turn is a letter now, and for the last of their rows."""
    return select(func.count(), func.max(Delivery.id)).where(*due_now(notice_id, now))


def due_now(notice_id: int, now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Return what holds of a row whose turn is a letter now."""
    return (
        Delivery.notice_id == notice_id, Delivery.channel == POST, Delivery.state == "queued", and_(Delivery.is_current),
        Delivery.next_attempt_at <= now,
    )


def letters_between(notice_id: int, now: datetime, after: int, upto: int, limit: int) -> Select[Delivery, Recipient]:
    """Ask for the rows whose turn is a letter, after one id and up to another, with their people."""
    return (
        select(Delivery, Recipient).join(Recipient, Recipient.id == Delivery.recipient_id)
        .where(*due_now(notice_id, now), Delivery.id > after, Delivery.id <= upto).order_by(Delivery.id).limit(limit)
    )


def waiting_letters(notice_id: int) -> Select[int]:
    """Ask how many people wait for a letter, now or later."""
    return select(func.count()).where(
        Delivery.notice_id == notice_id, Delivery.channel == POST, Delivery.state == "queued", Delivery.is_current)
