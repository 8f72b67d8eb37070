"""How migrations write our column types down."""

from typing import Any, Literal

from sqlalchemy import BigInteger

from incident_app.models.base import UTC
from incident_app.models.sealing import SealedBytes


def render_item(kind: str, item: Any, context: Any) -> str | Literal[False]:
    """Write our own types as what they are in the database; leave the rest to Alembic."""
    if kind != "type":
        return False
    if isinstance(item, UTC):
        return "sa.DateTime(timezone=True)"
    if isinstance(item, SealedBytes):
        return "sa.LargeBinary()"
    if type(item).__name__ == "AsaList":
        return "sa.UnicodeText()"  # Flask-Security's list of words
    variants = getattr(item, "_variant_mapping", {})
    if "postgresql" in variants and item.__visit_name__ == "JSON":
        context.imports.add("from sqlalchemy.dialects import postgresql")
        return "sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')"
    if "sqlite" in variants and isinstance(item, BigInteger):
        return "sa.BigInteger().with_variant(sa.Integer(), 'sqlite')"
    return False
