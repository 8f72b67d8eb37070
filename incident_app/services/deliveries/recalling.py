"""What exactly did this person get? Their contact is opened for it, and that is recorded like any other opening."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor, Permission, require
from incident_app.domain.deliveries import DeliveryState
from incident_app.domain.notices import Envelope, Facts, Rendered, language_for, render
from incident_app.domain.ports import Letters, Vault
from incident_app.domain.refusals import Refused
from incident_app.models.deliveries import Delivery
from incident_app.models.notices import Notice
from incident_app.models.recipients import Recipient
from incident_app.services.deliveries.launching import mismatch
from incident_app.services.notices.looking import get, reader_of, texts_of
from incident_app.services.notices.wordings import wording
from incident_app.services.recipients.looking import find_person, open_contact

GOT = (DeliveryState.ACCEPTED, DeliveryState.UNCERTAIN)
NOTHING = "Nothing was sent to this person in this notice."


@dataclass(frozen=True, slots=True)
class Copy:
    """One message as it was sent. ``certain`` is false where the answer was lost: they may have got it, or not."""

    channel: str
    at: datetime | None
    certain: bool
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Recalled:
    """Every copy, the earliest first. ``as_approved``: words, shared facts, layout and blocks are those that the approval
    binds, so it is to the letter what was sent; where it is false, the app or the text was changed since."""

    language: str
    as_approved: bool
    copies: tuple[Copy, ...]


def recall(
    session: Session, notice_id: int, number: int, *, by: Actor, now: datetime, vault: Vault, letters: Letters,
    envelope: Envelope | None = None,
) -> Recalled:
    """Return what person ``number`` got, by whichever channel. Raises ``Refused`` where they got nothing, once the key of
    the contacts is gone, and after as many openings within an hour as contacts are opened one by one."""
    require(by, Permission.OPEN_CONTACT)
    notice = get(session, notice_id)
    person = find_person(session, notice.list_id, number)
    rows = session.scalars(
        select(Delivery).where(Delivery.notice_id == notice.id, Delivery.recipient_id == person.id,
                               Delivery.state.in_(GOT)).order_by(Delivery.result_at, Delivery.id)).all()
    if not rows:
        raise Refused(NOTHING)
    exact = not mismatch(session, notice, envelope)
    language, facts = _language(notice, person), Facts.from_json(notice.facts)
    text = texts_of(notice)[language]
    contact = open_contact(session, notice.case_id, notice.list_id, number, by=by, now=now, vault=vault)
    reader = reader_of(contact, facts, language, person.country)
    made = render(text, facts, reader, wording(language, facts.to))
    copies = tuple(
        Copy(row.channel, row.result_at or row.sending_at, row.state == DeliveryState.ACCEPTED, made.subject,
             _as_sent(row.channel, made, language, facts, letters)) for row in rows)
    return Recalled(language, exact, copies)


def _language(notice: Notice, person: Recipient) -> str:
    return language_for(person.language, notice.texts, notice.fallback_language, person.country)


def _as_sent(channel: str, made: Rendered, language: str, facts: Facts, letters: Letters) -> str:
    if channel == "email":
        return letters.email(made.subject, made.body, language=language, facts=facts.letterhead(wording(language))).text
    return made.telegram if channel == "telegram" else made.body

