"""What the on-call bot needs of Telegram, and how to tell that somebody else uses its token (``threats.md`` T-80)."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable

from incident_app.domain.alerts import StaffBot

HOOK_PATH = "/hooks/telegram/staff"
RUNBOOK = "See the runbook on-call-telegram."


class Trouble(StrEnum):
    """Why the bot could not be asked."""

    TOKEN = "token"  # noqa: S105 (the name of a trouble)
    CONFLICT = "conflict"
    AWAY = "away"


class BotTrouble(ConnectionError):
    """Telegram cannot be asked; the words hold neither address nor token."""

    def __init__(self, kind: Trouble, words: str) -> None:
        """Keep what kind of trouble it is."""
        super().__init__(words)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where Telegram sends what people say; ``url`` is empty where it waits to be asked."""

    url: str
    pending_count: int = 0
    last_error: str = ""


@runtime_checkable
class TalkingBot(StaffBot, Protocol):
    """The on-call bot with everything it takes to hear people. Each of these raises :class:`BotTrouble`."""

    def user_name(self) -> str:
        """Return the bot's user name, without the @."""

    def show_commands(self, commands: Sequence[tuple[str, str]]) -> None:
        """Tell Telegram which commands to offer: (name without the slash, what it does)."""

    def webhook(self) -> Webhook:
        """Return where Telegram sends what people say."""

    def set_webhook(self, url: str, secret: str) -> None:
        """Let Telegram send what people say to ``url``, with ``secret`` in a header."""

    def remove_webhook(self) -> None:
        """Let Telegram wait to be asked."""


def hook_address(public_url: str) -> str:
    """Return the address of our own webhook."""
    return public_url.rstrip("/") + HOOK_PATH


def _host(url: str) -> str:
    host = url.partition("://")[2].partition("/")[0].rpartition("@")[2]
    return "".join(sign for sign in host if sign.isascii() and (sign.isalnum() or sign in ".-:"))[:80] or "unknown"


def suspicion(found: str, ours: str, *, wanted: bool) -> str:
    """Return what is wrong with the address Telegram sends to, in words without secrets; empty where all is well.

    ``ours`` is the address of our webhook, ``wanted`` whether it is to be used.
    """
    if found and found != ours:
        return f"Somebody else hears the on-call bot: Telegram sends to {_host(found)}. {RUNBOOK}"
    if found and not wanted:
        return f"Telegram sends to our webhook, which is switched off: nobody hears the answers. {RUNBOOK}"
    if not found and wanted:
        return f"The on-call bot's webhook was taken away: nobody hears the answers. {RUNBOOK}"
    return ""


def unheard(found: Webhook, ours: str, *, wanted: bool) -> str:
    """Return that Telegram cannot deliver to our webhook, without its reason (it may hold addresses); empty where it can."""
    if wanted and found.url == ours and found.pending_count > 0 and found.last_error:
        return f"Telegram cannot reach us: what on-call people answer is not heard. {RUNBOOK}"
    return ""


TROUBLE_WORDS = {
    Trouble.TOKEN: f"Telegram does not accept the on-call bot's token any more. {RUNBOOK}",
    Trouble.CONFLICT: f"Another program takes the on-call bot's updates. {RUNBOOK}",
}
