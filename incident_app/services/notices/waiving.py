"""Somebody says why a finding of the check is right as it is: by name, with a reason, for exactly this text.

And takes it back: what was waived holds the text again.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from incident_app.domain import notices as rules
from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.notices.lint import LONGEST_REASON, SHORTEST_REASON
from incident_app.domain.refusals import NotFound, Refused
from incident_app.models.notices import Notice
from incident_app.services import audit
from incident_app.services.notices.checking import check_of
from incident_app.services.notices.drafting import locked, void
from incident_app.services.notices.looking import texts_of
from incident_app.services.unit import writing


def _reason(words: str, refusal: str, reader: str) -> str:
    reason = " ".join(words.split())
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        raise Refused(refusal, {"reason": f"Say why in {SHORTEST_REASON} to {LONGEST_REASON} characters: {reader} reads it."})
    return reason


def waive(
    session: Session, notice_id: int, language: str, check: str, reason: str, *, version: int | None = None, by: Actor,
    now: datetime,
) -> Notice:
    """Waive the findings of one name in one language. Any edit of that text voids it; the approver reads the reason.

    Who waives had a hand in the notice, and cannot approve it. Raises ``NotFound`` where there is no such finding, and
    ``Refused`` for what no reason makes right.
    """
    require(by, Permission.DRAFT_NOTICE)
    said = _reason(reason, "Nothing was waived.", "whoever approves the notice")
    with writing(session):
        notice = locked(session, notice_id, move="be waived in", version=version)
        texts, found = texts_of(notice), check_of(session, notice).get(language)
        if found is None or check not in found.named:
            raise NotFound("There is no such finding in this text: it may have been mended meanwhile.")
        if check not in rules.waivable(found):
            raise Refused("This cannot be waived: people would not learn what the law says they must, or be deceived.")
        bound = rules.binding(found, check, texts)
        kept = [one for one in notice.waivers or [] if (one["language"], one["check"]) != (language, check)]
        notice.waivers = [*kept, {"language": language, "check": check, "binding": bound, "reason": said, "by": by.name,
                                  "by_id": by.id, "at": now.isoformat()}]
        notice.editor_ids = sorted({*notice.editor_ids, by.id})
        notice.version += 1
        audit.record(
            session, action="notice.waived", by=by, now=now, case_id=notice.case_id, subject="notice",
            subject_id=notice.id, details={"language": language, "check": check, "binding": bound, "reason": said},
        )
    return notice


def withdraw_waiver(
    session: Session, notice_id: int, language: str, check: str, reason: str, *, version: int | None = None, by: Actor,
    now: datetime,
) -> Notice:
    """Take a waiver back, by name and with the reason; anybody who writes notices may, until it is sent.

    Where the text is held again by what was waived, an approval is void and the notice is a draft again. Raises ``NotFound`` where nothing of this name is waived in
    this language.
    """
    require(by, Permission.DRAFT_NOTICE)
    said = _reason(reason, "The waiver stands.", "whoever waived it")
    with writing(session):
        notice = locked(session, notice_id, move="have a waiver withdrawn", version=version)
        found = check_of(session, notice).get(language)
        if found is None or check not in found.waived:
            raise NotFound("Nothing of this name is waived in this text: an edit may have voided the waiver meanwhile.")
        notice.waivers = [one for one in notice.waivers or [] if (one["language"], one["check"]) != (language, check)]
        voided = _held_again(session, notice, language, now)
        notice.editor_ids = sorted({*notice.editor_ids, by.id})
        notice.version += 1
        audit.record(
            session, action="notice.waiver_withdrawn", by=by, now=now, case_id=notice.case_id, subject="notice",
            subject_id=notice.id,
            details={"language": language, "check": check, "reason": said, "approval_voided": voided},
        )
    return notice


def _held_again(session: Session, notice: Notice, language: str, now: datetime) -> bool:
    """Make it a draft again where its text may not go out as it is; return whether an approval was taken back."""
    if check_of(session, notice)[language].ready or notice.state == rules.NoticeState.DRAFT:
        return False
    what = "A waiver was withdrawn, and the text is held again."
    voided = void(session, notice, what, now)
    notice.state = rules.NoticeState.DRAFT.value
    notice.state_reason = f"{what} This took back the approval." if voided else what
    return voided
