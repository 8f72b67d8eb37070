"""Communications to people, and the approvals that bind them."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, Select, String, Text, UniqueConstraint, false, select, text
from sqlalchemy.orm import Mapped, mapped_column

from incident_app.models.base import UTC, Json, Model
from incident_app.models.cases import Case, OfCase
from incident_app.models.sealing import LEFT_OUT, SealedJson, SealedText, TextsShut

SAID = "(said by a person)"
"""Where it stands in place of a reason, the reason is sealed with the texts."""


class Notice(OfCase, Model):
    """One notice. ``texts`` is ``{language: {"subject", "body"}}``; ``facts`` what is the same for everybody.

    ``edits``: digest of the main body when the words of a language were last changed by hand. ``waivers``: ``{"language", "check",
    "binding", "reason", "by", "by_id", "at"}`` for findings of the check that somebody called right as they are.

    The counters are changed by the same transaction that changes delivery rows; ``list_count`` is bound on launch.
    ``cut_to``: up to which number of the list chunks have been made. ``proof_due_at``: something changed after the end, the proof is written anew then. ``stopped_to``: after a stop,
    up to which number of the list whoever was not written to has been called so; ``text_withdrawn``: what was sent by then is
    wrong, and whoever asks by its code is told not to act on it. ``code``: by which anybody sees that a message
    is from us. ``again_by``: until the end of which day, in the zone of the case, people hear from us again. ``kind`` is
    ``people``, or ``controllers`` where those are told whose data we process; ``follows_id`` the notice it carries on or,
    where it ``is_reminder``, reminds of; ``receipt_secret`` (hex) makes the codes in their links.
    """

    __tablename__ = "notices"
    __table_args__ = (UniqueConstraint("case_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(36), unique=True)
    code: Mapped[str | None] = mapped_column(String(8), unique=True, index=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    list_id: Mapped[int] = mapped_column(ForeignKey("recipient_lists.id"), index=True)
    number: Mapped[int]
    state: Mapped[str] = mapped_column(String(32), default="draft", index=True)
    standing: Mapped[str] = mapped_column("state_reason", Text, default="")
    plan: Mapped[dict[str, Any]] = mapped_column(Json)
    fallback_language: Mapped[str] = mapped_column(String(8))
    kind: Mapped[str] = mapped_column(String(16), default="people", server_default="people")
    follows_id: Mapped[int | None]
    is_reminder: Mapped[bool] = mapped_column(default=False, server_default=false())
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    editor_ids: Mapped[list[int]] = mapped_column(Json, default=list)
    made_at: Mapped[datetime] = mapped_column(UTC)
    edited_at: Mapped[datetime] = mapped_column(UTC)
    version: Mapped[int] = mapped_column(default=1)
    again_by: Mapped[date | None] = mapped_column(Date)

    content_hash: Mapped[str | None] = mapped_column(String(64))
    list_digest: Mapped[str | None] = mapped_column(String(64))
    list_count: Mapped[int | None]
    approval_id: Mapped[int | None]
    launched_at: Mapped[datetime | None] = mapped_column(UTC)
    launched_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    finished_at: Mapped[datetime | None] = mapped_column(UTC)
    last_result_at: Mapped[datetime | None] = mapped_column(UTC)
    proof_due_at: Mapped[datetime | None] = mapped_column(UTC)
    cut_to: Mapped[int] = mapped_column(default=0)
    stopped_to: Mapped[int] = mapped_column(default=0)
    text_withdrawn: Mapped[bool] = mapped_column(default=False, server_default=false())

    canary_done: Mapped[bool] = mapped_column(default=False)
    tried_count: Mapped[int] = mapped_column(default=0)
    failures_in_row: Mapped[int] = mapped_column(default=0)
    accepted_count: Mapped[int] = mapped_column(default=0)
    failed_count: Mapped[int] = mapped_column(default=0)
    uncertain_count: Mapped[int] = mapped_column(default=0)
    waiting_count: Mapped[int] = mapped_column(default=0)
    cancelled_count: Mapped[int] = mapped_column(default=0)
    resent_count: Mapped[int] = mapped_column(default=0)

    texts = SealedJson[dict[str, dict[str, str]]]({})
    facts = SealedJson[dict[str, Any]]()
    edits = SealedJson[dict[str, str] | None]()
    waivers = SealedJson[list[dict[str, Any]] | None]()
    said = SealedText()
    receipt_secret = SealedText()

    @property
    def state_reason(self) -> str:
        """Why it stands as it does: the app's own words, or those of a person, which are sealed."""
        return self.said if self.standing == SAID else self.standing or ""

    @state_reason.setter
    def state_reason(self, words: str) -> None:
        """Set words of the app's own: they are in clear, and are set without opening anything."""
        self.standing = words

    def say(self, words: str) -> None:
        """Set the words of a person. Where they cannot be sealed they are left out: a stop has to stop whatever is lost."""
        try:
            self.said, self.standing = words, SAID
        except TextsShut:
            self.standing = LEFT_OUT

    @property
    def by_a_person(self) -> bool:
        """Whether ``state_reason`` is what a person wrote, not words of the app."""
        return self.standing == SAID

    def row_name(self) -> str:
        """Its public id."""
        return self.public_id


