"""The first page: what is overdue, what is due next, what waits for a decision."""

from dataclasses import replace
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from incident_app.domain.accounts import Permission, may
from incident_app.domain.reports import YearStatistics
from incident_app.extensions import db
from incident_app.models.obligations import running
from incident_app.services import accounts, cases, closing, reports
from incident_app.web.clocks import tile, worst_first
from incident_app.web.guard import actor, allowed
from incident_app.wiring import now, ports

bp = Blueprint("dashboard", __name__)


def _year() -> YearStatistics:
    """This year's figures, with the causes in the words of the checklists."""
    zone = ZoneInfo(cases.organisation(db.session()).zone)
    found = reports.statistics(db.session(), now().astimezone(zone).year, by=actor())
    titles = {name: book.title for name, book in ports().runbooks.items()}
    return replace(found, by_cause=tuple((titles.get(name, name), count) for name, count in found.by_cause))


@bp.get("/")
@allowed(Permission.SEE_REGISTER)
def show() -> ResponseReturnValue:
    """Show every running clock, worst first. Who sees no cases sees how to file one."""
    session = db.session()
    if not may(actor(), Permission.SEE_CASES):
        return render_template("pages/dashboard/show.html", clocks=[], overdue=[], no_date=[], next_clock=None,
                               to_decide=0)
    names = accounts.names(session)
    tiles = worst_first([
        tile(duty, now(), who=names.get(duty.case.owner_id or -1, "")) for duty in session.scalars(running())
        if not duty.case.is_drill
    ])
    dated = [one for one in tiles if one.due_at is not None]
    upcoming = [one for one in dated if one.state != "overdue"]
    return render_template(
        "pages/dashboard/show.html", clocks=dated, no_date=[one for one in tiles if one.due_at is None],
        overdue=[one for one in dated if one.state == "overdue"],
        next_clock=min(upcoming, key=lambda one: one.due_at or now()) if upcoming else None,
        to_decide=closing.undecided_count(session), year=_year(),
    )
