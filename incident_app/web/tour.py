"""Five things to try in the demo: noted in this browser only, skipped with one press, found again under Help."""

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, session, url_for
from flask.typing import ResponseReturnValue

from incident_app.domain.accounts import Permission, may
from incident_app.domain.refusals import NotFound
from incident_app.extensions import db
from incident_app.services import tour
from incident_app.services.tour import Tour
from incident_app.web.filters import plural, span
from incident_app.web.guard import actor, allowed
from incident_app.wiring import now

bp = Blueprint("tour", __name__)
VISITED, SKIPPED = "tour_visited", "tour_skipped"


@dataclass(frozen=True, slots=True)
class Stop:
    """One thing to try: the words, where it is, whether it was done."""

    words: str
    url: str
    done: bool


def _left(found: Tour) -> str:
    if found.due_at is None:
        return "Look at the clocks of the first case"
    return f"Look at the clock that has {span(found.due_at - now())} {'left' if found.due_at >= now() else 'overdue'}"


def _places(found: Tour) -> list[tuple[str, str, bool]]:
    """The words of each step, its address, and whether the record shows that it was done."""
    level = found.level.replace("_", " ") or "not scored"
    notice = "deliveries.show" if found.sent else "notices.show"
    return [
        (_left(found), url_for("cases.show", ref=found.ref), False),
        (f"See why the severity is {level}", url_for("risk.assess", ref=found.ref), False),
        (f"Send the notice to {plural(found.people, 'made-up person', 'made-up people')} and watch it run",
         url_for(notice, ref=found.ref, number=found.notice), found.sent),
        ("Get paged on a made-up phone, press Acknowledge", url_for("alerts.oncall"), found.acknowledged),
        ("Make the PDF of the case", url_for("reports.case_pdf", ref=found.ref), False),
    ]


def stops() -> list[Stop]:
    """Return the five steps; empty outside the demo."""
    found = tour.find(db.session(), by=actor())
    if found is None:
        return []
    visited = session.get(VISITED, [])
    return [Stop(words, url_for("tour.go", number=number), done or (number in visited and number not in {3, 4}))
            for number, (words, _, done) in enumerate(_places(found), 1)]


def shown() -> list[Stop]:
    """Return the steps for the dashboard: none once they were skipped."""
    return [] if SKIPPED in session else stops()


def for_help() -> list[Stop]:
    """Return the steps for the help page: only for who may see cases."""
    return stops() if may(actor(), Permission.SEE_CASES) else []


@bp.get("/tour/<int:number>")
@allowed(Permission.SEE_CASES)
def go(number: int) -> ResponseReturnValue:
    """Go to one step; that it was looked at is noted in this browser's session."""
    found = tour.find(db.session(), by=actor())
    places = _places(found) if found else []
    if not 1 <= number <= len(places):
        raise NotFound("There is no such step.")
    session[VISITED] = sorted({*session.get(VISITED, []), number})
    return redirect(places[number - 1][1])


@bp.post("/tour/skip")
@allowed(Permission.SEE_CASES)
def skip() -> ResponseReturnValue:
    """Take the steps off the dashboard."""
    session[SKIPPED] = True
    flash("The five steps are off this page. They stay under Help.", "open")
    return redirect(url_for("dashboard.show"))
