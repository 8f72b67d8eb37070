"""Files of letters: who asked for one, who confirmed it, who took it, for how many people; printed letters for a day, sealed."""

from datetime import date, datetime

from sqlalchemy import (
    ColumnElement,
    Delete,
    ForeignKey,
    LargeBinary,
    Select,
    String,
    Text,
    UniqueConstraint,
    and_,
    delete,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, Session, deferred, mapped_column, relationship

from incident_app.domain.posting import CONFIRMED, MAKING, PRINTED, Stand
from incident_app.models.base import UTC, BigId, Model
from incident_app.models.deliveries import Delivery
from incident_app.models.notices import Notice
from incident_app.models.recipients import Recipient
from incident_app.models.sealing import SealedText, Sealing

POST = "post"


def reference_of(number: int) -> str:
    """Return what the rows of people say who were written to by file ``number`` of their notice."""
    return f"{POST} {number}"


class PostExport(Sealing, Model):
    """One file of letters of a notice. As a table: asked → confirmed → taken → done; or refused, or broken off on the way.
    Printed here: asked → confirmed → making → made → handed (over to the post); or refused, failed, or dropped (not posted).

    ``taken_at`` and ``upto``: whose letters these are, everybody whose turn it was then, up to this row. ``side`` is that of
    the window of the envelopes; ``failure`` why printing failed, in words; ``left_count`` how many letters were not posted.
    """

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
    form: Mapped[str] = mapped_column(String(8), default="csv", server_default="csv")
    side: Mapped[str] = mapped_column(String(8), default="left", server_default="left")
    upto: Mapped[int | None] = mapped_column(BigId)
    done_count: Mapped[int] = mapped_column(default=0, server_default="0")
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    token: Mapped[str | None] = mapped_column(String(36))
    lease_until: Mapped[datetime | None] = mapped_column(UTC)
    made_at: Mapped[datetime | None] = mapped_column(UTC)
    failure: Mapped[str] = mapped_column(Text, default="", server_default="")
    handed_on: Mapped[date | None]
    handed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    left_count: Mapped[int] = mapped_column(default=0, server_default="0")

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
        return Stand(self.state, self.asked_by_id, self.answered_by_id, self.open_until, self.form)


class PostPart(Model):
    """Some printed letters, sealed under a key of their own: people ``first`` to ``last`` of the list, up to delivery ``upto``."""

    __tablename__ = "post_parts"
    __table_args__ = (UniqueConstraint("export_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(36), unique=True)
    export_id: Mapped[int] = mapped_column(ForeignKey("post_exports.id"))
    number: Mapped[int]
    first: Mapped[int]
    last: Mapped[int]
    letter_count: Mapped[int]
    upto: Mapped[int] = mapped_column(BigId)
    made_at: Mapped[datetime] = mapped_column(UTC, index=True)
    data_key: Mapped[bytes] = mapped_column(LargeBinary)
    sealed: Mapped[bytes] = deferred(mapped_column(LargeBinary, nullable=False))


def scope_of_part(public_id: str) -> str:
    """Return what the letters of a part are bound to."""
    return f"post_parts|{public_id}"


def parts_of_export(export_id: int) -> Select[PostPart]:
    """Ask for the parts of a file, in order."""
    return select(PostPart).where(PostPart.export_id == export_id).order_by(PostPart.number)


def parts_outlived(before: datetime) -> Delete:
    """Ask to throw away what was printed before then."""
    return delete(PostPart).where(PostPart.made_at < before)


def parts_of_case(case_id: int) -> Delete:
    """Ask to throw away every printed letter of a case."""
    mine = select(PostExport.id).join(Notice, Notice.id == PostExport.notice_id).where(Notice.case_id == case_id)
    return delete(PostPart).where(PostPart.export_id.in_(mine))


def _to_print(now: datetime) -> ColumnElement[bool]:
    lapsed = (PostExport.state == MAKING) & (PostExport.lease_until <= now)
    return and_(PostExport.form == PRINTED, or_(PostExport.state == CONFIRMED, lapsed))


def notice_to_print(now: datetime) -> Select[int]:
    """Ask for the notice whose letters are the next to print."""
    return select(PostExport.notice_id).where(_to_print(now)).order_by(PostExport.id).limit(1)


def next_to_print(now: datetime, notice_id: int) -> Select[PostExport]:
    """Ask for the next letters of a notice to print, or those whose worker is gone, held for this transaction."""
    return (
        select(PostExport).where(_to_print(now), PostExport.notice_id == notice_id).order_by(PostExport.id).limit(1)
        .with_for_update(of=PostExport)
    )


def still_ours(export_id: int, token: str) -> Select[PostExport]:
    """Ask for a file that is still ours to print, held for this transaction."""
    return (
        select(PostExport).where(PostExport.id == export_id, PostExport.state == MAKING, PostExport.token == token)
        .with_for_update(of=PostExport)
    )


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


def up_to(delivery_id: int) -> ColumnElement[bool]:
    """Return what holds of the rows up to this one."""
    return and_(Delivery.id <= delivery_id)


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
