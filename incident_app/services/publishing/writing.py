"""A public notice is drafted from the case, changed, put up for approval, and withdrawn.

While everybody reads one, a correction of it is written beside it: they go on reading what was approved until the
correction is approved too, or dropped. Only withdrawing takes it away.
"""

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incident_app.domain import notices as rules
from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.notices import Text
from incident_app.domain.notices import public as public_rules
from incident_app.domain.notices.public import PublicContent, PublicState
from incident_app.domain.refusals import Conflict, NotFound, Refused, Stale
from incident_app.models.cases import Case
from incident_app.models.publishing import PublicApproval, PublicNotice
from incident_app.services import audit
from incident_app.services.holding import locked_case
from incident_app.services.notices.drafting import STALE, check_words, facts_for, first_text
from incident_app.services.notices.wordings import languages as written_languages
from incident_app.services.notices.wordings import wording
from incident_app.services.publishing.looking import hash_of, live, problems_of, today, written
from incident_app.services.unit import writing


def draft(
    session: Session, case_id: int, *, languages: Sequence[str], first_day: date, last_day: date, by: Actor, now: datetime
) -> PublicNotice:
    """Start a public notice, drafted from the case in ``languages``. Raises ``Refused`` by field."""
    require(by, Permission.DRAFT_NOTICE)
    chosen = [one for one in written_languages() if one in languages]
    if not chosen or set(languages) - set(chosen):
        raise Refused("Nothing was drafted.", {"languages": f"Choose some of: {', '.join(written_languages())}."})
    public_rules.check_days(first_day, last_day, today(session, now))
    with writing(session):
        audit.lock(session)
        case = locked_case(session, case_id)
        newest = session.scalar(select(func.max(PublicNotice.number)).where(PublicNotice.case_id == case_id)) or 0
        notice = PublicNotice(
            public_id=str(uuid.uuid4()), slug=rules.new_code(secrets.choice), case_id=case_id, number=newest + 1,
            first_day=first_day, last_day=last_day, author_id=by.id or None, editor_ids=[], made_at=now, edited_at=now,
            texts={language: _first(session, case, language) for language in chosen},
            facts=facts_for(session, case).to_json(),
        )
        session.add(notice)
        session.flush()
        record(session, notice, "public.drafted", by, now, languages=chosen, number=notice.number)
    return notice


def _first(session: Session, case: Case, language: str) -> dict[str, str]:
    subject, body = first_text(session, case, language)
    return {"subject": subject, "body": body.lstrip()}


def locked(session: Session, notice_id: int, move: str, version: int | None) -> PublicNotice:
    """Hold a public notice that can make this move, as it was read. Raises ``NotFound``, ``Conflict`` or ``Stale``."""
    notice = session.scalar(select(PublicNotice).where(PublicNotice.id == notice_id).with_for_update(of=PublicNotice))
    if notice is None:
        raise NotFound("There is no such public notice.")
    public_rules.check_public_move(notice.state, move)
    if version is not None and version != notice.version:
        raise Stale(STALE)
    return notice


def record(session: Session, notice: PublicNotice, action: str, by: Actor, now: datetime, **details: object) -> None:
    """Write into the record what was done with it."""
    audit.record(session, action=action, by=by, now=now, case_id=notice.case_id, subject="public_notice",
                 subject_id=notice.id, details=details)


def void(session: Session, notice: PublicNotice, reason: str, now: datetime) -> bool:
    """Take the approval back, where there is one."""
    approval = session.get(PublicApproval, notice.approval_id) if notice.approval_id else None
    notice.approval_id = None
    if approval is not None:
        approval.voided_at, approval.voided_reason = now, reason
    return approval is not None


def _change(session: Session, notice: PublicNotice, what: str, content: PublicContent, by: Actor, now: datetime) -> None:
    """Write ``content`` down. What everybody reads today stays with its approval; what nobody reads yet loses it."""
    if live(notice, today(session, now)) is None:
        voided = void(session, notice, what, now)
        notice.state_reason = f"{what} This took back the approval: nobody sees it until it is approved again." if voided else ""
    else:
        voided, notice.state_reason = False, what
        notice.published = notice.published or written(notice).to_json()
    notice.texts = {language: {"subject": text.subject, "body": text.body} for language, text in content.texts.items()}
    notice.first_day, notice.last_day, notice.state = content.first_day, content.last_day, PublicState.DRAFT.value
    notice.facts = facts_for(session, session.get_one(Case, notice.case_id)).to_json()
    notice.version, notice.edited_at = notice.version + 1, now
    notice.editor_ids = sorted({*notice.editor_ids, by.id})
    record(session, notice, "public.edited", by, now, what=what, approval_voided=voided)


