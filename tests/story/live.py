"""The real app, sending for real: its vendors are loopback servers, its people hold tokens."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from threading import Event
from typing import Any

from flask import Flask

from incident_app.adapters.sendgrid import SendGridChannel
from incident_app.adapters.telegram import TelegramChannel
from incident_app.app import create_app
from incident_app.domain.accounts import SYSTEM, Role
from incident_app.extensions import db
from incident_app.services import accounts
from incident_app.settings import Settings
from incident_app.tasks import deliveries as tasks
from incident_app.wiring import now, ports
from tests.builders import an_organisation
from tests.conftest import ApiClient

Json = dict[str, Any]
MOST_ROUNDS = 100
BREATH = 0.1  # seconds between two wake-ups, while somebody waits for a provider that asked for a pause


class Speaker:
    """One person with a bearer token: asks below ``/api/v1`` and says which answer was expected."""

    def __init__(self, client: ApiClient) -> None:
        """Hold the token."""
        self.client = client

    def __call__(self, method: str, path: str, body: object = None, *, expect: int = 200, **more: object) -> Json:
        """Return the JSON answer, once its status is the expected one."""
        status, answer = self.client(method, path, body, **more)
        assert status == expect, (method, path, status, answer.get("error"), answer.get("problems"))
        return answer

    def file(self, path: str) -> bytes:
        """Return the content of a file."""
        answer = self.client.client.get(f"/api/v1{path}", headers=self.client.headers)
        assert answer.status_code == 200, answer.text
        return bytes(answer.data)


@dataclass(frozen=True, slots=True)
class House:
    """The running app and the two who work in it."""

    app: Flask
    responder: Speaker
    approver: Speaker

    def now(self) -> datetime:
        """Return this moment, as the app reads it."""
        with self.app.app_context():
            return now()

    def afresh(self, role: str) -> Speaker:
        """Return one of the two with a token made just now: what binds a name takes a proof that is not old."""
        with self.app.app_context():
            user = accounts.find(db.session(), f"{role}@example.org")
            assert user is not None
            return Speaker(ApiClient(self.app.test_client(), accounts.make_token(db.session(), "story", 1, by=user.actor, now=now())[1]))

    def send_everything(self, progress: str) -> Json:
        """Wake the pump and the sweep, as the clock does, until nobody waits; return the progress."""
        breath, seen = Event(), self.responder("GET", progress)
        for _ in range(MOST_ROUNDS):
            tasks.pump()
            tasks.sweep()
            seen = self.responder("GET", progress)
            if seen["state"] != "sending":
                break
            breath.wait(BREATH)
        assert seen["finished"], seen
        return seen


def _hired(app: Flask, role: Role, name: str) -> Speaker:
    with app.app_context():
        session = db.session()
        address = f"{role.value}@example.org"
        user = accounts.add_user(session, address, name, {role}, zone="Europe/Berlin", by=SYSTEM, now=now())
        _, secret = accounts.make_token(session, "story", 1, by=user.actor, now=now())
        return Speaker(ApiClient(app.test_client(), secret))


def _close(app: Flask) -> None:
    with app.app_context():
        db.session.remove()
        for channel in (*ports().channels.values(), *ports().staff_channels.values()):
            if isinstance(channel, TelegramChannel | SendGridChannel):
                channel.close()
        db.engine.dispose()


@contextmanager
def a_live_house(settings: Settings) -> Iterator[House]:
    """Open the house on an empty database: an organisation, a responder, an approver."""
    app = create_app(settings)
    try:
        with app.app_context():
            an_organisation(db.session())
            db.session.remove()
        yield House(app, _hired(app, Role.RESPONDER, "Rene Responder"), _hired(app, Role.APPROVER, "Ada Approver"))
    finally:
        _close(app)
