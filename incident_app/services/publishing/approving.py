"""A second person approves that everybody reads exactly this, or gives it back."""

from datetime import datetime

from sqlalchemy.orm import Session

from incident_app.domain import notices as rules
from incident_app.domain.accounts import Actor, Permission, may, require
from incident_app.domain.documents import DocumentKind
from incident_app.domain.notices import public as public_rules
from incident_app.domain.notices.public import PublicState
from incident_app.domain.ports import Vault
from incident_app.domain.reasons import weighty
from incident_app.domain.refusals import Forbidden
from incident_app.models.publishing import PublicApproval, PublicNotice
from incident_app.services import documents
from incident_app.services.accounts.persons import persons_of
from incident_app.services.holding import locked_case
from incident_app.services.publishing.looking import address_of, hash_of, rendered, today
from incident_app.services.publishing.writing import locked, record, refuse_unready, void
from incident_app.services.unit import writing


def why_not(session: Session, notice: PublicNotice, by: Actor) -> str | None:
    """Return why ``by`` cannot approve it, or ``None``."""
    if not may(by, Permission.APPROVE_NOTICE):
        return "Only an approver approves a public notice."
    author, editors = (persons_of(session, ids) for ids in ([notice.author_id], notice.editor_ids))
    return rules.why_not_approve(by.person, author, editors, ())


def approve(
    session: Session, notice_id: int, *, version: int | None = None, by: Actor, now: datetime, vault: Vault,
    public_url: str, method: str = "",
) -> PublicNotice:
    """Approve that everybody reads exactly this, on exactly these days, and keep a snapshot of it as a file of the case.

    Raises ``Forbidden`` with the reason for its author and whoever changed it since the last approval.
    """
    require(by, Permission.APPROVE_NOTICE)
    with writing(session):
        notice = locked(session, notice_id, "be approved", version)
        reason = why_not(session, notice, by)
        if reason:
            raise Forbidden(reason)
        refuse_unready(notice)
        public_rules.check_days(notice.first_day, notice.last_day, today(session, now))
        case = locked_case(session, notice.case_id)
        void(session, notice, "Another text was approved in its place.", now)
        session.flush()  # one approval counts, and the database holds to it
        approval = PublicApproval(public_notice_id=notice.id, content_hash=hash_of(notice), method=method, by_id=by.id, at=now)
        session.add(approval)
        session.flush()  # the database compares with who changed it, before that is forgotten
        snapshot = documents.keep(
            session, case, kind=DocumentKind.PROOF.value, name=f"{case.ref}-public-notice-{notice.number}-v{notice.version}.txt",
            media_type="text/plain", content=_snapshot(notice, approval, public_url).encode(), by=by, now=now, vault=vault)
        notice.state, notice.state_reason = PublicState.APPROVED.value, ""
        notice.approval_id, notice.document_id, notice.editor_ids = approval.id, snapshot.id, []
        notice.published = None
        notice.version += 1
        record(session, notice, "public.approved", by, now, approval=approval.id, content=approval.content_hash,
                document=snapshot.id, sha256=snapshot.sha256, until=notice.last_day.isoformat(), **{"from": notice.first_day.isoformat()})
    return notice


def _snapshot(notice: PublicNotice, approval: PublicApproval, public_url: str) -> str:
    head = [f"Public notice {notice.number}", address_of(notice, public_url),
            f"From {notice.first_day.isoformat()} to {notice.last_day.isoformat()}", f"SHA-256 {approval.content_hash}",
            f"Approved {approval.at.isoformat()}"]
    bodies = [f"[{language}]\n{made.subject}\n\n{made.body}" for language in notice.texts
              for made in [rendered(notice, language)]]
    return "\n".join(head) + "\n\n" + "\n\n\n".join(bodies) + "\n"


def send_back(
    session: Session, notice_id: int, reason: str, *, version: int | None = None, by: Actor, now: datetime
) -> PublicNotice:
    """Give it back to its writers, with the reason."""
    require(by, Permission.APPROVE_NOTICE)
    words = weighty(reason, "It was not sent back.", "Say what should be different")
    with writing(session):
        notice = locked(session, notice_id, "be sent back", version)
        notice.state, notice.state_reason = PublicState.DRAFT.value, f"Sent back: {words}"
        notice.version += 1
        record(session, notice, "public.sent_back", by, now, reason=words)
    return notice
