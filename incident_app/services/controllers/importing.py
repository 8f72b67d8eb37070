"""A list of controllers: read whole or not at all, each row sealed under the key of the case."""

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from incident_app.domain import notices as notice_rules
from incident_app.domain import recipients as rules
from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.notices import CONTROLLERS, language_for
from incident_app.domain.notices.advising import kind_of
from incident_app.domain.ports import Sheets, Vault
from incident_app.domain.recipients import Apart, ControllerRow, Crowds, Customers
from incident_app.domain.refusals import Refused
from incident_app.models.cases import Case
from incident_app.models.recipients import DATA_IN, Recipient, RecipientList, scope_of
from incident_app.services import audit
from incident_app.services.notices.wordings import STANDARD, languages, wording
from incident_app.services.obligations.facts import controllers_of
from incident_app.services.recipients.kinds import special_kinds
from incident_app.services.recipients.looking import payload
from incident_app.services.recipients.parts import seal_parts
from incident_app.services.recipients.reading import email_value
from incident_app.services.recipients.uploading import case_key, file_name
from incident_app.services.unit import writing

LARGEST = 4 * 2**20
ZIP = b"PK\x03\x04"
MOST_KEPT = 1_000
AS_WRITTEN = "kinds of data in words of its own: they stand in the letter as they are written here, whatever its language"
NOT_NAMED = "not named in the case: write it as the facts of the case do, or add it there"


def import_controllers(
    session: Session, case_id: int, name: str, content: bytes, *, by: Actor, now: datetime, vault: Vault, sheets: Sheets
) -> RecipientList:
    """Read a CSV (UTF-8) or XLSX file, or what was pasted, into a list of controllers.

    Raises ``Refused`` by line for whatever names no controller that can be told; then none is taken over.
    """
    require(by, Permission.UPLOAD_PEOPLE)
    if len(content) > LARGEST:
        raise Refused("The list is too large.", {"file": f"At most {LARGEST // 2**20} MB."})
    if content.startswith(ZIP):
        rows: Iterable[tuple[int, Sequence[str]]] = sheets.rows([content])
    else:
        try:
            rows = rules.rows_of(content.decode("utf-8-sig"))
        except UnicodeDecodeError:
            raise Refused("The list is not UTF-8. Nothing was taken over.", {"file": "Save it as “CSV UTF-8”."}) from None
    return _keep(session, case_id, name, rules.read_controllers(rows), by=by, now=now, vault=vault)


def import_controller_rows(
    session: Session, case_id: int, name: str, given: Sequence[Mapping[str, str]], *, by: Actor, now: datetime, vault: Vault
) -> RecipientList:
    """Read rows that came as JSON, their keys our names of the columns."""
    require(by, Permission.UPLOAD_PEOPLE)
    table = [rules.CONTROLLER_COLUMNS, *([row.get(one, "") for one in rules.CONTROLLER_COLUMNS] for row in given)]
    return _keep(session, case_id, name, rules.read_controllers(enumerate(table, 1)), by=by, now=now, vault=vault)


def _keep(session: Session, case_id: int, name: str, read: Customers, *, by: Actor, now: datetime, vault: Vault) -> RecipientList:
    key = case_key(session, case_id, vault=vault)
    with writing(session):
        named = [one.name for one in controllers_of(session.get_one(Case, case_id))]
        return write_list(session, case_id, name, read, key, named=named, by=by, now=now, vault=vault)


def apart_of(session: Session, made: RecipientList) -> Apart:
    """Return where a list differed from the names in the case when it was taken over, without what agrees by now."""
    kept = made.apart or {}
    named = {rules.plain_organisation(one.name) for one in controllers_of(session.get_one(Case, made.case_id))}
    return Apart(tuple(one for one in kept.get("strangers", ()) if named and rules.plain_organisation(one) not in named),
                 tuple(one for one in kept.get("left_out", ()) if rules.plain_organisation(one) in named))


