"""The systems a breach has hit: pick them, see what they filled in, take them away again."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from incident_app.domain.accounts import Permission, may
from incident_app.domain.cases import CaseState
from incident_app.extensions import db
from incident_app.models.cases import Case
from incident_app.services import accounts, picking, systems
from incident_app.services.picking import Picked
from incident_app.web.guard import actor, allowed, case_or_404
from incident_app.web.overview import case_frame
from incident_app.web.submitting import once
from incident_app.web.systems import labels
from incident_app.wiring import now, ports

bp = Blueprint("picking", __name__)
FIELDS = {"data_categories": "Kinds of data", "processors": "Processors"}


def in_words(values: dict[str, tuple[str, ...]]) -> list[tuple[str, str]]:
    """Return what was filled in, or is offered, as (field, words)."""
    words = labels()
    return [(FIELDS[name], ", ".join(words.get(one, one) for one in found)) for name, found in values.items()]


def picked(case: Case) -> list[tuple[Picked, list[tuple[str, str]], list[tuple[str, str]]]]:
    """Return the systems of a case, each with what it filled in and what it holds besides, in words."""
    return [(one, in_words(one.filled), in_words(one.offered)) for one in picking.of_case(db.session(), case)]


@bp.get("/cases/<ref>/systems")
@allowed(Permission.SEE_CASES)
def of_case(ref: str) -> ResponseReturnValue:
    """Show the systems of a case, and those that could be."""
    case, session, by = case_or_404(ref), db.session(), actor()
    found = picked(case)
    writes = may(by, Permission.EDIT_CASE) and case.state != CaseState.CLOSED.value and case.id not in by.opened
    has = {one.system_id for one, _, _ in found}
    return render_template(
        "pages/systems/of_case.html", tab="overview", picked=found, writes=writes, words=labels(), names=accounts.names(session),
        others=[(number, name) for number, name in systems.choices(session).items() if number not in has] if writes else [],
        **case_frame(session, case, by, now()),
    )


@bp.post("/cases/<ref>/systems/<int:system_id>/<any(pick, drop):verb>")
@allowed(Permission.EDIT_CASE)
@once("picking.of_case")
def change(ref: str, system_id: int, verb: str) -> ResponseReturnValue:
    """Pick a system, or take it away."""
    case, held = case_or_404(ref), ports()
    do = picking.pick if verb == "pick" else picking.drop
    do(db.session(), case.id, system_id, by=actor(), now=now(), law=held.law, calendar=held.calendar)
    flash("Picked. What nobody had typed is filled in; the duties follow." if verb == "pick" else
          "Taken away, with what it alone had filled in.", "done")
    return redirect(url_for("picking.of_case", ref=ref))
