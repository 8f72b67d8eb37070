"""Read the record: who did what, filtered and paged; administrators see its security part alone."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from incident_app.domain import record as rules
from incident_app.domain import reports
from incident_app.domain.accounts import Actor, Permission, may, require
from incident_app.domain.refusals import Refused
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.services import audit, saying, scope
from incident_app.services.entries import say
from incident_app.services.unit import writing

PAGE = 50
MOST_EXPORTED = 200_000
BOM = "\ufeff"
HEAD = ("Entry", "When (UTC)", "Who", "Account", "Action", "In words", "Case", "About", "Details", "Hash")
ONCE_IN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody looks for: an action or a door, an account, the reference of a case, and days, both included."""

    action: str = ""
    person: int | None = None
    case: str = ""
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One entry as pages show it."""

    seq: int
    at: datetime
    who: str
    account: int
    action: str
    words: str
    detail: str
    case: str
    about: str
    hash: str


@dataclass(frozen=True, slots=True)
class Page:
    """Entries, the newest first; ``older`` is where the next page begins, or ``None``."""

    lines: tuple[Line, ...]
    older: int | None

    @property
    def ordered(self) -> bool:
        """Whether their times run as their numbers do: those of a demo, whose cases were written one after the other, do not."""
        times = [line.at for line in self.lines]
        return times == sorted(times, reverse=True)


def sees_cases(by: Actor) -> bool:
    """Whether this person reads more than the security part."""
    return may(by, Permission.SEE_CASES)


def within(by: Actor) -> list[ColumnElement[bool]]:
    """Return what limits the entries to those within this person's scope."""
    if sees_cases(by):
        return [or_(Entry.case_id.is_(None), scope.within(Entry.case_id, by))]
    return [Entry.case_id.is_(None), or_(*(Entry.action.startswith(f"{door}.") for door in sorted(rules.SECURITY)))]


def _wanted(asked: Asked, zone: ZoneInfo, by: Actor) -> list[ColumnElement[bool]]:
    found = within(by)
    if asked.action:
        whole = rules.is_known(asked.action) or "." in asked.action
        found.append(Entry.action == asked.action if whole else Entry.action.startswith(f"{asked.action}.", autoescape=True))
    if asked.person is not None:
        found.append(Entry.actor_id == asked.person)
    if asked.case.strip():
        found.append(Entry.case_id.in_(select(Case.id).where(Case.ref == asked.case.strip().upper())))
    if asked.first is not None:
        found.append(Entry.at >= datetime.combine(asked.first, time(), zone))
    if asked.last is not None:
        found.append(Entry.at < datetime.combine(asked.last + timedelta(days=1), time(), zone))
    return found


def check(asked: Asked) -> None:
    """Raise ``Refused`` where the days are the wrong way round."""
    if asked.first and asked.last and asked.last < asked.first:
        raise Refused("Nothing was looked for.", {"last": "The last day is before the first."})


def _lines(session: Session, entries: Sequence[Entry], zone: str) -> list[Line]:
    cases = {entry.case_id for entry in entries if entry.case_id is not None}
    refs = {row.id: row.ref for row in session.execute(select(Case.id, Case.ref).where(Case.id.in_(cases)))}
    said = say(session, entries, saying.opened(session, entries), zone)
    return [
        Line(one.seq, one.at, one.actor_name, one.actor_id, one.action, said[one.seq].words, said[one.seq].detail,
             refs.get(one.case_id or 0, ""), f"{one.subject} {one.subject_id}".strip(), one.hash)
        for one in entries
    ]


def page(
    session: Session, asked: Asked, *, by: Actor, zone: str = "UTC", before: int | None = None, limit: int = PAGE
) -> Page:
    """Return entries below number ``before``, the newest first."""
    require(by, Permission.READ_RECORD)
    check(asked)
    question = select(Entry).where(*_wanted(asked, ZoneInfo(zone), by))
    if before is not None:
        question = question.where(Entry.seq < before)
    found = session.scalars(question.order_by(Entry.seq.desc()).limit(max(1, min(limit, 500)) + 1)).all()
    shown = found[: max(1, min(limit, 500))]
    return Page(tuple(_lines(session, shown, zone)), shown[-1].seq if len(found) > len(shown) else None)


def actions(session: Session, *, by: Actor) -> list[tuple[str, str]]:
    """Return the actions this person may filter by, with their words."""
    require(by, Permission.READ_RECORD)
    names = session.scalars(select(Entry.action).where(*within(by)).distinct().order_by(Entry.action))
    return [(name, rules.words_of(name)) for name in names]


def export(session: Session, asked: Asked, *, by: Actor, now: datetime, zone: str = "UTC") -> Iterator[str]:
    """Return the entries found as CSV, as a stream, and record the export first. No cell is run by a spreadsheet.

    Raises ``Refused`` where it is more than can be handed out at once.
    """
    require(by, Permission.READ_RECORD)
    check(asked)
    with writing(session):
        audit.record(session, action="record.exported", by=by, now=now, subject="record",
                     details={"filter": {"action": asked.action, "account": asked.person, "case": asked.case,
                                         "first": str(asked.first or ""), "last": str(asked.last or "")}})
    return _csv(session, _wanted(asked, ZoneInfo(zone), by), zone)


def _csv(session: Session, wanted: list[ColumnElement[bool]], zone: str) -> Iterator[str]:
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    out.write(BOM)
    writer.writerow(HEAD)
    question = select(Entry).where(*wanted).order_by(Entry.seq).limit(MOST_EXPORTED)
    for part in session.scalars(question.execution_options(yield_per=500)).partitions():
        for one in _lines(session, part, zone):
            writer.writerow([reports.neutral(cell) for cell in (
                str(one.seq), reports.file_moment(one.at), one.who, str(one.account), one.action, one.words, one.case, one.about,
                one.detail, one.hash)])
        yield out.getvalue()
        out.seek(0)
        out.truncate()
    yield out.getvalue()


def note_reading(
    session: Session, action: str, *, by: Actor, now: datetime, case_id: int, subject: str, subject_id: int | str
) -> None:
    """Record that somebody looked through something, once in an hour for each person, case and thing.

    Every page turned would bury what matters under its like; that they looked, and when, is what is asked later.
    """
    seen = select(Entry.seq).where(
        Entry.case_id == case_id, Entry.action == action, Entry.actor_id == by.id, Entry.at > now - ONCE_IN,
        Entry.subject == subject, Entry.subject_id == str(subject_id)).limit(1)
    if session.scalar(seen) is not None:
        return
    with writing(session):  # two pages at once may leave two entries; none is what must not be
        audit.record(session, action=action, by=by, now=now, case_id=case_id, subject=subject, subject_id=subject_id)