def edit(
    session: Session, notice_id: int, *, language: str, subject: str, body: str, version: int, by: Actor, now: datetime
) -> PublicNotice:
    """Change the text of one language. What everybody reads stays until the change is approved too."""
    require(by, Permission.DRAFT_NOTICE)
    check_words(subject, body)
    subject, body = " ".join(subject.split()), "\n".join(line.rstrip() for line in body.splitlines()).strip()
    with writing(session):
        notice = locked(session, notice_id, "be edited", version)
        if language not in notice.texts:
            raise Refused("Nothing was saved.", {"language": "The notice is not written in this language."})
        before, text = written(notice), Text(subject, body)
        if before.texts[language] != text:
            _change(session, notice, f"The text in {wording(language).label} was changed.", replace(before, texts={**before.texts, language: text}), by, now)
    return notice


def set_days(
    session: Session, notice_id: int, first_day: date, last_day: date, *, version: int, by: Actor, now: datetime
) -> PublicNotice:
    """Change the days on which it can be read. What everybody reads stays, on its days, until the change is approved too."""
    require(by, Permission.DRAFT_NOTICE)
    public_rules.check_days(first_day, last_day, today(session, now))
    with writing(session):
        notice = locked(session, notice_id, "be edited", version)
        if (notice.first_day, notice.last_day) != (first_day, last_day):
            changed = replace(written(notice), first_day=first_day, last_day=last_day)
            _change(session, notice, "The days were changed.", changed, by, now)
    return notice


def ask(session: Session, notice_id: int, *, version: int | None = None, by: Actor, now: datetime) -> PublicNotice:
    """Put it up for approval. Raises ``Refused`` with what is missing per language (Art 34(2) GDPR)."""
    require(by, Permission.DRAFT_NOTICE)
    with writing(session):
        notice = locked(session, notice_id, "be put up for approval", version)
        notice.facts = facts_for(session, session.get_one(Case, notice.case_id)).to_json()
        refuse_unready(notice)
        notice.state, notice.state_reason, notice.version = PublicState.IN_REVIEW.value, "", notice.version + 1
        record(session, notice, "public.approval_asked", by, now, content=hash_of(notice))
    return notice


def drop_correction(
    session: Session, notice_id: int, *, version: int | None = None, by: Actor, now: datetime
) -> PublicNotice:
    """Drop a correction that was begun: what was approved is all there is again, and nobody is asked to approve another.

    Raises ``Conflict`` where none was begun.
    """
    require(by, Permission.DRAFT_NOTICE)
    with writing(session):
        notice = locked(session, notice_id, "have its correction dropped", version)
        if notice.approval_id is None or not notice.published:
            raise Conflict("Nobody has begun to correct it. Nothing was changed.")
        before, asked = PublicContent.from_json(notice.published), notice.state == PublicState.IN_REVIEW
        notice.texts = {language: {"subject": text.subject, "body": text.body} for language, text in before.texts.items()}
        notice.facts, notice.first_day, notice.last_day = before.facts.to_json(), before.first_day, before.last_day
        notice.published, notice.editor_ids = None, []
        notice.state, notice.state_reason = PublicState.APPROVED.value, ""
        notice.version, notice.edited_at = notice.version + 1, now
        record(session, notice, "public.correction_dropped", by, now, content=hash_of(notice), asked=asked)
    return notice


def refuse_unready(notice: PublicNotice) -> None:
    """Raise ``Refused`` with what is missing, by language (Art 34(2) GDPR)."""
    found = {language: " ".join(words) for language, words in problems_of(notice).items() if words}
    if found:
        raise Refused("The text is not complete: people would not learn what the law says they must.", found)


def withdraw(
    session: Session, notice_id: int, reason: str, *, version: int | None = None, by: Actor, now: datetime
) -> PublicNotice:
    """Take it away for good, at once, with the reason."""
    require(by, Permission.DRAFT_NOTICE)
    if not reason.strip():
        raise Refused("It was not withdrawn.", {"reason": "Say why."})
    with writing(session):
        notice = locked(session, notice_id, "be withdrawn", version)
        void(session, notice, f"Withdrawn: {reason.strip()}", now)
        notice.state, notice.state_reason = PublicState.WITHDRAWN.value, reason.strip()
        notice.version += 1
        record(session, notice, "public.withdrawn", by, now, reason=reason.strip())
    return notice
