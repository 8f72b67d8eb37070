"""What the ledger and the notices of a case say about telling its people."""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incident_app.domain.deliveries import DeliveryState
from incident_app.domain.filings import Letter, ToldPeople
from incident_app.domain.filings.telling import STOPPED
from incident_app.domain.notices.counting import by_list
from incident_app.models.deliveries import Tally
from incident_app.models.notices import Notice
from incident_app.services.notices.looking import languages_of

MOST_REASONS = 6


def launched(session: Session, case_id: int) -> Sequence[Notice]:
    """Return the notices to people of a case that were sent, the first begun first. Their texts stay closed until they are read."""
    return session.scalars(
        select(Notice).where(Notice.case_id == case_id, Notice.launched_at.is_not(None), Notice.kind == "people")
        .order_by(Notice.launched_at, Notice.number)
    ).all()


def letters_of(session: Session, case_id: int) -> tuple[Letter, ...]:
    """Return the texts people were sent, in the languages they were written to; their ((fields)) are not filled in."""
    return _letters(session, launched(session, case_id))


def _letters(session: Session, notices: Sequence[Notice]) -> tuple[Letter, ...]:
    return tuple(
        Letter(notice.number, language, text.get("subject", ""), text.get("body", ""))
        for notice in notices for language, text in sorted(notice.texts.items())
        if language in _written_to(session, notice)
    )


def _written_to(session: Session, notice: Notice) -> set[str]:
    """Return the texts, by language and country, that somebody of its list is written to in."""
    return {language for language, count in languages_of(session, notice).items() if count}


def told_people(session: Session, case_id: int, *, withdrawn: bool = True) -> ToldPeople | None:
    """Return the figures of everything sent to people about a case, ``None`` where nothing was launched.

    ``withdrawn``: with the notices whose text was withdrawn, as while nobody asks whether they told the people. Of several notices to one list the one that reached most counts: whoever got two is one person.
    """
    notices = [one for one in launched(session, case_id) if withdrawn or not one.text_withdrawn]
    if not notices:
        return None
    letters, counted = _letters(session, notices), by_list(notices, lambda one: one.list_id, lambda one: one.accepted_count)
    reached = [notice for notice in notices if notice.accepted_count] or notices
    return ToldPeople(
        total=sum(notice.list_count or 0 for notice in counted),
        accepted=sum(notice.accepted_count for notice in counted),
        failed=sum(notice.failed_count + notice.cancelled_count for notice in counted),
        uncertain=sum(notice.uncertain_count for notice in counted),
        waiting=sum(notice.waiting_count for notice in counted),
        first_at=reached[0].launched_at, lists=len(counted), reasons=_reasons(session, counted), letters=letters,
        channels=tuple(dict.fromkeys(name for notice in notices for name in notice.plan.get("order", []))),
        languages=tuple(sorted({letter.language for letter in letters})),
    )


def _reasons(session: Session, notices: Sequence[Notice]) -> tuple[tuple[str, int], ...]:
    found = session.execute(
        select(Tally.cause, func.sum(Tally.count))
        .where(Tally.notice_id.in_([notice.id for notice in notices]), Tally.state == DeliveryState.FAILED.value)
        .group_by(Tally.cause)
    )
    counts = Counter({cause: int(count) for cause, count in found if cause})
    stopped = sum(notice.cancelled_count for notice in notices)
    if stopped:
        counts[STOPPED] += stopped
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple((cause, count) for cause, count in ranked if count > 0)[:MOST_REASONS]
