"""Is everything working? For load balancers, monitors and people."""

from collections.abc import Sequence

from flask import Blueprint, Response, abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from kombu.exceptions import OperationalError as BrokerError
from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy.exc import OperationalError

from incident_app.domain.accounts import Permission
from incident_app.domain.health import BY_PEOPLE, MONITOR
from incident_app.domain.numbers import grouped
from incident_app.extensions import celery, db
from incident_app.services import health, trials, watching
from incident_app.services.health import Check, Number
from incident_app.web.guard import actor, allowed, public
from incident_app.wiring import expected, now, ports

bp = Blueprint("health", __name__)
AWAY = Check("database", ok=False, words="does not answer")


def broker() -> Check:
    """Ask the broker for a connection; the embedded one is always there."""
    if str(celery.conf.broker_url).startswith("memory"):
        return Check("broker", ok=True, words="inside this process")
    try:
        with celery.connection_for_write(transport_options={"socket_connect_timeout": 2}) as connection:
            connection.ensure_connection(max_retries=1, interval_start=0, timeout=2)
    except BrokerError as error:
        return Check("broker", ok=False, words=f"does not answer: {error}")
    return Check("broker", ok=True, words="answers")


def checks() -> list[Check]:
    """Look at everything this app needs; a database that is away is an answer too."""
    try:
        session = db.session()
        found = health.look(session, now=now(), machine=ports().machine, expected=expected(ports()))
        found = health.remembered(session, found)
    except OperationalError:
        found = [AWAY]
    return [*(check for check in found if check.name != "broker"), broker()]


@bp.get("/healthz")
@public
def alive() -> ResponseReturnValue:
    """Answer: this process takes requests."""
    return Response("ok\n", mimetype="text/plain")


@bp.get("/healthz/deadlines")
@public
def deadlines() -> ResponseReturnValue:
    """Answer 200 where every deadline was evaluated within the last three minutes, otherwise 503; for pull monitors."""
    try:
        found = health.deadlines(db.session(), now=now())
    except OperationalError:
        found = AWAY
    return Response(f"{found.words}\n", status=200 if found.ok else 503, mimetype="text/plain")


@bp.get("/readyz")
@public
def ready() -> ResponseReturnValue:
    """Answer 200 where database, broker, worker and scheduler all work, otherwise 503 with what does not.

    The words name people and machines: whoever asks through the proxy hears yes and no alone.
    """
    found = checks()
    well = all(check.ok for check in found if check.name not in BY_PEOPLE)
    if "X-Forwarded-For" in request.headers:
        shown: dict[str, object] = {check.name.partition(" of ")[0]: {"ok": check.ok} for check in found}
    else:
        shown = {check.name: {"ok": check.ok, "words": check.words} for check in found}
    return jsonify({"ready": well, "checks": shown}), 200 if well else 503


def _numbers() -> Sequence[Number]:
    try:
        return health.numbers(db.session())
    except OperationalError:
        return ()


@bp.get("/metrics")
@public
def metrics() -> ResponseReturnValue:
    """Numbers for Prometheus, counted in the database at the moment of asking: right whatever process answers."""
    if "X-Forwarded-For" in request.headers:  # how many cases there are is nobody's business outside
        abort(404)
    registry = CollectorRegistry()
    rows = Gauge("incident_app_rows", "Rows by kind and state", ["kind", "state"], registry=registry)
    lives = Gauge("incident_app_up", "Whether a part shows signs of life", ["part"], registry=registry)
    for check in checks():
        lives.labels(check.name).set(int(check.ok))
    for number in _numbers():
        rows.labels(number.name, number.state).set(number.count)
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


@bp.get("/health")
@allowed(Permission.SEE_HEALTH)
def page() -> ResponseReturnValue:
    """Show whether everything works, in words, with a test where one makes sense."""
    missing = ports().pdf.available()
    printing = Check("PDF", ok=missing is None, words=missing or "can be printed")
    found = checks()
    return render_template(
        "pages/health/health.html", checks=[*found, printing], ways=health.ways(db.session(), ports().staff_channels),
        sending=trials.said(db.session(), ports().mode, current_user.zone), keys=ports().keys, monitored=ports().monitor is not None, zone=current_user.zone,
        pinged_at=next((check.seen_at for check in found if check.name == MONITOR and check.ok), None),
    )


@bp.post("/health/test/<any(database, pdf):what>")
@allowed(Permission.SEE_HEALTH)
def test_here(what: str) -> ResponseReturnValue:
    """Ask the database something, or print a page, now."""
    if what == "database":
        found = health.database(db.session())
        return _said(f"The database {found.words}.", ok=found.ok)
    writer = ports().pdf
    missing = writer.available()
    if missing is not None:
        return _said(f"No PDF: {missing}", ok=False)
    made = writer.write("test.html", {"organisation": "incident-app"}, language="en", title="A test", created_at=now())
    return _said(f"A test page was printed: {grouped(len(made))} bytes.", ok=made.startswith(b"%PDF"))


@bp.post("/health/test/<any(telegram, email):way>")
@allowed(Permission.TRY_WAYS)
def test_way(way: str) -> ResponseReturnValue:
    """Send oneself a message by one of the ways to staff."""
    tried = health.try_way(db.session(), way, ports().staff_channels, public_url=ports().public_url, by=actor(), now=now())
    return _said(tried.words, ok=tried.ok)


@bp.post("/health/test/monitor")
@allowed(Permission.MANAGE_SETTINGS)
def test_monitor() -> ResponseReturnValue:
    """Ping the monitor outside now."""
    monitor = ports().monitor
    if monitor is None:
        return _said("HEARTBEAT_URL is not set: there is nobody to ping.", ok=False)
    problem = monitor.ping()
    watching.note_ping(db.session(), problem, now=now())
    return _said(f"The ping was not taken: {problem}." if problem else "The ping was taken.", ok=not problem)


def _said(words: str, *, ok: bool) -> ResponseReturnValue:
    flash(words, "done" if ok else "late")
    return redirect(url_for("health.page"))
