"""Seal a list part by part, and check a part before anybody in it is written to."""

from collections.abc import Iterator, Sequence

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from incident_app.domain import recipients as rules
from incident_app.domain.recipients import ListPart
from incident_app.models.recipients import PartRow, Recipient, ways

TOGETHER = 100  # parts written at a time: memory does not grow with the list


def _everybody(session: Session, list_id: int) -> Iterator[tuple[int, bytes, int]]:
    question = select(
        Recipient.number, Recipient.blind, Recipient.has_telegram, Recipient.has_email, Recipient.has_post,
        Recipient.sensitive,
    ).where(Recipient.list_id == list_id).order_by(Recipient.number).execution_options(yield_per=5000)
    masks: dict[tuple[bool, bool, bool, bool | None], int] = {}
    for number, blind, telegram, email, post, sensitive in session.execute(question):
        alike = (telegram, email, post, sensitive)
        if alike not in masks:
            masks[alike] = rules.mask(ways(telegram, email, post), sensitive)
        yield number, bytes(blind), masks[alike]


def seal_parts(session: Session, list_id: int) -> str:
    """Write down what every part of a list holds; return the digest of the whole. Call inside a write unit."""
    done = list(rules.parted(_everybody(session, list_id)))
    for start in range(0, len(done), TOGETHER):
        _write(session, list_id, done[start : start + TOGETHER])
    return rules.whole_digest(done)


def _write(session: Session, list_id: int, parts: Sequence[ListPart]) -> None:
    session.execute(insert(PartRow), [
        {"list_id": list_id, "first": part.first, "last": part.last, "digest": part.digest,
         "reach": {str(alike): count for alike, count in part.reach.items()}} for part in parts])


def sealed_parts(session: Session, list_id: int) -> list[ListPart]:
    """Return the parts of a list as they were sealed, in order."""
    found = session.connection().execute(  # plain rows: ten thousand records would take half a second
        select(PartRow.first, PartRow.last, PartRow.digest, PartRow.reach).where(PartRow.list_id == list_id)
        .order_by(PartRow.first))
    return [ListPart(first, last, digest, {int(ways): count for ways, count in reach.items()})
            for first, last, digest, reach in found]


def digest_of(session: Session, list_id: int) -> tuple[str, int]:
    """Return digest and count of a list, by its sealed parts."""
    parts = sealed_parts(session, list_id)
    return rules.whole_digest(parts), rules.count_of(parts)
