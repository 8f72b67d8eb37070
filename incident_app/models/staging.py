"""Rows of a list on their way in: temporary tables of one connection, in which duplicates find each other.

Nothing here outlives the connection, and nobody else sees it. Joining happens in the database, by blind index, so that
memory does not grow with the list.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, text

COLUMNS = ("line", "public_id", "sealed", "blind", "email_blind", "telegram_blind", "language", "country",
           "sensitive", "has_post")
_NAMES = ", ".join(COLUMNS)
TABLES = ("staged", "contested", "joined")
_TYPES = ("int4", "text", "bytea", "bytea", "bytea", "bytea", "text", "text", "bool", "bool")
_SHAPE = (
    "line integer, public_id varchar(36), sealed {bytes}, blind {bytes}, email_blind {bytes}, telegram_blind {bytes},"
    " language varchar(8), country varchar(6), sensitive boolean, has_post boolean"
)
# Of a Telegram id, the first line with an address holds the address that is kept. Who has neither of the two is one
# person with who has the same name and postal address.
_CONTEST = """
CREATE TEMPORARY TABLE contested AS
WITH held AS (
  SELECT s.line, s.telegram_blind AS t, s.email_blind AS e, s.blind AS b FROM staged s
  JOIN (SELECT telegram_blind AS key FROM staged WHERE telegram_blind IS NOT NULL
        GROUP BY telegram_blind HAVING count(*) > 1) c ON c.key = s.telegram_blind
  UNION
  SELECT s.line, s.telegram_blind, s.email_blind, s.blind FROM staged s
  JOIN (SELECT email_blind AS key FROM staged WHERE email_blind IS NOT NULL
        GROUP BY email_blind HAVING count(*) > 1) c ON c.key = s.email_blind
  UNION
  SELECT s.line, s.telegram_blind, s.email_blind, s.blind FROM staged s
  JOIN (SELECT blind AS key FROM staged WHERE telegram_blind IS NULL AND email_blind IS NULL
        GROUP BY blind HAVING count(*) > 1) c ON c.key = s.blind
), anchors AS (
  SELECT line, t, e, row_number() OVER (PARTITION BY t ORDER BY line) AS n FROM held
  WHERE t IS NOT NULL AND e IS NOT NULL
), owners AS (
  SELECT line, t, e, row_number() OVER (PARTITION BY e ORDER BY line) AS n,
         min(line) OVER (PARTITION BY e) AS first FROM anchors WHERE n = 1
), grouped AS (
  SELECT h.line, coalesce(h.t, o.t, h.e, h.b) AS who, w.first AS beside FROM held h
  LEFT JOIN owners o ON h.t IS NULL AND o.e = h.e AND o.n = 1
  LEFT JOIN owners w ON w.line = h.line AND w.n > 1
)
SELECT line, who, beside, count(*) OVER (PARTITION BY who) AS size FROM grouped
"""
_TAKE_OVER = """
INSERT INTO recipients (public_id, case_id, list_id, number, line, sealed, blind, email_blind, telegram_blind,
                        has_telegram, has_email, language, country, sensitive, has_post)
SELECT public_id, :case_id, :list_id, row_number() OVER (ORDER BY line), line, sealed, blind, email_blind,
       telegram_blind, telegram_blind IS NOT NULL, email_blind IS NOT NULL, language, country, sensitive, has_post
FROM staged ORDER BY line
"""
_COUNTS = """
SELECT count(*), count(telegram_blind), count(email_blind),
       count(CASE WHEN telegram_blind IS NOT NULL AND email_blind IS NOT NULL THEN 1 END),
       count(CASE WHEN has_post THEN 1 END) FROM staged
