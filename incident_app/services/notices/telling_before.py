"""What was sent to the people of a notice before it, read from counters: nobody is counted."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.notices.before import Earlier, told_words
from incident_app.models.cases import Case
from incident_app.models.notices import Notice
from incident_app.models.recipients import RecipientList


def told_before(session: Session, notice: Notice) -> tuple[str, ...]:
    """Return, a sentence each, which notices reached people of its list or of another list of its case; those to its own
    list first. Nothing of one that was sent itself, or that reminds on purpose."""
    if notice.launched_at is not None or notice.is_reminder:
        return ()
    zone = session.get_one(Case, notice.case_id).zone
    found = sorted(_earlier(session, notice), key=lambda one: (one.other_list is not None, one.number))
    return tuple(told_words(one, zone) for one in found)


def _earlier(session: Session, notice: Notice) -> Iterator[Earlier]:
    rows: Iterable[tuple[int, int, int, int, datetime, int, bool, int]] = session.execute(
        select(Notice.number, Notice.list_id, Notice.list_count, Notice.accepted_count, Notice.launched_at,
               Notice.waiting_count, Notice.text_withdrawn, RecipientList.number.label("list_number"))
        .join(RecipientList, RecipientList.id == Notice.list_id)
        .where(Notice.case_id == notice.case_id, Notice.kind == notice.kind, Notice.launched_at.is_not(None), Notice.accepted_count > 0))
    for number, list_id, total, reached, at, waiting, withdrawn, list_number in rows:
        yield Earlier(number, notice.kind, total, reached, at, None if list_id == notice.list_id else list_number, waiting > 0, withdrawn)