def as_written(rows: Sequence[ControllerRow]) -> dict[str, list[int]]:
    """Return the lines, by language, whose kinds of data are none of ours: they stand in the letter in the words of the cell."""
    found: dict[str, list[int]] = {}
    for row in rows:
        words = wording(language_for(row.language, languages(), STANDARD), CONTROLLERS)
        ours = {block.label.casefold() for block in words.blocks.values()}
        if any(kind_of(kind) not in words.blocks and kind.casefold() not in ours for kind in row.contact.data or ()):
            found.setdefault(row.language, []).append(row.line)
    return found


def write_list(
    session: Session, case_id: int, name: str, read: Customers, key: bytes, *, by: Actor, now: datetime, vault: Vault,
    named: Sequence[str] = (),
) -> RecipientList:
    """Write a list with everybody in it, and its entry in the record. Call inside a write unit.

    ``named``: what the controllers are called in the case, where the list is to have all of them.
    """
    differs = rules.apart([row.controller.organisation for row in read.rows], named)
    strangers = set(differs.strangers)
    problems: list[dict[str, Any]] = [
        {"line": row.line, "column": "organisation", "words": NOT_NAMED, "refused": False}
        for row in read.rows if row.controller.organisation in strangers]
    written = as_written(read.rows)
    problems += [{"line": line, "column": "data", "words": AS_WRITTEN, "refused": False} for lines in written.values() for line in lines]
    problems.sort(key=lambda one: one["line"])
    audit.lock(session)
    newest = session.scalar(select(func.max(RecipientList.number)).where(RecipientList.case_id == case_id)) or 0
    crowds, count = Crowds(), len(read.rows)
    for row in read.rows:
        crowds.add(row.contact.email)
    made = RecipientList(
        public_id=str(uuid.uuid4()), case_id=case_id, number=newest + 1, kind=CONTROLLERS, name=file_name(name), encoding="utf-8",
        columns=read.named, ignored=read.ignored, digest="", people_count=count, line_count=read.line_count,
        other_count=read.other_count, refused_count=0, duplicate_count=0, telegram_count=0, email_count=count, both_count=0,
        languages=read.languages, countries={"": count}, domains=[list(one) for one in crowds.domains()], by_id=by.id or None, at=now, problem_count=len(problems), problems=problems[:MOST_KEPT],
    )
    if differs.words or written:
        made.apart = {"strangers": list(differs.strangers[:MOST_KEPT]), "left_out": list(differs.left_out),
                      **{f"{DATA_IN}{language}": [str(line) for line in lines[:MOST_KEPT]] for language, lines in written.items()}}
    session.add(made)
    session.flush()
    session.execute(insert(Recipient), [_row(made, number, row, key, vault) for number, row in enumerate(read.rows, 1)])
    made.digest = seal_parts(session, made.id)
    audit.record(
        session, action="controllers.imported", by=by, now=now, case_id=case_id, subject="list", subject_id=made.id,
        details={"controllers": count, "lines": made.line_count, "digest": made.digest})
    return made


def _row(made: RecipientList, number: int, row: ControllerRow, key: bytes, vault: Vault) -> dict[str, Any]:
    """Return one row. Its blind index covers all of it: whoever changes a number or a contract changes the list that was
    approved."""
    public_id, contact = str(uuid.uuid4()), row.contact
    own = contact._asdict() | {"controller": asdict(contact.controller) if contact.controller else None}
    whole = json.dumps([own, row.language], sort_keys=True, ensure_ascii=False)
    return {
        "public_id": public_id, "case_id": made.case_id, "list_id": made.id, "number": number, "line": row.line,
        "sealed": vault.seal(key, payload(contact), scope_of(public_id)), "blind": vault.blind(key, f"controller|{whole}"),
        "email_blind": vault.blind(key, email_value(contact.email)), "telegram_blind": None, "has_telegram": False,
        "has_email": True, "has_post": False, "language": row.language, "country": "",
        "sensitive": notice_rules.sensitive(contact.data, special_kinds()) if contact.data else None,
    }
