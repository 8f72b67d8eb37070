"""Tell the head of the record to somebody outside: a chain alone does not show that its tail was cut or all was rewritten.

Where it goes: the monitor's ping, an email to every auditor, the foot of every PDF, a file that is only appended to.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Role
from incident_app.domain.audit import Anchor, Verdict, line_of
from incident_app.domain.notices import NoticeState
from incident_app.domain.ports import AnchorLog
from incident_app.models.accounts import User
from incident_app.models.audit import AnchorRow
from incident_app.models.linking import StaffNote
from incident_app.models.notices import Notice
from incident_app.services import accounts, audit
from incident_app.services.linking import notes
from incident_app.services.unit import writing

MONITOR, EMAIL, PDF, FILE = "monitor", "email", "pdf", "file"
WHERE = {MONITOR: "the anchor in the ping to the monitor outside", EMAIL: "the anchor in the email to the auditors",
         PDF: "the anchor at the foot of a PDF", FILE: "the anchor in anchors.log"}
ANCHOR = "anchor"
"""The kind of note that tells it to an auditor."""
WHILE_SENDING = timedelta(hours=1)
ELSE = timedelta(days=1)
SUBJECT = "incident-app · keep this: the record stands at entry {seq}"
TEXT = """Nothing is to be done. Please keep this email.

At {at:%Y-%m-%d %H:%M} UTC the record of who did what ended with

  entry {seq}
  fingerprint {hash}

Whoever changes, removes or rewrites an entry up to this one cannot change this email. To check it later, open the page \
Audit and enter

  {seq}:{hash}

or, on the server: incident-app verify --anchor {seq}:{hash}
"""

Head = tuple[int, str]


def _every(session: Session) -> timedelta:
    sending = select(Notice.id).where(Notice.state == NoticeState.SENDING.value).limit(1)
    return WHILE_SENDING if session.scalar(sending) is not None else ELSE


def due(session: Session, place: str, *, now: datetime) -> Head | None:
    """Return the head where ``place`` is to be told it now: hourly while a notice is sent, else daily, if it moved."""
    head = audit.head_of(session)
    last = session.scalar(select(AnchorRow).where(AnchorRow.place == place).order_by(AnchorRow.id.desc()).limit(1))
    if not head[0]:
        return None
    if last is None:
        return head
    if last.taken is False:
        return head if now >= last.at + WHILE_SENDING else None
    return head if last.seq < head[0] and now >= last.at + _every(session) else None


def keep(session: Session, place: str, head: Head, *, taken: bool, words: str = "", now: datetime) -> None:
    """Write down that a head was told to ``place``, and whether it was taken."""
    with writing(session):
        session.add(AnchorRow(seq=head[0], hash=head[1], at=now, place=place, taken=taken, words=words[:200]))


def foot(session: Session, title: str, *, now: datetime, entry: str = "Record: entry") -> str:
    """Return the line for the foot of a PDF, and keep it as an anchor. Call inside a write unit.

    ``entry``: what stands before the number, in the language of the PDF.
    """
    head = audit.lock(session)
    session.add(AnchorRow(seq=head.seq, hash=head.hash, at=now, place=PDF, taken=True, words=title[:200]))
    return f"{entry} {head.seq}, {head.hash[:16]}…"


def auditors(session: Session) -> list[User]:
    """Return everybody who audits."""
    return [user for user in accounts.everybody(session) if Role.AUDITOR in user.actor.roles]


def _write_emails(session: Session, head: Head, now: datetime) -> int:
    people = auditors(session)
    if not people:
        return 0
    facts = {"seq": head[0], "hash": head[1], "at": now}
    with writing(session):
        for user in people:
            note = notes.write(session, user, ANCHOR, "email", user.email, TEXT.format(**facts), now=now,
                               subject=SUBJECT.format(**facts))
            session.add(AnchorRow(seq=head[0], hash=head[1], at=now, place=EMAIL, note_id=note.public_id))
    return len(people)


def anchor(session: Session, *, now: datetime, log: AnchorLog | None) -> int:
    """Tell the head to the file and to the auditors where it is time for that; return how many were told."""
    told = 0
    head = due(session, FILE, now=now)
    session.rollback()
    if head is not None and log is not None:
        problem = log.append(f"{now.isoformat()} {line_of(*head)}")
        keep(session, FILE, head, taken=not problem, words=problem, now=now)
        told += not problem
    head = due(session, EMAIL, now=now)
    session.rollback()
    return told + (_write_emails(session, head, now) if head is not None else 0)


def _of_file(line: str) -> Anchor | None:
    """Return the anchor in one line of the file; what is no such line says nothing."""
    parts = line.split()
    if len(parts) != 4 or parts[1] != "audit" or not parts[2].isdecimal() or len(parts[3]) != 64:
        return None
    try:
        at = datetime.fromisoformat(parts[0])
    except ValueError:
        return None
    return Anchor(int(parts[2]), parts[3], at, WHERE[FILE])


def anchors(session: Session, log: AnchorLog | None) -> list[Anchor]:
    """Return every anchor that is known here: those written down, and those of the file, which the database cannot touch.

    What stands in both, and says the same, is one.
    """
    rows = session.execute(select(AnchorRow.seq, AnchorRow.hash, AnchorRow.at, AnchorRow.place).order_by(AnchorRow.id))
    known = [Anchor(row.seq, row.hash, row.at, WHERE[row.place]) for row in rows]
    told = {(one.seq, one.hash) for one in known if one.where == WHERE[FILE]}
    lines = [_of_file(line) for line in (log.lines() if log is not None else ())]
    return known + [one for one in lines if one is not None and (one.seq, one.hash) not in told]


def verify(session: Session, log: AnchorLog | None, by_hand: Sequence[Anchor] = ()) -> Verdict:
    """Verify the chain against every anchor known here and those given by hand."""
    return audit.verify(session, [*by_hand, *anchors(session, log)])


def newest(session: Session, limit: int = 50) -> list[tuple[AnchorRow, str]]:
    """Return the newest anchors, each with whether it was taken, in words."""
    rows = session.execute(
        select(AnchorRow, StaffNote.state).outerjoin(StaffNote, StaffNote.public_id == AnchorRow.note_id)
        .order_by(AnchorRow.id.desc()).limit(limit)
    )
    return [(row, _standing(row, state)) for row, state in rows]


def _standing(row: AnchorRow, note: str | None) -> str:
    if row.place == EMAIL:
        return {"accepted": "taken by the mail server", "failed": "not sent", None: "sent; its note is forgotten by now"}.get(
            note, "on its way")
    return "taken" if row.taken else f"not taken: {row.words}"
