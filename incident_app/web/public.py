"""What everybody may see without an account: is this message from us, and what is told in public. No cookie, no script, nothing of the inside."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from werkzeug.exceptions import HTTPException

from incident_app.domain.notices import LEFT_TO_RIGHT, comma, pieces, spoken
from incident_app.domain.notices.codes import LONGEST_TYPED, PATH, read_code
from incident_app.domain.refusals import NotFound
from incident_app.extensions import db
from incident_app.services import publishing, trust
from incident_app.services.public_words import public_language, public_languages, public_words, spell
from incident_app.services.trust import House
from incident_app.web.guard import public
from incident_app.web.previews import paragraphs
from incident_app.wiring import now

bp = Blueprint("public", __name__)
RIGHT_TO_LEFT = frozenset({"ar"})
LONGEST_LANGUAGE = 12


def reader_language() -> str:
    """Return the language to answer in: the one chosen, otherwise the first of the browser's that we have."""
    chosen = request.args.get("lang", "")[:LONGEST_LANGUAGE]
    if chosen:
        return public_language(chosen)
    known = public_languages()
    wanted = (public_language(value) for value in request.accept_languages.values() if value.partition("-")[0].lower() in known)
    return next(wanted, known[0])


def direction(language: str) -> str:
    """Return ``rtl`` or ``ltr``."""
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"


@bp.app_template_filter("isolates")
def isolates(line: str) -> Markup:
    """Return a line as HTML in which values keep their direction, and numbers and addresses stand on one line."""
    mark = {LEFT_TO_RIGHT: '<bdi class="whole" dir="ltr">{}</bdi>', "": "{}"}
    return Markup("").join(Markup(mark.get(side, "<bdi>{}</bdi>")).format(words) for words, side in pieces(line))  # noqa: S704 (our own marks)


def frame(house: House, language: str = "", languages: Sequence[str] = (), **addressed: str) -> dict[str, Any]:
    """Return what every public page needs; ``addressed`` is what was asked, kept when the language changes.

    It speaks the reader's language, unless what it shows is written in another ``language``, one of ``languages``.
    """
    language = language or reader_language()

    def in_language(code: str) -> str:
        return url_for(request.endpoint or "public.check", lang=code, **(request.view_args or {}), **addressed)  # type: ignore[arg-type]  # words of the address

    return {
        "w": public_words(language), "language": language, "direction": direction(language), "house": house,
        "spell": lambda day: spell(day, language), "direction_of": direction, "in_language": in_language,
        "comma": comma(language), "choices": [(code, public_words(code)["label"]) for code in languages or public_languages()],
    }


@bp.get(PATH)
@public
def check() -> ResponseReturnValue:
    """Ask for the code of a message, and say what is known of it."""
    typed = request.args.get("code", "").strip()[:LONGEST_TYPED]
    session = db.session()
    found = trust.check_code(session, typed) if typed else None
    code = read_code(typed)
    return render_template(
        "pages/public/check.html", found=found, typed=spoken(code) if code else typed, names=_names,
        **frame(trust.house(session), code=typed),
    )


def _names(language: str) -> str:
    return str(public_words(public_language(language))["label"])


def said(key: str, status: int, headers: dict[str, str] | None = None) -> ResponseReturnValue:
    """Answer in one sentence of the house, asking the database for nothing: it may be what is away."""
    page = render_template("pages/public/said.html", words=key, **frame(House()))
    return page, status, headers or {}


@bp.get(f"{publishing.PATH}<slug>")
@public
def notice(slug: str) -> ResponseReturnValue:
    """Show a notice to everybody, in the reader's language where it is written in it."""
    session = db.session()
    try:
        seen = publishing.shown(session, slug, reader_language(), now=now())
    except NotFound:
        return said("nothing", 404)
    if seen is None:
        return render_template("pages/public/over.html", **frame(trust.house(session))), 410
    return render_template("pages/public/notice.html", seen=seen, paragraphs=paragraphs(seen.body, seen.headings, ()),
                           **frame(trust.house(session), seen.language, seen.languages))


@bp.errorhandler(HTTPException)
def _refused(error: HTTPException) -> ResponseReturnValue:
    code = error.code or 500
    if code == 429:
        return said("many", code, {"Retry-After": "60"})
    return said("nothing" if code == 404 else "away", code)


@bp.errorhandler(OperationalError)
@bp.errorhandler(NoConnection)
def _away(_error: Exception) -> ResponseReturnValue:
    db.session.rollback()
    return said("away", 503, {"Retry-After": "60"})
