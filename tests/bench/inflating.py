"""A finished small send becomes a large one, by copies of its rows: cheap, and good enough to be looked at, not to be sent."""

from collections.abc import Mapping

from sqlalchemy import inspect, select, text
from sqlalchemy.orm import Session

from incident_app.models.deliveries import Delivery
from incident_app.models.notices import Notice
from incident_app.models.recipients import Recipient
from tests.bench.house import Send

# What each copy has of its own; ``n`` is its number, everything else is as in the first row.
_OF_PERSON = {
    "public_id": "CAST(gen_random_uuid() AS text)", "number": "n", "line": "n + 1", "blind": "int8send(CAST(n AS bigint))",
    "email_blind": "NULL", "telegram_blind": "int8send(CAST(n AS bigint))",
}
_OF_DELIVERY = {"public_id": "CAST(gen_random_uuid() AS text)", "recipient_id": "p.id", "number": "p.number"}


def columns_of(session: Session, table: str, own: Mapping[str, str], alias: str) -> tuple[str, str]:
    """Return the columns of a table and what a copy of row ``alias`` has in each: ``own``, or what the row has."""
    names = [column["name"] for column in inspect(session.connection()).get_columns(table) if column["name"] != "id"]
    return ", ".join(names), ", ".join(own.get(name, f"{alias}.{name}") for name in names)


def _copies(send: Send, rows: int) -> None:
    """Copy person 1, then that person's delivery for each copy."""
    session = send.session
    pattern = session.execute(
        select(Recipient.id.label("person"), Recipient.list_id.label("list"), Delivery.id.label("delivery"))
        .join(Delivery, Delivery.recipient_id == Recipient.id)
        .where(Delivery.notice_id == send.notice_id, Recipient.number == 1)).one()
    facts = {**pattern._mapping, "from": send.count + 1, "to": rows}
    session.execute(text("SET LOCAL session_replication_role = replica"))  # a copy of what is there needs no checking
    names, values = columns_of(session, "recipients", _OF_PERSON, "r")
    session.execute(text(
        f"INSERT INTO recipients ({names}) SELECT {values} FROM recipients AS r,"
        " generate_series(CAST(:from AS int), CAST(:to AS int)) AS n WHERE r.id = :person"), facts)
    names, values = columns_of(session, "deliveries", _OF_DELIVERY, "d")
    session.execute(text(
        f"INSERT INTO deliveries ({names}) SELECT {values} FROM deliveries AS d, recipients AS p"
        " WHERE d.id = :delivery AND p.list_id = :list AND p.number BETWEEN :from AND :to"), facts)


def inflate(send: Send, rows: int) -> None:
    """Let the send have ``rows`` people, all of whom were reached."""
    session = send.session
    session.rollback()
    _copies(send, rows)
    notice = session.scalars(select(Notice).where(Notice.id == send.notice_id)).one()
    facts = {"notice": notice.id, "list": notice.list_id, "to": rows, "more": rows - send.count}
    session.execute(text("UPDATE notices SET list_count = :to, accepted_count = :to, tried_count = :to, cut_to = :to"
                         " WHERE id = :notice"), facts)
    session.execute(text("UPDATE recipient_lists SET people_count = :to, line_count = :to + 1, telegram_count = :to"
                         " WHERE id = :list"), facts)
    session.execute(text("UPDATE delivery_tallies SET count = count + :more"
                         " WHERE notice_id = :notice AND state = 'accepted' AND language = 'de'"), facts)
    session.commit()
    session.connection(execution_options={"isolation_level": "AUTOCOMMIT"}).execute(text("VACUUM (ANALYZE)"))
    session.rollback()
