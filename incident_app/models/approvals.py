"""What waits for an approver, of every kind, in one statement."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from incident_app.domain.approvals import AFTER_CLOSING, REQUESTS, What
from incident_app.domain.cases import CaseState
from incident_app.domain.filings import FilingState
from incident_app.domain.notices import NoticeState
from incident_app.domain.notices.public import PublicState
from incident_app.domain.posting import ASKED
from incident_app.domain.second_person import LIVES, ProposalState
from incident_app.models.audit import Entry
from incident_app.models.base import Json
from incident_app.models.cases import Case
from incident_app.models.filings import Filing
from incident_app.models.notices import Notice
from incident_app.models.posting import PostExport
from incident_app.models.proposals import Proposal
from incident_app.models.publishing import PublicNotice
from incident_app.models.recipients import RecipientList
from incident_app.models.risk import Assessment, Confirmation, Decision

NOBODY = literal(0)


def waiting(now: datetime, *also: ColumnElement[bool]) -> Select[Any]:
    """Ask for what waits, oldest first; ``also`` of its case.

    Each with its kind (``what``), the number on its page, its case, when it was asked for and by which account, and who
    else had a hand in it: ``author``, ``uploader``, ``others`` (accounts; of a request persons).
    """
    asks = union_all(_notices(), _public(), _filings(), _letters(), _decisions(), _requests(now)).subquery()
    of_open = or_(Case.state != CaseState.CLOSED.value, asks.c.what.in_([one.value for one in AFTER_CLOSING]))
    return (
        select(asks, Case.ref, Case.is_drill, Case.restricted).join(Case, Case.id == asks.c.case_id).where(of_open, *also)
        .order_by(asks.c.asked_at, Case.id, asks.c.what, asks.c.number)
    )


def _newest(column: Any, action: str, case_id: Any, subject: Any) -> ColumnElement[Any]:
    """Ask the record. By the moment first: in its own order alone PostgreSQL would read all of it backwards."""
    return (
        select(column).where(Entry.case_id == case_id, Entry.action == action, Entry.subject_id == cast(subject, String))
        .order_by(Entry.at.desc(), Entry.seq.desc()).limit(1).scalar_subquery()
    )


def _row(what: Any, number: Any, case_id: Any, at: Any, by: Any, author: Any, uploader: Any, others: Any) -> Select[Any]:
    return select(what.label("what"), number.label("number"), case_id.label("case_id"), at.label("asked_at"),
                  func.coalesce(by, 0).label("asked_by"), func.coalesce(author, 0).label("author"),
                  func.coalesce(uploader, 0).label("uploader"), others.label("others"))


def _notices() -> Select[Any]:
    at, by = (_newest(column, "notice.approval_asked", Notice.case_id, Notice.id) for column in (Entry.at, Entry.actor_id))
    return _row(
        literal(What.NOTICE.value), Notice.number, Notice.case_id, func.coalesce(at, Notice.edited_at), by, Notice.author_id,
        RecipientList.by_id, Notice.editor_ids,
    ).join(RecipientList, RecipientList.id == Notice.list_id).where(Notice.state == NoticeState.IN_REVIEW.value)


def _public() -> Select[Any]:
    at, by = (_newest(column, "public.approval_asked", PublicNotice.case_id, PublicNotice.id)
              for column in (Entry.at, Entry.actor_id))
    return _row(
        literal(What.PUBLIC.value), PublicNotice.number, PublicNotice.case_id, func.coalesce(at, PublicNotice.edited_at), by,
        PublicNotice.author_id, NOBODY, PublicNotice.editor_ids,
    ).where(PublicNotice.state == PublicState.IN_REVIEW.value)


def _filings() -> Select[Any]:
    return _row(
        literal(What.FILING.value), Filing.number, Filing.case_id, func.coalesce(Filing.asked_at, Filing.saved_at),
        Filing.asked_by_id, Filing.author_id, NOBODY, Filing.editor_ids,
    ).where(Filing.state == FilingState.IN_REVIEW.value)


def _letters() -> Select[Any]:
    return _row(
        literal(What.LETTERS.value), Notice.number, Notice.case_id, PostExport.asked_at, PostExport.asked_by_id, NOBODY, NOBODY,
        literal([], Json),
    ).join(Notice, Notice.id == PostExport.notice_id).where(PostExport.state == ASKED)


def _decisions() -> Select[Any]:
    """Those not to tell somebody; none that nobody can answer any more: decided anew since, or the severity scored anew."""
    later, scored = aliased(Decision), aliased(Assessment)
    return _row(
        literal("decision_") + Decision.subject, NOBODY, Decision.case_id, Decision.at, Decision.by_id, NOBODY, NOBODY,
        literal([], Json),
    ).where(
        Decision.needs_second.is_(True), ~exists().where(Confirmation.decision_id == Decision.id),
        ~exists().where(later.case_id == Decision.case_id, later.subject == Decision.subject, later.id > Decision.id),
        ~exists().where(scored.case_id == Decision.case_id, scored.id > Decision.assessment_id),
    )


def _requests(now: datetime) -> Select[Any]:
    of_notice = and_(Proposal.kind == What.RESEND.value, cast(Notice.id, String) == Proposal.subject_id)
    of_filing = and_(Proposal.kind == What.SUBMISSION.value, cast(Filing.id, String) == Proposal.subject_id)
    return (
        _row(Proposal.kind, func.coalesce(Notice.number, Filing.number, 0), Proposal.case_id, Proposal.asked_at,
             Proposal.asked_by_id, NOBODY, NOBODY, Proposal.involved)
        .select_from(Proposal)
        .outerjoin(Notice, and_(Notice.case_id == Proposal.case_id, of_notice))
        .outerjoin(Filing, and_(Filing.case_id == Proposal.case_id, of_filing))
        .where(Proposal.kind.in_([one.value for one in REQUESTS]), Proposal.state == ProposalState.WAITING.value,
               Proposal.asked_at > now - LIVES)
    )
