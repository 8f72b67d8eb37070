"""Events come back while others are written to: ``python -m tests.bench.bench_webhook`` (see ``rig`` for the options).

ours        the real serving process takes SendGrid's signed events (500 a post, shuffled, one in twenty twice) about a
            send by email, until every person's state says what the events say; two worker processes send a notice by
            Telegram meanwhile
minimal     a receiver that verifies the signature and does one bulk UPDATE of a bare table, one process too, under the
            same send
exact       who bounced is failed, everybody else is delivered, the sum adds up, a sample's story tells their event
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection

import psycopg
from sqlalchemy import select, text

from incident_app.models.deliveries import Delivery
from incident_app.models.recipients import Recipient
from incident_app.services import deliveries
from tests.bench.events import Posted, Signer, bounces, deliver, events_for, posts_of
from tests.bench.house import Send, opened, send_of
from tests.bench.rig import Machine, Options, main, median
from tests.bench.seeding import a_database
from tests.bench.servers import Running, start_sendgrid, start_telegram
from tests.bench.table import Figure, say
from tests.bench.watching import a_web, until
from tests.bench.workers import a_crew
from tests.house.running import free_port

PEOPLE = 50_000
STORIES = 50
PATIENCE = 600.0


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
    for line in deliveries.outcomes(send.session, send.notice_id, by=send.by):
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


def _sent_before(machine: Machine, send: Send, server: Running) -> dict[int, str]:
    with a_crew(machine.settings(send.url, sendgrid_api_url=server.url, telegram_bot_token=None), 2) as crew:
        send.launch()
        send.until_sent()
        crew.dismiss()
    return ids_of(send)


def _once(machine: Machine, server: Running, telegram: Running, options: Options, *, ours: bool
          ) -> tuple[float, Posted, list[int]]:
    """Return the events a second, what came of the posts, and: deadlocks, wrong states, people still waiting."""
    signer, count = Signer(), options.of(PEOPLE)
    with a_database(machine, count, "email", "telegram") as url, opened(url) as session:
        mails, chats = send_of(url, session, "email"), send_of(url, session, "telegram")
        ids = _sent_before(machine, mails, server)
        events = events_for(ids)
        settings = machine.settings(
            url, sendgrid_api_url=server.url, telegram_api_url=telegram.url, sendgrid_webhook_public_key=signer.public)
        receiver = a_web(machine, settings) if ours else _minimal(machine, mails, signer, ids)
        path = "/hooks/sendgrid" if ours else "/"
        with receiver as web, a_crew(settings, 2, options.profile), a_crew(settings, 1, chores=True):
            posts, begun = posts_of(signer, events), chats.launch()
            until(lambda: chats.progress().accepted, "the send is under way", 60)
            begun = time.perf_counter()
            posted = deliver(web, path, posts)
            if ours:
                until(lambda: _is_applied(mails, count // 10), "every event is applied", PATIENCE)
            took, waiting = time.perf_counter() - begun, chats.progress().waiting
        return len(events) / took, posted, [_deadlocks(mails), _wrong(mails) if ours else 0, waiting]


def bench(machine: Machine, options: Options) -> list[Figure]:
    """Measure both, alternately."""
    mine, bare, answers, refused, rest = [], [], [], 0, []
    with start_sendgrid() as server, start_telegram() as telegram:
        for number in range(options.rounds):
            say(f"round {number + 1}")
            bare.append(_once(machine, server, telegram, options, ours=False)[0])
            rate, posted, counts = _once(machine, server, telegram, options, ours=True)
            mine.append(rate)
            answers += posted.each
            refused += posted.refused
            rest.append(counts)
    return [
        Figure("minimal receiver", median(bare), "events/s"),
        Figure("ours", median(mine), "events/s"),
        Figure("ours to the minimal receiver", median(mine) / median(bare), least=0.5),
        Figure("a post, median", 1000 * median(answers), "ms"),
        Figure("a post, p95", 1000 * statistics.quantiles([*answers, answers[-1]], n=20)[-1], "ms"),
        Figure("posts refused, all rounds", refused, most=0),
        Figure("deadlocks, all rounds", sum(one[0] for one in rest), most=0),
        Figure("people whose state is wrong, all rounds", sum(one[1] for one in rest), most=0),
        Figure("people still to be sent to when the last event was applied", median([one[2] for one in rest])),
    ]


if __name__ == "__main__":
    main("Events come back", bench)
