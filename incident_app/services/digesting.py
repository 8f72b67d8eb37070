"""Once a week the auditors are told what to look at: counts and case numbers, nothing of what is in a case."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import SYSTEM
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.services import anchoring, audit
from incident_app.services.linking import notes
from incident_app.services.unit import writing

WEEK = timedelta(days=7)
LINES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Approvals of notices and filings", ("notice.approved", "filing.approved")),
    ("Decisions not to tell, confirmed by a second person", ("risk.confirmed",)),
    ("Files of letters confirmed by a second person", ("post.confirmed",)),
    ("Legal holds set", ("hold.set",)),
    ("Legal holds lifted", ("hold.lifted",)),
    ("Contacts erased before their time", ("recipients.erase_early.agreed",)),
    ("Moments of awareness moved", ("case.awareness_changed",)),
    ("Exports (register, record, outcomes, letters)",
     ("register.exported", "record.exported", "deliveries.exported", "post.given")),
    ("Lists of people looked through", ("recipients.listed",)),
    ("Single contacts opened", ("recipients.opened",)),
    ("Roles changed, accounts and tokens made", ("account.added", "token.made")),
    ("Periods of retention shortened", ("retention.lowered",)),
)
LOWERED = "Severity scored lower than before"
AGREED = "Requests that a second person agreed to, of every kind"


@dataclass(frozen=True, slots=True)
class Line:
    """One kind of act in a week: how often, and in which cases."""

    words: str
    count: int
    cases: tuple[str, ...]


def _lowered(session: Session, since: datetime, until: datetime) -> list[int]:
    """Return the case of each score in this time that was lower than the one before it."""
    before: dict[int, float] = {}
    found = []
    scores = select(Entry).where(Entry.action == "risk.assessed", Entry.at < until).order_by(Entry.seq)
    for entry in session.scalars(scores.execution_options(yield_per=1000)):
        score, case_id = float(entry.details["se"]), entry.case_id or 0
        if entry.at >= since and score < before.get(case_id, 0.0):
            found.append(case_id)
        before[case_id] = score
    return found


def lines(session: Session, *, since: datetime, until: datetime) -> list[Line]:
    """Return what happened between two moments, kind by kind; also what did not happen."""
    cases: dict[str, list[int]] = defaultdict(list)
    counts: Counter[str] = Counter()
    wanted = {action for _, actions in LINES for action in actions}
    question = select(Entry.action, Entry.case_id).where(Entry.at >= since, Entry.at < until)
    for action, case_id in session.execute(question.order_by(Entry.seq).execution_options(yield_per=2000)):
        if action in wanted or action.endswith(".agreed"):
            counts[action] += 1
            cases[action] += [case_id] if case_id is not None else []
    lowered = _lowered(session, since, until)
    found = [(words, sum(counts[one] for one in actions), [case for one in actions for case in cases[one]])
             for words, actions in LINES]
    found.append((LOWERED, len(lowered), lowered))
    agreed = sorted(action for action in counts if action.endswith(".agreed"))  # whatever it is about: kinds come and go
    found.append((AGREED, sum(counts[one] for one in agreed), [case for one in agreed for case in cases[one]]))
    refs = {row.id: row.ref for row in session.execute(select(Case.id, Case.ref))}
    return [Line(words, count, tuple(sorted({refs[one] for one in ids}))) for words, count, ids in found]


def text_of(found: Sequence[Line], since: datetime, until: datetime, public_url: str) -> str:
    """Return the email: every line, so that a nought is said too."""
    rows = "\n".join(
        f"{line.count:>6}  {line.words}" + (f": {', '.join(line.cases)}" if line.cases else "") for line in found)
    return (
        f"What was done from {since:%Y-%m-%d} to {until:%Y-%m-%d}, as the record has it. Nothing of what is in a case is "
        f"said here; sign in to read on.\n\n{rows}\n\n{public_url}/record\n"
    )


def week_of(now: datetime) -> str:
    """Return the week that has ended last, as 2026-W47."""
    year, week, _ = (now - WEEK).isocalendar()
    return f"{year}-W{week:02d}"


def weekly(session: Session, *, now: datetime, public_url: str) -> int:
    """Write to every auditor about the last whole week, once; return to how many."""
    week = week_of(now)
    done = select(Entry.seq).where(Entry.action == "digest.written", Entry.subject_id == week).limit(1)
    people = anchoring.auditors(session)
    if not people:
        session.rollback()
        return 0
    until = (now - timedelta(days=now.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)
    with writing(session):
        audit.lock(session)  # two at once: the second one sees the first
        if session.scalar(done) is not None:
            return 0
        text = text_of(lines(session, since=until - WEEK, until=until), until - WEEK, until, public_url)
        for user in people:
            notes.write(session, user, "digest", "email", user.email, text, now=now,
                        subject=f"incident-app · the record of week {week}")
        audit.record(session, action="digest.written", by=SYSTEM, now=now, subject="week", subject_id=week,
                     details={"auditors": len(people)})
    return len(people)
