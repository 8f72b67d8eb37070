"""``create_app``: the one place where the parts meet."""

import secrets
from datetime import timedelta
from pathlib import Path

from flask import Flask, g
from flask_security.datastore import SQLAlchemyUserDatastore
from sqlalchemy import create_engine

from incident_app import api, web
from incident_app.extensions import babel, celery, csrf, db, migrate, security
from incident_app.models.accounts import RoleRow, User
from incident_app.models.engine import prepare
from incident_app.models.migrating import render_item
from incident_app.paths import data_dir
from incident_app.settings import Settings
from incident_app.tasks import configure_celery
from incident_app.web import headers
from incident_app.wiring import KEY, Ports

LARGEST_UPLOAD = 64 * 1024 * 1024


def _config(settings: Settings) -> dict[str, object]:
    return {
        "SECRET_KEY": settings.secret_key,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "TESTING": settings.testing,
        "MAX_CONTENT_LENGTH": LARGEST_UPLOAD,
        "MAX_FORM_MEMORY_SIZE": 2 * 1024 * 1024,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.public_url.startswith("https://"),
        "REMEMBER_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": timedelta(hours=12),
        "WTF_CSRF_TIME_LIMIT": 8 * 3600,
        "BOOTSTRAP_SERVE_LOCAL": True,
        "SECURITY_PASSWORD_SALT": settings.password_salt,
        "SECURITY_PASSWORD_LENGTH_MIN": 12,
        "SECURITY_RETURN_GENERIC_RESPONSES": True,
        "SECURITY_URL_PREFIX": None,
        "SECURITY_LOGIN_URL": "/sign-in",
        "SECURITY_LOGOUT_URL": "/sign-out",
        "SECURITY_LOGOUT_METHODS": ["POST"],
        "SECURITY_POST_LOGIN_VIEW": "/",
        "SECURITY_POST_LOGOUT_VIEW": "/sign-in",
        "SECURITY_SEND_REGISTER_EMAIL": False,
        "SECURITY_REGISTERABLE": False,
        "SECURITY_FLASH_MESSAGES": False,
        "BABEL_DEFAULT_LOCALE": "en",
    }


def create_app(settings: Settings, *, ports: Ports | None = None) -> Flask:
    """Build the app. ``ports`` replaces the outside world (tests); otherwise the settings choose the adapters."""
    app = Flask("incident_app", template_folder=str(data_dir("templates")), static_folder=str(
        Path(__file__).parent / "static"))
    app.config |= _config(settings)
    if not settings.database_url.startswith("sqlite"):
        app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {
            "pool_pre_ping": True,
            "connect_args": {"options": "-c lock_timeout=10000 -c idle_in_transaction_session_timeout=60000"},
        }

    @app.before_request
    def _nonce() -> None:
        # Before CSRFProtect: its refusal is a page too, and a page needs its nonce.
        g.csp_nonce = secrets.token_urlsafe(16)

    headers.register(app)
    db.init_app(app)
    migrate.init_app(app, db, directory=str(data_dir("migrations")), render_as_batch=True, compare_type=True,
                     render_item=render_item)
    csrf.init_app(app)
    babel.init_app(app)
    with app.app_context():
        prepare(db.engine)
    app.extensions[KEY] = ports or _ports(settings)
    security.init_app(app, SQLAlchemyUserDatastore(db, User, RoleRow), register_blueprint=True)
    web.init_app(app)
    api.init_app(app)
    configure_celery(app, celery, settings)
    return app


def _ports(settings: Settings) -> Ports:
    from incident_app.adapters import parts  # imported late: tests bring their own outside world

    engine = None
    if not settings.database_url.startswith("sqlite"):
        engine = create_engine(settings.database_url, pool_size=1, max_overflow=4, pool_pre_ping=True)
    return parts.ports(settings, engine)
