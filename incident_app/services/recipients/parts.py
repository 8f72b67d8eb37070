"""Seal a list part by part, and check a part before anybody in it is written to."""

from collections.abc import Iterator, Sequence

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from incident_app.domain import recipients as rules
from incident_app.domain.recipients import ListPart
from incident_app.models.recipients import PartRow, Recipient, parts_of

TOGETHER = 100  # parts written at a time: memory does not grow with the list


def _everybody(session: Session, list_id: int) -> Iterator[tuple[int, bytes, int]]:
    question = select(Recipient.number, Recipient.blind, Recipient.has_telegram, Recipient.has_email).where(
        Recipient.list_id == list_id).order_by(Recipient.number).execution_options(yield_per=5000)
    for number, blind, telegram, email in session.execute(question):
        yield number, bytes(blind), rules.mask(way for way, has in (("telegram", telegram), ("email", email)) if has)


def seal_parts(session: Session, list_id: int) -> str:
    """Write down what every part of a list holds; return the digest of the whole. Call inside a write unit."""
    done: list[ListPart] = []
    for part in rules.parted(_everybody(session, list_id)):
        done.append(part)
        if len(done) % TOGETHER == 0:
            _write(session, list_id, done[-TOGETHER:])
    _write(session, list_id, done[len(done) - len(done) % TOGETHER :])
    return rules.whole_digest(done)


def _write(session: Session, list_id: int, parts: Sequence[ListPart]) -> None:
    if parts:
        session.execute(insert(PartRow), [
            {"list_id": list_id, "first": part.first, "last": part.last, "digest": part.digest,
             "reach": {str(ways): count for ways, count in part.reach.items()}} for part in parts])


def sealed_parts(session: Session, list_id: int) -> list[ListPart]:
    """Return the parts of a list as they were sealed, in order."""
    return [ListPart(row.first, row.last, row.digest, {int(ways): count for ways, count in row.reach.items()})
            for row in session.scalars(parts_of(list_id))]


def digest_of(session: Session, list_id: int) -> tuple[str, int]:
    """Return digest and count of a list, by its sealed parts."""
    parts = sealed_parts(session, list_id)
    return rules.whole_digest(parts), rules.count_of(parts)
