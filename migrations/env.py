"""Run the migrations on the app's own engine."""

from alembic import context
from flask import current_app

from incident_app.extensions import Base

migrate = current_app.extensions["migrate"]
engine = migrate.db.engine


def run_migrations() -> None:
    """Bring the database up or down; on SQLite foreign keys are off meanwhile, or a rebuilt table loses its children."""
    options = dict(migrate.configure_args)
    with engine.connect() as connection:
        raw = None
        if connection.dialect.name == "sqlite":
            raw = connection.connection.dbapi_connection
            raw.execute("PRAGMA foreign_keys=OFF")
        context.configure(connection=connection, target_metadata=Base.metadata, **options)
        with context.begin_transaction():
            context.run_migrations()
        if raw is not None:
            broken = raw.execute("PRAGMA foreign_key_check").fetchall()
            raw.execute("PRAGMA foreign_keys=ON")
            if broken:
                raise RuntimeError(f"rows without their parent: {broken[:5]}")


if context.is_offline_mode():
    raise RuntimeError("migrations run on a database, not into a file")
run_migrations()
