"""The commands that keep running: demo, serve, worker, beat, watchdog."""

import dataclasses
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NoReturn

import click

from incident_app import starting
from incident_app.settings import Settings
from incident_app.tasks import QUEUES

if TYPE_CHECKING:
    from flask import Flask

    from incident_app.domain.ports import Clock
    from incident_app.wiring import Ports

HOST = "127.0.0.1"
NOBODY_OUTSIDE = "If this machine dies, nobody is told: set HEARTBEAT_URL to a monitor outside (runbooks/deploy)."
PORT = 8000


@dataclasses.dataclass(frozen=True, slots=True)
class StandingClock:
    """A clock that stands still, for pictures and walks that must be the same every time."""

    at: datetime

    def now(self) -> datetime:
        """Return where it stands."""
        return self.at


def _moment(_context: click.Context, _option: click.Parameter, value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError as error:
        raise click.BadParameter("use ISO 8601, such as 2026-11-22T09:00Z") from error
    if at.tzinfo is None:
        raise click.BadParameter("say the zone too, such as 2026-11-22T09:00Z")
    return at.astimezone(UTC)


def _free(host: str, port: int) -> None:
    from incident_app.serving import PortBusy, check_port

    try:
        check_port(host, port)
    except PortBusy as error:
        raise click.ClickException(f"{error} Stop what runs there, or choose another: --port {port + 1}") from error


def _stand_still(app: "Flask", at: datetime | None) -> "Flask":
    from incident_app.wiring import KEY

    if at is not None:
        app.extensions[KEY] = dataclasses.replace(app.extensions[KEY], clock=StandingClock(at))
    return app


# --------------------------------------------------------------------------------------------------------------- demo


def _forget(chosen: Settings) -> None:
    """Delete the demo's database; one that is not the demo's is never touched."""
    from incident_app.backups import sqlite_file

    path = sqlite_file(chosen.database_url)
    if path is None:
        raise click.ClickException("--reset deletes a SQLite file only; this DATABASE_URL is another kind.")
    if not path.exists():
        return
    app = starting.make_app(chosen)
    at, _ = starting.standing(app)
    if at is not None and not starting.is_demo(app):
        raise click.ClickException(f"{path} does not carry the demo's mark: it is not deleted.")
    starting.release(app)
    for end in ("", "-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)


def _weeks_ago(app: "Flask", chosen: Settings) -> "Callable[[Clock], Ports]":
    """Return the outside world as it was when the demo's people were told: nobody waited for a slot, nothing left."""
    from incident_app.adapters import simulator
    from incident_app.adapters.rate_limit import SlotLimiter
    from incident_app.wiring import KEY

    held: Ports = app.extensions[KEY]

    def then(clock: "Clock") -> "Ports":
        outbox = simulator.Simulator(chosen.instance_dir / simulator.FILE, clock)
        channels = {name: outbox.channel(name) for name in ("telegram", "email")}
        return dataclasses.replace(held, clock=clock, channels=channels, limiter=SlotLimiter({}), outbox=outbox)

    return then


def _links(app: "Flask", base: str) -> list[tuple[str, str, str]]:
    """Make a one-time link for the first responder and the first approver: (role, name, link)."""
    from incident_app.domain.accounts import Role
    from incident_app.extensions import db
    from incident_app.services import accounts
    from incident_app.wiring import now

    made = []
    with app.app_context():
        session = db.session()
        for role in (Role.RESPONDER, Role.APPROVER):
            person = next((user for user in accounts.everybody(session) if role in user.actor.roles), None)
            if person is not None:
                secret = accounts.make_sign_in_link(session, str(person.email), now=now())
                made.append((role.value, person.name, f"{base}/start/{secret}"))
    return made


def _welcome(base: str, links: list[tuple[str, str, str]]) -> None:
    lines = [f"Demo is ready   {base}", ""]
    lines += [f"  {role:<10} {name:<20} {link}" for role, name, link in links]
    lines += [
        "",
        "Each link signs one person in, works once and for 30 minutes. Four eyes need two people: open the second link",
        "in a private window of your browser.",
        "Nothing can leave this machine: email and Telegram are simulated.",
        "Stop: Ctrl+C     Start again with fresh data: python3 -m incident_app demo --reset",
    ]
    click.echo("\n".join(lines))


@click.command()
@click.option("--reset", is_flag=True, help="Delete the demo's data first.")
@click.option("--now", "at", callback=_moment, help="Let the clock stand at this moment (ISO 8601).")
@click.option("--host", default=HOST, show_default=True)
@click.option("--port", default=PORT, show_default=True)
def demo(*, reset: bool, at: datetime | None, host: str, port: int) -> None:
    """Serve the demo organisation: nothing can leave this machine."""
    from incident_app.serving import Server

    chosen = starting.settings()
    if chosen.sends:
        raise click.ClickException("The demo sends nothing: leave DELIVERY_MODE out, or use `incident-app serve`.")
    base = f"http://{host}:{port}"
    chosen = dataclasses.replace(chosen, redis_url=None, public_url=base)
    _free(host, port)
    if reset:
        _forget(chosen)
    app = _stand_still(starting.make_app(chosen), at)
    starting.prepare(app)
    from incident_app.demo import seed_demo
    from incident_app.wiring import now

    with app.app_context():
        moment = now()
    seed_demo(app, moment, _weeks_ago(app, chosen))
    if not starting.is_demo(app):
        raise click.ClickException("This database is not the demo's. Serve it with: incident-app serve")
    links = _links(app, base)
    starting.release(app)
    Server(
        lambda: _stand_still(starting.make_app(chosen), at), f"{host}:{port}", embedded=True,
        on_ready=lambda: _welcome(base, links),
    ).run()


# -------------------------------------------------------------------------------------------------------------- serve


@click.command()
@click.option("--host", default=HOST, show_default=True)
@click.option("--port", default=PORT, show_default=True)
@click.option("--workers", default=2, show_default=True, help="Processes; always 1 without REDIS_URL.")
@click.option("--threads", default=16, show_default=True, help="Requests at once in each process.")
def serve(*, host: str, port: int, workers: int, threads: int) -> None:
    """Serve for real. Without REDIS_URL the worker and the scheduler run inside this process."""
    from incident_app.serving import Server

    chosen = starting.settings()
    _free(host, port)
    app = starting.make_app(chosen)
    starting.prepare(app)
    starting.refuse_to_send_from_demo(app, chosen)
    sending = starting.sending_words(app)
    starting.release(app)
    how = "worker and scheduler inside" if chosen.embedded else "worker and scheduler apart"
    Server(
        lambda: starting.make_app(chosen), f"{host}:{port}", embedded=chosen.embedded, workers=workers,
        threads=threads,
        on_ready=lambda: click.echo(f"Serving on http://{host}:{port} ({chosen.delivery_mode}; {how})"
                                    f"\nMessages: {sending}." + (
            f"\n{NOBODY_OUTSIDE}" if chosen.sends and not chosen.heartbeat_url else "")),
    ).run()


def _apart(chosen: Settings, what: str) -> None:
    if chosen.embedded:
        raise click.ClickException(
            f"There is no REDIS_URL: `serve` runs its own {what}. Set REDIS_URL to run it apart."
        )


def _all_queues(concurrency: int) -> int:
    """Run one worker process per queue, so that nothing urgent waits behind what takes long; end together.

    They are forked: what takes a process seconds and memory to read in, all of them share.
    """
    children = set()
    for queue, share in (dict.fromkeys(QUEUES, 1) | {"bulk": concurrency}).items():
        child = os.fork()
        if child == 0:
            _end_with(_work, queue, share)
        children.add(child)

    def stop(number: int, _frame: object) -> None:
        for child in children:
            os.kill(child, number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    worst = 0
    while children:
        ended, status = os.wait()
        children.discard(ended)
        worst = max(worst, abs(os.waitstatus_to_exitcode(status)))
        stop(signal.SIGTERM, None)
    return worst


def _end_with(run: Callable[[str, int], None], queue: str, concurrency: int) -> NoReturn:
    """Run it in a process that was forked, which never goes back to where it was forked."""
    status = 1
    try:
        run(queue, concurrency)
        status = 0
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    finally:
        if sys.exc_info()[0] is not None:
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _work(queue: str, concurrency: int) -> None:
    from incident_app import log_lines
    from incident_app.extensions import celery

    log_lines.for_celery()
    level = os.environ.get("LOG_LEVEL", "info")
    celery.worker_main([
        "worker", f"--queues={queue}", f"--concurrency={concurrency}", f"--loglevel={level}",
        f"--hostname={queue}@%h", "--without-gossip", "--without-mingle",
    ])


@click.command()
@click.option("--queue", type=click.Choice(QUEUES), help="Serve only this queue; all of them otherwise.")
@click.option("--concurrency", default=2, show_default=True, help="Processes for bulk work.")
def worker(*, queue: str | None, concurrency: int) -> None:
    """Send and alert, beside `serve`."""
    chosen = starting.settings()
    _apart(chosen, "worker")
    app = starting.make_app(chosen)
    starting.prepare(app)
    starting.refuse_to_send_from_demo(app, chosen)
    starting.release(app)
    if queue is None:
        raise SystemExit(_all_queues(concurrency))
    _work(queue, concurrency)


@click.command()
def beat() -> None:
    """Wake the workers when their time has come. One is enough; two do no harm."""
    chosen = starting.settings()
    _apart(chosen, "scheduler")
    app = starting.make_app(chosen)
    starting.prepare(app)
    starting.release(app)
    from incident_app import log_lines
    from incident_app.extensions import celery

    log_lines.for_celery()
    celery.Beat(scheduler="incident_app.tasks.beating:PulseScheduler", loglevel=os.environ.get("LOG_LEVEL", "info").upper(), quiet=True).run()


# ----------------------------------------------------------------------------------------------------------- watchdog


def _prepared(chosen: Settings, stopped: threading.Event, every: float) -> "Flask | None":
    """Make the app once the database answers and fits; ``None`` where we were told to stop first."""
    from sqlalchemy.exc import OperationalError

    while not stopped.is_set():
        app = starting.make_app(chosen)
        try:
            starting.prepare(app)
            starting.refuse_to_send_from_demo(app, chosen)
        except OperationalError:
            click.echo("The database does not answer yet; trying again.", err=True)
            stopped.wait(every)
        else:
            return app
    return None


@click.command()
@click.option("--every", default=60.0, show_default=True, help="Seconds between two passes.")
def watchdog(*, every: float) -> None:
    """Evaluate and alert without queue and broker, watch the other parts, ping HEARTBEAT_URL. Several do no harm."""
    from incident_app import log_lines
    from incident_app.watching import Watchdog

    log_lines.set_up()
    chosen = starting.settings()
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    app = _prepared(chosen, stopped, min(every, 5.0))
    if app is None:
        return
    dog = Watchdog(app, every=every)
    dog.start()
    click.echo(f"Watching every {every:g} s ({chosen.delivery_mode}; {_minded(chosen)})")
    while not stopped.wait(0.2):
        if not dog.alive:
            raise SystemExit(1)  # it failed in a way nobody foresaw: the supervisor starts it again
    dog.stop()


def _minded(chosen: Settings) -> str:
    if chosen.heartbeat_url:
        return "HEARTBEAT_URL is pinged after each whole pass"
    return "no HEARTBEAT_URL: if this machine dies, nobody is told"
