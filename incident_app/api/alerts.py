"""Alerts and the rota as JSON: what runs, who was paged, acknowledge, take, escalate, shifts."""

from datetime import UTC, datetime, timedelta
from typing import Any

from flask_smorest import Blueprint
from marshmallow import fields

from incident_app.api.guard import actor, allowed
from incident_app.api.schemas import Strict
from incident_app.domain.accounts import Permission
from incident_app.extensions import db
from incident_app.models.alerts import Alert, Shift
from incident_app.services import alerts, rota
from incident_app.wiring import now

blp = Blueprint("api_alerts", __name__, url_prefix="/api/v1")
LOOK_AHEAD = timedelta(days=28)


class ShiftSchema(Strict):
    """Who is on call from when to when (ISO 8601 with an offset)."""

    user_id = fields.Integer(strict=True, required=True)
    starts_at = fields.AwareDateTime(required=True)
    ends_at = fields.AwareDateTime(required=True)


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


def _shift_json(shift: Shift) -> dict[str, Any]:
    return {"id": shift.id, "user_id": shift.user_id, "name": shift.user.name, "starts_at": _moment(shift.starts_at),
            "ends_at": _moment(shift.ends_at)}


@blp.route("/alerts", methods=["GET"])
@allowed(Permission.SEE_ALERTS)
def every_alert() -> dict[str, Any]:
    """List running alerts, the newest first, and those that ended lately."""
    session = db.session()
    return {"running": [alert_json(alert) for alert in alerts.running(session)],
            "over": [alert_json(alert) for alert in alerts.recent(session)]}


@blp.route("/alerts/<int:alert_id>", methods=["GET"])
@allowed(Permission.SEE_ALERTS)
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
def acknowledge(alert_id: int) -> dict[str, Any]:
    """Stop paging; under 12 hours left for 30 minutes only."""
    return alert_json(alerts.acknowledge(db.session(), alert_id, by=actor(), now=now()))


@blp.route("/alerts/<int:alert_id>/take", methods=["POST"])
@allowed(Permission.ACK_ALERT)
def take(alert_id: int) -> dict[str, Any]:
    """Acknowledge and become the owner of the case."""
    return alert_json(alerts.take(db.session(), alert_id, by=actor(), now=now()))


@blp.route("/alerts/<int:alert_id>/escalate", methods=["POST"])
@allowed(Permission.ACK_ALERT)
def escalate(alert_id: int) -> dict[str, Any]:
    """Page the next step at once."""
    return alert_json(alerts.escalate(db.session(), alert_id, by=actor(), now=now()))


@blp.route("/alerts/acknowledge-all", methods=["POST"])
@allowed(Permission.ACK_ALERT)
def acknowledge_all() -> dict[str, int]:
    """Stop paging for everything nobody has answered; returns how many alerts that were."""
    return {"acknowledged": alerts.acknowledge_all(db.session(), by=actor(), now=now())}


@blp.route("/alerts/demo", methods=["POST"])
@allowed(Permission.ACK_ALERT)
def demo() -> tuple[dict[str, Any], int]:
    """Send an alert to oneself, to see that it arrives."""
    return alert_json(alerts.send_demo(db.session(), by=actor(), now=now())), 201


@blp.route("/rota", methods=["GET"])
@allowed(Permission.SEE_ALERTS)
def read_rota() -> dict[str, Any]:
    """Read who is on call now, who is next, the shifts of the next 28 days and their gaps."""
    session, end = db.session(), now() + LOOK_AHEAD
    on_call, coming = rota.on_call(session, now()), rota.who_is_next(session, now())
    return {
        "on_call": on_call.name if on_call else None,
        "next": {"name": coming[0].name, "at": _moment(coming[1].starts_at)} if coming else None,
        "shifts": [_shift_json(shift) for shift in rota.upcoming(session, now(), end)],
        "gaps": [{"from": _moment(a), "to": _moment(b)} for a, b in rota.gaps(session, now(), end)],
    }


@blp.route("/rota/shifts", methods=["POST"])
@allowed(Permission.MANAGE_ROTA)
@blp.arguments(ShiftSchema)
def add_shift(body: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Put somebody on call; a shift over an existing one covers it."""
    made = rota.add_shift(db.session(), body["user_id"], body["starts_at"], body["ends_at"], by=actor(), now=now())
    return _shift_json(made), 201


@blp.route("/rota/shifts/<int:shift_id>", methods=["DELETE"])
@allowed(Permission.MANAGE_ROTA)
def remove_shift(shift_id: int) -> tuple[str, int]:
    """Take a shift off the rota."""
    rota.remove_shift(db.session(), shift_id, by=actor(), now=now())
    return "", 204
