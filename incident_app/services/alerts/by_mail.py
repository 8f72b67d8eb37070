"""What the link of an email shows to whoever opens it: the email's own words, and who has answered."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from incident_app.domain.accounts import Permission, may
from incident_app.domain.alerts import AlertState
from incident_app.domain.refusals import NotFound, Refused
from incident_app.models.accounts import User
from incident_app.services import mail_links
from incident_app.services.alerts.overview import overview

NO_LONGER = "This link does not work any more. Sign in to see how the alert stands."


@dataclass(frozen=True, slots=True)
class MailPage:
    """One alert as its email told of it. ``name`` is whom the email was for; ``quiet`` what acknowledging it would do."""

    alert_id: int
    name: str
    head: str
    lines: tuple[str, ...]
    status: str
    quiet: str


def by_mail(session: Session, token: str, *, secret: bytes, now: datetime) -> MailPage:
    """Return what the link shows. Raises ``Refused`` in words; nothing is changed."""
    alert_id, person_id = mail_links.read_link(token, secret=secret, now=now)
    user = session.get(User, person_id)
    if user is None or not user.active or not may(user.actor, Permission.SEE_ALERTS):
        raise Refused(NO_LONGER)
    try:
        page = overview(session, alert_id, by=user.actor, now=now, zone=user.zone)
    except NotFound:
        raise Refused(NO_LONGER) from None
    answers = page.alert.state == AlertState.RAISED and may(user.actor, Permission.ACK_ALERT)
    quiet = f"Acknowledge: {page.quiet}." if answers else ""
    return MailPage(page.alert.id, user.name, page.head, page.lines, page.status, quiet)
