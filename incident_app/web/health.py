"""Is everything working? For load balancers, monitors and people."""

from collections.abc import Sequence

from flask import Blueprint, Response, abort, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from kombu.exceptions import OperationalError as BrokerError
from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy.exc import OperationalError

from incident_app.domain.accounts import Permission
from incident_app.extensions import celery, db
from incident_app.services import health
from incident_app.services.health import Check, Number
from incident_app.web.guard import allowed, public
from incident_app.wiring import now, ports

bp = Blueprint("health", __name__)


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
        found = [health.database(session), *health.signs_of_life(session, now=now())]
    except OperationalError:
        found = [Check("database", ok=False, words="does not answer")]
    return [*found, broker()]


@bp.get("/healthz")
@public
def alive() -> ResponseReturnValue:
    """Answer: this process takes requests."""
    return Response("ok\n", mimetype="text/plain")


@bp.get("/readyz")
@public
def ready() -> ResponseReturnValue:
    """Answer 200 where database, broker, worker and scheduler all work, otherwise 503 with what does not."""
    found = checks()
    well = all(check.ok for check in found)
    body = {"ready": well, "checks": {check.name: {"ok": check.ok, "words": check.words} for check in found}}
    return jsonify(body), 200 if well else 503


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
    """Show whether everything works, in words."""
    missing = ports().pdf.available()
    printing = Check("PDF", ok=missing is None, words=missing or "can be printed")
    return render_template("pages/health/health.html", checks=[*checks(), printing])
