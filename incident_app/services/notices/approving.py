"""Four eyes: what is approved is bound by hash, and whoever had a hand in it cannot approve it."""

from datetime import datetime

from sqlalchemy.orm import Session

from incident_app.domain import notices as rules
from incident_app.domain.accounts import Actor, Permission, may, require
from incident_app.domain.notices import CONTROLLERS, ChannelPlan, Envelope, Facts, NoticeState
from incident_app.domain.reasons import weighty
from incident_app.domain.refusals import Forbidden, Refused
from incident_app.models.notices import Approval, Notice
from incident_app.models.recipients import RecipientList
from incident_app.models.sealing import TextsShut
from incident_app.services import audit
from incident_app.services.accounts.persons import persons_of
from incident_app.services.notices.checking import check_of
from incident_app.services.notices.drafting import locked, renew_facts, void
from incident_app.services.notices.looking import texts_of
from incident_app.services.notices.wordings import wording
from incident_app.services.recipients.crowding import refuse_crowded
from incident_app.services.recipients.parts import digest_of
from incident_app.services.recipients.preflight import request_check
from incident_app.services.unit import writing

INCOMPLETE = {
    "people": "The text is not complete: people would not learn what the law says they must.",
    CONTROLLERS: "The text is not complete: controllers would not learn what they need for their own duty.",
}


def bound_hash(notice: Notice, envelope: Envelope | None = None) -> str:
    """Return the hash of what this notice would send, as it stands, in this envelope; ``""`` where it does not open."""
    try:
        texts, facts = texts_of(notice), Facts.from_json(notice.facts)
    except TextsShut:
        return ""
    return rules.content_hash(texts, facts, ChannelPlan.from_json(notice.plan), notice.fallback_language, envelope)


def approval_of(session: Session, notice: Notice) -> Approval | None:
    """Return the approval that binds this notice now."""
    return session.get(Approval, notice.approval_id) if notice.approval_id else None


def _refuse_unready(session: Session, notice: Notice) -> None:
    refuse_crowded(session.get_one(RecipientList, notice.list_id))
    problems = {
        language: f"{wording(language).label}: {' '.join(check.problems)}"
        for language, check in check_of(session, notice).items() if check.problems
    }
    if problems:
        raise Refused(INCOMPLETE[notice.kind], problems)


def _waived(session: Session, notice: Notice) -> dict[str, list[str]]:
    names = sorted(f"{language}:{name}" for language, check in check_of(session, notice).items() for name in check.waived)
    return {"waived": names} if names else {}


def ask_approval(
    session: Session, notice_id: int, *, version: int | None = None, by: Actor, now: datetime,
    envelope: Envelope | None = None,
) -> Notice:
    """Put a draft up for approval. Raises ``Refused`` with what is missing per language (Art 34(2) GDPR).

    The mail provider is asked meanwhile whom it would drop.
    """
    require(by, Permission.DRAFT_NOTICE)
    with writing(session):
        notice = locked(session, notice_id, move="be put up for approval", version=version)
        renew_facts(session, notice, envelope)
        _refuse_unready(session, notice)
        if "email" in ChannelPlan.from_json(notice.plan).order:
            request_check(session, notice.list_id, now)
        notice.state, notice.state_reason = NoticeState.IN_REVIEW.value, ""
        notice.version += 1
        audit.record(
            session, action="notice.approval_asked", by=by, now=now, case_id=notice.case_id, subject="notice",
            subject_id=notice.id, details={"content": bound_hash(notice, envelope)},
        )
    return notice


def why_not(session: Session, notice: Notice, by: Actor) -> str | None:
    """Return why ``by`` cannot approve this notice, or ``None``."""
    if not may(by, Permission.APPROVE_NOTICE):
        return "Only an approver approves a notice."
    people = session.get_one(RecipientList, notice.list_id)
    author, editors, uploader = (
        persons_of(session, ids) for ids in ([notice.author_id], notice.editor_ids, [people.by_id]))
    return rules.why_not_approve(by.person, author, editors, uploader)


def approve(
    session: Session, notice_id: int, *, version: int | None = None, by: Actor, now: datetime,
    envelope: Envelope | None = None, method: str = "",
) -> Notice:
    """Approve exactly this text to exactly this list by exactly this plan, in exactly this envelope.

    ``method`` is how the approver proved who they are. Raises ``Forbidden`` with the reason for its author, whoever changed it since the last approval, and whoever
    uploaded the list.
    """
    require(by, Permission.APPROVE_NOTICE)
    with writing(session):
        notice = locked(session, notice_id, move="be approved", version=version)
        reason = why_not(session, notice, by)
        if reason:
            raise Forbidden(reason)
        _refuse_unready(session, notice)
        digest, count = digest_of(session, notice.list_id)
        bypass = ChannelPlan.from_json(notice.plan).bypass_reason
        approval = Approval(
            notice_id=notice.id, content_hash=bound_hash(notice, envelope), list_digest=digest, list_count=count,
            plan=notice.plan, envelope=envelope.to_json() if envelope else {}, method=method, by_id=by.id, at=now,
        )
        session.add(approval)
        session.flush()
        notice.state, notice.state_reason, notice.approval_id = NoticeState.APPROVED.value, "", approval.id
        notice.content_hash, notice.list_digest, notice.list_count = approval.content_hash, digest, count
        notice.editor_ids = []
        notice.version += 1
        audit.record(
            session, action="notice.approved", by=by, now=now, case_id=notice.case_id, subject="notice",
            subject_id=notice.id,
            details={"approval": approval.id, "content": approval.content_hash, "list": digest, "people": count,
                     **({"block_list_bypassed": bypass} if bypass else {}), **_waived(session, notice)},
        )
    return notice


def send_back(
    session: Session, notice_id: int, reason: str, *, version: int | None = None, by: Actor, now: datetime
) -> Notice:
    """Give a notice back to its writers, with the reason; an approval is taken back."""
    require(by, Permission.APPROVE_NOTICE)
    words = weighty(reason, "The notice was not sent back.", "Say what should be different")
    with writing(session):
        notice = locked(session, notice_id, move="be sent back", version=version)
        voided = void(session, notice, "It was sent back.", now)
        notice.state = NoticeState.DRAFT.value
        notice.say(f"Sent back: {words}")
        notice.version += 1
        audit.record(
            session, action="notice.sent_back", by=by, now=now, case_id=notice.case_id, subject="notice",
            subject_id=notice.id, details={"reason": words, "approval_voided": voided},
        )
    return notice
