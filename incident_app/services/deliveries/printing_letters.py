"""Letters printed here: a worker makes them in parts, sealed, for the two approvers who let them out, gone after a day."""

import uuid
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session, undefer

from incident_app.domain import posting as rules
from incident_app.domain.accounts import SYSTEM, Actor, Permission, require
from incident_app.domain.ports import Clock, PdfWriter, Vault, VaultError
from incident_app.domain.refusals import Conflict, Forbidden, Refused
from incident_app.models import posting as rows
from incident_app.models.cases import Case
from incident_app.models.notices import Notice
from incident_app.models.organisation import Organisation
from incident_app.models.posting import PostExport, PostPart
from incident_app.services.deliveries.counting import Moves, lock_notice
from incident_app.services.deliveries.launching import HELD, mismatch
from incident_app.services.deliveries.lettering import Printed, Writer, writer_of
from incident_app.services.deliveries.posting import (
    NOBODY,
    check_sending,
    found_export,
    record_export,
    without_address,
)
from incident_app.services.piping import Pipe
from incident_app.services.recipients.looking import GONE
from incident_app.services.unit import changed, writing

TEMPLATE = "paper.html"
PER_PART = 40
MOST_TEXT = 120_000
"""Characters of one part: some 60 pages, a third of what the press prints at once."""
LEASE = timedelta(minutes=3)
"""Longer than the press is given for one part; it is taken anew with every part."""
KEPT = timedelta(days=1)
MOST_ATTEMPTS = 3
CUT_SHORT = "Printing was cut short three times. Ask for the letters again; if that does not help, whoever runs this has to look."
SHUT = "What was printed cannot be opened any more. Say that these letters were not posted, and ask again."


@dataclass(slots=True)
class _Job:
    """What is being printed: read once, so that no row is held while the press works."""

    export_id: int
    notice_id: int
    number: int
    token: str
    begun: datetime
    upto: int
    after: int
    done: int
    parts: int
    writer: Writer
    printed: Printed
    title: str


@dataclass(slots=True)
class _Part:
    """The letters of one part, and the rows without an address among them."""

    upto: int
    letters: list[Mapping[str, Any]]
    numbers: list[int]
    lost: list[int]


def print_letters(session: Session, *, clock: Clock, vault: Vault, pdf: PdfWriter) -> Iterator[int]:
    """Print the next letters that wait; yields after every part how many there are, nothing where none wait.

    No transaction is open while the press works; a worker that takes over goes on after the last part that was kept.
    What cannot be printed says why: these people still wait, and their letters can be asked for again.
    """
    job = _claim(session, clock.now(), vault)
    if job is None:
        return
    try:
        missing = pdf.available()
        if missing:
            raise Refused(missing)
        while True:
            part = _next(session, job)
            content = pdf.letters(TEMPLATE, part.letters, title=job.title, created_at=clock.now()) if part.letters else b""
            if not _keep(session, job, part, content, now=clock.now(), vault=vault):
                return
            if not part.letters:
                return
            yield job.done
    except Refused as refused:
        _fail(session, job, refused.reason, clock.now())


def _claim(session: Session, now: datetime, vault: Vault) -> _Job | None:
    with writing(session):
        notice_id = session.scalar(rows.notice_to_print(now))
        notice = lock_notice(session, notice_id) if notice_id is not None else None  # before its files: nobody waits in a circle
        export = session.scalars(rows.next_to_print(now, notice_id or 0)).first()
        if notice is None or export is None:  # nothing waits, or another worker took it meanwhile
            return None
        export.attempts += 1
        export.state, export.token, export.lease_until = rules.MAKING, str(uuid.uuid4()), now + LEASE
        try:
            return _job(session, export, notice, now, vault)
        except Refused as refused:
            _failed(session, export, notice, refused.reason, now)
    return None


def _job(session: Session, export: PostExport, notice: Notice, now: datetime, vault: Vault) -> _Job:
    """Return what to print. Raises ``Refused`` where it must not be, or not again."""
    check_sending(notice)
    key = session.scalar(select(Case.data_key).where(Case.id == notice.case_id))
    if mismatch(session, notice) or key is None:
        raise Conflict(GONE if key is None else HELD)
    if export.attempts > MOST_ATTEMPTS:
        raise Refused(CUT_SHORT)
    if export.taken_at is None:
        count, export.upto = session.execute(rows.due_letters(notice.id, now)).one()
        if not count:
            raise Conflict(NOBODY)
        export.taken_at, export.people_count = now, count
    done, after, parts = session.execute(
        select(func.coalesce(func.sum(PostPart.letter_count), 0), func.coalesce(func.max(PostPart.upto), 0), func.count())
        .where(PostPart.export_id == export.id)).one()
    home, case = session.scalars(select(Organisation).order_by(Organisation.id)).one(), session.get_one(Case, notice.case_id)
    sender = home.legal_name or home.name
    printed = Printed(sender, tuple(" ".join(line.split()) for line in home.address.splitlines() if line.strip()),
                      now.astimezone(ZoneInfo(home.zone)).date(), export.side)
    return _Job(export.id, notice.id, export.number, export.token or "", export.taken_at, export.upto or 0, after, done, parts,
                writer_of(notice, key, vault), printed, f"{case.ref}, letters of notice {notice.number}")


