"""A file or rows → a list of people at once, or nothing at all and the reason; and away with a list again."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from incident_app.domain import notices as notice_rules
from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.numbers import grouped
from incident_app.domain.ports import Clock, Sheets, Vault
from incident_app.domain.refusals import Conflict, Refused
from incident_app.models.notices import notices_with_list
from incident_app.models.recipients import Recipient, RecipientList
from incident_app.models.uploads import Upload
from incident_app.services import audit
from incident_app.services.recipients.looking import find_list
from incident_app.services.recipients.pages import close_pages, open_pages, put_page
from incident_app.services.recipients.preflight import forget_check
from incident_app.services.recipients.reading import STOPPED, read_claimed
from incident_app.services.recipients.uploading import forget, receive
from incident_app.services.unit import writing

MOST_JSON_ROWS = 100_000
ROWS_A_PAGE = 5000


@dataclass(frozen=True, slots=True)
class _At:
    """A clock that stands where the caller read it."""

    moment: datetime

    def now(self) -> datetime:
        return self.moment


class NoSheets:
    """Where a caller brings nothing that opens spreadsheets, they are refused."""

    def rows(self, pieces: Iterable[bytes], most: int | None = None) -> Iterator[tuple[int, Sequence[str]]]:
        """Refuse."""
        del pieces, most
        raise Refused("This is a spreadsheet, not a CSV file.", {"file": "Save it as “CSV UTF-8” and upload that."})


def read_now(
    session: Session, upload: Upload, *, clock: Clock, vault: Vault, sheets: Sheets, mode: str = "live",
) -> RecipientList:
    """Read an upload while the caller waits. Raises ``Refused``; then the upload is gone, and nothing was taken over."""
    if not upload.encoding:
        forget(session, upload.id)
        raise Refused("The file is not UTF-8, and does not say what it is. Nothing was taken over.",
                      {"encoding": "Choose the encoding the file was saved in."})
    upload_id, list_id = upload.id, None
    try:
        done = read_claimed(session, upload_id, clock=clock, vault=vault, sheets=sheets, mode=mode)
        list_id = done.list_id if done is not None else None
        if done is None or list_id is None:
            raise Refused(done.reason if done else STOPPED, dict(done.problems) if done else {})
        return session.get_one(RecipientList, list_id)
    finally:
        if list_id is None:  # the caller is told, so nobody else shall take it up
            forget(session, upload_id)


def import_list(
    session: Session, case_id: int, filename: str, content: bytes | Iterable[bytes], *, by: Actor, now: datetime,
    vault: Vault, sheets: Sheets | None = None, encoding: str | None = None, mode: str = "live",
) -> RecipientList:
    """Read an uploaded file (whole, or piece by piece) into a new list. ``encoding`` is asked for, never guessed.

    Raises ``Refused`` for an unreadable file, no usable column, a stray quote (with its line), nobody to reach, or more
    people than trial mode takes (``mode``: how the server was told to send); then nothing is saved.
    """
    pieces = [content] if isinstance(content, bytes) else content
    upload = receive(session, case_id, filename, pieces, by=by, now=now, vault=vault, encoding=encoding)
    return read_now(session, upload, clock=_At(now), vault=vault, sheets=sheets or NoSheets(), mode=mode)


def import_rows(
    session: Session, case_id: int, name: str, rows: Sequence[Mapping[str, str]], *, by: Actor, now: datetime,
    vault: Vault, mode: str = "live",
) -> RecipientList:
    """Read rows that came as JSON (keys: name, email, telegram_id, language, country, data, region, address, street, postcode, city) into a new list."""
    require(by, Permission.UPLOAD_PEOPLE)
    if not rows:
        raise Refused("There are no rows.", {"rows": "Send at least one person."})
    if len(rows) > MOST_JSON_ROWS:
        raise Refused("That are too many rows for one request.",
                      {"rows": f"At most {grouped(MOST_JSON_ROWS)}; send pages of JSON lines, or upload a file."})
    upload = open_pages(session, case_id, name, by=by, now=now, vault=vault)
    try:
        return _put_and_read(session, upload.id, case_id, rows, by=by, now=now, vault=vault, mode=mode)
    except Refused:
        forget(session, upload.id)
        raise


def _put_and_read(
    session: Session, upload_id: int, case_id: int, rows: Sequence[Mapping[str, str]], *, by: Actor, now: datetime, vault: Vault,
    mode: str,
) -> RecipientList:
    number = 0
    for number, start in enumerate(range(0, len(rows), ROWS_A_PAGE), 1):
        page = "".join(json.dumps(dict(row), ensure_ascii=False) + "\n" for row in rows[start : start + ROWS_A_PAGE])
        put_page(session, case_id, upload_id, number, page.encode(), by=by, now=now, vault=vault)
    closed = close_pages(session, case_id, upload_id, number, by=by, now=now, queue=False)
    return read_now(session, closed, clock=_At(now), vault=vault, sheets=NoSheets(), mode=mode)


def delete_list(session: Session, case_id: int, list_id: int, *, by: Actor, now: datetime) -> None:
    """Delete a list and everybody in it. Raises ``Conflict`` while a notice that is approved or sent rests on it."""
    require(by, Permission.UPLOAD_PEOPLE)
    with writing(session):
        found = find_list(session, case_id, list_id)
        using = session.scalars(notices_with_list(found.id).with_for_update()).all()
        if using:
            names = ", ".join(f"notice {notice.number}" for notice in using)
            bound = any(notice.state in notice_rules.BINDING for notice in using)
            words = "was approved or sent to it" if bound else "is written for it"
            raise Conflict(f"This list cannot be deleted: {names} {words}.")
        forget_check(session, found.id)
        session.execute(delete(Recipient).where(Recipient.list_id == found.id))
        session.execute(update(Upload).where(Upload.list_id == found.id).values(list_id=None))
        audit.record(
            session, action="recipients.deleted", by=by, now=now, case_id=case_id, subject="list", subject_id=found.id,
            details={"people": found.people_count, "digest": found.digest},
        )
        session.delete(found)
