"""Two browsers, and short words for the steps of a send."""

import io
import re
from collections.abc import Callable
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from incident_app.extensions import db
from incident_app.services import accounts, deliveries
from incident_app.wiring import Ports
from tests.fakes import FakeClock
from tests.letters_kit import csv_of
from tests.people import NAMES, People

TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
VERSION = re.compile(r'name="version"[^>]*value="([^"]+)"')
UPLOAD = re.compile(r'action="(/cases/[^"]+/people/uploads/[0-9]+)/')
SELECT = re.compile(r'<select[^>]*name="(column-[0-9]+)"[^>]*>(.*?)</select>', re.DOTALL)
CHOSEN = re.compile(r'<option value="([^"]+)"\s+selected')
Client = Callable[[str], FlaskClient]
REF = "BR-2026-001"
AT = f"/cases/{REF}/notices/1"


def hired() -> People:
    """Return everybody who works here."""
    found = {name: accounts.find(db.session(), f"{name}@example.org") for name in NAMES}
    return People(**{name: user.actor for name, user in found.items() if user is not None})


class Walk:
    """Two browsers, and short words for their steps."""

    def __init__(self, app: Flask, client_for: Client, ports: Ports, clock: FakeClock) -> None:
        self.app, self.ports, self.clock = app, ports, clock
        self.responder, self.approver = client_for("responder"), client_for("approver")
        self.client_for = client_for

    def post(self, client: FlaskClient, path: str, page: str, follow: bool = True, **form: Any) -> tuple[int, str]:
        """Send the form of ``page`` to ``path`` with its token and version."""
        text = client.get(page).text
        token = TOKEN.search(text)
        assert token is not None, text
        version = VERSION.search(text)
        data = {"csrf_token": token[1], **({"version": version[1]} if version else {}), **form}
        answer = client.post(path, data=data, follow_redirects=follow)
        return answer.status_code, answer.text

    def upload(self, content: bytes, name: str = "people.csv", **form: Any) -> tuple[int, str]:
        """Upload a list as the responder, and take its columns as they were recognised."""
        status, text = self.post(self.responder, f"/cases/{REF}/people", f"/cases/{REF}/people",
                                 file=(io.BytesIO(content), name))
        found = UPLOAD.search(text)
        if found is None:
            return status, text
        page = found[1]
        if form:
            status, text = self.post(self.responder, f"{page}/encoding", page, **form)
        return self.take_over(page, text)

    def take_over(self, page: str, text: str, **other: str) -> tuple[int, str]:
        """Send the columns of a mapping page as they stand there; ``other`` chooses differently."""
        chosen = {select[1]: value[1] for select in SELECT.finditer(text) if (value := CHOSEN.search(select[2]))}
        form: dict[str, Any] = {**chosen, **other}
        return self.post(self.responder, f"{page}/columns", page, **form)

    def draft(self) -> tuple[int, str]:
        """Draft a notice to list 1 as the responder."""
        return self.post(self.responder, f"/cases/{REF}/notices", f"/cases/{REF}/notices", list_id="1")

    def to_approved(self, content: bytes | None = None, **plan: Any) -> None:
        """Upload, draft, ask, approve."""
        assert self.upload(content or csv_of(12))[0] == 200
        assert self.draft()[0] == 200
        if plan:
            status, text = self.post(self.responder, f"{AT}/channels", f"{AT}/channels", **plan)
            assert status == 200, text
        status, text = self.post(self.responder, f"{AT}/approval/ask", f"{AT}/approval")
        assert status == 200, text
        status, text = self.post(self.approver, f"{AT}/approval/give", f"{AT}/approval")
        assert status == 200, text

    def launch(self, count: int) -> tuple[int, str]:
        """Type the number and send."""
        return self.post(self.responder, f"{AT}/send", f"{AT}/send", typed_count=str(count))

    def pump(self) -> None:
        """Let the worker work."""
        with self.app.app_context():
            for _ in range(10):
                deliveries.pump(
                    db.session(), clock=self.clock, channels=self.ports.channels, limiter=self.ports.limiter,
                    vault=self.ports.vault, letters=self.ports.letters, law=self.ports.law, worker="test",
                )
