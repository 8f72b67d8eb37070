"""Look at people without seeing them: masked, one opened at a time, and that is recorded."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incident_app.domain import recipients as rules
from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.ports import Vault, VaultError
from incident_app.domain.recipients import Contact, Controller
from incident_app.domain.refusals import NotFound, Refused
from incident_app.models.audit import Entry
from incident_app.models.cases import Case
from incident_app.models.recipients import Recipient, RecipientList, lists_of_case, people_of, scope_of
from incident_app.services import alerts, audit, record, tampering
from incident_app.services.unit import writing

MOST_OPENED, TELLING_OPENED = 30, 20  # within an hour: more is copying a list by hand
AT_ONE_GO = 200  # contacts: until they are read nothing else in this process runs, and a message may miss its slot
_DECODE = json.JSONDecoder().raw_decode
GONE = "The contact cannot be opened: its key was destroyed, or the row was changed."


@dataclass(frozen=True, slots=True)
class Masked:
    """One person as pages show them. ``label`` is P-00412; of a postal address only that there is one."""

    number: int
    label: str
    name: str
    email: str
    telegram: str
    language: str
    country: str
    line: int
    post: bool = False


def payload(contact: Contact) -> bytes:
    """Return what is sealed for a person."""
    facts: dict[str, object] = {
        "name": contact.name, "email": contact.email, "telegram": contact.telegram, "data": contact.data}
    if contact.postal:
        facts["postal"] = contact.postal
    if contact.controller:
        facts["controller"] = asdict(contact.controller)
    return json.dumps(facts, ensure_ascii=False, separators=(",", ":")).encode()


def unsealed(plain: bytes) -> Contact:
    """Return the contact from what was sealed, also before there were postal addresses and controllers."""
    facts, _ = _DECODE(plain.decode())  # what was sealed is whole: nothing stands before or behind it
    return _contact(facts)


def unsealed_each(plain: Iterable[bytes | None]) -> list[Contact | None]:
    """Return contacts as :func:`unsealed` does, ``None`` for ``None``: read some at one go, a quarter of the time."""
    known: list[Contact | None] = []
    left = iter(plain)
    while some := list(islice(left, AT_ONE_GO)):
        found = json.loads(b"[%b]" % b",".join([b"null" if one is None else one for one in some]))
        known += [None if facts is None else _contact(facts) for facts in found]
    return known


def _contact(facts: dict[str, Any]) -> Contact:
    one = facts.get("controller")
    return Contact(facts["name"], facts["email"], facts["telegram"], tuple(facts["data"]), facts.get("postal", ""),
                   Controller(**one) if one else None)


def opened(row: Recipient, key: bytes | None, vault: Vault) -> Contact | None:
    """Open a contact, or ``None`` where the key is gone or does not fit."""
    if key is None or not row.sealed:
        return None
    try:
        return unsealed(vault.open(key, row.sealed, scope_of(row.public_id)))
    except VaultError:
        return None


def label_of(number: int) -> str:
    """Return how a person is called on pages: P-00412."""
    return f"P-{number:05d}"


def lists_of(session: Session, case_id: int) -> Sequence[RecipientList]:
    """Return the lists of a case, the newest first."""
    return session.scalars(lists_of_case(case_id)).all()


def find_list(session: Session, case_id: int, list_id: int) -> RecipientList:
    """Return a list of this case. Raises ``NotFound``."""
    found = session.get(RecipientList, list_id)
    if found is None or found.case_id != case_id:
        raise NotFound("There is no such list in this case.")
    return found


def find_person(session: Session, list_id: int, number: int) -> Recipient:
    """Return person ``number`` of a list. Raises ``NotFound``."""
    found = session.scalar(select(Recipient).where(Recipient.list_id == list_id, Recipient.number == number))
    if found is None:
        raise NotFound("There is no such person in this list.")
    return found


def _masked(row: Recipient, contact: Contact) -> Masked:
    return Masked(
        row.number, label_of(row.number), rules.masked_name(contact.name), rules.masked_email(contact.email),
        rules.masked_telegram(contact.telegram), row.language, row.country, row.line, row.has_post,
    )


def masked_page(
    session: Session, case_id: int, list_id: int, *, by: Actor, now: datetime, vault: Vault, after: int = 0,
    limit: int = 50,
) -> list[Masked]:
    """Return up to ``limit`` people after number ``after``, masked; who looks is recorded, once an hour."""
    require(by, Permission.SEE_MASKED)
    find_list(session, case_id, list_id)
    record.note_reading(session, "recipients.listed", by=by, now=now, case_id=case_id, subject="list", subject_id=list_id)
    rows = session.scalars(people_of(list_id, after=after).limit(max(1, min(limit, 500)))).all()
    key = session.scalar(select(Case.data_key).where(Case.id == case_id))
    return [_masked(row, opened(row, key, vault) or Contact()) for row in rows]


def open_contact(
    session: Session, case_id: int, list_id: int, number: int, *, by: Actor, now: datetime, vault: Vault
) -> Contact:
    """Open one person's contact in full; who looked at whom is recorded.

    Raises ``Refused`` once the key is gone, and after thirty within an hour; the twentieth wakes somebody.
    """
    require(by, Permission.OPEN_CONTACT)
    with writing(session):
        audit.lock(session)
        opened_before = _opened_lately(session, by, now)
        find_list(session, case_id, list_id)
        row = find_person(session, list_id, number)
        key = session.scalar(select(Case.data_key).where(Case.id == case_id))
        contact = opened(row, key, vault)
        if contact is not None:
            audit.record(
                session, action="recipients.opened", by=by, now=now, case_id=case_id, subject="recipient",
                subject_id=row.public_id, details={"list": list_id, "person": label_of(number)},
            )
            if opened_before + 1 == TELLING_OPENED:
                alerts.raise_about(session, kind="contacts_opened", key=f"{by.id}/{now.isoformat()}", now=now,
                                   case_id=case_id, words=f"{TELLING_OPENED} contacts were opened by one person within an "
                                                          "hour: see the record")
        elif key is not None and row.sealed:
            tampering.sound(session, case_id, "contact", now=now)
    if contact is None:
        raise Refused(GONE)
    return contact


def _opened_lately(session: Session, by: Actor, now: datetime) -> int:
    """Return how many contacts somebody opened within the last hour. Raises ``Refused`` where that is enough."""
    count = session.scalar(select(func.count()).select_from(Entry).where(
        Entry.actor_id == by.id, Entry.action == "recipients.opened", Entry.at > now - timedelta(hours=1))) or 0
    if count >= MOST_OPENED:
        raise Refused(f"You opened {count} contacts within an hour. More are opened later, or by a list that two people "
                      "let out.")
    return count
