"""A case with a long list and an approved notice to it, made fast: the rows are those an import writes, each really sealed."""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any, cast

from psycopg import Connection
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

import incident_app.models  # noqa: F401 (fills the metadata)
from incident_app.adapters.system_clock import SystemClock
from incident_app.adapters.vault import AesVault
from incident_app.domain.recipients import Person
from incident_app.models import sealing
from incident_app.models.cases import Case
from incident_app.models.recipients import RecipientList, scope_of
from incident_app.services import notices, recipients
from incident_app.services.recipients.looking import payload
from incident_app.services.recipients.reading import email_value, telegram_value
from incident_app.services.recipients.uploading import case_key
from tests.bench.rig import VAULT_KEYS, Machine
from tests.bench.table import say
from tests.builders import a_case, an_organisation
from tests.people import hire

FIRST_CHAT = 700_000_000
CHUNK = 5000
COLUMNS = {
    "public_id": "text", "case_id": "int4", "list_id": "int4", "number": "int4", "line": "int4", "sealed": "bytea",
    "blind": "bytea", "email_blind": "bytea", "telegram_blind": "bytea", "has_telegram": "bool", "has_email": "bool",
    "language": "text", "country": "text",
}
Row = tuple[Any, ...]


def address_of(number: int) -> str:
    """Return the address of a person of the list."""
    return f"person{number}@example.org"


def person_of(number: int, channel: str) -> Person:
    """Return person ``number``: reachable by this channel only, every second one reads German.

    ``telegram again`` is the same channel: a second list.
    """
    email, telegram = (address_of(number), "") if channel == "email" else ("", str(FIRST_CHAT + number))
    return Person(number + 1, f"Person {number}", email, telegram, "de" if number % 2 else "en", "DE")


@dataclass(frozen=True, slots=True)
class Sealing:
    """What it takes to seal the people of a list."""

    count: int
    key: bytes
    case_id: int
    list_id: int
    channel: str

    def rows(self, start: int) -> list[Row]:
        """Seal a chunk, as ``services.recipients.reading`` does."""
        vault, key, made = AesVault(VAULT_KEYS), self.key, []
        for number in range(start + 1, min(start + CHUNK, self.count) + 1):
            person, public_id = person_of(number, self.channel), str(uuid.uuid4())
            made.append((
                public_id, self.case_id, self.list_id, number, person.line,
                vault.seal(key, payload(person.contact), scope_of(public_id)), vault.blind(key, person.key),
                vault.blind(key, email_value(person.email)) if person.email else None,
                vault.blind(key, telegram_value(person.telegram)) if person.telegram else None,
                bool(person.telegram), bool(person.email), person.language, person.country,
            ))
        return made

    def chunks(self) -> Iterator[list[Row]]:
        """Yield the rows in the order of the list, sealed by two processes where there are many."""
        if self.count <= CHUNK:
            yield self.rows(0)
            return
        with get_context("forkserver").Pool(2) as pool:
            yield from pool.imap(self.rows, range(0, self.count, CHUNK))


def _list_row(session: Session, case: Case, count: int, channel: str, by_id: int) -> RecipientList:
    telegram, email = (0, count) if channel == "email" else (count, 0)
    made = RecipientList(
        public_id=str(uuid.uuid4()), case_id=case.id, number=1, name=f"{channel}.csv", encoding="utf-8", delimiter=",",
        columns={}, ignored=[], digest="", people_count=count, line_count=count + 1, other_count=1, refused_count=0,
        duplicate_count=0, telegram_count=telegram, email_count=email, both_count=0,
        languages={"de": (count + 1) // 2, "en": count // 2}, countries={"DE": count}, problems=[], by_id=by_id,
        at=SystemClock().now(),
    )
    session.add(made)
    session.commit()
    return made


def _write_people(session: Session, made: RecipientList, key: bytes, channel: str) -> None:
    raw = cast("Connection[Any]", session.connection().connection.dbapi_connection)
    words = f"COPY recipients ({', '.join(COLUMNS)}) FROM STDIN (FORMAT BINARY)"
    with raw.cursor() as cursor, cursor.copy(words) as copy:
        copy.set_types(list(COLUMNS.values()))
        for rows in Sealing(made.people_count, key, made.case_id, made.id, channel).chunks():
            for row in rows:
                copy.write_row(row)
    made.digest = recipients.seal_parts(session, made.id)
    session.commit()


def write(url: str, lists: Mapping[str, int]) -> None:
    """Fill an empty database: everybody who works there, and for each list a case and an approved notice."""
    clock, vault = SystemClock(), AesVault(VAULT_KEYS)
    engine = create_engine(url)
    sealing.bind(engine, lambda: vault)
    with Session(engine, expire_on_commit=False) as session:
        an_organisation(session)
        staff = hire(session)
        for channel, count in lists.items():
            say(f"sealing a list of {count:,} people ({channel})")
            case = a_case(session, staff.responder, data_categories=("account", "ai_prompts"))
            key = case_key(session, case.id, vault=vault)
            made = _list_row(session, case, count, channel, staff.responder.id)
            _write_people(session, made, key, channel)
            notice = notices.draft(session, case.id, made.id, by=staff.responder, now=clock.now())
            notices.ask_approval(session, notice.id, by=staff.responder, now=clock.now())
            notices.approve(session, notice.id, by=staff.approver, now=clock.now())
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM (ANALYZE)"))
    engine.dispose()


def a_database(machine: Machine, lists: Mapping[str, int]) -> AbstractContextManager[str]:
    """Return a context with the address of a fresh database: so many people in a list for each of these channels."""
    return machine.database(("lists", *lists.items()), lambda url: write(url, lists))
