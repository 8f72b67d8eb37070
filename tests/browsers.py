"""Browsers of the tests: somebody is signed in, and says again who they are whenever that is asked after a while."""

from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from incident_app.domain.signing_in import FRESH, IDLE, LONGEST
from incident_app.extensions import db
from incident_app.services import accounts
from incident_app.services.accounts.hashing import digest
from incident_app.services.signing_in import Where, sessions
from tests.fakes import FakeClock


class Signed(FlaskClient):
    """A browser whose owner proves who they are as soon as five minutes are over, and comes in again after a night."""

    email = ""
    clock: FakeClock
    came_at: datetime
    proved_at: datetime

    def come_in(self, app: Flask, email: str, clock: FakeClock) -> None:
        """Sign in, as by a link made on the console."""
        self.email, self.clock = email, clock
        with app.app_context():
            user = accounts.find(db.session(), email)
            assert user is not None
            secret = sessions.begin(db.session(), user, "link", Where("127.0.0.1", "Firefox Linux"), now=clock.now())
        with self.session_transaction() as kept:
            kept.update({"sid": secret, "_user_id": user.fs_uniquifier, "_fresh": True})
        self.came_at = self.proved_at = clock.now()

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Send a request as somebody who has just proved who they are."""
        now = self.clock.now()
        if now - self.came_at >= LONGEST - timedelta(hours=1) or now - self.proved_at >= IDLE:
            self.come_in(self.application, self.email, self.clock)
        elif now - self.proved_at >= FRESH:
            self._prove(now)
        return super().open(*args, **kwargs)

    def _prove(self, now: datetime) -> None:
        with self.session_transaction() as kept:
            secret = kept.get("sid", "")
        with self.application.app_context():
            found = sessions.find(db.session(), secret, now=now)
            if found is not None and found.digest == digest(secret):
                sessions.note_proof(db.session(), found.id, by=found.user.actor, how_proved="password and code", now=now)
        self.proved_at = now
