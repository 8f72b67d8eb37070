"""Notices some of whose people wait for a letter."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from incident_app.domain.deliveries import BUCKETS, bucket
from incident_app.models.deliveries import Delivery
from incident_app.models.notices import Notice
from incident_app.models.recipients import Recipient

POSTAL = (
    b"name,email,language,street,postcode,city\n"
    b"Ann,ann@example.org,en,,,\n"
    b"=Bob,,de,Example street 1,10115,Berlin\n"
    b"Cleo,,en,Example street 2,10115,Berlin\n"
)


def turn_to_letters(session: Session, notice: Notice) -> None:
    """Leave everybody who has only a postal address waiting for a letter, as the sending engine does."""
    only = select(Recipient.id).where(
        Recipient.list_id == notice.list_id, Recipient.has_post, ~Recipient.has_email, ~Recipient.has_telegram)
    session.execute(update(Delivery).where(Delivery.recipient_id.in_(only), Delivery.notice_id == notice.id).values(
        channel="post", state="queued", reason="", result_at=None))
    states = session.scalars(select(Delivery.state).where(Delivery.notice_id == notice.id, Delivery.is_current)).all()
    found = session.get_one(Notice, notice.id)
    for name in BUCKETS:
        setattr(found, f"{name}_count", sum(bucket(state) == name for state in states))
    session.commit()
