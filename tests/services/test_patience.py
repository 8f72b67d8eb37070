"""How long the database may take, and that what is kept fits."""

from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from incident_app.app import create_app
from incident_app.domain.refusals import Refused
from incident_app.extensions import db
from incident_app.models import patience
from incident_app.models.fits import misfit
from incident_app.wiring import Ports
from tests.builders import a_case, settings_for_tests
from tests.people import People


def test_what_does_not_fit_is_refused_on_every_database(session: Session, people: People) -> None:
    case = a_case(session, people.responder)
    case.version, case.zone = 2**31, "x" * 65
    with pytest.raises(Refused) as caught:
        session.flush()
    assert caught.value.problems == {"version": "At most 2\u202f147\u202f483\u202f647.", "zone": "At most 64 characters."}
    session.rollback()
    assert misfit(None, "anything") is None


def served(url: str, folder: Path, ports: Ports) -> Flask:
    """The app on this database, with two pages that wait."""
    app = create_app(replace(settings_for_tests(url, folder), testing=False), ports=ports)

    @app.get("/sleeps")
    def sleeps() -> str:
        db.session.execute(text("select pg_sleep(30)"))
        return "awake"

    @app.get("/limits")
    def limits() -> dict[str, str]:
        return _limits()

    return app


def _limits() -> dict[str, str]:
    names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    return {name: str(db.session.scalar(text(f"show {name}"))) for name in names}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_page_waits_seconds_and_says_so_and_a_command_waits_for_ever(database_url: str, tmp_path: Path, test_ports: Ports) -> None:
    # Given a database where something takes half a minute
    app = served(database_url, tmp_path, test_ports)

    # When a page asks for it, then it answers within its patience, in words
    answer = app.test_client().get("/sleeps")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert "did not answer in time" in answer.text

    # And only pages are that impatient
    page = app.test_client().get("/limits").get_json()
    assert page == {"statement_timeout": "5s", "lock_timeout": "2s", "idle_in_transaction_session_timeout": "30s"}
    with app.app_context():
        assert _limits() == page | {"statement_timeout": "0", "lock_timeout": "10s"}
        db.session.rollback()
    assert app.test_client().get("/limits").get_json() == page
    assert app.test_client().get("/limits").get_json() == page  # what the request before took back did not take this back
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_connection_that_died_before_it_could_be_told_is_replaced(
    database_url: str, tmp_path: Path, test_ports: Ports, session: Session
) -> None:
    # Given a connection that a command used, and that the database has just ended
    app = served(database_url, tmp_path, test_ports)
    with app.app_context():
        mine = db.session.scalar(text("SELECT pg_backend_pid()"))
        db.session.remove()
    session.execute(text("SELECT pg_terminate_backend(:mine)"), {"mine": mine})
    session.rollback()

    # When a page comes, then it has a fresh one, with a patience of its own
    assert app.test_client().get("/limits").get_json()["statement_timeout"] == "5s"
    with app.app_context():
        db.engine.dispose()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_task_waits_a_minute(database_url: str, tmp_path: Path, test_ports: Ports) -> None:
    app = served(database_url, tmp_path, test_ports)
    with app.app_context():
        engine = db.engine
        patience.limit(engine, lambda: patience.TASK)
        assert _limits()["statement_timeout"] == "1min"
        db.session.remove()
        engine.dispose()
