"""On call: who is woken, the running alerts, one alert with its answers."""

from typing import cast

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from incident_app.domain.accounts import Permission
from incident_app.extensions import db
from incident_app.services import alerts, rota
from incident_app.services.alerts import LadderPage
from incident_app.web.guard import actor, allowed
from incident_app.wiring import now, ports

bp = Blueprint("alerts", __name__)


def _zone() -> str:
    return cast(str, current_user.zone)


def _page() -> ResponseReturnValue:
    session, at = db.session(), now()
    pages, more = alerts.lines(session, by=actor(), now=at)
    return render_template(
        "pages/alerts/oncall.html", zone=_zone(), pages=pages, more=more, over=alerts.recent(session, 8, by=actor()),
        shift=rota.current_shift(session, at), coming=rota.who_is_next(session, at),
        gaps=rota.open_gaps(session, at), ladders=_alike(alerts.every_ladder(session, by=actor(), now=at)),
        me=current_user, monitored=ports().monitor is not None,
    )


def _alike(ladders: list[LadderPage]) -> list[list[LadderPage]]:
    """Return the ladders, those of the same steps together."""
    alike: dict[object, list[LadderPage]] = {}
    for one in ladders:
        alike.setdefault(one.ladder.steps, []).append(one)
    return list(alike.values())


@bp.get("/oncall")
@allowed(Permission.SEE_ALERTS)
def oncall() -> ResponseReturnValue:
    """Show who is on call, the ladder, and what is running."""
    return _page()


@bp.post("/oncall/demo")
@allowed(Permission.ACK_ALERT)
def demo() -> ResponseReturnValue:
    """Send an alert to oneself."""
    made = alerts.send_demo(db.session(), by=actor(), now=now())
    flash("A demo alert is on its way to you, and to nobody else.", "done")
    return redirect(url_for("alerts.show", alert_id=made.id))


@bp.post("/oncall/acknowledge-all")
@allowed(Permission.ACK_ALERT)
def acknowledge_all() -> ResponseReturnValue:
    """Stop paging for everything nobody has answered."""
    count = alerts.acknowledge_all(db.session(), by=actor(), now=now())
    flash(f"Acknowledged: {count}.", "done")
    return redirect(url_for("alerts.oncall"))


@bp.get("/alerts/<int:alert_id>")
@allowed(Permission.SEE_ALERTS)
def show(alert_id: int) -> ResponseReturnValue:
    """Show one alert: its facts, its three answers, who was paged and how, who is next."""
    session, at = db.session(), now()
    page = alerts.overview(session, alert_id, by=actor(), now=at, zone=_zone())
    return render_template(
        "pages/alerts/show.html", page=page, alert=page.alert, case=page.alert.case, zone=_zone(),
        shift=rota.current_shift(session, at), coming=rota.who_is_next(session, at),
    )


@bp.post("/alerts/<int:alert_id>/acknowledge")
@allowed(Permission.ACK_ALERT)
def acknowledge(alert_id: int) -> ResponseReturnValue:
    """Stop paging for a while."""
    alerts.acknowledge(db.session(), alert_id, by=actor(), now=now())
    flash("Acknowledged.", "done")
    return redirect(url_for("alerts.show", alert_id=alert_id))


@bp.post("/alerts/<int:alert_id>/take")
@allowed(Permission.ACK_ALERT)
def take(alert_id: int) -> ResponseReturnValue:
    """Acknowledge and own the case."""
    taken = alerts.take(db.session(), alert_id, by=actor(), now=now())
    flash("The case is yours." if taken.case_id else "It is yours to look after.", "done")
    return redirect(url_for("alerts.show", alert_id=alert_id))


@bp.post("/alerts/<int:alert_id>/escalate")
@allowed(Permission.ACK_ALERT)
def escalate(alert_id: int) -> ResponseReturnValue:
    """Page the next person now."""
    alerts.escalate(db.session(), alert_id, by=actor(), now=now())
    flash("The next person is being paged.", "done")
    return redirect(url_for("alerts.show", alert_id=alert_id))
