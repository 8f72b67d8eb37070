"""Somebody was faster: the 409 says both texts, so that a program can show them to a person."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from flask import request

from incident_app.domain.refusals import Stale
from incident_app.extensions import db
from incident_app.services import latest


@contextmanager
def both(subject: str, subject_id: int | str, case_id: int | None, now: Callable[[], Mapping[str, Any]]) -> Iterator[None]:
    """Lay beside a stale request what it says and what the record says ``now``, for the fields that were sent.

    ``now()`` returns the record as JSON, with its ``version``.
    """
    try:
        yield
    except Stale as stale:
        sent = request.get_json(silent=True)
        yours = {name: value for name, value in sent.items() if name != "version"} if isinstance(sent, dict) else {}
        db.session().expire_all()
        found = now()
        last = next(iter(latest.changes(db.session(), subject, subject_id, case_id)), None)
        stale.both = {
            "yours": yours, "theirs": {name: found.get(name) for name in yours}, "version": found["version"],
            "by": last.by if last else "", "at": last.at.isoformat() if last else None,
        }
        raise
