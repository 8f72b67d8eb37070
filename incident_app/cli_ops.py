"""The commands for whoever runs it: upgrade, doctor, backup, restore, create-user, admin-link."""

import dataclasses
import shlex
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from incident_app import backups, starting
from incident_app.domain.accounts import SYSTEM, Role
from incident_app.domain.refusals import NotFound, Refused
from incident_app.settings import HERE, Settings

if TYPE_CHECKING:
    from flask import Flask


@dataclasses.dataclass(frozen=True, slots=True)
class Line:
    """One line of the doctor's: what was looked at, whether it is well, and the words."""

    name: str
    ok: bool
    words: str


def _time(app: "Flask") -> datetime:
    from incident_app.wiring import now

    with app.app_context():
        return now()


def _copy(chosen: Settings, moment: datetime, to: Path | None) -> Path:
    end = "sqlite" if backups.sqlite_file(chosen.database_url) else "dump"
    target = to or chosen.instance_dir / "backups" / f"incident-app-{moment:%Y%m%d-%H%M%S}.{end}"
    try:
        backups.make(chosen.database_url, target)
    except backups.BackupError as error:
        raise click.ClickException(f"There is no backup: {error}") from error
    return target


@click.command()
@click.option("--no-backup", is_flag=True, help="You have a backup of your own.")
def upgrade(*, no_backup: bool) -> None:
    """Back the database up, then bring it to this version. Safe to run twice."""
    chosen = starting.settings()
    with starting.opened(chosen) as app:
        at, newest = starting.standing(app)
        if at == newest and at is not None:
            click.echo(f"The database is at this version already ({newest}).")
            return
        if at is not None and not no_backup:
            copy = _copy(chosen, _time(app), None)
            click.echo(f"Backup: {copy}\nThe way back: install the version before, then: incident-app restore {copy}")
        starting.migrate(app)
    click.echo(f"The database {starting.database_words(chosen)} is at {newest} now (it was {'empty' if at is None else 'at ' + at}).")


@click.command()
@click.option("--to", type=click.Path(path_type=Path, dir_okay=False), help="The file to write; it must not exist.")
def backup(*, to: Path | None) -> None:
    """Copy the running database into one checked file. The keys are not in it: keep them apart."""
    chosen = starting.existing()
    with starting.opened(chosen) as app:
        click.echo(f"Backup: {_copy(chosen, _time(app), to)}")
        _note_backup(app)
    click.echo("It holds no keys. Without VAULT_KEYS (or vault_keys in the instance folder) no contact in it can be read.")


def _note_backup(app: "Flask") -> None:
    """Write down when the last backup was made, for the health page; the copy is good without that."""
    from sqlalchemy.exc import SQLAlchemyError

    from incident_app.domain.health import BACKUP
    from incident_app.extensions import db
    from incident_app.services import alerts

    with app.app_context():
        try:
            alerts.beat(db.session(), BACKUP, now=_time(app))
        except SQLAlchemyError as error:
            click.echo(f"It could not be noted that it was made ({type(error).__name__}).", err=True)


@click.command()
@click.argument("copy", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--also-delete", "named", multiple=True, metavar="TABLE",
              help="On PostgreSQL: a table this version does not know that may go. With --yes each must be named.")
def restore(*, copy: Path, yes: bool, named: tuple[str, ...]) -> None:
    """Put a copy made by `backup` in the database's place. Stop everything else first."""
    with starting.reading():
        before = starting.settings(make=False)
    where = starting.database_words(before)
    try:
        strange = backups.strangers(before.database_url, copy)
        _ask(where, sorted(set(strange) - set(named)), yes=yes)
        chosen = starting.settings()
        backups.restore(chosen.database_url, copy, may_go=strange)
    except backups.BackupError as error:
        raise click.ClickException(f"Nothing was changed: {error}") from error
    try:
        held = _hold(chosen)
    except click.ClickException as error:
        raise click.ClickException(f"The copy has taken the place of the database {where}, but it could not be brought to this version, "
                                   f"and no notice is paused yet. Start nothing. Mend this, then restore it again:\n{error.message}") from error
    click.echo(f"Restored: {where}. Messages that went out after the backup was made are not known to it.")
    click.echo(f"{len(held)} notices were being sent then; they are paused until somebody looks at them.")


def _ask(where: str, unnamed: list[str], *, yes: bool) -> None:
    """Let whoever types it agree to what will be gone. What is not known here goes for an answer or by its name, never unsaid."""
    words = (f"The database {where} also holds what this version does not know: {', '.join(unnamed)}. "
             "It is of a later version, or somebody else's.")
    if unnamed and yes:
        more = " ".join(f"--also-delete {shlex.quote(name)}" for name in unnamed)
        raise click.ClickException(f"Nothing was changed. {words} If it may be deleted, add: {more}")
    if unnamed:
        click.echo(f"{words} It would be deleted for good.")
    if not yes:
        click.confirm(f"This takes the place of the database {where} as it is. Go on?", abort=True)


