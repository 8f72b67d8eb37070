"""Settings from the environment; every wrong value is named at once, in words.

Everything is optional: by default a SQLite file, an in-process worker and simulated channels. Secrets that are not
given are made once and kept in the instance folder, readable by its owner alone.
"""

import base64
import binascii
import hashlib
import hmac
import ipaddress
import os
import secrets
import shlex
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from incident_app import settings_oidc
from incident_app.paths import checkout
from incident_app.settings_oidc import Oidc

SECRET_KEY_BYTES = 32
FEWEST_SIGNS = 10
VAULT_KEY_BYTES = 32
MODES = ("simulate", "trial", "live")
MOST_PROXIES = 5
HERE = "http://127.0.0.1:8000"
"""Where it is served when nobody said otherwise."""
TELEGRAM = "https://api.telegram.org"
SENDGRID = "https://api.sendgrid.com"
OUTWARD = ("TELEGRAM_API_URL", "SENDGRID_API_URL", "HEARTBEAT_URL")
"""Where keys go along."""


class SettingsError(Exception):
    """Some values are missing or wrong; ``problems`` maps each variable's name to the words that put it right."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        """Keep the problems and say them all."""
        self.problems = dict(problems)
        super().__init__("\n".join(f"{name}: {words}" for name, words in self.problems.items()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the environment decides. Secrets never appear in ``repr``.

    ``vault_keys`` are (id, 32 bytes), the first one seals, all of them open; ``telegram_rate`` is messages a second.
    """

    database_url: str = field(repr=False)
    instance_dir: Path
    secret_key: str = field(repr=False)
    password_salt: str = field(repr=False)
    totp_secret: str = field(repr=False)
    vault_keys: tuple[tuple[str, bytes], ...] = field(repr=False)
    redis_url: str | None = field(default=None, repr=False)
    public_url: str = HERE
    delivery_mode: str = "simulate"
    telegram_bot_token: str | None = field(default=None, repr=False)
    telegram_staff_bot_token: str | None = field(default=None, repr=False)
    staff_hook: bool = False
    telegram_api_url: str = TELEGRAM
    telegram_rate: float = 30.0
    sendgrid_api_key: str | None = field(default=None, repr=False)
    sendgrid_api_url: str = SENDGRID
    sendgrid_webhook_public_key: str | None = None
    smtp_url: str | None = field(default=None, repr=False)
    mail_from: str = "incident-app@localhost"
    heartbeat_url: str | None = field(default=None, repr=False)
    scanner_url: str | None = None
    scanner_command: tuple[str, ...] = ()
    trusted_proxies: int = 0
    oidc: Oidc | None = None
    testing: bool = False

    @property
    def embedded(self) -> bool:
        """Tell whether worker and scheduler are threads of the serving process (no broker of its own)."""
        return self.redis_url is None

    @property
    def sends(self) -> bool:
        """Tell whether messages can leave this machine."""
        return self.delivery_mode != "simulate"

    @property
    def alert_secret(self) -> bytes:
        """Return the key that signs the buttons of alerts: follows from the secret key, used for nothing else."""
        return hmac.new(self.secret_key.encode(), b"incident-app alert buttons", hashlib.sha256).digest()

    @property
    def staff_hook_secret(self) -> str:
        """Return what Telegram shows when it sends what on-call people say: follows from the secret key, too."""
        return hmac.new(self.secret_key.encode(), b"incident-app staff webhook", hashlib.sha256).hexdigest()


def instance_folder(environ: Mapping[str, str]) -> Path:
    """Return the folder for the SQLite file and generated secrets: ``INSTANCE_DIR``, otherwise ``instance``."""
    given = environ.get("INSTANCE_DIR", "").strip()
    return Path(given).expanduser().absolute() if given else (checkout() or Path.cwd()) / "instance"


