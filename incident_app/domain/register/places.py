"""Where a page of the register ended: the next one begins behind that row, however the list grew meanwhile."""

import base64
import binascii
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
        padded = text + "=" * (-len(text) % 4)
        plain = json.loads(base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True)) if len(text) <= LONGEST else None
        rank, due, aware, case_id = plain if isinstance(plain, list) and len(plain) == 4 else (None,) * 4
        place = Place(rank, datetime.fromisoformat(due) if due is not None else None, datetime.fromisoformat(aware), case_id)
        whole = all(type(one) is int and 0 <= one < 2**31 for one in (rank, case_id))
        if not whole or place.aware_at.tzinfo is None or (place.due_at is not None and place.due_at.tzinfo is None):
            raise ValueError("no such row")  # noqa: TRY301 (one answer to whatever was made up)
        if (place.due_at is not None) is not (place.rank == 0):
            raise ValueError("no such row")  # noqa: TRY301 (one answer to whatever was made up)
    except (ValueError, TypeError, RecursionError, binascii.Error):
        raise Refused("There is no such page of the register.", {"after": "Begin with its first page."}) from None
    return place
