"""Which person stands behind an account: four eyes are the eyes of two persons."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.models.accounts import User


def persons_of(session: Session, accounts: Iterable[int | None]) -> dict[int, int]:
    """Return person by account, for those of these accounts that exist."""
    ids = {one for one in accounts if one is not None}
    rows = session.execute(select(User.id, User.person_id).where(User.id.in_(ids)))
    return {row.id: row.id if row.person_id is None else row.person_id for row in rows}
