"""Cause and lessons as JSON."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from incident_app.extensions import db
from incident_app.services import accounts
from tests.builders import a_case

Api = Callable[[str], Callable[..., tuple[int, dict[str, Any]]]]


@pytest.fixture
def ref(app: Flask) -> str:
    """A filed case."""
    with app.app_context():
        user = accounts.find(db.session(), "responder@example.org")
        assert user is not None
        return a_case(db.session(), user.actor).ref


def test_it_is_read_written_and_kept_by_version(api_for: Api, ref: str) -> None:
    call = api_for("responder")
    status, known = call("GET", "/law/causes")
    assert status == 200
    assert "phishing" in {one["id"] for one in known["causes"]}
    assert call("GET", f"/cases/{ref}/lessons")[1]["version"] == 0

    status, made = call("PUT", f"/cases/{ref}/lessons", {"version": 0, "cause": "phishing", "whys": ["A", "B"]})
    assert (status, made["version"], made["caused_by"], made["whys"]) == (200, 1, "external_malicious", ["A", "B"])
    status, same = call("PUT", f"/cases/{ref}/lessons", {"version": 1, "cause": "phishing", "whys": ["A", "B"]})
    assert (status, same["version"]) == (200, 1)

    # Who read the version before the last is told what is there now
    status, stale = call("PUT", f"/cases/{ref}/lessons", {"version": 0, "cause": "insider"})
    assert (status, stale["theirs"]["cause"], stale["yours"]["cause"], stale["version"]) == (409, "phishing", "insider", 1)
    status, refused = call("PUT", f"/cases/{ref}/lessons", {"version": 1, "cause": "other"})
    assert (status, set(refused["problems"])) == (422, {"cause_words"})
    call("PUT", f"/cases/{ref}/lessons", {"version": 1, "cause": "insider"})
    every = api_for("auditor")("GET", f"/cases/{ref}/lessons/versions")[1]["versions"]
    assert [(one["version"], one["cause"]) for one in every] == [(2, "insider"), (1, "phishing")]
    assert api_for("auditor")("PUT", f"/cases/{ref}/lessons", {"version": 2})[0] == 403
