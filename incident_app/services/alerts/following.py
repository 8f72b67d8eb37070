"""Running alerts follow the rota: who came on call since an alert was raised is woken by it, and not who was before."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.domain.alerts import AlertState, SendState
from incident_app.models.alerts import Alert, AlertSend
from incident_app.services import audit, rota
from incident_app.services.alerts import ladders, paging
from incident_app.services.alerts.paging import Coming
from incident_app.services.unit import writing

REASON = "Somebody else is on call by now."
_Group = tuple[set[int], datetime]


def behind(session: Session, now: datetime) -> list[int]:
    """Return the alerts nobody has answered that were raised before whoever is on call came on."""
    unanswered = select(Alert.id).where(Alert.state == AlertState.RAISED.value, Alert.only_for_id.is_(None))
    if session.scalar(unanswered.limit(1)) is None or (shift := rota.current_shift(session, now)) is None:
        return []
    return list(session.scalars(unanswered.where(Alert.raised_at <= shift.starts_at).order_by(Alert.id)))


def follow(session: Session, alert_id: int, now: datetime) -> None:
    """Plan the steps of one alert to come anew, each at the time it had, where the rota has others for them.

    In a transaction of its own; without one, and the lock that everything recorded waits for, where nothing changes.
    """
    here = session.get_one(Alert, alert_id)
    if any(send.step % paging.ROUND == 1 for send in _ahead(session, here)):
        return  # the ladder has just begun, by the rota as it is
    if _ids(_wanted(session, here, now)) == [who for who, _ in _groups(_ahead(session, here))]:
        return
    with writing(session):
        audit.lock(session)
        for alert in session.scalars(
            select(Alert).where(Alert.id == alert_id, Alert.state == AlertState.RAISED.value).with_for_update(of=Alert)
            .execution_options(populate_existing=True)
        ).all():
            session.execute(select(AlertSend.id).where(AlertSend.alert_id == alert.id).with_for_update())
            ahead, wanted = _ahead(session, alert), _wanted(session, alert, now)
            times = [at for _, at in _groups(ahead)][-len(wanted):]
            for send in ahead:
                send.state, send.reason = SendState.CANCELLED.value, REASON
            alert.rounds += 1
            paging.write_steps(session, alert, ladders.of_alert(session, alert), wanted, [now] * (len(wanted) - len(times)) + times or [now])


def _ahead(session: Session, alert: Alert) -> Sequence[AlertSend]:
    """Return the sends of the steps not begun yet."""
    begun = paging.last_step(session, alert)
    return session.scalars(
        select(AlertSend).where(AlertSend.alert_id == alert.id, AlertSend.state == SendState.PLANNED.value, AlertSend.step > begun)
        .order_by(AlertSend.step, AlertSend.due_at, AlertSend.id).execution_options(populate_existing=True)
    ).all()


def _groups(ahead: Sequence[AlertSend]) -> list[_Group]:
    """Return whom each planned step wakes, and when."""
    steps = [list(sends) for _, sends in groupby(ahead, key=lambda send: send.step)]
    return [({send.person_id for send in sends}, sends[0].due_at) for sends in steps]


def _wanted(session: Session, alert: Alert, now: datetime) -> list[Coming]:
    """Return the steps to come as the rota is now: those that were planned so, and those with somebody nobody has told."""
    planned, told = [who for who, _ in _groups(_ahead(session, alert))], paging.told(session, alert)
    steps = paging.coming(session, alert, ladders.of_alert(session, alert), now=now)
    return [one for one, ids in zip(steps, _ids(steps), strict=True) if ids in planned or not ids <= told]


def _ids(steps: Sequence[Coming]) -> list[set[int]]:
    return [{user.id for user in people} for _, _, people in steps]
