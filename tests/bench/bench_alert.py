"""Alerts during a mass notice by the same bot: ``python -m tests.bench.bench_alert`` (see ``rig`` for the options).

The server refuses what would be the 31st message in any one second, and then everything for a second; four worker
processes send a notice to 3,000 people; meanwhile a deadline comes due every two seconds, each for another person.

accepted     from the moment an alert is due until its acceptance is written down; the evaluator looks once a second
used         messages a second by the server's ledger, notice and alerts, first to last, to what is allowed
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from multiprocessing import get_context
from statistics import quantiles
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from incident_app.adapters.system_clock import SystemClock
from incident_app.domain.accounts import SYSTEM, Role
from incident_app.models.alerts import Alert, AlertSend, LadderRow
from incident_app.services import accounts
from incident_app.settings import Settings
from tests.bench.house import Send, a_send
from tests.bench.rig import Machine, Options, main, median
from tests.bench.servers import Counts, start_telegram
from tests.bench.table import Figure, say
from tests.bench.watching import until
from tests.bench.workers import a_crew
from tests.loopback.telegram_api import TOKEN
from tests.services.duties import a_duty, a_plain_case

RATE, WORKERS, PEOPLE, ALERTS = 30, 4, 3000, 50
FIRST_CHAT = 900_000_000
FIRST_AFTER = timedelta(seconds=6)
EVERY = timedelta(seconds=1.85)
LOOK = 1.0  # seconds between two looks of the evaluator
ONE_IN = 60  # one alert for so many people
_CONTEXT = get_context("forkserver")


def evaluate(settings: Settings, ready: Any, home: Any) -> None:
    """Run what the clock starts about alerts, once a second, until sent home."""
    from incident_app.app import create_app
    from incident_app.extensions import celery
    from incident_app.tasks.schedule import SCHEDULE

    create_app(settings)  # binds the tasks to itself
    names = [entry.task for entry in SCHEDULE if entry.task.startswith("tasks.alerts.")]
    ready.set()
    due = time.monotonic()
    while not home.wait(max(due - time.monotonic(), 0)):
        due = max(due + LOOK, time.monotonic())
        for name in names:
            celery.tasks[name]()


@contextmanager
def an_evaluator(settings: Settings) -> Iterator[None]:
    """Run one, as the worker of the urgent queue does."""
    ready, home = _CONTEXT.Event(), _CONTEXT.Event()
    process = _CONTEXT.Process(target=evaluate, args=(settings, ready, home), daemon=True)
    process.start()
    try:
        assert ready.wait(60), "the evaluator did not come up"
        yield
    finally:
        home.set()
        process.join(15)
        if process.is_alive():
            process.kill()


def _people(session: Session, count: int, now: datetime) -> list[int]:
    made = []
    for number in range(count):
        user = accounts.add_user(session, f"oncall{number}@example.org", f"On Call {number}", {Role.ONCALL}, zone="UTC",
                                 by=SYSTEM, now=now)
        user.telegram_chat_id = str(FIRST_CHAT + number)
        session.commit()
        made.append(user.id)
    return made


def _deadlines(session: Session, people: list[int], now: datetime) -> None:
    """Let a threshold come near every two seconds, each in a case of somebody else, whom the ladder wakes first: whoever is
    on call would be told what nobody has answered yet, too."""
    session.add(LadderRow(kind="authority", body={"steps": [{"after_minutes": 0, "who": "owner", "ways": "both"}]}, changed_at=now))
    for number, person in enumerate(people):
        at = now + FIRST_AFTER + number * EVERY
        case = a_plain_case(session, f"BR-2026-{500 + number}", aware_at=now, filed_at=now)
        case.owner_id = person
        session.commit()
        a_duty(session, case, due_at=at + timedelta(hours=48), anchor_at=at - timedelta(hours=24), raised_at=now)


def _took(session: Session) -> list[float]:
    session.rollback()
    session.expire_all()
    rows = session.execute(
        select(AlertSend.accepted_at, Alert.due_at).join(Alert, Alert.id == AlertSend.alert_id)
        .where(AlertSend.channel == "telegram", AlertSend.accepted_at.is_not(None)))
    return [(accepted_at - due_at).total_seconds() for accepted_at, due_at in rows if accepted_at is not None]


def _alerts(send: Send, count: int) -> None:
    now = SystemClock().now()
    people = _people(send.session, count, now)
    _deadlines(send.session, people, SystemClock().now())


def _once(machine: Machine, options: Options) -> tuple[Counts, list[float], int]:
    """Return what the server saw, how many seconds each alert took, and how many there were."""
    count = options.of(PEOPLE)
    alerts = min(ALERTS, max(3, count // ONE_IN))
    with start_telegram(rate=RATE) as server, a_send(machine, count, "telegram") as send:
        settings = machine.settings(send.url, telegram_api_url=server.url, telegram_rate=float(RATE),
                                    telegram_staff_bot_token=TOKEN, sendgrid_api_key=None)
        with a_crew(settings, WORKERS, options.profile) as crew, an_evaluator(settings):
            _alerts(send, alerts)
            send.launch()
            send.until_sent()
            until(lambda: len(_took(send.session)) == alerts, "every alert is accepted", 60 + alerts)
            crew.dismiss()
        return server.counts(), _took(send.session), count + alerts


def bench(machine: Machine, options: Options) -> list[Figure]:
    """Measure."""
    seen, took, everybody = [], [], 0
    for number in range(options.rounds):
        say(f"round {number + 1}")
        counts, seconds, people = _once(machine, options)
        seen.append(counts)
        took += seconds
        everybody += people
    p95 = quantiles(took, n=20)[-1]
    used = [100 * (one.messages - 1) / one.seconds / RATE for one in seen]
    return [
        Figure("alerts, due until accepted: median", median(took), "s"),
        Figure("alerts, due until accepted: p95", p95, "s", most=1.5),
        Figure("alerts, due until accepted: slowest", max(took), "s"),
        Figure("of the limit used, notice and alerts", median(used), "%", least=97),
        Figure("most in any one second", max(one.most for one in seen), "", most=RATE),
        Figure("refused, all rounds", sum(one.refused for one in seen), "", most=0),
        Figure("lost, all rounds", everybody - sum(one.people for one in seen), "", most=0),
        Figure("double, all rounds", sum(one.doubles for one in seen), "", most=0),
    ]


if __name__ == "__main__":
    main("Alerts during a mass notice", bench)
