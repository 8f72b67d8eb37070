"""One receipt per controller of a notice, opened when it is launched, and how many were given."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incident_app.domain.notices import CONTROLLERS
from incident_app.domain.recipients import who_of
from incident_app.domain.refusals import Conflict
from incident_app.models.cases import Case
from incident_app.models.controllers import ControllerReceipt, acknowledged_count
from incident_app.models.notices import Notice
from incident_app.models.recipients import people_of
from incident_app.models.sealing import vault_of
from incident_app.services.notices.receipts import code_for, hash_of
from incident_app.services.recipients.looking import GONE, opened

VALID = timedelta(days=365)


def open_receipts(session: Session, notice: Notice, now: datetime) -> None:
    """Make the receipts of a notice to controllers that is launched now; nothing for one to people. Call inside a write unit.

    Raises ``Conflict`` where a row does not open: nobody could say which controller was told.
    """
    if notice.kind != CONTROLLERS:
        return
    key, vault = session.scalar(select(Case.data_key).where(Case.id == notice.case_id)), vault_of(session)
    secret = notice.receipt_secret
    for row in session.scalars(people_of(notice.list_id)):
        contact = opened(row, key, vault)
        if key is None or contact is None or contact.controller is None:
            raise Conflict(GONE)
        session.add(ControllerReceipt(
            case_id=notice.case_id, notice_id=notice.id, number=row.number, who=vault.blind(key, who_of(contact.controller)),
            code_hash=hash_of(code_for(secret, row.public_id)), made_at=now, expires_at=now + VALID,
            organisation=contact.controller.organisation, contract=contact.controller.contract))


def receipt_counts(session: Session, notice: Notice) -> dict[str, int]:
    """Return how many controllers of a notice were asked to acknowledge it, and how many did; nothing for one to people."""
    if notice.kind != CONTROLLERS:
        return {}
    asked = session.scalar(select(func.count()).select_from(ControllerReceipt).where(ControllerReceipt.notice_id == notice.id))
    return {"asked": asked or 0, "acknowledged": session.scalar(acknowledged_count(notice.id)) or 0}
