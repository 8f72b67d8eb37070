"""``create_app``: the one place where the parts meet."""

import math
import secrets
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit
from weakref import ref

from celery import current_task
from flask import Flask, g, has_request_context, request
from flask import session as cookie
from flask_security.datastore import SQLAlchemyUserDatastore
from sqlalchemy import create_engine
from sqlalchemy.engine import Engine
from sqlalchemy.orm import configure_mappers
from werkzeug.middleware.proxy_fix import ProxyFix

from incident_app import api, bot, web
from incident_app.domain.credentials import Credentials
from incident_app.domain.deliveries import FREE_TELEGRAM_RATE, MOST_TELEGRAM_RATE
from incident_app.domain.filings import with_laws
from incident_app.domain.health import masked
from incident_app.domain.notices import Envelope, check_address
from incident_app.domain.oidc import AFTER, BACK, Provider
from incident_app.domain.ports import Channel, Clock, Outbox, RateLimit, Scanner, Suppressions, Vault
from incident_app.extensions import babel, celery, csrf, db, security
from incident_app.models import patience, sealing
from incident_app.models.accounts import RoleRow, User
from incident_app.models.engine import prepare
from incident_app.paths import PACKAGE, data_dir
from incident_app.services.recipients import LARGEST_FILE
from incident_app.settings import Settings
from incident_app.tasks import configure_celery
from incident_app.web import glancing, headers
from incident_app.web.late_rules import LateRule
from incident_app.wiring import KEY, Ports

EMAIL_RATE = math.inf  # the provider says when it is too much
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
        "PERMANENT_SESSION_LIFETIME": timedelta(hours=12),
        "WTF_CSRF_TIME_LIMIT": 8 * 3600,
        "BOOTSTRAP_SERVE_LOCAL": True,
        "SECURITY_PASSWORD_SALT": settings.password_salt,
        "BABEL_DEFAULT_LOCALE": "en",
        "TRUSTED_HOSTS": [urlsplit(settings.public_url).hostname or "localhost", "127.0.0.1", "localhost", "[::1]"],
        "RATELIMIT_STORAGE_URI": settings.redis_url or "memory://",
        "RATELIMIT_ENABLED": not settings.testing,
    }


def create_app(settings: Settings, *, ports: Ports | None = None) -> Flask:
    """Build the app. ``ports`` replaces the outside world (tests); otherwise the settings choose the adapters."""
    app = Flask("incident_app", template_folder=str(data_dir("templates")), static_folder=str(
        Path(__file__).parent / "static"))
    app.url_rule_class = LateRule
    app.config |= _config(settings)
    if not settings.database_url.startswith("sqlite"):
        app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"connect_args": patience.ALWAYS}

    @app.before_request
    def _nonce() -> None:
        # Before CSRFProtect: its refusal is a page too, and a page needs its nonce.
        g.csp_nonce = secrets.token_urlsafe(16)
        if request.endpoint == "recipients.upload" and "_user_id" in cookie:
            request.max_content_length = LARGEST_FILE  # the form is read before the view is asked

    if settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.trusted_proxies, x_proto=settings.trusted_proxies, x_host=0)  # type: ignore[method-assign]  # as Flask documents it
    headers.register(app)
    glancing.register(app)
    db.init_app(app)
    csrf.init_app(app)
    babel.init_app(app)
    with app.app_context():
        patience.limit(prepare(db.engine), _patience)
        patience.ask_the_idle(db.engine)
        sealing.bind(db.engine, partial(_vault, ref(app)))
    app.extensions[KEY] = ports or _ports(settings)
    # Its models and its login manager; people come in by our own pages (web/signing_in.py), which count, record and
    # tell in one transaction, by the clock they are given.
    security.init_app(app, SQLAlchemyUserDatastore(db, User, RoleRow), register_blueprint=False)
    web.init_app(app)
    api.init_app(app)
    bot.init_app(app)
    configure_celery(app, celery, settings)
    configure_mappers()  # here, not at the first request or in every worker after the fork
    return app


def _vault(app: "ref[Flask]") -> Vault:
    """Return the vault of an app that this does not keep alive."""
    living = app()
    if living is None:
        raise LookupError("the app that held the vault is gone")
    return cast("Ports", living.extensions[KEY]).vault


