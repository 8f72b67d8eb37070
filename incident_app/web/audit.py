"""The record: who did what, filtered and paged; verified, with its anchors."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from flask import Blueprint, Response, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from incident_app.domain.accounts import Permission
from incident_app.domain.audit import Anchor, Verdict, parse_anchor
from incident_app.domain.refusals import Refused
from incident_app.extensions import db
from incident_app.services import accounts, anchoring, record
from incident_app.services.record import Asked
from incident_app.web.guard import actor, allowed
from incident_app.wiring import now, ports

bp = Blueprint("audit", __name__)
PLACES = {"monitor": "Monitor outside", "email": "Email to an auditor", "pdf": "Foot of a PDF", "file": "anchors.log"}


def zone() -> str:
    """Return the time zone of who is signed in."""
    return str(current_user.zone)


def _day(name: str) -> date | None:
    given = request.args.get(name, "").strip()
    if not given:
        return None
    try:
        return date.fromisoformat(given)
    except ValueError as error:
        raise Refused("Nothing was looked for.", {name: "Give the day as 2026-11-24."}) from error


def _number(name: str) -> int | None:
    given = request.args.get(name, "").strip()
    if not given:
        return None
    if not (given.isascii() and given.isdigit() and len(given) < 16):
        raise Refused("Nothing was looked for.", {name: "Give a number."})
    return int(given)


def _asked() -> Asked:
    return Asked(request.args.get("action", "").strip()[:80], _number("person"), request.args.get("case", "").strip()[:40],
                 _day("first"), _day("last"))


def _page(
    asked: Asked, problems: dict[str, str] | None = None, verdict: Verdict | None = None, given: str = "", status: int = 200,
) -> ResponseReturnValue:
    session = db.session()
    before = _number("before") if not problems else None
    found = record.page(session, asked, by=actor(), zone=zone(), before=before)
    kept: dict[str, Any] = {"action": asked.action or None, "person": asked.person, "case": asked.case or None,
            "first": asked.first and asked.first.isoformat(), "last": asked.last and asked.last.isoformat()}
    return render_template(
        "pages/audit/show.html", lines=found.lines, ordered=found.ordered, asked=asked, problems=problems or {}, kept=kept,
        older=url_for("audit.show", before=found.older, **kept) if found.older else None, first_page=before is None,
        export_url=url_for("audit.export", **kept), actions=record.actions(session, by=actor()),
        people=sorted(accounts.names(session).items(), key=lambda one: one[1].casefold()), verdict=verdict, given=given,
        full=record.sees_cases(actor()), anchors=anchoring.newest(session, 12), places=PLACES,
        zone=zone(),
    ), status


@bp.get("/record")
@allowed(Permission.READ_RECORD)
def show() -> ResponseReturnValue:
    """Show the record, the newest first; of an administrator's the security part."""
    try:
        asked = _asked()
        record.check(asked)
        _number("before")
    except Refused as refused:
        return _page(Asked(), refused.problems, status=422)
    return _page(asked)


@bp.post("/record/verify")
@allowed(Permission.VERIFY_AUDIT)
def verify() -> ResponseReturnValue:
    """Walk the whole chain, held against every anchor known here and one given by hand."""
    given = request.form.get("anchor", "").strip()[:120]
    by_hand: list[Anchor] = []
    if given:
        try:
            by_hand = [parse_anchor(given)]
        except ValueError as error:
            return _page(Asked(), {"anchor": str(error)}, given=given, status=422)
    verdict = anchoring.verify(db.session(), ports().anchor_log, by_hand)
    db.session().rollback()
    return _page(Asked(), verdict=verdict, given=given)


@bp.get("/record.csv")
@allowed(Permission.READ_RECORD)
def export() -> Response:
    """Hand out what was looked for as CSV; that is recorded."""
    asked, moment, named = _asked(), now(), zone()
    record.check(asked)

    def lines() -> Iterator[str]:
        # The session is asked for while the answer streams: its end gives the connection back, not the next clearing up.
        yield from record.export(db.session(), asked, by=actor(), now=moment, zone=named)

    return Response(stream_with_context(lines()), mimetype="text/csv",
                    headers={"Content-Disposition": f'attachment; filename="record-{now():%Y-%m-%d}.csv"'})