def make_private(folder: Path) -> Path:
    """Make the folder, for its owner alone."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


def _kept(path: Path, make: Callable[[], str]) -> str:
    """Return the secret in ``path``; make it first where there is none. Two processes at once end with the same one."""
    if not path.exists():
        draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(make() + "\n")
        try:
            os.link(draft, path)
        except FileExistsError:  # somebody was faster: theirs counts
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()


def new_vault_key() -> str:
    """Return a fresh entry for ``VAULT_KEYS``: ``id:base64`` of 32 random bytes."""
    return f"k{secrets.token_hex(3)}:{base64.b64encode(secrets.token_bytes(VAULT_KEY_BYTES)).decode()}"


def parse_vault_keys(text: str) -> tuple[tuple[str, bytes], ...]:
    """Read ``id:base64,id:base64``; raises ``ValueError`` with words for the person who set it."""
    keys: list[tuple[str, bytes]] = []
    for item in filter(None, (part.strip() for part in text.split(","))):
        name, colon, encoded = item.partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            key = b""
        if not (name and colon and len(key) == VAULT_KEY_BYTES):
            raise ValueError(f"each key is id:base64 of {VAULT_KEY_BYTES} bytes, separated by commas")
        if name in dict(keys):
            raise ValueError(f"the key id {name} stands there twice")
        keys.append((name, key))
    if not keys:
        raise ValueError("at least one key is needed")
    return tuple(keys)


class _Reader:
    """Reads variables one by one and collects what is wrong."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.problems: dict[str, str] = {}

    def text(self, name: str) -> str | None:
        return self.environ.get(name, "").strip() or None

    def url(self, name: str, schemes: tuple[str, ...], default: str | None = None) -> str | None:
        value = self.text(name)
        if value is None:
            return default
        try:
            parts = urlsplit(value)
            fits = parts.scheme in schemes and bool(parts.netloc or parts.scheme == "sqlite")
        except ValueError:
            fits = False
        if not fits:
            self.problems[name] = "must be an address that begins with " + " or ".join(f"{s}://" for s in schemes)
        return value.rstrip("/")

    def rate(self, name: str, default: float) -> float:
        value = self.text(name)
        try:
            number = float(value) if value else default
        except ValueError:
            number = 0.0
        if not 0 < number <= 10_000:
            self.problems[name] = "must be messages a second, more than 0 and at most 10000"
        return number

    def choice(self, name: str, allowed: tuple[str, ...]) -> str:
        value = (self.text(name) or allowed[0]).lower()
        if value not in allowed:
            self.problems[name] = "must be one of " + ", ".join(allowed)
        return value


def _database(reader: _Reader, folder: Path) -> str:
    value = reader.text("DATABASE_URL") or f"sqlite:///{folder / 'incident-app.sqlite'}"
    for prefix in ("postgresql://", "postgres://"):
        if value.startswith(prefix):  # the same database; the driver is ours to name
            value = "postgresql+psycopg://" + value.removeprefix(prefix)
    if not value.startswith(("postgresql+psycopg://", "sqlite:///")):
        reader.problems["DATABASE_URL"] = "must begin with postgresql+psycopg:// (or sqlite:/// and a file)"
    return value


def _check_hook(reader: _Reader) -> bool:
    wanted = reader.choice("TELEGRAM_STAFF_WEBHOOK", ("off", "on")) == "on"
    if wanted and not (reader.text("PUBLIC_URL") or "").startswith("https://"):
        reader.problems["TELEGRAM_STAFF_WEBHOOK"] = "on needs a PUBLIC_URL that begins with https:// and Telegram can reach"
    return wanted


def _trusted_proxies(reader: _Reader) -> int:
    value = reader.text("TRUSTED_PROXIES") or "0"
    if not (value.isascii() and value.isdigit() and int(value) <= MOST_PROXIES):
        reader.problems["TRUSTED_PROXIES"] = f"must be how many proxies of yours stand in front, 0 to {MOST_PROXIES}"
        return 0
    return int(value)