def _ports(settings: Settings) -> Ports:
    """Choose the adapters. They are loaded here, late: tests bring an outside world of their own."""
    from incident_app.adapters import marks as kept_marks
    from incident_app.adapters.anchor_file import AnchorFile
    from incident_app.adapters.heartbeat import HttpMonitor
    from incident_app.adapters.holidays import HolidayCalendar
    from incident_app.adapters.ical import IcalFeed
    from incident_app.adapters.law_files import LawFiles
    from incident_app.adapters.letters import JinjaLetters
    from incident_app.adapters.locked_zip import AesZip
    from incident_app.adapters.machine import ThisMachine
    from incident_app.adapters.profile_files import ProfileFiles
    from incident_app.adapters.rate_limit import SlotLimiter
    from incident_app.adapters.runbook_files import load as load_runbooks
    from incident_app.adapters.sheets import SheetFiles
    from incident_app.adapters.system_clock import SystemClock
    from incident_app.adapters.vault import AesVault
    from incident_app.adapters.weasyprint import WeasyPrinter
    from incident_app.adapters.workbooks import Xlsx

    templates = data_dir("templates")
    clock = SystemClock(_clock_engine(settings))
    limiter = SlotLimiter({"telegram": _telegram_rate(settings), "email": EMAIL_RATE}, settings.redis_url)
    letters, law = JinjaLetters(templates), LawFiles(PACKAGE / "law").load()
    channels, staff, outbox = _simulated(settings, clock) if not settings.sends else _live(settings, limiter)
    return Ports(
        clock=clock, calendar=HolidayCalendar(), law=law,
        vault=AesVault(settings.vault_keys), letters=letters, pdf=WeasyPrinter(templates),
        channels=channels, staff_channels=staff, workbooks=Xlsx(),
        limiter=limiter, outbox=outbox, forms=with_laws(ProfileFiles(PACKAGE / "law").load(), law.regimes),
        runbooks=load_runbooks(*runbook_folders(settings)), sheets=SheetFiles(), ical=IcalFeed(), locked_zip=AesZip(), mode=settings.delivery_mode, public_url=settings.public_url,
        alert_secret=settings.alert_secret, credentials=_credentials(settings), staff_hook_secret=settings.staff_hook_secret if settings.staff_hook else None,
        sendgrid_public_key=settings.sendgrid_webhook_public_key,
        suppressions=_suppressions(settings),
        machine=ThisMachine(settings.instance_dir, None if settings.database_url.startswith("sqlite") else clock,
                            settings.redis_url),
        monitor=HttpMonitor(settings.heartbeat_url) if settings.heartbeat_url else None, keys=_keys(settings),
        envelope=Envelope(sender=settings.mail_from, layout=letters.digest(),
                          check=check_address(settings.public_url, sends=settings.sends)),
        anchor_log=AnchorFile(settings.instance_dir / "anchors.log"), provider=_provider(settings),
        scanner=_scanner(settings), marks=kept_marks.KeptMarks(settings.instance_dir / kept_marks.FILE, settings.redis_url),
    )


def runbook_folders(settings: Settings) -> tuple[Path, Path]:
    """Return where the checklists lie: ours, and the team's own in the instance folder, which take the place of ours."""
    return data_dir("runbooks"), settings.instance_dir / "runbooks"


def runbook_faults(settings: Settings) -> list[str]:
    """Return what is wrong with the checklists, a sentence for each file that cannot be read."""
    from incident_app.adapters.runbook_files import faults

    return faults(*runbook_folders(settings))


def _credentials(settings: Settings) -> Credentials:
    from incident_app.adapters.credentials import ArgonPasswords, FernetSeal, TotpCodes
    from incident_app.adapters.passkeys import WebAuthnPasskeys

    return Credentials(passwords=ArgonPasswords(settings.password_salt), seal=FernetSeal(settings.totp_secret),
                       codes=TotpCodes(), passkeys=WebAuthnPasskeys(settings.public_url))


def _provider(settings: Settings) -> Provider | None:
    """Return the provider people may sign in by; what speaks with it is loaded only where there is one."""
    if settings.oidc is None:
        return None
    from incident_app.adapters.oidc import Client, OidcProvider
    from incident_app.adapters.reach import Reach

    named = settings.oidc
    return OidcProvider(Client(issuer=named.issuer, id=named.client_id, secret=named.client_secret, label=named.label,
                               back=f"{settings.public_url}{BACK}", named_acr=named.mfa_acr, named_amr=named.mfa_amr,
                               after=f"{settings.public_url}{AFTER}", reach=Reach.of(named.nets, plain=named.plain)))