class Approval(Model):
    """Who approved exactly what, to exactly whom. Voided by any edit, never changed or deleted (see ``approving``).

    ``envelope`` is JSON of :class:`incident_app.domain.notices.Envelope`; ``method`` how the approver proved who they
    are. A notice has one that is not voided, at most.
    """

    __tablename__ = "approvals"
    __table_args__ = (Index("ix_approvals_live", "notice_id", unique=True, sqlite_where=text("voided_at IS NULL"),
                            postgresql_where=text("voided_at IS NULL")),)

    id: Mapped[int] = mapped_column(primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notices.id"), index=True)
    content_hash: Mapped[str] = mapped_column(String(64))
    list_digest: Mapped[str] = mapped_column(String(64))
    list_count: Mapped[int]
    plan: Mapped[dict[str, Any]] = mapped_column(Json)
    envelope: Mapped[dict[str, str]] = mapped_column(Json, default=dict, server_default="{}")
    method: Mapped[str] = mapped_column(String(32), default="", server_default="")
    by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UTC)
    voided_at: Mapped[datetime | None] = mapped_column(UTC)
    voided_reason: Mapped[str] = mapped_column(Text, default="")


class NoticeText(OfCase, Model):
    """What was saved in one language of a notice; never changed. ``number`` is the version of the notice it came with."""

    __tablename__ = "notice_texts"
    __table_args__ = (UniqueConstraint("notice_id", "language", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notices.id"))
    language: Mapped[str] = mapped_column(String(8))
    number: Mapped[int]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UTC)

    subject = SealedText()
    body = SealedText()

    def row_name(self) -> str:
        """Notice, language and version."""
        return name_of_text(self.notice_id, self.language, self.number)


def name_of_text(notice_id: int, language: str, number: int) -> str:
    """Return what tells one saved text from every other."""
    return f"{notice_id}/{language}/{number}"


def saved_texts(notice_id: int, language: str) -> Select[NoticeText]:
    """Ask for what was saved in one language of a notice, the newest first."""
    return select(NoticeText).where(NoticeText.notice_id == notice_id, NoticeText.language == language).order_by(
        NoticeText.number.desc())


def notices_of_case(case_id: int) -> Select[Notice]:
    """Ask for the notices of a case, the newest first."""
    return select(Notice).where(Notice.case_id == case_id).order_by(Notice.number.desc())


def promises() -> Select[Notice, Case]:
    """Ask for the notices that were sent, stand, and name a day by which people hear again, with their cases."""
    return select(Notice, Case).join(Case, Case.id == Notice.case_id).where(
        Notice.again_by.is_not(None), Notice.launched_at.is_not(None), Notice.text_withdrawn.is_(False)).order_by(Notice.id)


def notices_with_list(list_id: int) -> Select[Notice]:
    """Ask for the notices bound to a list."""
    return select(Notice).where(Notice.list_id == list_id).order_by(Notice.number)
