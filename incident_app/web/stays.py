"""A refused press of a button leaves its page standing: the words why at the form, and everything that was typed in it."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import current_app, g, render_template, request
from flask.typing import ResponseReturnValue

from incident_app.domain.refusals import Forbidden, NotFound, Refused
from incident_app.web.errors import status_of
from incident_app.web.filling_in import NEVER, fill_in
from incident_app.web.guard import wants_json

View = TypeVar("View", bound=Callable[..., Any])
LOOKED_AT = frozenset({"version", "base"})
"""What the page held when it was typed in: the page that comes back is looked at anew, and holds its own."""


def stays(page: str) -> Callable[[View], View]:
    """Answer a refusal with the page (its endpoint, one that is only read) that the button stands on, filled in as it was sent.

    Where that page does not hold the form any more, the page of the error shows what was typed. To be put below ``once``.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(**kwargs: Any) -> ResponseReturnValue:
            try:
                return cast(ResponseReturnValue, view(**kwargs))
            except (NotFound, Forbidden):
                raise
            except Refused as refused:
                answer = None if wants_json() else _again(page, refused, kwargs)
                if answer is None:
                    take_along()
                    raise
                return answer

        return cast(View, guarded)

    return decorate


def take_along() -> None:
    """Let the page of the error show the reason that was typed: its own page does not hold the form any more."""
    g.typed = [text for name, text in request.form.items(multi=True) if name == "reason" and text.strip()]


def with_typed(shown: str, path: str, note: str = "") -> str | None:
    """Return a page with its form that posts to ``path`` filled in as this request was sent, ``note`` (HTML) at the top of
    the form; ``None`` where the page has no such form."""
    sent = [(name, text) for name, text in request.form.items(multi=True) if name not in NEVER | LOOKED_AT]
    return fill_in(shown, request.path, path, sent, note)


def _again(page: str, refused: Refused, kwargs: dict[str, Any]) -> ResponseReturnValue | None:
    rules = list(current_app.url_map.iter_rules(page))
    if any("POST" in (rule.methods or ()) for rule in rules):
        raise TypeError(f"{page} would be pressed, not read")
    asked = set().union(*(rule.arguments for rule in rules))
    words = {name: value for name, value in kwargs.items() if name in asked}
    try:
        shown = current_app.make_response(cast(Any, current_app.view_functions[page](**words)))
    except (NotFound, Forbidden):  # who may press it need not see the rest, or the case
        return None
    if shown.status_code != 200:
        return None
    filled = with_typed(shown.get_data(as_text=True), request.path, render_template("macros/refused.html", refused=refused))
    return None if filled is None else (filled, status_of(refused))
