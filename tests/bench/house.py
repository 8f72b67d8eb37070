"""One send under measurement: launched by the use case a page calls, looked at by the use case a page polls."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event

from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from incident_app.adapters.system_clock import SystemClock
from incident_app.adapters.vault import AesVault
from incident_app.domain.accounts import Actor
from incident_app.models import sealing
from incident_app.models.cases import Case
from incident_app.models.notices import Notice
from incident_app.models.recipients import RecipientList
from incident_app.services import accounts, deliveries
from incident_app.services.deliveries import Progress
from tests.bench.rig import VAULT_KEYS, Machine
from tests.bench.seeding import a_database

LOOK = 0.05  # seconds between two looks at a send
SLOWEST = 50  # messages a second below which a run is given up


@dataclass(frozen=True, slots=True)
class Send:
    """A notice that waits to be launched, or is on its way."""

    url: str
    session: Session
    notice_id: int
    count: int
    path: str
    by: Actor

    def launch(self) -> float:
        """Launch it; return the moment before."""
        begun = time.perf_counter()
        deliveries.launch(self.session, self.notice_id, typed_count=self.count, by=self.by, now=SystemClock().now())
        return begun

    def progress(self, *, brief: bool = True) -> Progress:
        """Look at it."""
        self.session.rollback()
        self.session.expire_all()
        found = deliveries.overview(self.session, self.notice_id, now=SystemClock().now(), brief=brief)
        self.session.rollback()
        return found

    def until_sent(self) -> float:
        """Wait until everybody has an outcome that is committed; return that moment."""
        end, breath = time.perf_counter() + 60 + self.count / SLOWEST, Event()
        while True:
            seen, now = self.progress(), time.perf_counter()
            if seen.waiting == 0 and seen.accepted == self.count:
                return now
            assert seen.state == "sending", (seen.state, seen.state_reason, seen.sum)
            assert now < end, f"too slow: {seen.sum}"
            breath.wait(LOOK)


def send_of(url: str, session: Session, channel: str) -> Send:
    """Return the notice by this channel."""
    notice, ref = session.execute(
        select(Notice, Case.ref).join(Case, Case.id == Notice.case_id)
        .join(RecipientList, RecipientList.id == Notice.list_id).where(RecipientList.name == f"{channel}.csv")
    ).one()
    by = accounts.find(session, "responder@example.org")
    assert by is not None
    assert notice.list_count is not None
    path = f"/cases/{ref}/notices/{notice.number}/delivery"
    return Send(url, session, notice.id, notice.list_count, path, by.actor)


@contextmanager
def a_send(machine: Machine, count: int, channel: str) -> Iterator[Send]:
    """Open a fresh database with an approved notice to ``count`` people by this channel."""
    with a_database(machine, {channel: count}) as url, opened(url) as session:
        yield send_of(url, session, channel)


@contextmanager
def opened(url: str) -> Iterator[Session]:
    """Open a session of our own."""
    engine = create_engine(url)
    vault = AesVault(VAULT_KEYS)
    sealing.bind(engine, lambda: vault)
    with Session(engine, expire_on_commit=False) as session:
        yield session
    engine.dispose()