def _check_guarded(reader: _Reader, mode: str) -> None:
    if 0 < len(set(reader.text("SECRET_KEY") or "")) < FEWEST_SIGNS:
        reader.problems["SECRET_KEY"] = f"must be random, at least {SECRET_KEY_BYTES} bytes; leave it out to have one made"
    if (reader.text("FLASK_DEBUG") or "0").lower() not in {"0", "false", "no"}:
        reader.problems["FLASK_DEBUG"] = f"a debugger runs whatever it is sent: leave it out in {mode} mode"


def _check_senders(reader: _Reader, mode: str) -> None:
    has_mail = reader.text("SENDGRID_API_KEY") or reader.text("SMTP_URL")
    if mode not in MODES[1:]:
        return
    _check_guarded(reader, mode)
    if not (has_mail or reader.text("TELEGRAM_BOT_TOKEN")):
        reader.problems["DELIVERY_MODE"] = (
            f"{mode} needs something to send with: TELEGRAM_BOT_TOKEN, SENDGRID_API_KEY or SMTP_URL"
        )
    if has_mail and not reader.text("MAIL_FROM"):
        reader.problems["MAIL_FROM"] = f"{mode} by email needs the address the mail comes from"


def _check_addresses(reader: _Reader, mode: str) -> None:
    """What carries keys or lists out goes by TLS, or stays on this machine."""
    for name in OUTWARD if mode != "simulate" else ():
        if name in reader.problems:
            continue
        parts = urlsplit(reader.text(name) or "")
        if parts.scheme == "http" and not _loopback(parts.hostname or ""):
            reader.problems[name] = "must begin with https:// unless it is this machine"


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _check_redis(reader: _Reader, mode: str) -> str | None:
    """Return the broker's address. One that others could reach must ask for a password before real messages leave."""
    value = reader.url("REDIS_URL", ("redis", "rediss"))
    if value is None or "REDIS_URL" in reader.problems or mode not in MODES[1:]:
        return value
    parts = urlsplit(value)
    if not parts.password and not _loopback(parts.hostname or ""):
        reader.problems["REDIS_URL"] = (
            f"{mode} needs a password for a Redis on another machine: redis://:password@{parts.hostname or 'host'}/0, "
            "and requirepass in its redis.conf"
        )
    return value


def _check_scanner(reader: _Reader, mode: str) -> str | None:
    """Return where clamd listens. It speaks in the clear: evidence leaves this machine for it in no earnest mode."""
    value = reader.url("SCANNER_URL", ("tcp",))
    if value is None or "SCANNER_URL" in reader.problems:
        return value
    try:
        host, port = urlsplit(value).hostname, urlsplit(value).port
    except ValueError:
        host = port = None
    if not host or not port:
        reader.problems["SCANNER_URL"] = "must be tcp://host:port, as clamd's TCPSocket says"
    elif mode != MODES[0] and not _loopback(host):
        reader.problems["SCANNER_URL"] = "must be this machine (a tunnel may lead on): files go there in the clear"
    return value


def _scanner_command(reader: _Reader) -> tuple[str, ...]:
    """Return the program and its words, as a shell would part them; no shell ever sees them."""
    value = reader.text("SCANNER_COMMAND")
    if not value:
        return ()
    try:
        parts = tuple(shlex.split(value))
    except ValueError:
        parts = ()
    if reader.text("SCANNER_URL"):
        reader.problems["SCANNER_COMMAND"] = "leave out this or SCANNER_URL"
    elif not parts or shutil.which(parts[0]) is None:
        reader.problems["SCANNER_COMMAND"] = "must begin with a program of this machine, such as /usr/bin/clamdscan"
    return parts


def _holds(folder: Path, name: str, *, make: bool) -> bool:
    """Tell whether the folder is where a secret comes from: it lies there, or may be made there."""
    return make or (folder / name).exists()


