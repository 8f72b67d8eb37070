"""An uploaded file → a list of people, or nothing at all and the reason. Memory does not grow with the list."""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, cast

from sqlalchemy import Connection, Engine, delete, func, select, update
from sqlalchemy.orm import Session

from incident_app.domain import notices as notice_rules
from incident_app.domain.accounts import SYSTEM, Actor
from incident_app.domain.ports import Clock, Sheets, Vault
from incident_app.domain.recipients import Crowds, Headcount, Person, Sieve, Table
from incident_app.domain.refusals import Conflict, Refused
from incident_app.domain.trials import longest_list
from incident_app.models import staging
from incident_app.models import uploads as records
from incident_app.models.accounts import User
from incident_app.models.recipients import RecipientList, scope_of
from incident_app.models.uploads import Piece, Upload
from incident_app.services import alerts, audit
from incident_app.services.place_files import place_of
from incident_app.services.recipients.kinds import special_kinds
from incident_app.services.recipients.looking import payload, unsealed
from incident_app.services.recipients.mapping import opened_table
from incident_app.services.recipients.parts import seal_parts
from incident_app.services.recipients.uploading import case_key, stored_pieces
from incident_app.services.tampering import Shut, sound_alone
from incident_app.services.trials import mode_now
from incident_app.services.unit import writing

LEASE = timedelta(minutes=5)
MOST_ATTEMPTS = 3
CHUNK = 5000
STOPPED = "This upload was discarded, or is read by another worker."


@dataclass(slots=True)
class Reading:
    """One upload while it is read: its session for short looks, its connection for the rows on their way."""

    session: Session
    connection: Connection
    upload: Upload
    key: bytes
    clock: Clock
    vault: Vault
    sheets: Sheets
    sieve: Sieve
    heads: Headcount
    crowds: Crowds = field(default_factory=Crowds)
    piece_count: int = 0

    def pieces(self) -> Iterator[bytes]:
        """Open piece after piece."""
        for piece in stored_pieces(self.session, self.upload, self.key, self.vault):
            self.piece_count += 1
            yield piece

    def progress(self, line: int) -> None:
        """Say how far it is and renew the lease. Raises ``Conflict`` where somebody threw the upload away."""
        now = self.clock.now()
        mine = (Upload.id == self.upload.id, Upload.state == records.READING, Upload.token == self.upload.token)
        with writing(self.session):
            done = self.session.execute(update(Upload).where(*mine).values(
                piece_count=self.piece_count, line_count=line, lease_until=now + LEASE, changed_at=now))
            if not done.rowcount:  # type: ignore[attr-defined]  # an UPDATE has it
                raise Conflict(STOPPED)

    def row(self, person: Person) -> tuple[Any, ...]:
        """Seal a person, in the order of the staged columns."""
        public_id, key, vault = str(uuid.uuid4()), self.key, self.vault
        return (
            person.line, public_id, vault.seal(key, payload(person.contact), scope_of(public_id)),
            vault.blind(key, person.key),
            vault.blind(key, email_value(person.email)) if person.email else None,
            vault.blind(key, telegram_value(person.telegram)) if person.telegram else None,
            person.language, place_of(person.country, person.region),
            notice_rules.sensitive(person.data, special_kinds()) if person.data else None, bool(person.postal),
        )

    def person(self, row: Mapping[str, Any]) -> Person:
        """Open a staged row again."""
        contact = unsealed(self.vault.open(self.key, bytes(row["sealed"]), scope_of(row["public_id"])))
        country, _, region = row["country"].partition("-")
        return Person(row["line"], contact.name, contact.email, contact.telegram, row["language"], country,
                      contact.data, region, contact.postal)


def email_value(address: str) -> str:
    """Return what is blinded of an address: the same however it is written."""
    return f"email:{address.casefold()}"


def telegram_value(number: str) -> str:
    """Return what is blinded of a Telegram id."""
    return f"telegram:{number}"


