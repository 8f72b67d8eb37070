"""Help is there for everybody who is signed in, and needs no network."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient


@pytest.mark.parametrize("who", ["reporter", "responder", "approver", "oncall_person", "auditor", "admin"])
def test_everybody_who_is_signed_in_may_read_the_help(client_for: Callable[[str], FlaskClient], who: str) -> None:
    answer = client_for(who).get("/help")

    assert answer.status_code == 200
    assert "two in the morning" in answer.text


def test_who_may_not_file_is_not_told_to(client_for: Callable[[str], FlaskClient]) -> None:
    assert "/cases/new" in client_for("responder").get("/help").text
    assert "/cases/new" not in client_for("auditor").get("/help").text


def test_a_stranger_is_asked_to_sign_in(app: Flask) -> None:
    answer = app.test_client().get("/help")

    assert answer.status_code == 302
    assert answer.location.startswith("/sign-in")
