"""Duties to tell people that were done by what stands no more: a public notice that was taken away, a text that was withdrawn;
or of which somebody said that they stay done when fewer people were concerned than now.

Nobody is untold by that, but what told them is gone or was wrong. So the duty stays done and is asked again, until somebody
decides (see ``obligations.decide_one``): it is owed once more, or it stays done, with the reason.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, Select, and_, or_, select, union
from sqlalchemy.orm import Session

from incident_app.domain.accounts import SYSTEM
from incident_app.domain.notices import CONTROLLERS
from incident_app.domain.notices.public import PublicState
from incident_app.domain.obligations.again import Again
from incident_app.models.audit import Entry
from incident_app.models.notices import Notice
from incident_app.models.obligations import DISCHARGED, Obligation
from incident_app.models.publishing import PublicNotice
from incident_app.services import saying
from incident_app.services.publications import IN_PUBLIC, publications

PEOPLE = "data_subjects"
STAYS = ("obligation.stays_done", "obligation.stays_told")
SETTLED = ("obligation.discharged", *STAYS)
ASKED = "obligation.asked_again"
WITHDREW = ("notice.text_withdrawn", "notice.cancelled")
A_MINUTE = timedelta(minutes=1)
"""Who records by hand when people were told knows minutes, not seconds."""
_Last = Mapping[tuple[str, str], Entry]
_BY_NUMBER = (Entry.actor_id == SYSTEM.id, Entry.action == ASKED)


def asked_again(session: Session, duties: Iterable[Obligation]) -> dict[int, Again]:
    """Return by duty, of any cases, why it is asked again whether the people are told; nothing of those it is not asked of."""
    done = [one for one in duties if one.state == DISCHARGED and one.recipient_type == PEOPLE]
    if not done:
        return {}
    public, by_text = ([one for one in done if (one.discharged_how == IN_PUBLIC) is which] for which in (True, False))
    return _taken_away(session, public) | _more_people(session, by_text) | _withdrawn(session, by_text)


def last_said(session: Session, done: Sequence[Obligation]) -> dict[int, Entry]:
    """Return by duty the last entry of those that were done: that they were, that they stay so, or that it is asked again."""
    asked = and_(Entry.subject == "obligation", Entry.action == ASKED)
    known = _entries(session, done, asked)
    return {one.id: said for one in done if (said := known.get(("obligation", str(one.id)))) is not None}


def every_asked_again(session: Session, *asks: ColumnElement[bool]) -> Sequence[Obligation]:
    """Return every duty that is asked again, of those that ``asks`` let through: they may ask of the duty alone."""
    some = session.scalars(select(Obligation).where(_may_be(), *asks).order_by(Obligation.case_id, Obligation.id)).all()
    again = asked_again(session, some)
    return [one for one in some if one.id in again]


def cases_asked_again(session: Session, *asks: ColumnElement[bool]) -> frozenset[int]:
    """Return the ids of the cases with such a duty."""
    return frozenset(one.case_id for one in every_asked_again(session, *asks))


def _may_be() -> ColumnElement[bool]:
    """Ask for duties that may be asked again: few cases have anything that was taken away or withdrawn, or more people later."""
    cases: Select[int] = union(  # type: ignore[assignment]  # a compound select, which IN takes as well
        select(PublicNotice.case_id).where(PublicNotice.state == PublicState.WITHDRAWN.value, PublicNotice.document_id.is_not(None)),
        select(Notice.case_id).where(Notice.text_withdrawn), select(Entry.case_id).where(*_BY_NUMBER))
    return and_(Obligation.state == DISCHARGED, Obligation.recipient_type == PEOPLE, Obligation.case_id.in_(cases))


def _entries(session: Session, done: Sequence[Obligation], *asks: ColumnElement[bool]) -> _Last:
    """Return the last entry about each thing: of these duties that they were done or stay so, and what else is asked for."""
    settled = and_(Entry.subject == "obligation", Entry.subject_id.in_([str(one.id) for one in done]), Entry.action.in_(SETTLED))
    found = session.scalars(
        select(Entry).where(Entry.case_id.in_({one.case_id for one in done}), or_(settled, *asks)).order_by(Entry.seq))
    return {(one.subject, one.subject_id): one for one in found}


def _taken_away(session: Session, done: Sequence[Obligation]) -> dict[int, Again]:
    """Those whose public notice was taken away before its last day was over."""
    if not done:
        return {}
    last = {one.slug: one for some in publications(session, list({one.case_id for one in done})).values() for one in some}
    known, found = _entries(session, done), {}
    for duty in done:
        gone, settled = last.get(duty.receipt_reference.rpartition("/")[2]), known.get(("obligation", str(duty.id)))
        stays = settled.at if settled is not None and settled.action in STAYS else None
        if gone is not None and gone.ended_at is not None and (stays is None or stays < gone.ended_at):
            found[duty.id] = Again(f"public notice {gone.number}", "was taken away", gone.ended_at, gone.why)
    return found


def _more_people(session: Session, done: Sequence[Obligation]) -> dict[int, Again]:
    """Those that a person said stay done, before the case said more people than the lists of the notices held."""
    cases = {one.case_id for one in done}
    some = set(session.scalars(select(Entry.case_id).where(*_BY_NUMBER, Entry.case_id.in_(cases)))) if done else set()
    asked = [one for one in done if one.case_id in some]
    last = last_said(session, asked) if asked else {}
    return {duty: Again("the number of people", "was corrected upwards", entry.at, str(entry.details["words"]), by_it=False)
            for duty, entry in last.items() if entry.action == ASKED}


def _withdrawn(session: Session, done: Sequence[Obligation]) -> dict[int, Again]:
    """Those to whose people a notice had gone by then whose text was withdrawn later: they have words that are wrong."""
    texts: dict[int, list[Notice]] = defaultdict(list)
    for one in session.scalars(select(Notice).where(
        Notice.case_id.in_({one.case_id for one in done}), Notice.text_withdrawn, Notice.kind != CONTROLLERS,
        Notice.launched_at.is_not(None),
    ).order_by(Notice.number)):
        texts[one.case_id].append(one)
    asked = [one for one in done if one.case_id in texts]
    if not asked:
        return {}
    numbers = [str(one.id) for some in texts.values() for one in some]
    known = _entries(session, asked, and_(Entry.subject == "notice", Entry.subject_id.in_(numbers), Entry.action.in_(WITHDREW)))
    after = {duty.id: newest for duty in asked if (newest := _after(duty, texts[duty.case_id], known)) is not None}
    words = saying.opened(session, [entry for _, entry in after.values()])
    return {duty: Again(f"the text of notice {notice.number}", "was withdrawn", entry.at, str(words[entry.seq].get("reason", "")))
            for duty, (notice, entry) in after.items()}


def _after(duty: Obligation, notices: Iterable[Notice], known: _Last) -> tuple[Notice, Entry] | None:
    """Return the notice that was withdrawn last after this duty was settled, though it had gone out before, with the entry."""
    settled = known.get(("obligation", str(duty.id)))
    since = settled.seq if settled is not None else 0
    found = [(one, entry) for one in notices
             if (entry := known.get(("notice", str(one.id)))) is not None and entry.seq > since and _before(one, duty)]
    return max(found, key=lambda one: one[1].seq, default=None)


def _before(notice: Notice, duty: Obligation) -> bool:
    told = duty.discharged_at
    return told is not None and notice.launched_at is not None and notice.launched_at < told + A_MINUTE
