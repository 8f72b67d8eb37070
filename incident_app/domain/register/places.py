"""Where a page of the register ended: the next one begins behind that row, however the list grew meanwhile."""

import base64
import json
from dataclasses import dataclass
from datetime import datetime

from incident_app.domain.refusals import Refused

LONGEST = 200


@dataclass(frozen=True, slots=True)
class Place:
    """What a row is sorted by: its rank (dated, open, quiet, closed), when it is due, since when we were aware, its id."""

    rank: int
    due_at: datetime | None
    aware_at: datetime
    case_id: int


def write_place(place: Place) -> str:
    """Return a place as a word for an address."""
    plain = [place.rank, place.due_at.isoformat() if place.due_at else None, place.aware_at.isoformat(), place.case_id]
    return base64.urlsafe_b64encode(json.dumps(plain, separators=(",", ":")).encode()).decode().rstrip("=")


def read_place(text: str) -> Place:
    """Read what :func:`write_place` wrote. Raises ``Refused`` for anything else."""
    try:
        padded = (text + "=" * (-len(text) % 4)).encode("ascii")
        plain = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True)) if len(text) <= LONGEST else None
        place = _place(plain)
    except (ValueError, TypeError, OverflowError, RecursionError):
        place = None
    if place is None:
        raise Refused("There is no such page of the register.", {"after": "Begin with its first page."})
    return place


def _place(plain: object) -> Place | None:
    """Return a place; ``None`` for what no row is sorted by. Raises ``ValueError`` or ``TypeError`` for no moments."""
    if not isinstance(plain, list) or len(plain) != 4:
        return None
    rank, due, aware, case_id = plain
    if not all(type(one) is int and 0 <= one < 2**31 for one in (rank, case_id)) or (due is None) is (rank == 0):
        return None
    due_at, aware_at = datetime.fromisoformat(due) if due is not None else None, datetime.fromisoformat(aware)
    if aware_at.tzinfo is None or (due_at is not None and due_at.tzinfo is None):
        return None
    return Place(rank, due_at, aware_at, case_id)
