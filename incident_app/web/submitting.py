"""Forms submit once: what each form carries, and what becomes of a second press."""

import hashlib
import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Flask, current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from incident_app.extensions import db
from incident_app.services import submitting
from incident_app.services.submitting import Sent, SentBefore
from incident_app.services.unit import FIRST
from incident_app.web.guard import actor
from incident_app.wiring import now

View = TypeVar("View", bound=Callable[..., Any])
NOT_SAID = frozenset({"csrf_token", "once"})


def _digest() -> str:
    """Return the SHA-256 of what a form says and of the files that came with it."""
    said = hashlib.sha256(request.path.encode())
    for name, text in sorted(request.form.items(multi=True)):
        if name not in NOT_SAID:
            said.update(f"{len(name)} {name} {len(text)} {text}".encode(errors="replace"))
    for name, file in sorted(request.files.items(multi=True), key=lambda one: one[0]):
        said.update(f"{name} {file.filename}".encode(errors="replace"))
        said.update(hashlib.file_digest(file.stream, "sha256").digest())  # type: ignore[arg-type]  # a file open for reading
        file.stream.seek(0)
    return said.hexdigest()


def once(lands: str) -> Callable[[View], View]:
    """Carry a posted form out once, by the key it carries. ``lands`` is the page (its endpoint) where what comes of it
    can be seen, with the words of the address as far as it asks for them. A form without a key is carried out as ever.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(**kwargs: Any) -> ResponseReturnValue:
            key = request.form.get("once", "") if request.method == "POST" else ""
            if not key:
                return cast(ResponseReturnValue, view(**kwargs))
            return _carry_out(view, Sent(submitting.check_key(key), _digest()), _address(lands, kwargs), kwargs)

        return cast(View, guarded)

    return decorate


def _address(endpoint: str, words: dict[str, Any]) -> str:
    asked = set().union(*(rule.arguments for rule in current_app.url_map.iter_rules(endpoint)))
    return url_for(endpoint, **{name: value for name, value in words.items() if name in asked})


def _carry_out(view: View, sent: Sent, lands: str, kwargs: dict[str, Any]) -> ResponseReturnValue:
    session = db.session()
    before = submitting.before(session, sent, by=actor())
    if before is not None:
        return _again(before.lands)
    session.info[FIRST] = submitting.claim(sent, lands=lands, by=actor(), now=now())
    try:
        answer = current_app.make_response(view(**kwargs))
    except SentBefore as again:
        return _again(again.found.lands)
    finally:
        session.info.pop(FIRST, None)
    if answer.location:
        submitting.finish(session, sent, lands=answer.location, by=actor())
    elif answer.status_code >= 400:
        submitting.take_back(session, sent, by=actor())
    return answer


def _again(address: str) -> ResponseReturnValue:
    flash("That was sent before, and is done once. This is what came of it.", "open")
    return redirect(address)


def register(app: Flask) -> None:
    """Give templates a new key for each form."""
    app.jinja_env.globals["once_key"] = lambda: uuid.uuid4().hex
