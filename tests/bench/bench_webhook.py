"""Events come back while others are written to: ``python -m tests.bench.bench_webhook`` (see ``rig`` for the options).

ours        the real serving process takes SendGrid's signed events (500 a post, shuffled, one in twenty twice) about a
            send by email, until every person's state says what the events say; two worker processes send a notice by
            Telegram meanwhile
minimal     a receiver that verifies the signature and does one bulk UPDATE of a bare table, one process too, under the
            same send
exact       who bounced is failed, everybody else is delivered, the sum adds up, a sample's story tells their event
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection

import psycopg
from sqlalchemy import select, text

from incident_app.adapters.system_clock import SystemClock
from incident_app.models.deliveries import Delivery
from incident_app.models.recipients import Recipient
from incident_app.services import deliveries
from incident_app.settings import Settings
from tests.bench.events import Post, Signer, bounces, deliver, events_for, posts_of
from tests.bench.house import Send, opened, send_of
from tests.bench.rig import Machine, Options, main, median
from tests.bench.seeding import a_database
from tests.bench.servers import start_sendgrid, start_telegram
from tests.bench.table import Figure, say
from tests.bench.watching import a_web, until
from tests.bench.workers import a_crew
from tests.house.running import free_port

# Three times as many are written to meanwhile: the last event shall come before the last of them.
LISTS = {"email": 1, "telegram": 3, "telegram again": 3}
PEOPLE = 50_000
STORIES = 50
PATIENCE = 600.0
LOOK = 0.25  # seconds between two looks at whether all is applied: to look costs as much as to apply a few hundred


def ids_of(send: Send) -> dict[int, str]:
    """Return by which id the provider knows each person's message."""
    rows = send.session.execute(
        select(Recipient.number, Delivery.public_id).join(Recipient, Recipient.id == Delivery.recipient_id)
        .where(Delivery.notice_id == send.notice_id)).all()
    send.session.rollback()
    return {row.number: row.public_id for row in rows}


def _is_applied(send: Send, bounced: int) -> bool:
    seen = send.progress(brief=False)
    return seen.delivered == send.count - bounced and seen.failed == bounced


def _wrong(send: Send) -> int:
    """Count the people whose state is not what the events say."""
    seen = send.progress(brief=False)
    wrong = 0 if seen.adds_up else 1
    for line in deliveries.outcomes(send.session, send.notice_id, by=send.by, now=SystemClock().now()):
        wrong += (line.state == "failed") != bounces(line.number)
    for number in range(1, send.count + 1, max(send.count // STORIES, 1)):
        kinds = {step.what for step in deliveries.story(send.session, send.notice_id, number, by=send.by)}
        wrong += ("bounced" if bounces(number) else "delivered") not in kinds
    send.session.rollback()
    return wrong


def _deadlocks(send: Send) -> int:
    found = send.session.scalar(text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"))
    send.session.rollback()
    return found or 0


@contextmanager
def _minimal(machine: Machine, send: Send, signer: Signer, ids: dict[int, str]) -> Iterator[str]:
    """Run the receiver with a bare table of the same people."""
    address, port = send.url.replace("+psycopg", ""), free_port()
    with psycopg.connect(address) as connection:
        connection.execute("CREATE TABLE bench_states (id text PRIMARY KEY, rank int NOT NULL)")
        connection.cursor().executemany("INSERT INTO bench_states VALUES (%s, 0)", [(one,) for one in ids.values()])
    command = [sys.executable, "-m", "gunicorn", "-b", f"127.0.0.1:{port}", "--no-control-socket",
               "tests.bench.receiver:app"]
    environ = {**os.environ, "BENCH_DATABASE": address, "BENCH_KEY": signer.public}

    def listens() -> bool:
        try:
            HTTPConnection("127.0.0.1", port).connect()
        except OSError:
            return False
        return True

    with (machine.folder / "receiver.log").open("w") as log, \
            subprocess.Popen(command, env=environ, stdout=log, stderr=log) as process:
        try:
            until(listens, "the receiver listens", 30)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


@dataclass(slots=True)
class _Seen:
    """What all rounds saw."""

    bare: list[float] = field(default_factory=list)
    mine: list[float] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)
    waiting: list[float] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)
    refused: int = 0
    deadlocks: int = 0
    wrong: int = 0


def _under_way(chats: Send) -> None:
    chats.launch()
    until(lambda: chats.progress().accepted, "the send is under way", 60)


def _bare(web: str, posts: Sequence[Post], chats: Send) -> float:
    """Return the seconds the minimal receiver took."""
    _under_way(chats)
    posted = deliver(web, "/", posts)
    assert not posted.refused
    chats.until_sent()
    return posted.seconds


def _ours(web: str, posts: Sequence[Post], chats: Send, mails: Send, seen: _Seen) -> float:
    """Return the seconds until every event is applied."""
    _under_way(chats)
    begun = time.perf_counter()
    posted = deliver(web, "/hooks/sendgrid", posts)
    bounced = sum(map(bounces, range(1, mails.count + 1)))
    until(lambda: _is_applied(mails, bounced), "every event is applied", PATIENCE, LOOK)
    took = time.perf_counter() - begun
    seen.waiting.append(chats.progress().waiting)
    seen.answers += posted.each
    seen.refused += posted.refused
    seen.answered.append(posted.seconds / took)
    chats.until_sent()
    return took


def _round(machine: Machine, settings: Settings, signer: Signer, options: Options, seen: _Seen) -> None:
    url = settings.database_url
    with opened(url) as session, a_crew(settings, 2, options.profile), a_crew(settings, 1, options.profile, chores=True):
        mails, first, second = (send_of(url, session, name) for name in LISTS)
        mails.launch()
        mails.until_sent()
        ids = ids_of(mails)
        events = events_for(ids)
        with _minimal(machine, mails, signer, ids) as web:
            seen.bare.append(len(events) / _bare(web, posts_of(signer, events), first))
        with a_web(machine, settings) as web:
            seen.mine.append(len(events) / _ours(web, posts_of(signer, events), second, mails, seen))
        seen.deadlocks += _deadlocks(mails)
        seen.wrong += _wrong(mails)


def bench(machine: Machine, options: Options) -> list[Figure]:
    """Measure both, alternately."""
    seen, signer, count = _Seen(), Signer(), options.of(PEOPLE)
    with start_sendgrid() as server, start_telegram() as telegram:
        for number in range(options.rounds):
            say(f"round {number + 1}")
            with a_database(machine, {name: count * times for name, times in LISTS.items()}) as url:
                _round(machine, machine.settings(
                    url, sendgrid_api_url=server.url, telegram_api_url=telegram.url,
                    sendgrid_webhook_public_key=signer.public), signer, options, seen)
    return [
        Figure("minimal receiver", median(seen.bare), "events/s"),
        Figure("ours", median(seen.mine), "events/s"),
        Figure("ours to the minimal receiver", median(seen.mine) / median(seen.bare), least=0.5),
        Figure("the last post answered after", 100 * median(seen.answered), "% of the time"),
        Figure("a post, median", 1000 * median(seen.answers), "ms"),
        Figure("a post, the slowest", 1000 * max(seen.answers), "ms"),
        Figure("posts refused, all rounds", seen.refused, most=0),
        Figure("deadlocks, all rounds", seen.deadlocks, most=0),
        Figure("people whose state is wrong, all rounds", seen.wrong, most=0),
        Figure("people not yet sent to when the last event was applied", median(seen.waiting)),
    ]


if __name__ == "__main__":
    main("Events come back", bench)