def _stage(reading: Reading) -> Table:
    """Read the whole file into the staging table."""
    table = opened_table(reading.upload, reading.pieces(), reading.sheets)
    table.columns.check()
    batch: list[tuple[Any, ...]] = []
    for person in reading.sieve.people(table):
        reading.heads.see(person)
        batch.append(reading.row(person))
        if person.email:
            reading.crowds.add(person.email)
        if len(batch) == CHUNK:
            staging.add(reading.connection, batch)
            reading.connection.commit()
            reading.progress(person.line)
            batch.clear()
    staging.add(reading.connection, batch)
    reading.connection.commit()
    return table


def _one_of(reading: Reading, rows: Iterator[Person]) -> Person:
    """Make one person of rows; of their addresses only the one that is written to counts."""
    def counted() -> Iterator[Person]:
        for row in rows:
            if row.email:
                reading.crowds.remove(row.email)
            yield row

    person = reading.sieve.joined(counted())
    if person.email:
        reading.crowds.add(person.email)
    return person


def _join(reading: Reading) -> None:
    """Make one person of the rows that are one; memory holds one of them at a time."""
    connection, batch = reading.connection, []
    staging.contest(connection)
    for line, first in staging.beside(connection):
        reading.sieve.apart(line, first)
    for _, rows in groupby(staging.together(connection), key=lambda row: bytes(row["who"])):
        batch.append(reading.row(_one_of(reading, map(reading.person, rows))))
        if len(batch) == CHUNK:
            staging.add(connection, batch, "joined")
            batch.clear()
    staging.add(connection, batch, "joined")
    staging.settle(connection)


def _new_list(reading: Reading, table: Table, staged: int, number: int) -> RecipientList:
    people, telegram, email, both, post = staging.counts(reading.connection)
    reading.sieve.check(people)
    reading.heads.check(people)
    sieve, upload = reading.sieve, reading.upload
    made = RecipientList(
        public_id=str(uuid.uuid4()), case_id=upload.case_id, number=number, name=upload.name,
        encoding=upload.encoding, delimiter=table.delimiter, columns=dict(table.columns.named),
        ignored=list(table.columns.ignored), digest="",
        people_count=people, line_count=table.line_count, other_count=table.other_count,
        refused_count=sieve.refused_count, duplicate_count=staged - people, telegram_count=telegram,
        email_count=email, both_count=both, post_count=post, languages=staging.tally(reading.connection, "language"),
        countries=staging.tally(reading.connection, "country"), spoken=staging.spoken(reading.connection),
        problem_count=sieve.problem_count,
        problems=[asdict(problem) for problem in sorted(sieve.problems, key=lambda one: one.line)],
        domains=[list(one) for one in reading.crowds.domains()], crowded=reading.crowds.crowded(),
        by_id=upload.by_id, at=reading.clock.now(),
    )
    if not made.adds_up:
        raise AssertionError("a line of the list went nowhere")
    return made


def _take_over(reading: Reading, table: Table, staged: int, by: Actor) -> int:
    """Write the list, everybody in it and its entry in one transaction; return its id.

    The long part comes before the lock on the record: others go on working meanwhile.
    """
    work = Session(reading.connection, expire_on_commit=False)
    case_id = reading.upload.case_id
    with writing(work):
        newest = work.scalar(select(func.max(RecipientList.number)).where(RecipientList.case_id == case_id)) or 0
        made = _new_list(reading, table, staged, newest + 1)
        work.add(made)
        work.flush()
        staging.take_over(reading.connection, case_id, made.id)
        made.digest = seal_parts(work, made.id)
        audit.lock(work)
        mine = (Upload.id == reading.upload.id, Upload.state == records.READING, Upload.token == reading.upload.token)
        done = work.execute(update(Upload).where(*mine).values(
            state=records.READY, list_id=made.id, token=None, lease_until=None, changed_at=made.at,
            line_count=made.line_count, piece_count=reading.upload.pieces))
        if not done.rowcount:  # type: ignore[attr-defined]  # an UPDATE has it
            raise Conflict(STOPPED)
        work.execute(delete(Piece).where(Piece.upload_id == reading.upload.id))
        audit.record(
            work, action="recipients.imported", by=by, now=made.at, case_id=case_id, subject="list",
            subject_id=made.id,
            details={
                "people": made.people_count, "lines": made.line_count, "header_and_blank": made.other_count,
                "refused": made.refused_count, "duplicates": made.duplicate_count, "digest": made.digest,
            },
        )
    return made.id


