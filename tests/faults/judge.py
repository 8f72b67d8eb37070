"""Compare what the provider knows with what we say: nobody lost in silence, nobody written to twice unseen."""

from collections.abc import Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incident_app.domain.deliveries import BUCKETS, Sum, bucket, digest
from incident_app.domain.ports import Vault
from incident_app.models.cases import Case
from incident_app.models.deliveries import Delivery, Proof
from incident_app.models.notices import Notice
from incident_app.models.recipients import Recipient, RecipientList
from incident_app.services.recipients.looking import opened

OUTCOMES = frozenset({"accepted", "failed", "uncertain", "cancelled"})
LISTED = frozenset({"uncertain", "resent"})

People = Mapping[int, Sequence[Delivery]]


def _rows(session: Session, notice: Notice, vault: Vault) -> People:
    """Return everybody of the list by chat, with all rows of the notice."""
    key = session.scalar(select(Case.data_key).where(Case.id == notice.case_id))
    found: dict[int, list[Delivery]] = {}
    by_person: dict[int, list[Delivery]] = {}
    for row in session.scalars(select(Delivery).where(Delivery.notice_id == notice.id)):
        by_person.setdefault(row.recipient_id, []).append(row)
    for person in session.scalars(select(Recipient).where(Recipient.list_id == notice.list_id)):
        contact = opened(person, key, vault)
        assert contact is not None
        found[int(contact.telegram)] = by_person.get(person.id, [])
    return found


def _of_person(chat: int, rows: Sequence[Delivery], got: int) -> list[str]:
    current = [row for row in rows if row.is_current]
    if len(current) != 1:
        return [f"{chat} has {len(current)} rows that count"]
    state, listed = current[0].state, any(row.state in LISTED for row in rows)
    said = []
    if state not in OUTCOMES:
        said.append(f"{chat} has no outcome: {state}")
    if state == "accepted" and not got:
        said.append(f"{chat} is called accepted and got nothing")
    if state in {"failed", "cancelled"} and got and not listed:
        said.append(f"{chat} is called {state} and got it")
    if got > 1 and not listed:
        said.append(f"{chat} got it {got} times and is listed nowhere")
    return said


def _of_sum(notice: Notice, people: People, list_count: int) -> list[str]:
    terms = dict.fromkeys(BUCKETS, 0)
    for rows in people.values():
        for row in rows:
            if row.is_current:
                terms[bucket(row.state)] += 1
    said = [f"the counter {name} says {getattr(notice, f'{name}_count')}, the rows {count}"
            for name, count in terms.items() if getattr(notice, f"{name}_count") != count]
    whole = Sum(list_count, **terms)
    if not whole.finished or notice.list_count != list_count or len(people) != list_count:
        said.append(f"the sum does not add up: {whole}")
    return said


def _of_proof(session: Session, notice: Notice, people: People) -> list[str]:
    newest = session.scalar(
        select(Proof).where(Proof.notice_id == notice.id).order_by(Proof.number.desc()).limit(1))
    if newest is None or notice.finished_at is None:
        return ["the notice has no proof of its end"]
    pairs = sorted((row.public_id, row.state) for rows in people.values() for row in rows)
    return [] if newest.digest == digest(pairs) else ["the newest proof is not about these rows"]


def judge(session: Session, notice_id: int, got: Mapping[int, int], *, vault: Vault, bound: int) -> list[str]:
    """Return what is wrong, in words; nothing where every promise was kept.

    ``got`` says how many messages each chat received. ``bound`` is the most people who may be uncertain: what was in
    flight at each break.
    """
    session.rollback()
    session.expire_all()
    notice = session.get_one(Notice, notice_id)
    people = _rows(session, notice, vault)
    list_count = session.scalar(
        select(func.sum(RecipientList.people_count)).where(RecipientList.id == notice.list_id)) or 0
    said = [words for chat, rows in people.items() for words in _of_person(chat, rows, got.get(chat, 0))]
    said += [f"{chat} is a stranger and got it" for chat in got.keys() - people.keys()]
    said += _of_sum(notice, people, list_count)
    said += _of_proof(session, notice, people)
    uncertain = sum(any(row.state in LISTED for row in rows) for rows in people.values())
    if uncertain > bound:
        said.append(f"{uncertain} are uncertain, at most {bound} were in flight")
    session.rollback()
    return said
