"""The commands for the on-call bot: where Telegram sends what people say."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from incident_app import starting
from incident_app.domain.staff_bot import BotTrouble, TalkingBot, hook_address, suspicion
from incident_app.wiring import Ports, ports

NO_BOT = f"There is no on-call bot: set TELEGRAM_STAFF_BOT_TOKEN, and DELIVERY_MODE to trial or live.\n{starting.SERVICE}"
NO_SECRET = f"There is no SECRET_KEY, which what Telegram shows follows from.\n{starting.SERVICE}"


@contextmanager
def _the_bot() -> Iterator[tuple[TalkingBot, Ports]]:
    with starting.reading():
        looked = starting.settings(make=False)
    if not (looked.sends and looked.telegram_staff_bot_token):
        raise click.ClickException(NO_BOT)
    if not looked.secret_key:
        raise click.ClickException(NO_SECRET)
    with starting.opened(starting.settings()) as app, app.app_context():
        channel: object = ports().staff_channels.get("telegram")
        if not isinstance(channel, TalkingBot):
            raise click.ClickException(NO_BOT)
        try:
            yield channel, ports()
        except BotTrouble as trouble:
            raise click.ClickException(str(trouble)) from trouble


@click.group()
def bot() -> None:
    """The on-call bot."""


@bot.group()
def webhook() -> None:
    """Where Telegram sends what on-call people say; without a webhook a worker asks for it."""


@webhook.command("set")
def set_() -> None:
    """Let Telegram send it to PUBLIC_URL (needs TELEGRAM_STAFF_WEBHOOK=on)."""
    with _the_bot() as (channel, world):
        if world.staff_hook_secret is None:
            raise click.ClickException("TELEGRAM_STAFF_WEBHOOK is off: set it to on for serve and worker too.")
        channel.set_webhook(hook_address(world.public_url), world.staff_hook_secret)
        click.echo(f"Telegram sends to {hook_address(world.public_url)} now.")


@webhook.command()
def remove() -> None:
    """Take the webhook away: a worker asks Telegram again."""
    with _the_bot() as (channel, world):
        channel.remove_webhook()
        click.echo("The webhook is gone.")
        if world.staff_hook_secret is not None:
            click.echo("TELEGRAM_STAFF_WEBHOOK is still on: nobody asks Telegram until you set it to off.")


@webhook.command()
def show() -> None:
    """Say where Telegram sends it; exit status 1 where that is not what the settings say."""
    with _the_bot() as (channel, world):
        found, ours = channel.webhook(), hook_address(world.public_url)
    known = found.url if found.url in {"", ours} else "an address that is not ours"
    click.echo(f"Webhook: {known or 'none, a worker asks'}")
    click.echo(f"Waiting: {found.pending_count}")
    if found.last_error:
        click.echo(f"Telegram's last error: {found.last_error}")
    if words := suspicion(found.url, ours, wanted=world.staff_hook_secret is not None):
        raise click.ClickException(words)
