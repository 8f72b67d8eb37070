"""What a public notice says, what of it everybody reads, and since when.

What is shown is bound by hash to its approval, and the approval to the record: what somebody writes into the tables
alone is shown to nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain import notices as rules
from incident_app.domain.notices import Facts, Reader, Rendered, Text
from incident_app.domain.notices import public as public_rules
from incident_app.domain.notices.everybody import EVERYBODY
from incident_app.domain.notices.public import PublicContent
from incident_app.domain.refusals import NotFound
from incident_app.models.audit import Entry
from incident_app.models.publishing import PublicApproval, PublicNotice, public_notices_of
from incident_app.models.reports import Document
from incident_app.models.sealing import TextsShut
from incident_app.services import audit, trust
from incident_app.services.notices.wordings import wording

PATH = "/notice/"


def today(session: Session, now: datetime) -> date:
    """Return the day it is where the organisation is."""
    return now.astimezone(ZoneInfo(trust.house(session).zone)).date()


def of_case(session: Session, case_id: int) -> Sequence[PublicNotice]:
    """Return the public notices of a case, the newest first."""
    return session.scalars(public_notices_of(case_id)).all()


def find(session: Session, case_id: int, number: int) -> PublicNotice:
    """Return public notice ``number`` of a case. Raises ``NotFound``."""
    found = session.scalar(public_notices_of(case_id).where(PublicNotice.number == number))
    if found is None:
        raise NotFound("There is no such public notice in this case.")
    return found


def texts_of(notice: PublicNotice) -> dict[str, Text]:
    """Return the texts by language."""
    return {language: Text(words["subject"], words["body"]) for language, words in notice.texts.items()}


def written(notice: PublicNotice) -> PublicContent:
    """Return it as it is written now, whether approved or not."""
    return PublicContent(texts_of(notice), Facts.from_json(notice.facts), notice.first_day, notice.last_day)


def approved(notice: PublicNotice) -> PublicContent | None:
    """Return what was approved and counts, ``None`` where nothing does: beside it a correction may be written."""
    if notice.approval_id is None:
        return None
    return PublicContent.from_json(notice.published) if notice.published else written(notice)


def live(notice: PublicNotice, day: date) -> PublicContent | None:
    """Return what everybody reads on a day, ``None`` where nobody can read it."""
    content = approved(notice)
    return content if content is not None and content.readable(day) else None


def hash_of(notice: PublicNotice) -> str:
    """Return the hash of what everybody would read, as it is written now."""
    return written(notice).hash


def rendered(notice: PublicNotice, language: str) -> Rendered:
    """Return what everybody would read in a language of the notice, as it is written now."""
    return read_by_all(written(notice), language)


def read_by_all(content: PublicContent, language: str) -> Rendered:
    """Return what everybody reads in a language: nobody's name, the kinds of data of the case."""
    return rules.render(content.texts[language], content.facts, Reader(), wording(language, EVERYBODY))


def problems_of(notice: PublicNotice) -> dict[str, list[str]]:
    """Return per language what keeps it from being shown to everybody."""
    facts = Facts.from_json(notice.facts)
    return {language: public_rules.public_problems(text, facts, wording(language, EVERYBODY))
            for language, text in texts_of(notice).items()}


def address_of(notice: PublicNotice, public_url: str) -> str:
    """Return the address at which everybody reads it."""
    return f"{public_url.rstrip('/')}{PATH}{notice.slug}"


def snapshot_of(session: Session, notice: PublicNotice) -> Document | None:
    """Return the file that was kept when it was approved."""
    return session.get(Document, notice.document_id) if notice.document_id else None


@dataclass(frozen=True, slots=True)
class Shown:
    """What everybody reads. ``headings`` are those of its language."""

    languages: tuple[str, ...]
    language: str
    subject: str
    body: str
    headings: frozenset[str]
    first_day: date
    last_day: date
    drill: bool


def shown(session: Session, slug: str, wanted: str, *, now: datetime) -> Shown | None:
    """Return what everybody reads at an address, ``None`` where that is over or taken away.

    Raises ``NotFound`` for an address that was never shown: a draft is not there. ``wanted`` is the reader's language.
    """
    notice = session.scalar(select(PublicNotice).where(PublicNotice.slug == slug))
    if notice is None or notice.document_id is None:
        raise NotFound("There is no such page.")
    day = today(session, now)
    try:
        if day < (PublicContent.from_json(notice.published) if notice.published else notice).first_day:
            raise NotFound("There is no such page.")
        content = live(notice, day)
        if content is None or not _as_approved(session, notice, content):
            return None
        language = wanted if wanted in content.texts else next(iter(content.texts))
        made = read_by_all(content, language)
    except TextsShut:
        return None
    return Shown(tuple(content.texts), language, made.subject, made.body, frozenset(wording(language, EVERYBODY).headings.values()),
                 content.first_day, content.last_day, content.facts.drill)


def _as_approved(session: Session, notice: PublicNotice, content: PublicContent) -> bool:
    """Tell whether this is what was approved, and the approval the one that the record has."""
    approval = session.get(PublicApproval, notice.approval_id) if notice.approval_id else None
    entry = session.scalar(select(Entry).where(
        Entry.case_id == notice.case_id, Entry.action == "public.approved", Entry.subject_id == str(notice.id),
    ).order_by(Entry.seq.desc()).limit(1))
    if approval is None or approval.voided_at is not None or entry is None or not audit.is_intact(entry):
        return False
    return entry.details.get("approval") == approval.id and entry.details.get("content") == approval.content_hash == content.hash
