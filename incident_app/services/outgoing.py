"""Which of the messages that the simulator kept somebody may look at: those of cases within scope, their own, and
what tells auditors how far the record is: no more than a number and a hash. In the demo, where nobody reads the mailbox of
whoever is invited, also the invitations one has sent."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session

from incident_app.domain.accounts import Actor, Permission, require
from incident_app.models.accounts import Invitation
from incident_app.models.alerts import Alert, AlertSend
from incident_app.models.deliveries import Delivery
from incident_app.models.linking import StaffNote
from incident_app.models.notices import Notice
from incident_app.models.organisation import Organisation
from incident_app.services import scope
from incident_app.services.anchoring import ANCHOR
from incident_app.services.people.letters import NOTE


def within(session: Session, message_ids: Collection[str], *, by: Actor) -> frozenset[str]:
    """Return which of these messages (by their public ids) ``by`` may look at; an unknown one is none of them."""
    require(by, Permission.SEE_OUTBOX)
    told = select(Delivery.public_id).join(Notice, Notice.id == Delivery.notice_id).where(
        Delivery.public_id.in_(message_ids), scope.within(Notice.case_id, by))
    woken = select(AlertSend.public_id).join(Alert, Alert.id == AlertSend.alert_id).where(
        AlertSend.public_id.in_(message_ids), or_(AlertSend.person_id == by.id, scope.alerts_of(by)))
    noted = select(StaffNote.public_id).where(
        StaffNote.public_id.in_(message_ids), or_(StaffNote.user_id == by.id, StaffNote.kind == ANCHOR, _invited(by)))
    return frozenset(found for question in (told, woken, noted) for found in session.scalars(question))


def _invited(by: Actor) -> ColumnElement[bool]:
    """Ask whether a note is an invitation that ``by`` sent in the demo. It lets somebody in: elsewhere it is nobody else's."""
    demo = exists().where(Organisation.is_demo)
    sent = exists().where(Invitation.user_id == StaffNote.user_id, Invitation.made_by_id == by.id)
    return (StaffNote.kind == NOTE) & demo & sent
