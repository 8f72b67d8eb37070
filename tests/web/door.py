"""A browser nobody is signed in with, and what happens to accounts behind its back."""

import re
from typing import Any

from flask import Flask
from passlib.totp import TOTP
from werkzeug.test import TestResponse

from incident_app.extensions import db
from incident_app.services import accounts
from incident_app.services.unit import writing
from tests.fakes import FakeClock
from tests.people import PASSWORD, totp_key

TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
NEW = "seven purple kettles sing"


class Browser:
    """A browser nobody is signed in with."""

    def __init__(self, app: Flask, clock: FakeClock) -> None:
        self.app, self.clock, self.client = app, clock, app.test_client()

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.client.get(path, **more)

    def post(self, path: str, page: str = "/sign-in/forgotten", headers: dict[str, str] | None = None, **form: Any) -> TestResponse:
        """Press a button of ``page``."""
        token = TOKEN.search(self.client.get(page, follow_redirects=True).text)
        assert token is not None
        return self.client.post(path, data={"csrf_token": token[1], **form}, headers=headers)

    def sign_in(self, who: str, password: str = PASSWORD, **more: Any) -> TestResponse:
        return self.post("/sign-in", email=f"{who}@example.org", password=password, **more)

    def code(self, who: str) -> str:
        return str(TOTP(key=totp_key(f"{who}@example.org")).generate(time=int(self.clock.now().timestamp())).token)

    def come_in(self, who: str) -> TestResponse:
        """Sign in with all it takes."""
        answer = self.sign_in(who)
        if answer.location == "/sign-in/code":
            answer = self.post("/sign-in/code", code=self.code(who))
        assert answer.status_code == 302, answer.text
        return answer

    def prove(self, who: str, **form: Any) -> TestResponse:
        return self.post("/prove", "/prove", password=PASSWORD, **form)


def change(app: Flask, who: str, **facts: object) -> None:
    """Change an account behind its back."""
    with app.app_context(), writing(db.session()):
        user = accounts.find(db.session(), f"{who}@example.org")
        for name, value in facts.items():
            setattr(user, name, value)


def user_id(app: Flask, who: str) -> int:
    with app.app_context():
        user = accounts.find(db.session(), f"{who}@example.org")
        assert user is not None
        return int(user.id)


def is_in(browser: Browser) -> bool:
    return browser.get("/me").status_code == 200
