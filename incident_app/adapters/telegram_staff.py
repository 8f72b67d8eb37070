"""The on-call bot: alerts like any message, what people answer, and where Telegram sends it."""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from telegram import BotCommand
from telegram.error import BadRequest, Conflict, InvalidToken, TelegramError

from incident_app.adapters.telegram import (
    LATE_SECONDS,
    NO_PREVIEW,
    TelegramChannel,
    outcome_of,
    private_chat,
)
from incident_app.domain.ports import Message, Outcome, RateLimit, Rejected, Sent
from incident_app.domain.staff_bot import BotTrouble, Trouble, Webhook

ALLOWED = ["message", "callback_query"]
HOOK_CONNECTIONS = 4
LONGEST_ANSWER = 200
EARLY_SECONDS = 0.005
"""How long before its slot an alert leaves: this process was asleep, and what happens on the way only makes it later."""
SLOTS = 5
"""How many slots an alert may miss on a busy machine; then it leaves all the same."""
_T = TypeVar("_T")


class TelegramStaff(TelegramChannel):
    """The bot of the on-call people. Fulfils Channel and TalkingBot.

    ``line`` is given where the bot is also the people's: what is sent here then takes the very next slot of their line.
    """

    def __init__(self, token: str, base_url: str = "https://api.telegram.org", connect_timeout: float = 3,
                 total: float = 10, line: RateLimit | None = None) -> None:
        """Connect to nothing yet."""
        super().__init__(token, base_url, connect_timeout, total)
        self._line = line
        if line is not None:
            sys.setswitchinterval(0.001)  # whoever works in this process gives way before a slot is missed
        self._user_name = ""

    async def _ready(self) -> None:
        """Wait for the next slot of the line that is shared with people's messages; one that is missed is no slot."""
        line, loop = self._line, asyncio.get_running_loop()
        if line is None:
            return
        for _ in range(SLOTS):
            due = await loop.run_in_executor(None, lambda: line.overtake(self.name) + time.monotonic())
            await asyncio.sleep(max(due - EARLY_SECONDS - loop.time(), 0))
            if loop.time() - due <= LATE_SECONDS / 2:  # there is more to write than to one of the people
                return

    def say(self, chat_id: str, text: str) -> Outcome:
        """Answer a command with plain text."""
        return self.send([Message("", chat_id, "", text)])[0]

    def edit(self, chat_id: str, message_id: str, text: str) -> Outcome:
        """Replace the words of a message and take its buttons away. An edit may always be repeated."""
        return self._loop.run(self._edit(chat_id, message_id, text))

    def answer_callback(self, callback_id: str, text: str) -> None:
        """Answer a tap with a short line. Telegram forgets a tap after a while; that is no error of ours."""
        self._loop.run(self._answer(callback_id, text))

    def poll(self, offset: int, timeout: int) -> list[dict[str, object]]:
        """Wait up to ``timeout`` seconds for raw updates numbered ``offset`` and later.

        Raises ``BotTrouble``, in words, where Telegram cannot be asked.
        """
        return self._ask(lambda: self._poll(offset, timeout))

    def user_name(self) -> str:
        """Return the bot's user name, asked for once. Raises ``BotTrouble``."""
        if not self._user_name:
            self._user_name = self._ask(self._bot.get_me).username or ""
        return self._user_name

    def show_commands(self, commands: Sequence[tuple[str, str]]) -> None:
        """Tell Telegram which commands to offer. Raises ``BotTrouble``."""
        self._ask(lambda: self._bot.set_my_commands([BotCommand(name, words) for name, words in commands]))

    def webhook(self) -> Webhook:
        """Return where Telegram sends what people say. Raises ``BotTrouble``."""
        info = self._ask(self._bot.get_webhook_info)
        return Webhook(info.url, info.pending_update_count, info.last_error_message or "")

    def set_webhook(self, url: str, secret: str) -> None:
        """Let Telegram send what people say to ``url``. Raises ``BotTrouble``."""
        self._ask(lambda: self._bot.set_webhook(
            url, secret_token=secret, allowed_updates=ALLOWED, max_connections=HOOK_CONNECTIONS))

    def remove_webhook(self) -> None:
        """Let Telegram wait to be asked. Raises ``BotTrouble``."""
        self._ask(self._bot.delete_webhook)

    def _ask(self, question: Callable[[], Awaitable[_T]]) -> _T:
        async def asked() -> _T:
            try:
                return await question()
            except TelegramError as error:
                raise _trouble(error) from None  # the cause names the address, token and all

        return self._loop.run(asked())

    async def _edit(self, chat_id: str, message_id: str, text: str) -> Outcome:
        chat = private_chat(chat_id)
        if chat is None or not message_id.isdecimal():
            return Rejected("This is not a message in a private chat.", permanent=True)
        await self._ready()
        try:
            await self._bot.edit_message_text(text, chat, int(message_id), link_preview_options=NO_PREVIEW)
        except BadRequest as error:
            if "message is not modified" in error.message.lower():
                return Sent(message_id)
            return outcome_of(error)
        except TelegramError as error:
            return outcome_of(error)
        return Sent(message_id)

    async def _answer(self, callback_id: str, text: str) -> None:
        try:
            await self._bot.answer_callback_query(callback_id, text[:LONGEST_ANSWER])
        except TelegramError:
            return  # the words are on the message too

    async def _poll(self, offset: int, seconds: int) -> list[dict[str, object]]:
        updates = await self._bot.get_updates(
            offset, timeout=seconds, read_timeout=self._http.total, allowed_updates=ALLOWED)
        return [update.to_dict() for update in updates]


def _trouble(error: TelegramError) -> BotTrouble:
    outcome = outcome_of(error)
    words = "" if isinstance(outcome, Sent) else outcome.reason
    match error:
        case InvalidToken():
            return BotTrouble(Trouble.TOKEN, words)
        case Conflict():
            return BotTrouble(Trouble.CONFLICT, words)
        case _:
            return BotTrouble(Trouble.AWAY, words)
