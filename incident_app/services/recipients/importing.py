"""A file → a list of people in the database, or nothing at all and the reason."""

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import islice
from pathlib import PurePath
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from incident_app.domain import notices as notice_rules
from incident_app.domain import recipients as rules
from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.cases import CaseState
from incident_app.domain.ports import Vault
from incident_app.domain.recipients import Sifted
from incident_app.domain.refusals import Conflict, NotFound, Refused
from incident_app.models.cases import Case
from incident_app.models.notices import notices_with_list
from incident_app.models.recipients import Recipient, RecipientList, scope_of
from incident_app.services import audit
from incident_app.services.recipients.looking import find_list, payload
from incident_app.services.unit import writing

CHUNK = 1000
LONGEST_FILE_NAME = 255
MOST_JSON_ROWS = 100_000


def case_key(session: Session, case_id: int, *, vault: Vault) -> bytes:
    """Return the wrapped data key of an open case, made on first need, in a transaction of its own."""
    with writing(session):
        case = session.scalar(select(Case).where(Case.id == case_id).with_for_update(of=Case))
        if case is None:
            raise NotFound("There is no such case.")
        if case.state == CaseState.CLOSED.value:
            raise Conflict("This case is closed. Nothing was taken over.")
        if case.data_key is None:
            case.data_key = vault.new_key()
        return case.data_key


def _row(person: rules.Person, number: int, ids: dict[str, int], key: bytes, vault: Vault) -> dict[str, Any]:
    public_id = str(uuid.uuid4())
    return {
        **ids, "public_id": public_id, "number": number, "line": person.line,
        "sealed": vault.seal(key, payload(person.contact), scope_of(public_id)), "blind": vault.blind(key, person.key),
        "has_telegram": bool(person.telegram), "has_email": bool(person.email), "language": person.language,
        "country": person.country,
    }


def _list(sifted: Sifted, rows: Sequence[Mapping[str, Any]], **facts: Any) -> RecipientList:
    people = sifted.people
    return RecipientList(
        public_id=str(uuid.uuid4()),
        digest=notice_rules.list_digest(row["blind"] for row in rows),
        people_count=len(people), line_count=sifted.line_count, other_count=sifted.other_count,
        refused_count=sifted.refused_count, duplicate_count=sifted.duplicate_count,
        telegram_count=sum(bool(p.telegram) for p in people), email_count=sum(bool(p.email) for p in people),
        both_count=sum(bool(p.telegram and p.email) for p in people),
        languages=dict(Counter(p.language for p in people).most_common()),
        countries=dict(Counter(p.country for p in people).most_common()),
        problem_count=sifted.problem_count, problems=[asdict(problem) for problem in sifted.problems],
        **facts,
    )


def _store(session: Session, case_id: int, sifted: Sifted, *, by: Actor, now: datetime, vault: Vault, **facts: Any
           ) -> RecipientList:
    key = case_key(session, case_id, vault=vault)
    rows = [_row(person, number, {"case_id": case_id}, key, vault) for number, person in enumerate(sifted.people, 1)]
    with writing(session):
        audit.lock(session)
        newest = session.scalar(select(func.max(RecipientList.number)).where(RecipientList.case_id == case_id)) or 0
        made = _list(sifted, rows, case_id=case_id, number=newest + 1, by_id=by.id or None, at=now, **facts)
        session.add(made)
        session.flush()
        todo = iter(rows)
        while chunk := [row | {"list_id": made.id} for row in islice(todo, CHUNK)]:
            session.execute(insert(Recipient), chunk)
        audit.record(
            session, action="recipients.imported", by=by, now=now, case_id=case_id, subject="list", subject_id=made.id,
            details={
                "people": made.people_count, "lines": made.line_count, "header_and_blank": made.other_count,
                "refused": made.refused_count, "duplicates": made.duplicate_count, "digest": made.digest,
            },
        )
    return made


def import_list(
    session: Session, case_id: int, filename: str, content: bytes, *, by: Actor, now: datetime, vault: Vault,
    encoding: str | None = None,
) -> RecipientList:
    """Read an uploaded CSV file into a new list of the case. ``encoding`` is asked for, never guessed.

    Raises ``Refused`` for an unreadable file, no usable column, a stray quote (with its line) or nobody to reach;
    then nothing is saved.
    """
    require(by, Permission.UPLOAD_PEOPLE)
    text, encoding = rules.decode(content, encoding)
    table = rules.table(text)
    sifted = rules.sift(table)
    if not sifted.adds_up:
        raise AssertionError("a line of the list went nowhere")
    return _store(
        session, case_id, sifted, by=by, now=now, vault=vault, name=_file_name(filename), encoding=encoding,
        delimiter=table.delimiter, columns=dict(table.columns.named), ignored=list(table.columns.ignored),
    )


def _file_name(filename: str) -> str:
    name = PurePath(filename.replace("\\", "/")).name.strip()
    return "".join(c for c in name if c.isprintable())[:LONGEST_FILE_NAME] or "list.csv"


def import_rows(
    session: Session, case_id: int, name: str, rows: Sequence[Mapping[str, str]], *, by: Actor, now: datetime,
    vault: Vault,
) -> RecipientList:
    """Read rows that came as JSON (keys: name, email, telegram_id, language, country, data) into a new list."""
    require(by, Permission.UPLOAD_PEOPLE)
    if not rows:
        raise Refused("There are no rows.", {"rows": "Send at least one person."})
    if len(rows) > MOST_JSON_ROWS:
        raise Refused("That are too many rows for one request.", {"rows": f"At most {MOST_JSON_ROWS:,}; upload a CSV."})
    sifted = rules.sift_rows(rows)
    return _store(session, case_id, sifted, by=by, now=now, vault=vault, name=_file_name(name), encoding="utf-8",
                  columns={field: field for field in rules.FIELDS if any(field in row for row in rows)})


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
        session.execute(delete(Recipient).where(Recipient.list_id == found.id))
        audit.record(
            session, action="recipients.deleted", by=by, now=now, case_id=case_id, subject="list", subject_id=found.id,
            details={"people": found.people_count, "digest": found.digest},
        )
        session.delete(found)
