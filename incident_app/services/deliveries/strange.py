"""Messages that a provider speaks of and we never sent: somebody else may hold the key (``threats.md`` T-81)."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Role
from incident_app.models.accounts import User
from incident_app.models.alerts import AlertSend
from incident_app.models.deliveries import Receipt
from incident_app.models.linking import StaffNote
from incident_app.services import alerts, linking
from incident_app.services.unit import writing

KIND = "strange_sends"
UNKNOWN, STAFF = "unknown", "staff"
MOST = 20
WITHIN = timedelta(hours=1)
SUBJECT = "Mail in our name that we did not send"
WORDS = ("the mail provider tells of {} or more messages within an hour that are not in our ledger. Is its key used elsewhere? "
         "If not, somebody else has it: revoke it at the provider, and put a new one in")


def to_staff(session: Session, ids: Collection[str]) -> set[str]:
    """Return which of these messages went to our own people: alerts and notes, which are in no notice."""
    return {one for table in (AlertSend, StaffNote)
            for one in session.scalars(select(table.public_id).where(table.public_id.in_(ids)))}


def tell(session: Session, *, now: datetime) -> bool:
    """Wake the on-call and write to every administrator where there are too many, once a day; tell whether this call did."""
    with writing(session):
        count = session.scalar(
            select(func.count()).select_from(Receipt).where(Receipt.kind == UNKNOWN, Receipt.applied_at > now - WITHIN)) or 0
        words = WORDS.format(MOST)
        if count < MOST or alerts.raise_about(session, kind=KIND, key=f"{now:%Y-%m-%d}", words=words, now=now) is None:
            return False
        for user in session.scalars(select(User).where(User.active.is_(True)).order_by(User.id)).unique():
            if Role.ADMIN in user.actor.roles:
                linking.write(session, user, "strange", "email", user.email, f"Look at this now: {words}.", now=now, subject=SUBJECT)
        return True
