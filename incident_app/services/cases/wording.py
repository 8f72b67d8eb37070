"""What the record of a case leaves to the case: sources and reasons, which are sealed there and stand in no entry."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.recipients import controller_label
from incident_app.models.audit import Entry
from incident_app.models.cases import Awareness, Case, Moment
from incident_app.models.closing import closings_of
from incident_app.models.controllers import given_in
from incident_app.services import saying


def details_of(session: Session, case: Case, entries: Iterable[Entry], *, named: bool = False) -> dict[int, Mapping[str, Any]]:
    """Return the details of entries of a case by their number, with the words they leave out; older ones hold them.

    ``named``: with the name of who acknowledged a notice to controllers, for those who may see people.
    """
    versions = {one.number: one for one in session.scalars(select(Awareness).where(Awareness.case_id == case.id))}
    moments = {one.id: one for one in session.scalars(select(Moment).where(Moment.case_id == case.id))}
    closings = {one.at: one.reason for one in session.scalars(closings_of(case.id))}
    entries = list(entries)
    said = saying.opened(session, entries)
    answers = _answers(session, case, entries, named=named)
    return {one.seq: {**_words(case, one, versions, moments, closings), **answers.get(one.seq, {}), **said[one.seq]}
            for one in entries}


def _answers(session: Session, case: Case, entries: Iterable[Entry], *, named: bool) -> dict[int, dict[str, str]]:
    """Return who acknowledged a notice, by the number of its entry: a person's name stands in the receipt and nowhere else."""
    found = [one for one in entries if one.action == "controllers.acknowledged"]
    receipts = {(str(one.notice_id), controller_label(one.number)): one for one in session.scalars(given_in(case.id))} if found else {}
    of = {entry.seq: receipts.get((entry.subject_id, str(entry.details.get("controller")))) for entry in found}
    return {seq: {"organisation": one.organisation, **({"acknowledged_by": one.by} if named else {})}
            for seq, one in of.items() if one is not None}


def _words(
    case: Case, entry: Entry, versions: Mapping[int, Awareness], moments: Mapping[int, Moment],
    closings: Mapping[datetime, str],
) -> dict[str, str]:
    version, moment = versions.get(entry.details.get("version", 0)), moments.get(entry.details.get("moment", 0))
    match entry.action:
        case "case.filed" if version is not None:
            return {"source": version.source}
        case "case.awareness_changed" if version is not None:
            return {"reason": version.reason}
        case "case.moment_recorded" if moment is not None:
            return {"reason": moment.reason}
        case "case.closed":
            return {"reason": closings.get(entry.at, case.close_reason)}
        case _:
            return {}