def _hold(chosen: Settings) -> list[int]:
    from incident_app.extensions import db
    from incident_app.services.deliveries import restoring
    from incident_app.wiring import ports

    with starting.opened(chosen) as app:
        starting.migrate(app)
        with app.app_context():
            return restoring.hold(db.session(), now=_time(app), marks=ports().marks)


@click.command()
@click.option("--name", prompt="Name of the organisation")
@click.option("--country", prompt="Country of its main establishment (two letters)")
@click.option("--subdivision", default="", help="Part of the country where authorities differ, such as BE for Berlin.")
@click.option("--zone", prompt="Time zone, such as Europe/Berlin")
@click.option("--dpo-email", default="", help="Where the data protection officer is reached.")
@click.option("--not-in-eu", is_flag=True, help="There is no establishment in the EU: every authority concerned is told.")
@click.option("--email", prompt="Email of the first administrator")
def init(*, name: str, country: str, subdivision: str, zone: str, dpo_email: str, not_in_eu: bool, email: str) -> None:
    """Set up your organisation and its first administrator; everything can be changed later."""
    from incident_app.extensions import db
    from incident_app.services import accounts, organisation

    chosen = starting.settings()
    with starting.opened(chosen) as app:
        starting.prepare(app)
        with app.app_context():
            details = organisation.Details(name, country.upper(), zone, subdivision=subdivision.upper(),
                                           dpo_email=dpo_email, eu_establishment=not not_in_eu)
            try:
                organisation.set_up(db.session(), details, by=SYSTEM, now=_time(app))
                accounts.add_user(db.session(), email, email.partition("@")[0], {Role.ADMIN}, zone=zone, by=SYSTEM,
                                  now=_time(app))
            except Refused as refused:
                raise click.ClickException(" ".join([refused.reason, *refused.problems.values()])) from refused
        _print_link(app, chosen, email)
    if not chosen.heartbeat_url:
        click.echo("If this machine dies, nobody is told: set HEARTBEAT_URL to a monitor outside that minds silence.")
    click.echo("Next: answer under Law what the organisation is, and make accounts: incident-app create-user --help")


@click.command("create-user")
@click.argument("email")
@click.option("--name", required=True)
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice([role.value for role in Role]))
@click.option("--zone", help="Time zone, such as Europe/Berlin; without one, that of your organisation.")
def create_user(*, email: str, name: str, roles: tuple[str, ...], zone: str | None) -> None:
    """Make an account and print its one-time sign-in link."""
    from incident_app.extensions import db
    from incident_app.services import accounts

    chosen = starting.settings()
    with starting.opened(chosen) as app:
        if starting.standing(app)[0] is None:
            click.echo(f"The database {starting.database_words(chosen)} was empty: its tables are made now.", err=True)
        starting.prepare(app)
        with app.app_context():
            try:
                accounts.add_user(db.session(), email, name, {Role(role) for role in roles}, by=SYSTEM, now=_time(app),
                                  zone=_home_zone() if zone is None else zone)
            except Refused as refused:
                raise click.ClickException(" ".join([refused.reason, *refused.problems.values()])) from refused
        _print_link(app, chosen, email)


def _home_zone() -> str:
    """Return the zone of the organisation: whoever works there reads the same clock. UTC before there is one."""
    from incident_app.extensions import db
    from incident_app.services import cases

    try:
        return cases.organisation(db.session()).zone
    except NotFound:
        return "UTC"


def _print_link(app: "Flask", chosen: Settings, email: str) -> None:
    from incident_app.extensions import db
    from incident_app.services import accounts

    with app.app_context():
        try:
            secret = accounts.make_sign_in_link(db.session(), email, now=_time(app))
        except Refused as refused:
            raise click.ClickException(refused.reason) from refused
    click.echo(f"{chosen.public_url}/start/{secret}   (works once, 30 min)")
    if chosen.public_url == HERE:
        click.echo(f"PUBLIC_URL is not set. Where it runs on another address or port, put that in the place of {HERE}.")


@click.command("admin-link")
@click.argument("email")
def admin_link(*, email: str) -> None:
    """Print a fresh one-time sign-in link for an account, whatever its role."""
    chosen = starting.existing()
    with starting.opened(chosen) as app:
        starting.prepare(app)
        _print_link(app, chosen, email)


# ------------------------------------------------------------------------------------------------------------- doctor


SECRETS = ("secret_key", "password_salt", "totp_secret", "vault_keys")


