"""``incident-app keys …``: which keys there are, a new one, wrapped anew, sealed anew. Never prints a key but a new one."""

import click

from incident_app import starting
from incident_app.domain.accounts import SYSTEM
from incident_app.settings import new_vault_key


@click.group()
def keys() -> None:
    """The keys that seal people, files and texts: show, new, rewrap, reencrypt."""


@keys.command()
def show() -> None:
    """Say which outer key wraps how many cases, and which are loaded; exit status 1 where one is missing."""
    from incident_app.extensions import db
    from incident_app.services import keys as service
    from incident_app.wiring import ports

    with starting.opened_existing() as app, app.app_context():
        standing = service.show(db.session(), vault=ports().vault)
    for one in standing:
        state = "wraps what is new" if one.first else "loaded" if one.loaded else "MISSING"
        click.echo(f"{one.name:<12} {state:<18} {one.cases} cases, {one.lists} erased lists, "
                   f"{one.others} drafts and answers")
    if any(not one.loaded for one in standing):
        raise click.ClickException("What a missing key wraps cannot be opened: put it back into VAULT_KEYS.")


@keys.command()
def new() -> None:
    """Print a new entry for VAULT_KEYS."""
    click.echo(new_vault_key())
    click.echo("Put it FIRST, before a comma and what stands there now; restart everything; then: incident-app keys rewrap",
               err=True)


@keys.command()
def rewrap() -> None:
    """Wrap the key of every case by the first outer key. May be stopped and called again at any time."""
    from incident_app.extensions import db
    from incident_app.services import keys as service
    from incident_app.wiring import now, ports

    with starting.opened_existing() as app, app.app_context():
        first = ports().vault.loaded()[0]
        done = service.rewrap(db.session(), by=SYSTEM, now=now(), vault=ports().vault,
                              tell=lambda done, of: click.echo(f"{done} of {of} cases", err=True))
        own = service.rewrap_own(db.session(), vault=ports().vault)
    click.echo(f"{done.done} cases wrapped by {first}, {done.before} were already.")
    click.echo(f"{own.done} drafts and answers wrapped by it too.")
    if done.shut:
        raise click.ClickException(f"Left as they are, their key is not loaded or was changed: {', '.join(done.shut)}")
    if own.shut:
        raise click.ClickException(f"{own.shut} drafts and answers are left as they are: they go within two weeks.")
    click.echo("Every other key may be taken out of VAULT_KEYS, once no backup that needs it is kept.")


@keys.command()
@click.option("--case", "ref", help="Only the case of this reference.")
def reencrypt(*, ref: str | None) -> None:
    """Give cases a fresh key and seal every row anew. May be stopped and called again at any time."""
    from incident_app.extensions import db
    from incident_app.services import keys as service
    from incident_app.wiring import now, ports

    left = []
    with starting.opened_existing() as app, app.app_context():
        ids = service.to_renew(db.session(), ref)
        if ref is not None and not ids:
            raise click.ClickException(f"There is no case {ref} with a key.")
        for case_id in ids:
            done = service.renew(db.session(), case_id, by=SYSTEM, now=now(), vault=ports().vault,
                                 tell=lambda kind, rows: click.echo(f"  {kind}: {rows} rows so far", err=True))
            shut = f", {done.shut} do not open and were left" if done.shut else ""
            click.echo(f"{done.ref}: {done.rows} rows sealed anew{shut}{'' if done.done else '. ' + done.words}")
            left += [] if done.done and not done.shut else [done.ref]
        own = service.renew_own(db.session(), vault=ports().vault)
        click.echo(f"{own.done} drafts and answers sealed anew, {own.shut} do not open and were left")
    if left:
        raise click.ClickException(f"Not through: {', '.join(left)}")
