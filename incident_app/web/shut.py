"""A text that did not open while a page was made wakes the on-call, whoever happened to look, also while an export streams."""

from collections.abc import Iterable, Iterator
from typing import Any

from flask import Flask, Response, stream_with_context

from incident_app.extensions import db
from incident_app.services import tampering
from incident_app.wiring import now


def _sounded() -> None:
    if db.session.registry.has():
        tampering.sound_shut(db.session(), now=now())


def _heard(pieces: Iterable[str | bytes]) -> Iterator[str | bytes]:
    """Hand out what streams; look after its end, or where it broke off, whether something stayed shut."""
    try:
        yield from pieces
    finally:
        _sounded()


def register(app: Flask) -> None:
    """Look after every request whether something sealed stayed shut."""

    @app.after_request
    def _sound(response: Response) -> Response:
        _sounded()
        if response.is_streamed and not response.direct_passthrough:
            pieces: Any = _heard(response.response)
            response.response = stream_with_context(pieces)
        return response
