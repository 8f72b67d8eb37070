"""The last gate before a message leaves: in a drill and in trial mode it opens to people with an account here, nobody else."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incident_app.domain.ports import Message, Rejected
from incident_app.domain.trials import A_DAY, FULL, ON, kept_to_team
from incident_app.models.accounts import User
from incident_app.models.deliveries import Pulse
from incident_app.services.trials import mode_now

_DAY = timedelta(days=1)


def keep_in(session: Session, printed: Sequence[Message | Rejected], *, mode: str, drill: bool, now: datetime
            ) -> list[Message | Rejected]:
    """Return what may leave; for everybody else why it may not. Ends the transaction that looked.

    ``mode`` is what the server was told. Whether two administrators ended trial mode is read here, each time: where it is on
    again, nothing that is claimed afterwards goes outside.
    """
    told, mode = mode, mode_now(session, mode)
    reason = kept_to_team(mode, drill=drill)
    if not reason:
        if told == ON:
            session.rollback()
        return list(printed)
    team = {address.casefold() for row in session.execute(
        select(User.email, User.telegram_chat_id).where(User.active.is_(True))) for address in row if address}
    left = A_DAY - _sent_today(session, now) if mode == ON else len(printed)
    session.rollback()
    kept: list[Message | Rejected] = []
    for one in printed:
        if isinstance(one, Rejected):
            kept.append(one)
        elif one.address.casefold() not in team:
            kept.append(Rejected(reason, permanent=True))
        else:
            kept.append(one if left > 0 else Rejected(FULL, permanent=True))
            left -= 1
    return kept


def _sent_today(session: Session, now: datetime) -> int:
    return session.scalar(select(func.sum(Pulse.count)).where(Pulse.minute > now - _DAY)) or 0
