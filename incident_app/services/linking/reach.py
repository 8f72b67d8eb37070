"""What a person sees of how they are reached: each way, when something last arrived by it, how its last test went."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor, Permission, require
from incident_app.models.accounts import User
from incident_app.models.alerts import AlertSend
from incident_app.models.linking import StaffNote
from incident_app.services.linking.codes import linked


@dataclass(frozen=True, slots=True)
class Way:
    """One channel of one person: ``address`` as they know it, empty where it is not set up."""

    channel: str
    address: str
    since: datetime | None
    last_accepted_at: datetime | None
    test: StaffNote | None

    @property
    def under_test(self) -> bool:
        """Whether a test is on its way."""
        return self.test is not None and self.test.state in {"planned", "sending"}


def ways(session: Session, *, by: Actor) -> list[Way]:
    """Return one's own ways, Telegram first."""
    require(by, Permission.ACK_ALERT)
    user, link = session.get_one(User, by.id), linked(session, by.id)
    label = link.chat_name if link is not None else "a chat linked before"
    return [
        _way(session, by.id, "telegram", label if user.telegram_chat_id else "", link.confirmed_at if link else None),
        _way(session, by.id, "email", str(user.email), None),
    ]


def _way(session: Session, user_id: int, channel: str, address: str, since: datetime | None) -> Way:
    alert = session.scalar(select(func.max(AlertSend.accepted_at)).where(
        AlertSend.person_id == user_id, AlertSend.channel == channel))
    note = session.scalar(select(func.max(StaffNote.accepted_at)).where(
        StaffNote.user_id == user_id, StaffNote.channel == channel))
    test = session.scalar(select(StaffNote).where(
        StaffNote.user_id == user_id, StaffNote.channel == channel, StaffNote.kind == "test",
    ).order_by(StaffNote.id.desc()).limit(1).execution_options(populate_existing=True))
    return Way(channel, address, since, max((at for at in (alert, note) if at), default=None), test)
