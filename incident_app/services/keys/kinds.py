"""Every table with rows sealed under a key of a case: which key it is, how many rows at a time, and what each is bound to."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from incident_app.domain import documents as document_rules
from incident_app.domain import incoming as incoming_rules
from incident_app.models.cases import (
    Awareness,
    Case,
    Moment,
    Note,
    name_of_awareness,
    name_of_moment,
    name_of_note,
)
from incident_app.models.closing import Closing, name_of_closing
from incident_app.models.controllers import ControllerReceipt, name_of_receipt
from incident_app.models.filings import Filing
from incident_app.models.incoming import FilePart, Incoming
from incident_app.models.lessons import LessonsVersion, name_of_lessons
from incident_app.models.notices import Notice, NoticeText, name_of_text
from incident_app.models.obligations import Obligation, name_of_duty
from incident_app.models.posting import PostExport, name_of_export
from incident_app.models.proposals import Proposal
from incident_app.models.publishing import PublicNotice
from incident_app.models.recipients import Recipient, RecipientList
from incident_app.models.recipients import scope_of as scope_of_person
from incident_app.models.remediation import Action, Deed, name_of_action, name_of_deed
from incident_app.models.reports import Document
from incident_app.models.retention import Hold, name_of_hold
from incident_app.models.review import (
    ReviewSignature,
    ReviewWords,
    name_of_signature,
    name_of_words,
)
from incident_app.models.risk import (
    Assessment,
    Confirmation,
    Decision,
    name_of_assessment,
    name_of_decision,
)
from incident_app.models.sealing import scope_of_texts
from incident_app.models.uploads import Piece, Upload, scope_of_piece

PEOPLE_TOGETHER, TEXTS_TOGETHER, PIECES_TOGETHER, FILES_TOGETHER = 1000, 200, 8, 1
KEYS = ("data_key", "file_key", "text_key")
"""The keys of a case, by their columns."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One table of sealed rows. ``question`` takes a case and the last id seen; ``scope`` what it answers."""

    name: str
    column: str
    together: int
    table: Any
    question: Callable[[int, int], Any]
    scope: Callable[[Any], str]


def _people(case_id: int, after: int) -> Any:
    return select(Recipient.id, Recipient.sealed, Recipient.public_id).where(
        Recipient.case_id == case_id, Recipient.id > after, Recipient.sealed != b"").order_by(Recipient.id)


def _pieces(case_id: int, after: int) -> Any:
    return (
        select(Piece.id, Piece.sealed, Piece.number, Upload.public_id).join(Upload, Upload.id == Piece.upload_id)
        .where(Upload.case_id == case_id, Piece.id > after).order_by(Piece.id)
    )


def _files(case_id: int, after: int) -> Any:
    return select(Document.id, Document.sealed, Document.public_id).where(
        Document.case_id == case_id, Document.id > after, Document.erased_at.is_(None), Document.incoming_id.is_(None),
    ).order_by(Document.id)


def _parts(case_id: int, after: int) -> Any:
    return (
        select(FilePart.id, FilePart.sealed, FilePart.number, Incoming.public_id)
        .join(Incoming, Incoming.id == FilePart.incoming_id).where(Incoming.case_id == case_id, FilePart.id > after)
        .order_by(FilePart.id)
    )


def _texts(name: str, table: Any, row_name: Callable[[Any], str], *columns: Any, through: Any = None) -> Kind:
    """Return the kind of a table of texts; ``row_name`` says of ``columns`` what the record itself says.

    ``through``: the table with the case where this one has none.
    """
    whose = table.id if table is Case else (through or table).case_id

    def question(case_id: int, after: int) -> Any:
        found = select(table.id, table.sealed, *columns)
        return (found.join(through) if through is not None else found).where(
            whose == case_id, table.id > after, table.sealed != b"").order_by(table.id)

    return Kind(name, "text_key", TEXTS_TOGETHER, table, question,
                lambda row: scope_of_texts(table.__tablename__, row_name(row)))


