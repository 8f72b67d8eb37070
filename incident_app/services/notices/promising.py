"""When people hear from us again: the day is set by a person, stands in every text, and is not forgotten."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain import notices as rules
from incident_app.domain.accounts import Actor, Permission, may, require
from incident_app.domain.cases import CaseState
from incident_app.domain.notices import promising
from incident_app.domain.notices.lint import digest
from incident_app.models.accounts import User
from incident_app.models.cases import Case
from incident_app.models.notices import Notice, promises
from incident_app.services import alerts
from incident_app.services.notices.drafting import changed, locked
from incident_app.services.notices.keeping import keep, keep_first
from incident_app.services.notices.wordings import wording
from incident_app.services.unit import writing

KIND = "promise"
KEPT = "People were written to again."
WORDS = "people were promised another message by {day}, and none went out since notice {number}"


def set_again(
    session: Session, notice_id: int, again_by: date | None, *, version: int, by: Actor, now: datetime
) -> Notice:
    """Set by which day people hear from us again, ``None`` for no day in particular. Takes an approval back.

    The sentence is put into the text of every language, and is kept as an edit of each. Raises ``Refused`` for a day
    that is over or more than a year ahead.
    """
    require(by, Permission.DRAFT_NOTICE)
    with writing(session):
        notice = locked(session, notice_id, move="be edited", version=version)
        zone = session.get_one(Case, notice.case_id).zone
        promising.check_again(again_by, now.astimezone(ZoneInfo(zone)).date())
        if notice.again_by == again_by:
            return notice
        written = _promised(session, notice, again_by)
        notice.again_by = again_by
        changed(session, notice, "The day of the next message was changed.", by=by, now=now)
        keep(session, notice, written, by_id=by.id or None, now=now)
    return notice


def _promised(session: Session, notice: Notice, day: date | None) -> list[str]:
    """Put the sentence into every text; return the languages that were changed."""
    before, after = notice.texts, {}
    for language, words in before.items():
        body = promising.with_promise(words["body"], wording(language, notice.kind if notice.kind == rules.CONTROLLERS else ""), notice.again_by, day)
        after[language] = {"subject": words["subject"], "body": body}
    written = [language for language, words in after.items() if words != before[language]]
    for language in written:
        keep_first(session, notice, language)
    notice.texts = after
    main = notice.fallback_language
    if main in written:  # every text was changed alike: none of them is left behind by this
        was, now_is = digest(before[main]["body"]), digest(after[main]["body"])
        notice.edits = {language: now_is if seen == was else seen for language, seen in (notice.edits or {}).items()}
    return written


def remind(session: Session, *, now: datetime) -> int:
    """Remind of promises that come due, and end the reminders of those that were kept; return how many were reminded.

    Two days before it is the owner of the case, on the day itself whoever is on call.
    """
    with writing(session):
        return sum(_remind(session, notice, case, now) for notice, case in session.execute(promises())
                   if case.state != CaseState.CLOSED.value)


def _remind(session: Session, notice: Notice, case: Case, now: datetime) -> bool:
    if notice.again_by is None or promising.remind_from(notice.again_by, case.zone) > now:
        return False
    if _kept(session, notice):
        alerts.end_about(session, kind=KIND, begins=f"{notice.id}/", reason=KEPT, now=now)
        return False
    last = promising.last_call(notice.again_by, case.zone) <= now
    owner = None if last else _owner(session, case)
    words = WORDS.format(day=rules.spoken_date(notice.again_by, wording("en")), number=notice.number)
    key = f"{notice.id}/{notice.again_by.isoformat()}/{'owner' if owner else 'all'}"
    return alerts.raise_about(
        session, kind=KIND, key=key, words=words, now=now, case_id=case.id, only_for_id=owner) is not None


def _kept(session: Session, notice: Notice) -> bool:
    """Tell whether a later notice of the case was sent, and neither stopped for good nor its text withdrawn."""
    return session.scalar(select(Notice.id).where(
        Notice.case_id == notice.case_id, Notice.id != notice.id, Notice.launched_at > notice.launched_at,
        Notice.state != rules.NoticeState.CANCELLED.value, Notice.text_withdrawn.is_(False)).limit(1)) is not None


def _owner(session: Session, case: Case) -> int | None:
    """Return who owns the case, where they work here still and answer alerts."""
    owner = session.get(User, case.owner_id) if case.owner_id else None
    return owner.id if owner is not None and owner.active and may(owner.actor, Permission.ACK_ALERT) else None