def _scanner(settings: Settings) -> Scanner | None:
    """Return what looks at the files people put in: a daemon, a command, or nothing."""
    from incident_app.adapters.clamd import ClamdScanner
    from incident_app.adapters.scanner_command import CommandScanner

    if settings.scanner_command:
        return CommandScanner(settings.scanner_command)
    return ClamdScanner(settings.scanner_url) if settings.scanner_url else None


def _patience() -> patience.Patience | None:
    """Return how long the database may take for whoever asks: a page, a task, or a command that takes its time."""
    if has_request_context():
        return patience.PAGE
    return patience.TASK if current_task else None


def _keys(settings: Settings) -> dict[str, str]:
    """Return the secrets that are set, each with no more than tells it from another."""
    found = {
        "TELEGRAM_BOT_TOKEN": settings.telegram_bot_token, "TELEGRAM_STAFF_BOT_TOKEN": settings.telegram_staff_bot_token,
        "SENDGRID_API_KEY": settings.sendgrid_api_key, "SMTP_URL": settings.smtp_url and "set",
        "HEARTBEAT_URL": settings.heartbeat_url, "OIDC_CLIENT_SECRET": settings.oidc and settings.oidc.client_secret,
    }
    return {name: masked(value) for name, value in found.items() if value}


def _suppressions(settings: Settings) -> Suppressions | None:
    from incident_app.adapters.sendgrid_suppressions import SendGridSuppressions

    if not settings.sends or not settings.sendgrid_api_key:
        return None
    return SendGridSuppressions(settings.sendgrid_api_key, settings.sendgrid_api_url)


def _telegram_rate(settings: Settings) -> float:
    """Return messages a second; more than Telegram takes from anybody means a server of one's own, without a limit."""
    return settings.telegram_rate if settings.telegram_rate <= MOST_TELEGRAM_RATE else math.inf


def _clock_engine(settings: Settings) -> Engine | None:
    if settings.database_url.startswith("sqlite"):
        return None
    return create_engine(settings.database_url, pool_size=1, max_overflow=4, pool_pre_ping=True)


Chosen = tuple[dict[str, Channel], dict[str, Channel], Outbox | None]


def _simulated(settings: Settings, clock: Clock) -> Chosen:
    from incident_app.adapters import simulator

    outbox = simulator.Simulator(settings.instance_dir / simulator.FILE, clock)
    people = {name: outbox.channel(name) for name in ("telegram", "email")}
    staff = {name: outbox.channel(name, reliable=True) for name in ("telegram", "email")}
    return people, staff, outbox


def _live(settings: Settings, limiter: RateLimit) -> Chosen:
    from incident_app.adapters.rate_limit import pace
    from incident_app.adapters.sendgrid import SendGridChannel
    from incident_app.adapters.smtp import SmtpChannel
    from incident_app.adapters.telegram import TelegramChannel
    from incident_app.adapters.telegram_staff import TelegramStaff

    people: dict[str, Channel] = {}
    staff: dict[str, Channel] = {}
    shared = settings.telegram_staff_bot_token == settings.telegram_bot_token
    if settings.telegram_bot_token:
        rate = _telegram_rate(settings)
        people["telegram"] = TelegramChannel(
            settings.telegram_bot_token, settings.telegram_api_url, pace=None if math.isinf(rate) else pace(rate),
            slots=limiter, paid=settings.telegram_rate > FREE_TELEGRAM_RATE, shared=shared,
        )
    if settings.telegram_staff_bot_token:
        staff["telegram"] = TelegramStaff(settings.telegram_staff_bot_token, settings.telegram_api_url,
                                          line=limiter if shared else None)
    if settings.sendgrid_api_key:
        people["email"] = SendGridChannel(
            settings.sendgrid_api_key, settings.sendgrid_api_url, settings.mail_from, settings.mail_from
        )
    elif settings.smtp_url:
        people["email"] = SmtpChannel(settings.smtp_url, settings.mail_from)
    if "email" in people:
        staff["email"] = people["email"]
    return people, staff, None
