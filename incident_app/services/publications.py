"""From when to when everybody could read the public notices of cases, as approvals and the record say."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.notices.public import Publication
from incident_app.models.audit import Entry
from incident_app.models.organisation import Organisation
from incident_app.models.publishing import PublicApproval, PublicNotice

IN_PUBLIC = "public"
_Days = tuple[date, date]


def publications(session: Session, ids: Sequence[int]) -> dict[int, list[Publication]]:
    """Return by case when its public notices could be read, the first first; what was never approved is not there."""
    found: dict[int, list[Publication]] = defaultdict(list)
    notices = session.execute(
        select(PublicNotice.id, PublicNotice.case_id, PublicNotice.number, PublicNotice.slug)
        .where(PublicNotice.case_id.in_(ids), PublicNotice.document_id.is_not(None)).order_by(PublicNotice.number)).all()
    if not notices:
        return found
    zone = ZoneInfo(session.scalars(select(Organisation.zone).order_by(Organisation.id)).first() or "UTC")
    days, approvals = _days(session, ids), defaultdict(list)
    for one in session.scalars(
        select(PublicApproval).where(PublicApproval.public_notice_id.in_([row.id for row in notices])).order_by(PublicApproval.id)
    ):
        approvals[one.public_notice_id].append(one)
    for row in notices:
        found[row.case_id] += _runs(row.number, row.slug, approvals[row.id], days, zone)
    return found


def _days(session: Session, ids: Sequence[int]) -> dict[int, _Days]:
    """Return the days that were approved, by approval: the record has them."""
    rows = session.scalars(select(Entry.details).where(Entry.case_id.in_(ids), Entry.action == "public.approved"))
    return {one["approval"]: (date.fromisoformat(one["from"]), date.fromisoformat(one["until"])) for one in rows}


def _runs(number: int, slug: str, approvals: Iterable[PublicApproval], days: Mapping[int, _Days], zone: ZoneInfo) -> list[Publication]:
    runs: list[Publication] = []
    for one in (known for known in approvals if known.id in days):  # of others the record knows nothing
        first, last = days[one.id]
        if runs and runs[-1].ended_at == one.at and one.at.astimezone(zone).date() <= runs[-1].last_day:  # approved in its place
            runs[-1] = replace(runs[-1], last_day=last, ended_at=one.voided_at, why=one.voided_reason)
        else:
            since = max(one.at, datetime.combine(first, datetime.min.time(), zone))
            runs.append(Publication(number, slug, since, last, one.voided_at, one.voided_reason))
    return [_as_read(one, zone) for one in runs if one.ended_at is None or one.ended_at > one.since]


def _as_read(one: Publication, zone: ZoneInfo) -> Publication:
    """Leave out that it was taken away where its last day was over by then: nobody missed it."""
    over = one.ended_at is not None and one.ended_at.astimezone(zone).date() > one.last_day
    return replace(one, ended_at=None, why="") if over else one
