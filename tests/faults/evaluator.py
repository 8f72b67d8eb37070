"""An evaluator: raises and sends what is due as the scheduler's task does, in a process of its own; made to be broken."""

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Event
from typing import Any

from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

import incident_app.models  # noqa: F401 (fills the metadata)
from incident_app.adapters.telegram_staff import TelegramStaff
from incident_app.domain.accounts import Actor
from incident_app.models.accounts import User
from incident_app.models.alerts import Alert, AlertSend
from incident_app.models.engine import prepare
from incident_app.services import alerts
from tests.faults.crew import Crew, until
from tests.faults.ledger import Ledger
from tests.faults.sender import BREATH, Orders
from tests.loopback.telegram_api import TOKEN
from tests.phones import SECRET

REF = re.compile(r"BR-\d+-\d+")


def evaluate(orders: Orders) -> None:
    """Say that one is there by a file; evaluate and send until sent home."""
    engine, rest, clock = prepare(create_engine(orders.database_url)), Event(), orders.open_clock()
    phones = TelegramStaff(TOKEN, f"{orders.api_url}/{os.getpid()}", total=orders.total)
    orders.home.with_suffix(f".{os.getpid()}").touch()
    while not orders.home.exists():
        with Session(engine, expire_on_commit=False) as session:
            alerts.raise_due(session, now=clock.now())
            alerts.send_due(session, {"telegram": phones}, clock=clock, public_url="https://incident.test", secret=SECRET)
            alerts.beat(session, "alerts", now=clock.now())
        rest.wait(BREATH)
    phones.close()
    engine.dispose()


@dataclass(frozen=True, slots=True)
class Told:
    """What the database says was raised, and what the provider says arrived."""

    raised: int
    superseded: int
    twice: int
    unsent: int


def told(session: Session, person: Actor) -> Told:
    """Count the alerts, the cases with more than one, and the alerts that run and did not reach this person."""
    session.rollback()
    states = Counter(session.scalars(select(Alert.state)))
    raised = select(Alert.case_id).where(Alert.raised_at.is_not(None)).group_by(Alert.case_id).having(func.count() > 1)
    reached = select(AlertSend.alert_id).where(AlertSend.person_id == person.id, AlertSend.accepted_at.is_not(None))
    unsent = select(func.count()).select_from(Alert).where(Alert.state == "raised", Alert.id.not_in(reached))
    seen = Told(states["raised"], states["superseded"], len(session.scalars(raised).all()), session.scalar(unsent) or 0)
    session.rollback()
    return seen


def until_told(session: Session, person: Actor, cases: int) -> None:
    """Wait until every case has its alert and the person has it on the phone."""
    until(lambda: (seen := told(session, person)).raised == cases and not seen.unsent, "everybody is told")


def latest(session: Session) -> datetime:
    """Return when the last alert was raised."""
    found = session.scalars(select(Alert.raised_at).where(Alert.raised_at.is_not(None)).order_by(Alert.raised_at.desc())).first()
    assert found is not None
    session.rollback()
    return found


def doubles(sent: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the cases of which messages told more than once without saying that they repeat themselves."""
    fresh = [message["text"] for message in sent if "(repeat)" not in message["text"]]
    told_of = Counter(case for words in fresh for case in REF.findall(words))
    return [case for case, times in told_of.items() if times > 1]


def link(session: Session, who: Actor, chat: int) -> None:
    """Give somebody a chat."""
    session.get_one(User, who.id).telegram_chat_id = str(chat)
    session.commit()


@contextmanager
def evaluators(database_url: str, folder: Path) -> Iterator[tuple[Crew, Ledger]]:
    """Open a provider and a crew of evaluators that send to it."""
    with Ledger() as api:
        crew = Crew(Orders(database_url, api.url, folder / "clock", folder / "home"), work=evaluate)
        try:
            yield crew, api
        finally:
            crew.end()