def _secret(reader: _Reader, name: str, folder: Path | None, *, make: bool) -> str:
    value = reader.text(name)
    if value is not None and len(value.encode()) < SECRET_KEY_BYTES:
        reader.problems[name] = f"must be at least {SECRET_KEY_BYTES} bytes long; leave it out to have one made"
    if value is None and folder is not None and _holds(folder, name.lower(), make=make):
        return _kept(folder / name.lower(), lambda: secrets.token_urlsafe(48))
    return value or ""


def _vault_keys(reader: _Reader, folder: Path | None, *, make: bool) -> tuple[tuple[str, bytes], ...]:
    value = reader.text("VAULT_KEYS")
    if value is None and folder is not None and _holds(folder, "vault_keys", make=make):
        value = _kept(folder / "vault_keys", new_vault_key)
    try:
        return parse_vault_keys(value) if value is not None else ()
    except ValueError as error:
        reader.problems["VAULT_KEYS"] = str(error)
        return ()


def _values(reader: _Reader, mode: str) -> dict[str, object]:
    """Return everything that is neither a secret of ours nor a place on the disk."""
    token = reader.text("TELEGRAM_BOT_TOKEN")
    return {
        "redis_url": _check_redis(reader, mode),
        "public_url": reader.url("PUBLIC_URL", ("http", "https"), HERE),
        "telegram_api_url": reader.url("TELEGRAM_API_URL", ("http", "https"), TELEGRAM),
        "sendgrid_api_url": reader.url("SENDGRID_API_URL", ("http", "https"), SENDGRID),
        "smtp_url": reader.url("SMTP_URL", ("smtp", "smtps")),
        "heartbeat_url": reader.url("HEARTBEAT_URL", ("http", "https")),
        "scanner_url": _check_scanner(reader, mode), "scanner_command": _scanner_command(reader),
        "trusted_proxies": _trusted_proxies(reader),
        "oidc": settings_oidc.read(reader.environ, reader.problems, _loopback),
        "telegram_rate": reader.rate("TELEGRAM_RATE", 30.0),
        "mail_from": reader.text("MAIL_FROM") or "incident-app@localhost",
        "telegram_bot_token": token,
        "staff_hook": _check_hook(reader),
        "telegram_staff_bot_token": reader.text("TELEGRAM_STAFF_BOT_TOKEN") or token,
        "sendgrid_api_key": reader.text("SENDGRID_API_KEY"),
        "sendgrid_webhook_public_key": reader.text("SENDGRID_WEBHOOK_PUBLIC_KEY"),
    }


def read(environ: Mapping[str, str], *, make: bool = True) -> Settings:
    """Read the settings, making secrets that are missing; without ``make`` those are empty and nothing is made.

    Raises ``SettingsError`` with everything that is wrong.
    """
    reader = _Reader(environ)
    folder = instance_folder(environ)
    mode = reader.choice("DELIVERY_MODE", MODES)
    _check_senders(reader, mode)
    values = _values(reader, mode)
    _check_addresses(reader, mode)

    def put_together(keep: Path | None) -> Settings:
        return Settings(
            instance_dir=folder,
            database_url=_database(reader, folder),
            delivery_mode=mode,
            secret_key=_secret(reader, "SECRET_KEY", keep, make=make),
            password_salt=_secret(reader, "PASSWORD_SALT", keep, make=make),
            totp_secret=_secret(reader, "TOTP_SECRET", keep, make=make),
            vault_keys=_vault_keys(reader, keep, make=make),
            **values,  # type: ignore[arg-type]  # each is of the type its reader returns
        )

    put_together(None)  # first look at everything, and only then touch the disk
    if reader.problems:
        raise SettingsError(reader.problems)
    made = put_together(make_private(folder) if make else folder)
    if reader.problems:  # a kept file that is not ours
        raise SettingsError(reader.problems)
    return made
