"""A test of a notice: to oneself alone, marked as one, a few an hour, and in the record (``threats.md`` T-41, T-42)."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incident_app.domain import notices as rules
from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.notices import Facts, Reader
from incident_app.domain.ports import Letters
from incident_app.domain.recipients import Contact, Controller
from incident_app.domain.refusals import Refused
from incident_app.models.accounts import User
from incident_app.models.linking import StaffNote
from incident_app.services import audit, linking
from incident_app.services.notices.looking import get, reader_of, texts_of
from incident_app.services.notices.wordings import wording
from incident_app.services.unit import writing

KIND = "notice_test"
MOST = 3
WITHIN = timedelta(hours=1)
MARK = "TEST"
FIRST_LINE = "TEST of a notice, sent to you alone. Nobody of the list got anything. No name of a person stands in it."
ENOUGH = f"You sent yourself {MOST} tests within an hour. More are sent later."


def _nobody(facts: Facts, language: str) -> Reader:
    """Return nobody: a test to oneself says of no controller what is its own."""
    return reader_of(Contact(controller=Controller("…") if facts.to else None), facts, language)


def send_test(session: Session, notice_id: int, language: str, *, by: Actor, now: datetime, letters: Letters) -> StaffNote:
    """Send the notice in one language to one's own address, as plain text and without anybody's name.

    No address is taken from outside: it goes to that of the account. Raises ``Refused`` for a language the notice is not
    written in, and from the fourth within an hour on.
    """
    require(by, Permission.DRAFT_NOTICE)
    with writing(session):
        audit.lock(session)  # two at once: the second one is counted
        notice, user = get(session, notice_id), session.get_one(User, by.id)
        texts = texts_of(notice)
        if language not in texts:
            raise Refused("No test was sent.", {"language": "The notice is not written in this language."})
        sent = session.scalar(select(func.count()).select_from(StaffNote).where(
            StaffNote.user_id == by.id, StaffNote.kind == KIND, StaffNote.made_at > now - WITHIN)) or 0
        if sent >= MOST:
            raise Refused(ENOUGH)
        facts = Facts.from_json(notice.facts)
        words = wording(language, facts.to)
        made = rules.render(texts[language], facts, _nobody(facts, language), words)
        letter = letters.email(made.subject, made.body, language=language, facts=facts.letterhead(words),
                               headings=tuple(words.headings.values()))
        note = linking.write(session, user, KIND, "email", user.email, f"{FIRST_LINE}\n\n{letter.text}", now=now,
                             subject=f"{MARK}: {letter.subject}"[:200])
        audit.record(session, action="notice.tested", by=by, now=now, case_id=notice.case_id, subject="notice",
                     subject_id=notice.id, details={"language": language, "content": notice.version})
    return note
