"""The ``incident-app bot`` commands, against a server that speaks the Bot API."""

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from incident_app.cli import cli
from tests.loopback.telegram_api import TOKEN, TelegramApi

Run = Callable[..., Result]
SECRET_KEY = secrets.token_urlsafe(36)


@pytest.fixture
def api() -> Iterator[TelegramApi]:
    with TelegramApi() as running:
        yield running


@pytest.fixture
def run(tmp_path: Path, api: TelegramApi) -> Run:
    """``run("show")`` types ``incident-app bot webhook show`` on a machine whose webhook is on."""

    def typed(word: str, **environ: str) -> Result:
        env: dict[str, str | None] = {
            "INSTANCE_DIR": str(tmp_path / "instance"), "DATABASE_URL": None, "REDIS_URL": None, "SECRET_KEY": SECRET_KEY,
            "DELIVERY_MODE": "live", "TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_URL": api.url,
            "PUBLIC_URL": "https://incident.test", "TELEGRAM_STAFF_WEBHOOK": "on",
        }
        return CliRunner().invoke(cli, ["bot", "webhook", word], env={**env, **environ})

    return typed


def test_a_webhook_is_set_shown_and_removed(run: Run, api: TelegramApi) -> None:
    assert run("show").exit_code == 1
    done = run("set")
    assert done.exit_code == 0, done.output
    assert api.webhook["url"] == "https://incident.test/hooks/telegram/staff"
    assert len(api.webhook["secret_token"]) == 64
    assert api.webhook["secret_token"] not in done.output

    shown = run("show")
    assert (shown.exit_code, "Webhook: https://incident.test/hooks/telegram/staff" in shown.output) == (0, True)

    removed = run("remove")
    assert "still on" in removed.output
    assert api.webhook == {}
    assert "still on" not in run("remove", TELEGRAM_STAFF_WEBHOOK="off").output
    assert "a worker asks" in run("show", TELEGRAM_STAFF_WEBHOOK="off").output


def test_an_address_that_is_not_ours_is_told_without_its_secrets(run: Run, api: TelegramApi) -> None:
    api.webhook = {"url": "https://evil.test/?key=secret", "last_error_message": "Connection timed out"}
    shown = run("show")
    assert shown.exit_code == 1
    assert "an address that is not ours" in shown.output
    assert "Telegram sends to evil.test" in shown.output
    assert "Connection timed out" in shown.output
    assert "secret" not in shown.output


def test_while_it_is_off_none_is_set(run: Run, api: TelegramApi) -> None:
    done = run("set", TELEGRAM_STAFF_WEBHOOK="off")
    assert (done.exit_code, "set it to on" in done.output) == (1, True)
    assert api.webhook == {}


def test_a_webhook_needs_an_address_with_https(run: Run) -> None:
    done = run("set", PUBLIC_URL="http://incident.test")
    assert (done.exit_code, "TELEGRAM_STAFF_WEBHOOK: on needs" in done.output) == (1, True)


def test_without_a_bot_the_command_says_so(run: Run) -> None:
    done = run("show", DELIVERY_MODE="simulate")
    assert (done.exit_code, "There is no on-call bot" in done.output) == (1, True)


def test_telegrams_refusal_is_said_in_words(run: Run, api: TelegramApi) -> None:
    api.fail("setWebhook", "unauthorized")
    done = run("set")
    assert (done.exit_code, "does not accept the bot's token" in done.output) == (1, True)
    assert TOKEN not in done.output