"""


def _is_postgresql(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"


def create(connection: Connection) -> None:
    """Make the tables, empty."""
    drop(connection)
    shape = _SHAPE.format(bytes="bytea" if _is_postgresql(connection) else "blob")
    for name in ("staged", "joined"):
        connection.execute(text(f"CREATE TEMPORARY TABLE {name} ({shape})"))
    connection.commit()


def drop(connection: Connection) -> None:
    """Take them away."""
    for name in TABLES:
        connection.execute(text(f"DROP TABLE IF EXISTS {name}"))
    connection.commit()


def add(connection: Connection, rows: Sequence[tuple[Any, ...]], table: str = "staged") -> None:
    """Add rows in the order of ``COLUMNS``; ``COPY`` where the database has it."""
    if not rows:
        return
    if _is_postgresql(connection):
        raw: Any = connection.connection.dbapi_connection
        with raw.cursor() as cursor, cursor.copy(f"COPY {table} ({_NAMES}) FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(_TYPES)
            for row in rows:
                copy.write_row(row)
    else:
        marks = ", ".join("?" * len(COLUMNS))
        words = f"INSERT INTO {table} ({_NAMES}) VALUES ({marks})"  # noqa: S608 (our own names)
        connection.exec_driver_sql(words, list(rows))


def contest(connection: Connection) -> None:
    """Find the rows that share an address or a Telegram id with another, and who they are together."""
    if _is_postgresql(connection):
        connection.execute(text("ANALYZE staged"))
    connection.execute(text(_CONTEST))
    connection.commit()


def beside(connection: Connection) -> Iterator[tuple[int, int]]:
    """Yield lines whose address an earlier line holds with another Telegram id, and that earlier line."""
    found = connection.execute(text("SELECT line, beside FROM contested WHERE beside IS NOT NULL ORDER BY line"))
    yield from ((row[0], row[1]) for row in found)


def together(connection: Connection) -> Iterator[Mapping[str, Any]]:
    """Yield the rows that are one person with another, person by person, in the order of their lines."""
    names = ", ".join("s." + name for name in COLUMNS)
    question = text(
        f"SELECT c.who, {names} FROM contested c JOIN staged s ON s.line = c.line"  # noqa: S608 (our own names)
        " WHERE c.size > 1 ORDER BY c.who, s.line"
    )
    streamed = connection.execute(question, execution_options={"stream_results": True, "yield_per": 1000})
    yield from (dict(row) for row in streamed.mappings())


def settle(connection: Connection) -> None:
    """Put the joined people in the place of their rows."""
    connection.execute(text("DELETE FROM staged WHERE line IN (SELECT line FROM contested WHERE size > 1)"))
    connection.execute(text(
        f"INSERT INTO staged ({_NAMES}) SELECT {_NAMES} FROM joined"))  # noqa: S608 (our own names)
    connection.commit()


def counts(connection: Connection) -> tuple[int, int, int, int, int]:
    """Return how many people there are; with a Telegram id, an email address, both, a postal address."""
    row = connection.execute(text(_COUNTS)).one()
    return row[0], row[1], row[2], row[3], row[4]


def tally(connection: Connection, column: str) -> dict[str, int]:
    """Count the people by ``language`` or ``country``, the most frequent first."""
    grouped = f"GROUP BY {column} ORDER BY count(*) DESC, min(line)"
    question = f"SELECT {column}, count(*) FROM staged {grouped}"  # noqa: S608 (our own names)
    return {row[0]: row[1] for row in connection.execute(text(question))}


def spoken(connection: Connection) -> dict[str, dict[str, int]]:
    """Count the people by country, and there by language."""
    found: dict[str, dict[str, int]] = {}
    for country, language, count in connection.execute(text(
            "SELECT country, language, count(*) FROM staged GROUP BY country, language ORDER BY country, language")):
        found.setdefault(country, {})[language] = count
    return found


def take_over(connection: Connection, case_id: int, list_id: int) -> None:
    """Make recipients of everybody, numbered in the order of their lines."""
    connection.execute(text(_TAKE_OVER), {"case_id": case_id, "list_id": list_id})