def _next(session: Session, job: _Job) -> _Part:
    """Return the next letters that the press takes at once; none after the last one."""
    found = session.execute(rows.letters_between(job.notice_id, job.begun, job.after, job.upto, PER_PART)).all()
    part, length = _Part(job.after, [], [], []), 0
    for row, person in found:
        letter = job.writer.paper(person, job.printed)
        length += len(letter["body"]) if letter else 0
        if part.letters and length > MOST_TEXT:
            break
        part.upto = row.id
        if letter is None:
            part.lost.append(row.id)
        else:
            part.letters.append(letter)
            part.numbers.append(person.number)
    session.rollback()
    if found and not part.letters:  # nobody of these has an address: look further
        job.after, lost = part.upto, part.lost
        further = _next(session, job)
        further.lost[:0] = lost
        return further
    return part


def _keep(session: Session, job: _Job, part: _Part, content: bytes, *, now: datetime, vault: Vault) -> bool:
    """Keep what was printed; after the last part everything is made. ``False`` where another worker has it now."""
    with writing(session):
        notice = lock_notice(session, job.notice_id)
        export = session.scalar(rows.still_ours(job.export_id, job.token))
        if export is None:
            return False
        if part.lost:
            moves = Moves()
            mine = (*rows.due_now(job.notice_id, job.begun), rows.up_to(job.upto))
            without_address(session, moves, mine, part.lost, now)
            moves.write(session, notice, now)
            notice.last_result_at = now
        if part.letters:
            job.after, job.parts, job.done = part.upto, job.parts + 1, job.done + len(part.letters)
            key, public_id = vault.new_key(), str(uuid.uuid4())
            session.add(PostPart(
                public_id=public_id, export_id=export.id, number=job.parts, first=part.numbers[0], last=part.numbers[-1],
                letter_count=len(part.letters), upto=part.upto, made_at=now, data_key=key,
                sealed=vault.seal(key, content, rows.scope_of_part(public_id))))
            export.done_count, export.lease_until, export.attempts = job.done, now + LEASE, 0
        elif job.done:
            export.state, export.made_at, export.token, export.lease_until = rules.MADE, now, None, None
            export.people_count = job.done
            record_export(session, export, notice, "printed", SYSTEM, now, letters=job.done, parts=job.parts)
        else:
            _failed(session, export, notice, NOBODY, now)
    return True


def _fail(session: Session, job: _Job, reason: str, now: datetime) -> None:
    with writing(session):
        notice = lock_notice(session, job.notice_id)
        export = session.scalar(rows.still_ours(job.export_id, job.token))
        if export is not None:
            _failed(session, export, notice, reason, now)


def _failed(session: Session, export: PostExport, notice: Notice, reason: str, now: datetime) -> None:
    export.state, export.failure, export.token, export.lease_until = rules.FAILED, reason, None, None
    session.execute(delete(PostPart).where(PostPart.export_id == export.id))
    record_export(session, export, notice, "unprinted", SYSTEM, now)


def take_letters(session: Session, notice_id: int, number: int, *, by: Actor, now: datetime, vault: Vault
                 ) -> tuple[str, Iterator[bytes]]:
    """Return the printed letters: their name, and one PDF or a ZIP of several, a part at a time.

    That they were taken is in the record first. Raises ``Conflict`` where they are not made yet or not kept any more,
    ``Forbidden`` for anybody but the two people who let them out.
    """
    require(by, Permission.EXPORT_RECIPIENTS)
    with writing(session):
        notice = lock_notice(session, notice_id)
        export = found_export(session, notice_id, number)
        refusal = export.stand.why_not_take(by.id, now)
        if refusal is not None:
            raise Forbidden(refusal) if refusal == rules.NOT_YOURS else Conflict(refusal)
        check_sending(notice)
        parts = session.scalars(rows.parts_of_export(export.id)).all()
        if not parts or mismatch(session, notice):
            raise Conflict(HELD if parts else rules.GONE)
        export.taken_by_id = by.id
        record_export(session, export, notice, "fetched", by, now, letters=export.people_count)
        stem = f"{session.get_one(Case, notice.case_id).ref}-notice-{notice.number}-letters-{number}"
        found = [(one.id, f"{stem}-part-{one.number:03}-of-{len(parts):03}-P-{one.first:05}-to-P-{one.last:05}.pdf") for one in parts]
        first = _opened(session, found[0][0], vault)  # what does not open is said before the file begins
    if len(found) == 1:
        return f"{stem}.pdf", iter((first,))
    return f"{stem}.zip", _zipped(session, found, vault, now)


def _opened(session: Session, part_id: int, vault: Vault) -> bytes:
    part = session.get(PostPart, part_id, options=[undefer(PostPart.sealed)], populate_existing=True)
    try:
        return vault.open(part.data_key, part.sealed, rows.scope_of_part(part.public_id)) if part else b""
    except VaultError:
        raise Conflict(SHUT) from None


def _zipped(session: Session, parts: Sequence[tuple[int, str]], vault: Vault, now: datetime) -> Iterator[bytes]:
    """Yield the ZIP; memory holds one part."""
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED) as packed:  # type: ignore[call-overload]  # writes to what only takes bytes, as documented
        for part_id, name in parts:
            content = _opened(session, part_id, vault)
            session.rollback()
            packed.writestr(zipfile.ZipInfo(name, now.timetuple()[:6]), content)
            yield pipe.taken()
    yield pipe.taken()


def forget_letters(session: Session, *, now: datetime) -> int:
    """Throw away what was printed a day ago; return how many parts. What becomes of the letters is still to be said."""
    with writing(session):
        return changed(session, rows.parts_outlived(now - KEPT))
