"""Alerts as JSON: what runs, who was paged, acknowledge, take, escalate."""

from datetime import UTC, datetime
from typing import Any

from flask_smorest import Blueprint

from incident_app.api import answers
from incident_app.api.guard import actor, allowed
from incident_app.domain.accounts import Permission
from incident_app.extensions import db
from incident_app.models.alerts import Alert
from incident_app.services import alerts
from incident_app.wiring import now

blp = Blueprint("api_alerts", __name__, url_prefix="/api/v1")


def _moment(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat() if at else None


def alert_json(alert: Alert) -> dict[str, Any]:
    """Return one alert; ``words`` is what it is headed with, ``note`` why it came late or ended."""
    return {
        "id": alert.id, "kind": alert.kind, "case": alert.case.ref if alert.case else None, "words": alert.words,
        "state": alert.state, "threshold": alert.threshold, "deadline_at": _moment(alert.deadline_at),
        "raised_at": _moment(alert.raised_at), "note": alert.note, "superseded_by": alert.superseded_by,
        "acknowledged_by": alert.acked_by.name if alert.acked_by else None, "acknowledged_at": _moment(alert.acked_at),
        "expires_at": _moment(alert.ack_expires_at),
    }


@blp.route("/alerts", methods=["GET"])
@allowed(Permission.SEE_ALERTS)
@blp.alt_response(200, schema=answers.ALERTS, success=True)
def every_alert() -> dict[str, Any]:
    """List running alerts, the newest first, and those that ended lately."""
    session = db.session()
    return {"running": [alert_json(alert) for alert in alerts.running(session, by=actor())],
            "over": [alert_json(alert) for alert in alerts.recent(session, by=actor())]}


@blp.route("/alerts/<int:alert_id>", methods=["GET"])
@allowed(Permission.SEE_ALERTS)
@blp.alt_response(200, schema=answers.ALERT_STORY, success=True)
def one(alert_id: int) -> dict[str, Any]:
    """Read one alert with everybody who was paged, how, and why a way was skipped."""
    page = alerts.overview(db.session(), alert_id, by=actor(), now=now())
    paged = [
        {"round": item.round, "step": item.step, "name": item.name, "channel": send.channel, "state": send.state,
         "due_at": _moment(send.due_at), "accepted_at": _moment(send.accepted_at), "reason": send.reason,
         "tries": send.tries}
        for item in (*page.paged, *page.spared) for send in item.sends
    ]
    return alert_json(page.alert) | {
        "head": page.head, "critical": page.critical, "paged": paged,
        "next": {"name": page.next_name, "at": _moment(page.next_at)} if page.next_at else None,
    }


@blp.route("/alerts/<int:alert_id>/acknowledge", methods=["POST"])
@allowed(Permission.ACK_ALERT)
@blp.alt_response(200, schema=answers.ALERT, success=True)
def acknowledge(alert_id: int) -> dict[str, Any]:
    """Stop paging; under 12 hours left for 30 minutes only."""
    return alert_json(alerts.acknowledge(db.session(), alert_id, by=actor(), now=now()))


@blp.route("/alerts/<int:alert_id>/take", methods=["POST"])
@allowed(Permission.ACK_ALERT)
@blp.alt_response(200, schema=answers.ALERT, success=True)
def take(alert_id: int) -> dict[str, Any]:
    """Acknowledge and become the owner of the case."""
    return alert_json(alerts.take(db.session(), alert_id, by=actor(), now=now()))


@blp.route("/alerts/<int:alert_id>/escalate", methods=["POST"])
@allowed(Permission.ACK_ALERT)
@blp.alt_response(200, schema=answers.ALERT, success=True)
def escalate(alert_id: int) -> dict[str, Any]:
    """Page the next step at once."""
    return alert_json(alerts.escalate(db.session(), alert_id, by=actor(), now=now()))


@blp.route("/alerts/acknowledge-all", methods=["POST"])
@allowed(Permission.ACK_ALERT)
@blp.alt_response(200, schema=answers.ACKNOWLEDGED, success=True)
def acknowledge_all() -> dict[str, int]:
    """Stop paging for everything nobody has answered; returns how many alerts that were."""
    return {"acknowledged": alerts.acknowledge_all(db.session(), by=actor(), now=now())}


@blp.route("/alerts/demo", methods=["POST"])
@allowed(Permission.ACK_ALERT)
@blp.alt_response(201, schema=answers.ALERT, success=True)
def demo() -> tuple[dict[str, Any], int]:
    """Send an alert to oneself, to see that it arrives."""
    return alert_json(alerts.send_demo(db.session(), by=actor(), now=now())), 201
