"""The page behind the link in a notice to controllers: anybody who has the link says here that it arrived. No account, no
cookie, nothing of the inside. Opening it says nothing: programs open links in mail before people do."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from werkzeug.exceptions import HTTPException

from incident_app.domain.notices import RECEIPT_PATH, offset_words
from incident_app.domain.refusals import NotFound, Refused
from incident_app.extensions import csrf, db
from incident_app.services import controllers, notices, trust
from incident_app.web import public as pages
from incident_app.web.guard import public
from incident_app.wiring import now

bp = Blueprint("receipts", __name__)
csrf.exempt(bp)  # there is no cookie that another site could make use of: the code alone says who answers


def _page(code: str, seen: controllers.Page, status: int = 200, problem: str = "") -> ResponseReturnValue:
    house = trust.house(db.session())
    frame = pages.frame(house)
    clock = f"{seen.at:%H:%M} ({offset_words(seen.at)})" if seen.at else ""
    return render_template("pages/public/receipt.html", seen=seen, clock=clock, r=notices.receipt_words(frame["language"]), problem=problem,
                           code=code, **frame), status


@bp.get(f"{RECEIPT_PATH}<code>")
@public
def show(code: str) -> ResponseReturnValue:
    """Ask for a name, or say where the receipt stands. Nothing is written."""
    try:
        seen = controllers.page_of(db.session(), code, now=now())
    except NotFound:
        return pages.said("nothing", 404)
    return _page(code, seen, 410 if seen.stand is controllers.Stand.OVER else 200)


@bp.post(f"{RECEIPT_PATH}<code>")
@public
def confirm(code: str) -> ResponseReturnValue:
    """Record that it arrived; a second press, or a second person, changes nothing."""
    session = db.session()
    try:
        seen = controllers.acknowledge(session, code, request.form.get("name", ""), now=now())
    except NotFound:
        return pages.said("nothing", 404)
    except Refused:
        seen = controllers.page_of(session, code, now=now())
        return _page(code, seen, 422, "missing")
    return _page(code, seen, 410 if seen.stand is controllers.Stand.OVER else 200)


@bp.errorhandler(HTTPException)
def _refused(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if status == 429:
        return pages.said("many", status, {"Retry-After": "60"})
    return pages.said("nothing" if status == 404 else "away", status)


@bp.errorhandler(OperationalError)
@bp.errorhandler(NoConnection)
def _away(_error: Exception) -> ResponseReturnValue:
    db.session.rollback()
    return pages.said("away", 503, {"Retry-After": "60"})