def _look_at_secrets(chosen: Settings) -> list[Line]:
    paths = [chosen.instance_dir, *(chosen.instance_dir / name for name in SECRETS)]
    loose = [path.name for path in paths if path.exists() and path.stat().st_mode & 0o077]
    words = f"others can read {', '.join(loose)}: chmod go= them" if loose else str(chosen.instance_dir)
    lines = [Line("instance folder", not loose, words)]
    kept = [name for name in ("secret_key", "vault_keys") if (chosen.instance_dir / name).exists()]
    if kept and not chosen.embedded:
        lines.append(Line("secrets", True, "made here: a second machine needs the same SECRET_KEY, PASSWORD_SALT, "
                                           "TOTP_SECRET and VAULT_KEYS"))
    return lines


def _look_at_senders(app: "Flask", chosen: Settings) -> list[Line]:
    from incident_app.wiring import KEY

    parts = app.extensions[KEY]
    if not chosen.sends:
        return [Line("channels", True, "simulated: nothing leaves this machine")]
    names = ", ".join(sorted(parts.channels)) or "none"
    lines = [Line("channels", bool(parts.channels), f"set to {chosen.delivery_mode}: {names}")]
    if chosen.public_url.startswith("http://"):
        lines.append(Line("PUBLIC_URL", False, f"{chosen.public_url} is not https: set the address your people use"))
    return lines


def _look_at_database(app: "Flask") -> list[Line]:
    at, newest = starting.standing(app)
    if at != newest or at is None:
        return [Line("database", False, f"at {at or 'nothing'}, should be at {newest}: incident-app upgrade")]
    from incident_app.domain.trials import SIMULATE
    from incident_app.extensions import db
    from incident_app.services import anchoring, health, record_rights, trials
    from incident_app.wiring import KEY

    lines = [Line("database", True, f"at {newest}")]
    with app.app_context():
        verdict = anchoring.verify(db.session(), app.extensions[KEY].anchor_log)
        rights = record_rights.look(db.session())
        signs = health.look(db.session(), now=_time(app), machine=app.extensions[KEY].machine)
        mode = app.extensions[KEY].mode
        sending = [] if mode == SIMULATE else [Line("messages", True, trials.said(db.session(), mode))]
    words = f"complete up to entry {verdict.seq}" if verdict.complete else f"broken at entry {verdict.broken_at}"
    lines += [*sending, Line("audit chain", verdict.complete, words), Line("audit rights", rights.ok, rights.words)]
    return lines + [Line(sign.name, sign.ok, sign.words) for sign in signs if sign.name not in {"database", "broker"}]


def _examine(app: "Flask", chosen: Settings) -> list[Line]:
    from sqlalchemy.exc import OperationalError

    from incident_app.web.health import broker
    from incident_app.wiring import KEY

    lines = _look_at_secrets(chosen) + _look_at_senders(app, chosen)
    try:
        lines += _look_at_database(app)
    except OperationalError as error:
        lines.append(Line("database", False, f"does not answer: {error.orig}"))
    if not chosen.embedded:
        found = broker()
        lines.append(Line("broker", found.ok, found.words))
    missing = app.extensions[KEY].pdf.available()
    return [*lines, Line("PDF", missing is None, missing or "can be printed")]


def _look_at_runbooks(chosen: Settings) -> list[Line]:
    from incident_app.app import runbook_faults

    return [Line("runbooks", False, words) for words in runbook_faults(chosen)] or [Line("runbooks", True, "each can be read")]


def _look_at_what_is_not_made(chosen: Settings) -> list[Line]:
    """Return what an installation begins with and this one has not; whoever only looks makes none of it."""
    gone, secrets = starting.missing(chosen), starting.lacking(chosen)
    if not secrets and gone != starting.NOT_THERE:
        return []
    lines = [Line("database", False, f"{gone} ({starting.database_words(chosen)})")] if gone else []
    return lines + ([Line("secrets", False, secrets)] if secrets else [])


@click.command()
def doctor() -> None:
    """Look at everything; exit status 1 where something is wrong."""
    with starting.reading():
        chosen = starting.settings(make=False)
        unmade = _look_at_what_is_not_made(chosen)
    lines = _look_at_runbooks(chosen)
    if unmade:
        lines += unmade
    elif lines[0].ok:  # else no app can be made, and nothing else be looked at
        with starting.opened(chosen) as app:
            lines += _examine(app, chosen)
    for line in lines:
        click.echo(f"{'ok  ' if line.ok else 'NOT '}  {line.name:<16} {line.words}")
    if unmade:
        click.echo(f"{starting.SERVICE}\n{starting.NEW}")
    if not all(line.ok for line in lines):
        raise SystemExit(1)
