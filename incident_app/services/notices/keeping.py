"""Every saved text of a notice is kept, and shown with what changed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.notices import Difference, Text, differences
from incident_app.domain.refusals import NotFound
from incident_app.models.notices import Notice, NoticeText, saved_texts
from incident_app.services.notices.looking import get

MOST = 50


@dataclass(frozen=True, slots=True)
class Saved:
    """One version of the text of one language; ``changes`` against the one before, empty for the first one kept."""

    number: int
    at: datetime
    by_id: int | None
    text: Text
    changes: tuple[Difference, ...]


def keep(session: Session, notice: Notice, languages: Iterable[str], *, by_id: int | None, now: datetime) -> None:
    """Keep the texts of some languages as they stand. Call inside a write unit."""
    for language in languages:
        words = notice.texts[language]
        kept = NoticeText(case_id=notice.case_id, notice_id=notice.id, language=language, number=notice.version,
                          by_id=by_id, at=now)
        session.add(kept)
        kept.subject, kept.body = words["subject"], words["body"]


def keep_first(session: Session, notice: Notice, language: str) -> None:
    """Keep a text that was written before texts were kept, about to be changed. Call inside a write unit."""
    if session.scalar(saved_texts(notice.id, language).limit(1)) is None:
        keep(session, notice, [language], by_id=notice.author_id, now=notice.edited_at)


def versions(session: Session, notice_id: int, language: str, *, by: Actor) -> list[Saved]:
    """Return up to ``MOST`` versions of one language, the newest first. Raises ``NotFound`` for another language."""
    require(by, Permission.SEE_NOTICES)
    notice = get(session, notice_id)
    if language not in notice.texts:
        raise NotFound(f"This notice is not written in “{language}”.")
    rows = session.scalars(saved_texts(notice.id, language).limit(MOST + 1)).all()
    texts = [Text(row.subject, row.body) for row in rows]
    return [
        Saved(row.number, row.at, row.by_id, text, differences(before, text) if before else ())
        for row, text, before in zip(rows, texts, [*texts, None][1:], strict=True)
    ][:MOST]
