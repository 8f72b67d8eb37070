"""The ports as this running app holds them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from flask import current_app, g, has_request_context
from kombu.exceptions import OperationalError

from incident_app.domain.alerts import StaffBot
from incident_app.domain.credentials import Credentials
from incident_app.domain.health import Expected
from incident_app.domain.notices import Envelope
from incident_app.domain.oidc import Provider
from incident_app.domain.ports import (
    AnchorLog,
    Calendar,
    CalendarFeed,
    Channel,
    Clock,
    Letters,
    LockedZip,
    Marks,
    Outbox,
    PdfWriter,
    RateLimit,
    Scanner,
    Sheets,
    Suppressions,
    Vault,
    Workbooks,
)
from incident_app.extensions import celery

if TYPE_CHECKING:
    from incident_app.domain.health import Machine, Monitor
    from incident_app.domain.regimes import Law

KEY = "incident_app_ports"


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything the use cases reach of the outside world. ``outbox`` is there only where channels are simulated,
    ``suppressions`` only where email goes by a provider that keeps a block list, ``monitor`` only where one minds from
    outside, ``staff_hook_secret`` only where Telegram sends us what on-call people say instead of being asked for it.
    ``anchor_log`` is the file the head of the record is appended to, ``scanner`` looks at files where one is set up.
    ``marks`` remembers outside of the database how far it was: one that went back is noticed.
    ``keys`` shows the secrets that are set, masked; ``envelope`` is what stands round every notice.
    ``mode`` is how the server was told to send; ``services.trials.mode_now`` says how it is.
    ``provider`` is there only where people may sign in by one.
    """

    clock: Clock
    calendar: Calendar
    law: "Law"
    vault: Vault
    letters: Letters
    pdf: PdfWriter
    channels: Mapping[str, Channel]
    staff_channels: Mapping[str, Channel]
    limiter: RateLimit
    outbox: Outbox | None
    forms: Mapping[str, Any]
    runbooks: Mapping[str, Any]
    sheets: Sheets
    ical: CalendarFeed
    locked_zip: LockedZip
    workbooks: Workbooks
    mode: str
    public_url: str
    alert_secret: bytes
    credentials: Credentials
    staff_hook_secret: str | None = None
    sendgrid_public_key: str | None = None
    suppressions: Suppressions | None = None
    machine: "Machine | None" = None
    monitor: "Monitor | None" = None
    keys: Mapping[str, str] = field(default_factory=dict)
    envelope: Envelope | None = None
    anchor_log: AnchorLog | None = None
    marks: Marks | None = None
    provider: Provider | None = None
    scanner: Scanner | None = None


def ports() -> Ports:
    """Return the ports of the running app."""
    return cast(Ports, current_app.extensions[KEY])


def wake(task: str) -> None:
    """Wake a worker now, for what was just made due. A wake-up that gets lost costs seconds: workers look by themselves."""
    try:
        celery.send_task(task, expires=10, retry=False)
    except OperationalError:
        return


def expected(world: Ports) -> Expected:
    """Return what of what must show signs of life is set up here."""
    bot: object = world.staff_channels.get("telegram")
    return Expected(staff_bot=isinstance(bot, StaffBot), monitor=world.monitor is not None)


def rates() -> dict[str, float]:
    """Return the messages a second of every channel that has a limit."""
    limits = {name: ports().limiter.rate(name) for name in ports().channels}
    return {name: rate for name, rate in limits.items() if rate is not None}


def holds() -> dict[str, float]:
    """Return for how many seconds more a provider's wish to wait holds a whole channel, of those that are held."""
    held = {name: ports().limiter.held(name) for name in ports().channels}
    return {name: seconds for name, seconds in held.items() if seconds > 0}


def now() -> datetime:
    """Return this moment, read once per request through the clock port."""
    if not has_request_context():
        return ports().clock.now()
    if "now" not in g:
        g.now = ports().clock.now()
    return cast(datetime, g.now)
