"""Browsers nobody is signed in with."""

import pytest
from flask import Flask

from tests.fakes import FakeClock
from tests.web.door import Browser


@pytest.fixture
def visitor(app: Flask, clock: FakeClock) -> Browser:
    """A visitor."""
    return Browser(app, clock)


@pytest.fixture
def another(app: Flask, clock: FakeClock) -> Browser:
    """And another one."""
    return Browser(app, clock)
