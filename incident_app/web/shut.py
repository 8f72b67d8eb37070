"""A text that did not open while a page was made wakes the on-call, whoever happened to look."""

from flask import Flask, Response

from incident_app.extensions import db
from incident_app.services import tampering
from incident_app.wiring import now


def register(app: Flask) -> None:
    """Look after every request whether something sealed stayed shut."""

    @app.after_request
    def _sound(response: Response) -> Response:
        if db.session.registry.has():
            tampering.sound_shut(db.session(), now=now())
        return response
