"""The rota and the deadlines in one's own calendar: a secret address, read without signing in."""

from datetime import datetime

from flask import Blueprint, Response, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from incident_app.domain.accounts import Actor, Permission
from incident_app.domain.alerts import headline
from incident_app.domain.ports import CalendarEvent
from incident_app.extensions import db
from incident_app.models.obligations import Obligation
from incident_app.services import alerts, cases, rota
from incident_app.services.rota import OnCall
from incident_app.web import rota as pages
from incident_app.web.guard import actor, allowed, public
from incident_app.web.law_words import stage_words
from incident_app.wiring import now, ports

bp = Blueprint("calendar", __name__)
MOST_DEADLINES = 5000


@bp.post("/oncall/rota/calendar")
@allowed(Permission.SEE_ALERTS)
def make() -> ResponseReturnValue:
    """Make one's own address, shown this once; an earlier one stops working."""
    return pages.page(secret=rota.make_calendar_link(db.session(), by=actor(), now=now()))


@bp.post("/oncall/rota/calendar/revoke")
@allowed(Permission.SEE_ALERTS)
def revoke() -> ResponseReturnValue:
    """End one's own address at once."""
    rota.revoke_calendar_link(db.session(), by=actor(), now=now())
    flash("The calendar address is revoked. Calendars that read it get nothing any more.", "done")
    return redirect(url_for("rota.show"))


@bp.get("/calendar/<secret>.ics")
@public
def feed(secret: str) -> Response:
    """Answer a calendar program: shifts and deadlines its owner may see, with no person's data and no detail of a breach."""
    owner = rota.calendar_reader(db.session(), secret, now=now()).actor
    events = [*_shifts(owner), *_deadlines(owner)]
    name = f"On call, {cases.organisation(db.session()).name}"
    answer = Response(ports().ical.write(name, events), mimetype="text/calendar")
    answer.headers["Content-Disposition"] = "inline; filename=on-call.ics"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


def _shifts(owner: Actor) -> list[CalendarEvent]:
    seen: dict[int, int] = {}
    events = []
    for one in rota.calendar_shifts(db.session(), by=owner, now=now()):
        part = seen[one.shift.id] = seen.get(one.shift.id, 0) + 1
        events.append(_shift(one, part))
    return events


def _shift(one: OnCall, part: int) -> CalendarEvent:
    """Return a stretch as an event; further stretches of the same shift, round a cover, are events of their own."""
    mark = f"-{part}" if part > 1 else ""
    instead = f" (for {one.shift.covers.name})" if one.shift.covers else ""
    return CalendarEvent(
        uid=f"shift-{one.shift.id}-{one.shift.made_at:%Y%m%d%H%M%S}{mark}@incident-app",
        summary=f"On call: {one.user.name}{instead}", starts_at=one.starts_at, ends_at=one.ends_at,
        sequence=one.shift.version - 1, changed_at=one.shift.changed_at,
    )


def _deadlines(owner: Actor) -> list[CalendarEvent]:
    found = alerts.deadlines(db.session(), by=owner, limit=MOST_DEADLINES)
    return [_deadline(duty, duty.due_at) for duty in found if duty.due_at is not None]


def _deadline(duty: Obligation, due_at: datetime) -> CalendarEvent:
    return CalendarEvent(
        uid=f"duty-{duty.id}-{duty.raised_at:%Y%m%d%H%M%S}@incident-app",
        summary=headline(duty.case.ref, "" if duty.case.restricted else duty.recipient, stage_words(duty.stage), drill=duty.case.is_drill),
        starts_at=due_at, ends_at=None, sequence=0, changed_at=duty.raised_at,
    )
