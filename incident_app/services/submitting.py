"""Forms submit once: a double press, or a browser that sends again, lands where the first press did."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor
from incident_app.domain.refusals import Refused
from incident_app.models.submissions import Submission
from incident_app.services.unit import First, writing

KEPT = timedelta(hours=48)
KEY = re.compile(r"[A-Za-z0-9._-]{8,64}")


@dataclass(frozen=True, slots=True)
class Sent:
    """One form as it was sent: the ``key`` that came with it, and the SHA-256 of what it said."""

    key: str
    digest: str


class SentBefore(Exception):
    """The same form was sent before, and has been carried out; ``found`` says what came of it."""

    def __init__(self, found: Submission) -> None:
        """Keep what came of the first one."""
        super().__init__(found.lands)
        self.found = found


def check_key(key: str) -> str:
    """Return a key that can be kept. Raises ``Refused`` for any other."""
    if not KEY.fullmatch(key):
        raise Refused("Nothing was saved.", {"key": "The key of a request is 8 to 64 letters, digits, dots or dashes."})
    return key


def before(session: Session, sent: Sent, *, by: Actor) -> Submission | None:
    """Return what came of the same form, if it was sent before. Raises ``Refused`` where it said something else."""
    found = session.scalar(select(Submission).where(Submission.user_id == by.id, Submission.key == sent.key))
    if found is not None and found.digest != sent.digest:
        raise Refused("This form was sent before, with other words in it. Nothing was saved this time: load the page "
                      "again and enter what is to be added.", {})
    return found


def claim(sent: Sent, *, lands: str, by: Actor, now: datetime) -> First:
    """Return what to do first in the unit that carries the form out: remember it.

    Two at once meet at the unique key: the second waits for the first, and then raises :class:`SentBefore`.
    """

    def first(session: Session) -> None:
        session.add(Submission(user_id=by.id, key=sent.key, digest=sent.digest, lands=lands, at=now))
        try:
            session.flush()
        except IntegrityError:
            session.rollback()
            found = before(session, sent, by=by)
            if found is None:
                raise
            raise SentBefore(found) from None

    return first


def finish(
    session: Session, sent: Sent, *, lands: str = "", status: int = 0, answer: Mapping[str, Any] | None = None, by: Actor
) -> None:
    """Write down what came of a form, more exactly than could be said before. A form that did nothing has no row."""
    with writing(session):
        row = session.scalar(select(Submission).where(Submission.user_id == by.id, Submission.key == sent.key))
        if row is not None:
            row.status, row.answer, row.lands = status, dict(answer) if answer is not None else None, lands or row.lands


def take_back(session: Session, sent: Sent, *, by: Actor) -> None:
    """Forget a form that was refused though something about it was recorded: the same press counts as a new one."""
    with writing(session):
        session.execute(delete(Submission).where(Submission.user_id == by.id, Submission.key == sent.key))


def forget(session: Session, *, now: datetime) -> int:
    """Forget forms that nobody sends again any more; return how many."""
    with writing(session):
        gone = session.scalars(delete(Submission).where(Submission.at < now - KEPT).returning(Submission.id)).all()
    return len(gone)
