"""Browsers nobody is signed in with, and a walk through a case of which nothing is written yet."""

import pytest
from flask import Flask

from incident_app.extensions import db
from incident_app.services import accounts
from incident_app.wiring import Ports
from tests.builders import a_case
from tests.fakes import FakeClock
from tests.web.door import Browser
from tests.web.walk import Client, Walk


@pytest.fixture
def visitor(app: Flask, clock: FakeClock) -> Browser:
    """A visitor."""
    return Browser(app, clock)


@pytest.fixture
def another(app: Flask, clock: FakeClock) -> Browser:
    """And another one."""
    return Browser(app, clock)


@pytest.fixture
def walk(app: Flask, client_for: Client, test_ports: Ports, clock: FakeClock) -> Walk:
    """A case about what people asked an assistant, and two who are signed in."""
    with app.app_context():
        user = accounts.find(db.session(), "responder@example.org")
        assert user is not None
        a_case(db.session(), user.actor, data_categories=("ai_prompts",))
    return Walk(app, client_for, test_ports, clock)
