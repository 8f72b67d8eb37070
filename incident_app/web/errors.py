"""The one table from a refusal to a page."""

from collections.abc import Callable

from flask import Flask, current_app, g, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from werkzeug.exceptions import HTTPException, SecurityError, default_exceptions

from incident_app.domain.closing import StillOpen
from incident_app.domain.refusals import Conflict, Forbidden, NotFound, Refused, Stale
from incident_app.domain.signing_in import TooMany, Unreadable
from incident_app.extensions import db
from incident_app.web.sending import mode_if_known

STATUS: tuple[tuple[type[Refused], int], ...] = (
    (Unreadable, 400), (NotFound, 404), (Forbidden, 403), (Conflict, 409), (TooMany, 429), (Refused, 422),
)
WRONG_HOST = "This address is not ours. The administrator sets the one people use as PUBLIC_URL.\n"
TITLES = {
    400: "That request could not be read",
    401: "Please sign in",
    403: "Not yours to do",
    404: "There is nothing here",
    405: "That is not possible here",
    409: "Somebody was faster",
    413: "Too large",
    422: "That cannot be done",
    429: "Too many tries",
    500: "Our mistake",
    503: "Not just now",
}
NEXT = {
    404: "Check the address, or go back to the register.",
    409: "Go back, load the page again and look at what changed.",
    413: "Send a smaller file.",
    422: "Go back and correct it. Nothing was saved.",
    429: "Wait a few minutes.",
    503: "Nothing was saved. Try again in some seconds.",
    500: "Nothing was half-saved. Try again; if it happens again, tell your administrator the time.",
}


SAID = {
    400: "The request could not be read. Nothing was changed.", 401: "Sign in first.", 403: "This is not yours to do.",
    404: "There is nothing at this address.", 406: "This is not made in the kind that was asked for.",
    408: "The request came too slowly. Send it again.", 411: "Say how long the body is, by Content-Length.",
    413: "What was sent is too large. Nothing was changed.", 414: "The address is too long.",
    415: "This is not sent in a kind that is taken here. Nothing was changed.", 416: "The file has no such part.",
    422: "It cannot be done as it was sent: the problems say why. Nothing was changed.",
    500: "The mistake is ours.", 503: "It does not answer just now.",
}
"""What a status means, where nobody said more: the library's own sentences are for whoever types addresses."""

FOR_PEOPLE = {
    404: "This page or case does not exist, or is not within your scope.",
    405: "This is done by a button, not by its address. Go back, and press it there.",
}
"""What a page says in its place."""


def _ours(error: HTTPException) -> str:
    """Return what was said of an error, or where that are the library's words, ours."""
    code, said = error.code or 500, error.description or ""
    known = default_exceptions.get(code)
    if known is None or said not in {"", known.description}:
        return said
    if code == 405:
        return f"{request.method} does nothing at this address. The header Allow says what does."
    return SAID.get(code, TITLES.get(code, "That did not work") + ".")


def status_of(refused: Refused) -> int:
    """Return the HTTP status for a refusal."""
    return next(status for kind, status in STATUS if isinstance(refused, kind))


def _page(code: int, words: str) -> tuple[str, int]:
    shown = {"code": code, "title": TITLES.get(code, "That did not work"), "words": words, "what_next": NEXT.get(code, ""),
             "typed": g.get("typed", ())}
    if code < 500:
        return render_template("pages/errors/error.html", **shown), code
    # Who is signed in stands in the database, and that may be what is away: nothing but the words is asked for.
    return current_app.jinja_env.get_template("pages/errors/error.html").render(mode=mode_if_known(), **shown), code


def register(app: Flask) -> None:
    """Answer refusals and HTTP errors in words: JSON under ``/api``, ``/hooks`` and probes, pages elsewhere."""

    def is_machine() -> bool:
        return request.path.startswith(("/api/", "/hooks/")) or request.accept_mimetypes.best == "application/json"

    @app.errorhandler(Refused)
    def refused(error: Refused) -> ResponseReturnValue:
        code = status_of(error)
        if is_machine():
            if isinstance(error, Stale) and g.get("if_match") is not None:
                code = 412
            both = error.both if isinstance(error, Stale) else {}
            gaps = {"gaps": [one.to_json() for one in error.gaps]} if isinstance(error, StillOpen) else {}
            return jsonify(error=error.reason, problems=error.problems, **both, **gaps), code
        words = " ".join([error.reason, *error.problems.values()]) if not isinstance(error, StillOpen) else error.reason
        return _page(code, words)

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> ResponseReturnValue:
        code = error.code or 500
        if error.response is not None:
            return error.response
        if isinstance(error, SecurityError):  # another host: no page, for no address of ours can be built here
            return WRONG_HOST, 400, {"Content-Type": "text/plain; charset=utf-8"}
        data = getattr(error, "data", None) or {}
        headers = {key: value for key, value in error.get_headers() if key in {"Allow", "Retry-After"}}
        headers.update(data.get("headers") or {})
        words = _ours(error)
        if code == 429:
            headers.setdefault("Retry-After", "60")  # every limit is one of a minute
            words = "More came from you than one person sends. Nothing was done; wait until the minute is over."
        if isinstance(error, CSRFError):
            words = "The form was open too long or came from elsewhere. Load the page again; nothing was saved."
        if is_machine():
            return jsonify(error=words, problems=_flat(data.get("messages", {}))), code, headers
        page, status = _page(code, FOR_PEOPLE.get(code, words))
        return page, status, headers

    _register_database(app, is_machine)


def _register_database(app: Flask, is_machine: Callable[[], bool]) -> None:
    """Answer in words what the database refuses. Each use case is one transaction: nothing is half-saved."""

    def answer(code: int, words: str) -> ResponseReturnValue:
        if is_machine():
            return jsonify(error=words, problems={}), code, {"Retry-After": "5"} if code == 503 else {}
        page, status = _page(code, words)
        return page, status, {"Retry-After": "5"} if code == 503 else {}

    @app.errorhandler(DataError)
    @app.errorhandler(OverflowError)  # what SQLite's driver says of a number beyond 64 bits
    def unfit(error: DataError | OverflowError) -> ResponseReturnValue:
        current_app.logger.warning("refused by the database: %s", type(getattr(error, "orig", error)).__name__)
        db.session.rollback()  # PostgreSQL answers nothing more before: the page of the answer asks too
        return answer(422, "A value is too large, too long or of another kind than can be kept.")

    @app.errorhandler(IntegrityError)
    def clash(error: IntegrityError) -> ResponseReturnValue:
        current_app.logger.warning("refused by the database: %s", type(error.orig).__name__)
        db.session.rollback()
        return answer(409, "This does not fit what is there: somebody was faster, or it names what is gone.")

    @app.errorhandler(OperationalError)
    @app.errorhandler(NoConnection)
    def busy(error: OperationalError | NoConnection) -> ResponseReturnValue:
        current_app.logger.error("the database did not answer: %s", type(getattr(error, "orig", error)).__name__)
        return answer(503, "The database did not answer in time.")


def _flat(messages: object, path: str = "") -> dict[str, str]:
    """Flatten marshmallow's nested messages into field → words."""
    if isinstance(messages, dict):
        flat: dict[str, str] = {}
        for key, value in messages.items():
            stands_for_all = key == "_schema" or (path == "" and key in {"json", "query", "form", "files"})
            inner = path if stands_for_all else f"{path}.{key}".strip(".")
            flat.update(_flat(value, inner))
        return flat
    words = " ".join(str(word) for word in messages) if isinstance(messages, list) else str(messages)
    return {path or "request": words}
