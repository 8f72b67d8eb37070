"""What costs much to make and little to share: an app and an engine for the whole run, on a new database for each test."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import create_engine, event
from sqlalchemy.engine import Engine, make_url

from incident_app.app import create_app
from incident_app.extensions import celery, db
from incident_app.models import sealing
from incident_app.models.engine import prepare
from incident_app.tasks import configure_celery
from incident_app.wiring import KEY, Ports
from tests.builders import settings_for_tests
from tests.fakes import TEXTS

_where: dict[str, str] = {}
TEMPLATES = FileSystemBytecodeCache(tempfile.gettempdir())
"""Where apps find their templates compiled; conftest.py gives it the folder of the run. To compile them takes seconds."""


@cache
def _engine(kind: str) -> Engine:
    made = prepare(create_engine(_where[kind]))

    @event.listens_for(made, "do_connect")
    def _elsewhere(dialect: Any, _record: object, arguments: list[Any], named: dict[str, Any]) -> None:
        arguments[:], options = dialect.create_connect_args(make_url(_where[kind]))
        named.clear()
        named.update(options)

    return made


@contextmanager
def engine_on(url: str) -> Iterator[Engine]:
    """An engine that remembers the statements it has put together, connected to this database."""
    kind = url.split(":", maxsplit=1)[0]
    _where[kind] = url
    made = _engine(kind)
    sealing.bind(made, lambda: TEXTS)
    yield made
    made.dispose()


def new_app(path: Path, ports: Ports) -> Flask:
    """Return an app of one's own on a SQLite file."""
    made = create_app(settings_for_tests(f"sqlite:///{path}", path.parent), ports=ports)
    made.jinja_env.bytecode_cache = TEMPLATES
    return made


class SharedApp:
    """One app for many tests: each finds a new database, its own ports, and the settings as they were."""

    def __init__(self, folder: Path, filled: Path) -> None:
        """``filled`` is the database each test starts with."""
        self.path, self._filled = folder / "app.sqlite", filled
        self._made: tuple[Flask, dict[str, Any], dict[str, Any]] | None = None

    @contextmanager
    def with_ports(self, ports: Ports) -> Iterator[Flask]:
        """The app, for one test."""
        self.path.unlink(missing_ok=True)
        shutil.copy(self._filled, self.path)
        if self._made is None:
            made = new_app(self.path, ports)
            self._made = made, dict(made.config), dict(made.extensions)
        app, config, extensions = self._made
        app.config.clear()
        app.config |= config
        app.extensions.clear()
        app.extensions |= extensions | {KEY: ports}
        configure_celery(app, celery, settings_for_tests(f"sqlite:///{self.path}", self.path.parent))
        yield app
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
        for leftover in self.path.parent.glob("app.sqlite-*"):
            leftover.unlink()