KINDS = (
    Kind("people", "data_key", PEOPLE_TOGETHER, Recipient, _people, lambda row: scope_of_person(row.public_id)),
    Kind("pieces of uploads", "data_key", PIECES_TOGETHER, Piece, _pieces,
         lambda row: scope_of_piece(row.public_id, row.number)),
    Kind("files", "file_key", FILES_TOGETHER, Document, _files, lambda row: document_rules.scope_of(row.public_id)),
    Kind("parts of files", "file_key", PIECES_TOGETHER, FilePart, _parts,
         lambda row: incoming_rules.scope_of_part(row.public_id, row.number)),
    _texts("the case", Case, lambda row: row.ref, Case.ref),
    _texts("notes", Note, lambda row: name_of_note(row.case_id, row.by_id, row.at), Note.case_id, Note.by_id, Note.at),
    _texts("versions of awareness", Awareness, lambda row: name_of_awareness(row.case_id, row.number), Awareness.case_id,
           Awareness.number),
    _texts("moments", Moment, lambda row: name_of_moment(row.case_id, row.anchor, row.by_id, row.recorded_at),
           Moment.case_id, Moment.anchor, Moment.by_id, Moment.recorded_at),
    _texts("filings", Filing, lambda row: row.public_id, Filing.public_id),
    _texts("notices", Notice, lambda row: row.public_id, Notice.public_id),
    _texts("saved texts of notices", NoticeText, lambda row: name_of_text(row.notice_id, row.language, row.number),
           NoticeText.notice_id, NoticeText.language, NoticeText.number),
    _texts("receipts of controllers", ControllerReceipt, lambda row: name_of_receipt(row.notice_id, row.number),
           ControllerReceipt.notice_id, ControllerReceipt.number),
    _texts("public notices", PublicNotice, lambda row: row.public_id, PublicNotice.public_id),
    _texts("lessons", LessonsVersion, lambda row: name_of_lessons(row.case_id, row.number), LessonsVersion.case_id,
           LessonsVersion.number),
    _texts("assessments", Assessment, lambda row: name_of_assessment(row.case_id, row.number), Assessment.case_id,
           Assessment.number),
    _texts("decisions", Decision, lambda row: name_of_decision(row.case_id, row.subject, row.by_id, row.at),
           Decision.case_id, Decision.subject, Decision.by_id, Decision.at),
    _texts("confirmations", Confirmation, lambda row: str(row.decision_id), Confirmation.decision_id, through=Decision),
    _texts("duties", Obligation, lambda row: name_of_duty(
        row.case_id, row.raised_at, row.regime, row.provision, row.stage, row.recipient_type, row.recipient, row.controller),
           Obligation.case_id, Obligation.raised_at, Obligation.regime, Obligation.provision, Obligation.stage,
           Obligation.recipient_type, Obligation.recipient, Obligation.controller),
    _texts("holds", Hold, lambda row: name_of_hold(row.case_id, row.set_by_id, row.set_at), Hold.case_id, Hold.set_by_id,
           Hold.set_at),
    _texts("requests", Proposal, lambda row: row.public_id, Proposal.public_id),
    _texts("things to do", Action, lambda row: name_of_action(row.case_id, row.made_by_id, row.made_at, row.step),
           Action.case_id, Action.made_by_id, Action.made_at, Action.step),
    _texts("what was done about them", Deed, lambda row: name_of_deed(row.action_id, row.number), Deed.action_id, Deed.number),
    _texts("closings", Closing, lambda row: name_of_closing(row.case_id, row.number), Closing.case_id, Closing.number),
    _texts("words of reviews", ReviewWords, lambda row: name_of_words(row.case_id, row.number), ReviewWords.case_id,
           ReviewWords.number),
    _texts("signatures of reviews", ReviewSignature, lambda row: name_of_signature(row.case_id, row.by_id, row.at),
           ReviewSignature.case_id, ReviewSignature.by_id, ReviewSignature.at),
    _texts("lists", RecipientList, lambda row: row.public_id, RecipientList.public_id),
    _texts("files of letters", PostExport, lambda row: name_of_export(row.notice_id, row.number), PostExport.notice_id,
           PostExport.number, through=Notice),
)
