"""Column types and the base every table shares."""

from datetime import UTC as UTC_ZONE
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeDecorator

from incident_app.extensions import Base, db

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


class UTC(TypeDecorator[datetime]):
    """An aware moment, stored and returned in UTC on both databases (SQLite itself would drop the zone)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 (SQLAlchemy's signature)
        """Refuse a moment without a zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a zone cannot be stored")
        return value.astimezone(UTC_ZONE)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 (SQLAlchemy's signature)
        """Return it aware."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC_ZONE) if value.tzinfo is None else value.astimezone(UTC_ZONE)


Json: Any = JSON().with_variant(postgresql.JSONB(), "postgresql")
BigId: Any = BigInteger().with_variant(Integer(), "sqlite")