def _claim(session: Session, clock: Clock, upload_id: int | None) -> Upload | None:
    """Take the oldest upload that waits, or this one; one that was left behind three times is given up."""
    now = clock.now()
    with writing(session):
        found = session.scalar(records.waiting(now) if upload_id is None else records.ready_to_read(upload_id))
        if found is None:
            return None
        found.attempts += 1
        found.state, found.token, found.lease_until = records.READING, str(uuid.uuid4()), now + LEASE
        found.changed_at = now
        if found.attempts > MOST_ATTEMPTS:
            found.state, found.token, found.lease_until = records.FAILED, None, None
            found.reason = "Reading this file was cut short three times. Nothing was taken over."
            _wake(session, found, now)
    return found


def _who(session: Session, upload: Upload) -> Actor:
    user = session.get(User, upload.by_id) if upload.by_id else None
    return SYSTEM if user is None else user.actor


def _read(session: Session, upload: Upload, *, clock: Clock, vault: Vault, sheets: Sheets, mode: str) -> int:
    """Read a claimed upload; return the id of the list. Raises ``Refused``: then nothing was taken over."""
    by, heads = _who(session, upload), Headcount(longest_list(mode_now(session, mode)))
    key = case_key(session, upload.case_id, vault=vault)
    session.refresh(upload)
    session.expunge(upload)
    session.rollback()
    with cast(Engine, session.get_bind()).connect() as connection:
        staging.create(connection)
        try:
            reading = Reading(session, connection, upload, key, clock, vault, sheets, Sieve(), heads)
            table = _stage(reading)
            staged = staging.counts(connection)[0]
            connection.commit()
            reading.progress(table.line_count)
            _join(reading)
            return _take_over(reading, table, staged, by)
        finally:
            connection.rollback()
            staging.drop(connection)


def read_claimed(
    session: Session, upload_id: int | None = None, *, clock: Clock, vault: Vault, sheets: Sheets, mode: str = "live",
) -> Upload | None:
    """Read what waits, all or nothing; return the upload as it stands then, ``None`` where nothing waits.

    ``mode`` is how the server was told to send: while an installation is tried out, a list is a short one.
    """
    claimed = _claim(session, clock, upload_id)
    if claimed is None or claimed.state == records.FAILED:
        return claimed
    try:
        _read(session, claimed, clock=clock, vault=vault, sheets=sheets, mode=mode)
    except Refused as refused:
        _fail(session, claimed, refused, clock, wake=upload_id is None)
        if isinstance(refused, Shut):
            sound_alone(session, claimed.case_id, "upload", now=clock.now())
    return session.get_one(Upload, claimed.id, populate_existing=True)


def _wake(session: Session, upload: Upload, now: datetime) -> None:
    """Wake the on-call: whoever uploaded it has gone on to something else, and people wait to be told."""
    alerts.raise_about(session, kind="list_failed", key=f"{upload.id}/{upload.attempts}/{now.isoformat()}", now=now,
                       case_id=upload.case_id, words="a list of people could not be read in: look at the upload")


def _fail(session: Session, upload: Upload, refused: Refused, clock: Clock, *, wake: bool) -> None:
    with writing(session):
        audit.lock(session)
        mine = (Upload.id == upload.id, Upload.state == records.READING, Upload.token == upload.token)
        done = session.execute(update(Upload).where(*mine).values(
            state=records.FAILED, reason=refused.reason, problems=dict(refused.problems), token=None,
            lease_until=None, changed_at=clock.now()))
        if done.rowcount:  # type: ignore[attr-defined]  # an UPDATE has it
            audit.record(
                session, action="recipients.refused", by=_who(session, upload), now=clock.now(),
                case_id=upload.case_id, subject="upload", subject_id=upload.id, details={"reason": refused.reason},
            )
            if wake:  # where somebody waits for the answer, they are told by it
                _wake(session, upload, clock.now())
