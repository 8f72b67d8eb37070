"""“Did you write to this address?” The question is answered by blind index, also after the contacts were erased."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from incident_app.domain import recipients as rules
from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.ports import Vault
from incident_app.domain.refusals import Refused
from incident_app.models.cases import Case
from incident_app.models.deliveries import Delivery
from incident_app.models.notices import Notice
from incident_app.models.recipients import Recipient, lists_of_case
from incident_app.services import audit
from incident_app.services.recipients.looking import label_of
from incident_app.services.recipients.reading import email_value, telegram_value
from incident_app.services.unit import writing


@dataclass(frozen=True, slots=True)
class Told:
    """What one notice meant for the person: on which channel, how it ended, when."""

    notice: int
    channel: str
    state: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Found:
    """The person as they stand in one list."""

    list_id: int
    list_number: int
    person: int
    label: str
    told: tuple[Told, ...]


def _values(address: str, telegram: str) -> tuple[str, str]:
    try:
        email, number = rules.clean_email(address), rules.clean_telegram(telegram)
    except ValueError as error:
        raise Refused("That cannot be looked for.", {"address": f"It {error}."}) from None
    if not email and not number:
        raise Refused("What are we to look for?", {"address": "Give an email address or a Telegram id."})
    return email, number


def _told(session: Session, person: Recipient) -> tuple[Told, ...]:
    rows = session.execute(
        select(Notice.number, Delivery.channel, Delivery.state, Delivery.result_at)
        .join(Notice, Notice.id == Delivery.notice_id)
        .where(Notice.list_id == person.list_id, Delivery.recipient_id == person.id)
        .order_by(Notice.number, Delivery.id)
    )
    return tuple(Told(number, channel, state, at) for number, channel, state, at in rows)


def ask(
    session: Session, case_id: int, *, address: str = "", telegram: str = "", by: Actor, now: datetime, vault: Vault
) -> list[Found]:
    """Return where an address or a Telegram id stands in the lists of a case, and what was sent there.

    That it was asked is recorded, and what was found; the address itself is kept nowhere. Raises ``Refused``.
    """
    require(by, Permission.SEE_PEOPLE)
    email, number = _values(address, telegram)
    found = []
    with writing(session):
        key = session.scalar(select(Case.data_key).where(Case.id == case_id))
        for one in session.scalars(lists_of_case(case_id)).all():
            index = one.index_key if one.erased_at else key
            if index is None:
                continue
            same = []
            if email:
                same.append(Recipient.email_blind == vault.blind(index, email_value(email)))
            if number:
                same.append(Recipient.telegram_blind == vault.blind(index, telegram_value(number)))
            people = session.scalars(
                select(Recipient).where(Recipient.list_id == one.id, or_(*same)).order_by(Recipient.number)
            )
            found += [Found(one.id, one.number, person.number, label_of(person.number), _told(session, person))
                      for person in people.all()]
        audit.record(
            session, action="recipients.asked", by=by, now=now, case_id=case_id, subject="case", subject_id=case_id,
            details={"found": [f"list {one.list_number}, {one.label}" for one in found]},
        )
    return found
