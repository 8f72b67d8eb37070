"""The ``incident-app`` command: what there is, and where it stands. Commands are loaded when they are called."""

import os
from importlib import import_module

import click

COMMANDS = {
    "demo": ("incident_app.cli_serve", "Serve the demo organisation, with one-time sign-in links."),
    "serve": ("incident_app.cli_serve", "Serve for real."),
    "worker": ("incident_app.cli_serve", "Send and alert, beside `serve` (needs REDIS_URL)."),
    "beat": ("incident_app.cli_serve", "Wake the workers, beside `serve` (needs REDIS_URL; one is enough)."),
    "watchdog": ("incident_app.cli_serve", "Evaluate, alert and watch the others, without the queue; beside the rest."),
    "upgrade": ("incident_app.cli_ops", "Back the database up and bring it to this version."),
    "init": ("incident_app.cli_ops", "Set up your organisation and its first administrator."),
    "doctor": ("incident_app.cli_ops", "Look at everything; say what is wrong and how to put it right."),
    "backup": ("incident_app.cli_ops", "Copy the database into one checked file."),
    "restore": ("incident_app.cli_ops", "Put such a copy in the database's place."),
    "create-user": ("incident_app.cli_ops", "Make an account and print its one-time sign-in link."),
    "admin-link": ("incident_app.cli_ops", "Print a fresh one-time sign-in link for an account."),
    "verify": ("incident_app.cli_record", "Verify the record, with anchors and deliveries."),
    "keys": ("incident_app.cli_keys", "The keys that seal people and files: show, new, rewrap, reencrypt."),
    "bot": ("incident_app.cli_bot", "The on-call bot's webhook: set, remove, show."),
    "law": ("incident_app.cli_law", "Ask the law: deadlines, severity, assess (JSON lines)."),
}


class Commands(click.Group):
    """Loads a command's module when it is called, so that `law` need not wait for the web."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order a newcomer meets them."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        found = getattr(import_module(COMMANDS[cmd_name][0]), cmd_name.replace("-", "_"))
        return found if isinstance(found, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List them without loading them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, words) for name, (_, words) in COMMANDS.items()])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Personal data breaches: from the first report to everybody told, with proof."""


def main() -> None:
    """Run the command given; the files it makes are for their owner alone."""
    os.umask(0o077)
    cli(prog_name="incident-app")


if __name__ == "__main__":
    main()
