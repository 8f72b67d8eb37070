"""What is to be stored fits its column: the same words on every database, before one of them cuts it or breaks off."""

from typing import Any

from sqlalchemy import BigInteger, Integer, String, event
from sqlalchemy.orm import Mapper

from incident_app.domain.numbers import grouped
from incident_app.domain.refusals import Refused

LARGEST = {Integer: 2**31 - 1, BigInteger: 2**63 - 1}


def misfit(kind: object, value: object) -> str | None:
    """Return in words why a value does not fit a column of this type; ``None`` where it does."""
    if isinstance(kind, String) and isinstance(value, str) and kind.length is not None and len(value) > kind.length:
        return f"At most {kind.length} characters."
    if isinstance(kind, Integer) and isinstance(value, int):
        most = LARGEST[BigInteger if isinstance(kind, BigInteger) else Integer]
        if abs(value) > most:
            return f"At most {grouped(most)}."
    return None


def _look(mapper: Mapper[Any], _connection: object, record: object) -> None:
    """Raise ``Refused`` with the names of the columns that are too small for what they were given."""
    problems, given = {}, vars(record)  # what was not even read was not changed
    for column in mapper.columns:
        value = given.get(mapper.get_property_by_column(column).key)
        if isinstance(value, str | int) and (words := misfit(column.type, value)) is not None:
            problems[column.key] = words
    if problems:
        raise Refused("Something is too long or too large to be kept; nothing was saved.", problems)


event.listen(Mapper, "before_insert", _look)
event.listen(Mapper, "before_update", _look)
