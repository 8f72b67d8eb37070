"""The last gate before a message leaves: in a drill and in trial mode it opens to people with an account here, nobody else."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from incident_app.domain.ports import Message, Rejected, Vault
from incident_app.domain.trials import A_DAY, FULL, ON, kept_to_team
from incident_app.models.accounts import User
from incident_app.models.cases import Case
from incident_app.models.deliveries import Pulse
from incident_app.models.notices import Notice
from incident_app.models.recipients import Recipient
from incident_app.services.deliveries.addressing import Addressing
from incident_app.services.recipients.reading import email_value, telegram_value
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
    team = {address.casefold() for row in _accounts(session) for address in row if address}
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


def in_team(session: Session, notice: Notice, vault: Vault) -> int | None:
    """Return how many people of a notice have an account here by an address it would be sent to; ``None`` where the key of
    the case is gone. Blind indexes are compared: no contact is opened."""
    key = session.scalar(select(Case.data_key).where(Case.id == notice.case_id))
    if key is None:
        return None
    team = _accounts(session)
    emails = {vault.blind(key, email_value(email)) for email, _ in team}
    chats = {vault.blind(key, telegram_value(chat)) for _, chat in team if chat}
    rows = session.scalars(select(Recipient).where(
        Recipient.list_id == notice.list_id, or_(Recipient.email_blind.in_(emails), Recipient.telegram_blind.in_(chats))))
    who = Addressing(notice).who
    return sum(("email" in ways and one.email_blind in emails) or ("telegram" in ways and one.telegram_blind in chats)
               for one, ways in ((one, who(one).channels) for one in rows))


def _accounts(session: Session) -> Sequence[tuple[str, str | None]]:
    rows = session.execute(select(User.email, User.telegram_chat_id).where(User.active.is_(True)))
    return [(email, chat) for email, chat in rows]


def _sent_today(session: Session, now: datetime) -> int:
    return session.scalar(select(func.sum(Pulse.count)).where(Pulse.minute > now - _DAY)) or 0
