"""Compare what the provider knows with what we say: nobody lost in silence, nobody written to twice unseen.

All looks of these tests into the tables are here.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incident_app.domain.deliveries import BUCKETS, Sum, bucket, digest
from incident_app.domain.notices import NoticeState
from incident_app.domain.ports import Vault
from incident_app.models.cases import Case
from incident_app.models.deliveries import Delivery, Proof
from incident_app.models.notices import Notice
from incident_app.models.recipients import Recipient, RecipientList
from incident_app.services import audit
from incident_app.services.recipients.looking import opened

OUTCOMES = frozenset({"accepted", "failed", "uncertain", "cancelled"})
LISTED = frozenset({"uncertain", "resent"})

Address = int | str
"""A chat, an email address, or minus the number of somebody whose contact nobody can open."""
People = Mapping[Address, Sequence[Delivery]]


def people_of(session: Session, notice_id: int, vault: Vault) -> People:
    """Return everybody of the list by address, with all rows of the notice."""
    notice = session.get_one(Notice, notice_id)
    key = session.scalar(select(Case.data_key).where(Case.id == notice.case_id))
    found: dict[Address, list[Delivery]] = {}
    by_person: dict[int, list[Delivery]] = {}
    for row in session.scalars(select(Delivery).where(Delivery.notice_id == notice.id).order_by(Delivery.id)):
        by_person.setdefault(row.recipient_id, []).append(row)
    for person in session.scalars(select(Recipient).where(Recipient.list_id == notice.list_id)):
        contact = opened(person, key, vault)
        address: Address = -person.number
        if contact is not None:
            address = int(contact.telegram) if contact.telegram else contact.email
        found[address] = by_person.pop(person.id, [])
    assert not by_person, f"{len(by_person)} have rows and are not on the list"
    return found


def outcomes_of(session: Session, notice_id: int, vault: Vault) -> Mapping[Address, tuple[str, str]]:
    """Return the state and the reason that count, by address."""
    session.rollback()
    session.expire_all()
    found = {address: (row.state, row.reason) for address, rows in people_of(session, notice_id, vault).items()
             for row in rows if row.is_current}
    session.rollback()
    return found


def attempts_of(session: Session, notice_id: int) -> Counter[int]:
    """Return how many people used up how many attempts."""
    found = Counter(session.scalars(select(Delivery.attempts).where(Delivery.notice_id == notice_id, Delivery.is_current)))
    session.rollback()
    return found


def spoil(session: Session, notice_id: int, numbers: Sequence[int]) -> None:
    """Change what is sealed for these people of the list, as a thief or a bad disk would."""
    notice = session.get_one(Notice, notice_id)
    for person in session.scalars(
        select(Recipient).where(Recipient.list_id == notice.list_id, Recipient.number.in_(numbers))
    ):
        person.sealed = b"x" + person.sealed[1:]
    session.commit()


def _of_person(who: Address, rows: Sequence[Delivery], got: int) -> Iterator[str]:
    current = [row for row in rows if row.is_current]
    if len(current) != 1:
        yield f"{who} has {len(current)} rows that count"
        return
    state, listed = current[0].state, any(row.state in LISTED for row in rows)
    if state not in OUTCOMES:
        yield f"{who} has no outcome: {state}"
    if state == "accepted" and not got:
        yield f"{who} is called accepted and got nothing"
    if state in {"failed", "cancelled"} and got and not listed:
        yield f"{who} is called {state} and got it"
    if state in {"failed", "cancelled", "uncertain"} and not current[0].reason:
        yield f"{who} is called {state} and nobody says why"
    if got > 1 and not listed:
        yield f"{who} got it {got} times and is listed nowhere"
    if len(rows) > 1 and not all(row.state in LISTED | {"failed"} for row in rows if not row.is_current):
        yield f"{who} was written to again, and the first message is neither failed nor listed"


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
    if terms["cancelled"] and notice.state != NoticeState.CANCELLED:
        said.append(f"{terms['cancelled']} are called cancelled and nobody cancelled it")
    return said


def _of_proof(session: Session, notice: Notice, people: People) -> list[str]:
    newest = session.scalar(
        select(Proof).where(Proof.notice_id == notice.id).order_by(Proof.number.desc()).limit(1))
    if newest is None or notice.finished_at is None:
        return ["the notice has no proof of its end"]
    pairs = sorted((row.public_id, row.state) for rows in people.values() for row in rows)
    said = [] if newest.digest == digest(pairs) else ["the newest proof is not about these rows"]
    proved = newest.counts["people"]
    if any(proved[name] != getattr(notice, f"{name}_count") for name in BUCKETS):
        said.append("the newest proof counts otherwise than the notice")
    return said


def _of_record(session: Session, notice: Notice) -> list[str]:
    verdict = audit.verify(session)
    said = [] if verdict.complete else [f"the record does not hold: {verdict}"]
    starts = [entry for entry in audit.of_case(session, notice.case_id)
              if entry.action == "notice.launched" and entry.subject_id == str(notice.id)]
    return said if len(starts) == 1 else [*said, f"the record says {len(starts)} launches"]


def judge(session: Session, notice_id: int, got: Mapping[Address, int] | Mapping[int, int] | Mapping[str, int], *,
          vault: Vault, bound: int) -> list[str]:
    """Return what is wrong, in words; nothing where every promise was kept.

    ``got`` says how many messages each address received. ``bound`` is the most people who may be uncertain: what was
    in flight at each break.
    """
    session.rollback()
    session.expire_all()
    taken: dict[Address, int] = dict(got.items())
    notice = session.get_one(Notice, notice_id)
    people = people_of(session, notice_id, vault)
    list_count = session.scalar(
        select(func.sum(RecipientList.people_count)).where(RecipientList.id == notice.list_id)) or 0
    said = [words for who, rows in people.items() for words in _of_person(who, rows, taken.get(who, 0))]
    said += [f"{who} is a stranger and got it" for who in taken.keys() - people.keys()]
    said += _of_sum(notice, people, list_count)
    said += _of_proof(session, notice, people)
    said += _of_record(session, notice)
    uncertain = sum(any(row.state in LISTED for row in rows) for rows in people.values())
    if uncertain > bound:
        said.append(f"{uncertain} are uncertain, at most {bound} were in flight")
    session.rollback()
    return said
