"""What every command needs before it starts: settings, the app, a database at its newest migration."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from incident_app.paths import checkout, data_dir
from incident_app.settings import Settings, SettingsError, read

if TYPE_CHECKING:
    from flask import Flask


def environment() -> Mapping[str, str]:
    """Return the environment, filled up from the ``.env`` file of the checkout or the current folder."""
    from dotenv import dotenv_values

    file = (checkout() or Path.cwd()) / ".env"
    kept = {name: value for name, value in dotenv_values(file).items() if value is not None} if file.is_file() else {}
    return {**kept, **os.environ}


def settings() -> Settings:
    """Read the settings; what is wrong ends the command in words, all at once."""
    try:
        return read(environment())
    except SettingsError as error:
        raise click.ClickException(f"The environment does not fit yet.\n{error}") from error


def make_app(chosen: Settings) -> "Flask":
    """Make the app. Late: its libraries take a second, and not every command needs them."""
    from incident_app.app import create_app
    from incident_app.domain.remediation import RunbookError

    try:
        return create_app(chosen)
    except RunbookError as error:
        raise click.ClickException(f"A runbook cannot be read.\n{error.reason}") from error


def standing(app: "Flask") -> tuple[str | None, str]:
    """Return the migration the database stands at (``None``: empty) and the newest there is, by its file's number.

    Without Alembic, which takes as long to read in as half of our own code.
    """
    from sqlalchemy import inspect, text

    from incident_app.extensions import db

    newest = max(path.name[:4] for path in data_dir("migrations").glob("versions/[0-9]*.py"))
    with app.app_context(), db.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None, newest
        return connection.scalar(text("SELECT version_num FROM alembic_version")), newest


def bind_migrations(app: "Flask") -> None:
    """Let Flask-Migrate know where our migrations are, and how they write our column types down."""
    from flask_migrate import Migrate

    from incident_app.extensions import db
    from incident_app.models.migrating import render_item

    Migrate(app, db, directory=str(data_dir("migrations")), render_as_batch=True, compare_type=True, render_item=render_item)


def migrate(app: "Flask") -> None:
    """Bring the database to its newest migration; a key that is missing ends it in words, and nothing is changed."""
    from flask_migrate import upgrade

    from incident_app.domain.ports import VaultError

    bind_migrations(app)
    with app.app_context():
        try:
            upgrade()
        except VaultError as error:
            raise click.ClickException(str(error)) from error


def create(app: "Flask", newest: str) -> None:
    """Make every table of this version in an empty database: what all migrations make, in a tenth of their time."""
    from sqlalchemy import text

    from incident_app.extensions import Base, db

    with app.app_context(), db.engine.begin() as connection:
        Base.metadata.create_all(connection)
        connection.execute(text(
            "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL CONSTRAINT alembic_version_pkc PRIMARY KEY)"))
        connection.execute(text("INSERT INTO alembic_version (version_num) VALUES (:newest)"), {"newest": newest})


def prepare(app: "Flask") -> None:
    """See that the database fits this version: make an empty one, refuse one that is behind."""
    at, newest = standing(app)
    if at is None:
        create(app, newest)
    elif at != newest:
        raise click.ClickException("The database is of another version. Run: incident-app upgrade")


def is_demo(app: "Flask") -> bool:
    """Tell whether the database carries the demo's mark."""
    from sqlalchemy import select

    from incident_app.extensions import db
    from incident_app.models.organisation import Organisation

    with app.app_context():
        return bool(db.session.scalar(select(Organisation.is_demo).limit(1)))


def refuse_to_send_from_demo(app: "Flask", chosen: Settings) -> None:
    """Made-up people must never get a message: a database with the demo's mark takes simulated channels only."""
    if chosen.sends and is_demo(app):
        raise click.ClickException(
            f"DELIVERY_MODE is {chosen.delivery_mode}, but this database is the demo's. Real messages from it are "
            "refused. Start with a database of your own (DATABASE_URL or another INSTANCE_DIR)."
        )


def sending_words(app: "Flask") -> str:
    """Forget that trial mode was ended where the server was told something else since; return how messages are sent."""
    from incident_app.extensions import db
    from incident_app.services import trials
    from incident_app.wiring import now, ports

    with app.app_context():
        trials.follow_server(db.session(), ports().mode, now=now())
        return trials.said(db.session(), ports().mode)


def release(app: "Flask") -> None:
    """Close this process's connections: the processes started from it open their own."""
    from incident_app.extensions import db

    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@contextmanager
def opened(chosen: Settings) -> "Iterator[Flask]":
    """Make the app for one command, and close its connections when the command is done."""
    app = make_app(chosen)
    try:
        yield app
    finally:
        release(app)
