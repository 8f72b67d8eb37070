"""Lists of affected people, and the people, with contacts sealed under the key of the case."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, Select, String, UniqueConstraint, false, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from incident_app.models.base import UTC, BigId, Json, Model
from incident_app.models.cases import OfCase
from incident_app.models.sealing import SealedJson, SealedText

DATA_IN = "data in "
"""In ``RecipientList.apart`` it begins the name of the lines, by language, that name kinds of data in words of their own."""


class RecipientList(OfCase, Model):
    """One uploaded list. ``line_count`` = ``other_count`` (header, blank) + refused + duplicates + people.

    ``spoken`` counts by country, and there by language; empty for lists older than that.
    ``problems`` holds the first thousand ``{"line", "column", "words", "refused"}``, without personal data; ``digest``
    is SHA-256 over what its parts hold. ``erased_at``: the contacts are gone, and
    ``index_key`` is what is left of their key: it still answers whether an address was in the list. ``domains`` are the
    mail domains with most people (``[name, count]``); ``crowded`` is ``{"mailboxes", "people"}`` where more than three
    addresses end in one mailbox, and ``crowd_reason`` says why that is right. ``apart`` is ``{"strangers", "left_out"}``: organisations of
    a list of controllers that the case did not name when it was taken over, and those it named without a line; and lines by :data:`DATA_IN`. ``kind`` is ``people``, or ``controllers`` where each
    row is one organisation whose data we process.
    """

    __tablename__ = "recipient_lists"
    __table_args__ = (UniqueConstraint("case_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(36), unique=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    number: Mapped[int]
    name: Mapped[str] = mapped_column(String(255))
    kind: Mapped[str] = mapped_column(String(16), default="people", server_default="people")
    encoding: Mapped[str] = mapped_column(String(32), default="")
    delimiter: Mapped[str] = mapped_column(String(4), default="")
    columns: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    ignored: Mapped[list[str]] = mapped_column(Json, default=list)
    digest: Mapped[str] = mapped_column(String(64))
    people_count: Mapped[int]
    line_count: Mapped[int]
    other_count: Mapped[int]
    refused_count: Mapped[int]
    duplicate_count: Mapped[int]
    telegram_count: Mapped[int]
    email_count: Mapped[int]
    both_count: Mapped[int]
    post_count: Mapped[int] = mapped_column(default=0, server_default="0")
    languages: Mapped[dict[str, int]] = mapped_column(Json, default=dict)
    countries: Mapped[dict[str, int]] = mapped_column(Json, default=dict)
    spoken: Mapped[dict[str, dict[str, int]]] = mapped_column(Json, default=dict, server_default="{}")
    problem_count: Mapped[int] = mapped_column(default=0)
    problems: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    domains: Mapped[list[list[Any]]] = mapped_column(Json, default=list, server_default="[]")
    crowded: Mapped[dict[str, int]] = mapped_column(Json, default=dict, server_default="{}")
    crowd_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UTC)
    erased_at: Mapped[datetime | None] = mapped_column(UTC)
    index_key: Mapped[bytes | None] = mapped_column(LargeBinary)

    crowd_reason = SealedText()
    apart = SealedJson[dict[str, list[str]] | None](None)

    def row_name(self) -> str:
        """Its public id."""
        return self.public_id

    @property
    def adds_up(self) -> bool:
        """Whether every physical line went somewhere."""
        return self.line_count == self.other_count + self.refused_count + self.duplicate_count + self.people_count


class PartRow(Model):
    """A thousand people of a list: what they were when it was read in, and by how many ways they can be reached."""

    __tablename__ = "list_parts"

    list_id: Mapped[int] = mapped_column(ForeignKey("recipient_lists.id", ondelete="CASCADE"), primary_key=True)
    first: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    reach: Mapped[dict[str, int]] = mapped_column(Json)


class Recipient(Model):
    """One person to be told. ``sealed`` is JSON of name, email, Telegram id, kinds of data and postal address, bound to ``public_id``.

    Found by blind index only: ``blind`` for who they are in the list, one more for each way they can be reached.
    ``country`` is a country, or the part of one they live in where the law of a part asks for more: ``DE``, ``US-CA``.
    ``sensitive``: whether their own kinds of data are special; ``None`` where the list says nothing about them.
    """

    __tablename__ = "recipients"
    __table_args__ = (
        UniqueConstraint("list_id", "number"), UniqueConstraint("list_id", "blind"),
        Index("ix_recipients_email_blind", "list_id", "email_blind"),
        Index("ix_recipients_telegram_blind", "list_id", "telegram_blind"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(36), unique=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    list_id: Mapped[int] = mapped_column(ForeignKey("recipient_lists.id"))
    number: Mapped[int]
    line: Mapped[int]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    blind: Mapped[bytes] = mapped_column(LargeBinary)
    email_blind: Mapped[bytes | None] = mapped_column(LargeBinary)
    telegram_blind: Mapped[bytes | None] = mapped_column(LargeBinary)
    has_telegram: Mapped[bool]
    has_email: Mapped[bool]
    has_post: Mapped[bool] = mapped_column(default=False, server_default=false())
    language: Mapped[str] = mapped_column(String(8), default="")
    country: Mapped[str] = mapped_column(String(6), default="")
    sensitive: Mapped[bool | None]

    @property
    def reachable(self) -> tuple[str, ...]:
        """The channels on which this person can be reached."""
        return ways(self.has_telegram, self.has_email, self.has_post)


def ways(telegram: bool, email: bool, post: bool) -> tuple[str, ...]:
    """Name the channels of these three that somebody has an address on."""
    return tuple(name for name, has in (("telegram", telegram), ("email", email), ("post", post)) if has)


def scope_of(public_id: str) -> str:
    """Return what a sealed contact is bound to, so that it cannot be moved to another row."""
    return f"recipients|{public_id}"


def lists_of_case(case_id: int) -> Select[RecipientList]:
    """Ask for the lists of a case, the newest first."""
    return select(RecipientList).where(RecipientList.case_id == case_id).order_by(RecipientList.number.desc())


def people_of(list_id: int, *, after: int = 0) -> Select[Recipient]:
    """Ask for the people of a list in the order of their lines, after number ``after``."""
    return (
        select(Recipient).where(Recipient.list_id == list_id, Recipient.number > after).order_by(Recipient.number)
    )


def parts_of(list_id: int) -> Select[PartRow]:
    """Ask for the parts of a list, in order."""
    return select(PartRow).where(PartRow.list_id == list_id).order_by(PartRow.first)


def between(list_id: int, first: int, last: int) -> Select[Recipient]:
    """Ask for people ``first`` to ``last`` of a list, in order."""
    return select(Recipient).where(
        Recipient.list_id == list_id, Recipient.number >= first, Recipient.number <= last).order_by(Recipient.number)


_FACES = ("id", "number", "public_id", "sealed", "blind", "language", "country", "has_telegram", "has_email", "has_post",
          "sensitive")
_FACES_QUESTION = (f"SELECT {', '.join(_FACES)} FROM recipients "  # noqa: S608 (our own words)
                   "WHERE list_id = %s AND number BETWEEN %s AND %s ORDER BY number")


def faces(session: Session, list_id: int, first: int, last: int) -> Sequence[tuple[Any, ...]]:
    """Return what sending needs of people ``first`` to ``last`` of a list, in order, each as id, number, public id, what
    is sealed, blind index, language, country, whether they have Telegram, email, a postal address, whether sensitive.

    PostgreSQL is asked by the driver itself: as bytes, not as text that is turned back for each of a million people.
    """
    if session.get_bind().dialect.name == "postgresql":
        raw: Any = session.connection().connection.dbapi_connection
        with raw.cursor(binary=True) as cursor:
            found: list[tuple[Any, ...]] = cursor.execute(_FACES_QUESTION, (list_id, first, last)).fetchall()
            return found
    question = select(*(getattr(Recipient, name) for name in _FACES)).where(
        Recipient.list_id == list_id, Recipient.number.between(first, last)).order_by(Recipient.number)
    return [tuple(row) for row in session.connection().execute(question)]
