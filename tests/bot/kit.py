"""A staff bot that hears, remembers what it was asked, and can be in trouble; and a chat with it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from incident_app.bot.updates import Bot, answer, read
from incident_app.domain.staff_bot import BotTrouble, Trouble, Webhook
from incident_app.models.accounts import User
from incident_app.services import hearing
from tests.fakes import FakeClock
from tests.phones import SECRET, FakeBot


class HearingBot(FakeBot):
    """The whole bot: what :class:`FakeBot` does, its name, its commands and its webhook."""

    def __init__(self) -> None:
        """In no trouble."""
        super().__init__()
        self.commands: list[tuple[str, str]] = []
        self.hook = Webhook("")
        self.trouble: Trouble | None = None
        self.names_asked = 0

    def _ask(self) -> None:
        if self.trouble is not None:
            raise BotTrouble(self.trouble, "Telegram says no.")

    def poll(self, offset: int, timeout: int) -> list[dict[str, object]]:
        """Hand out what came in since ``offset``, or be in trouble."""
        self._ask()
        return super().poll(offset, timeout)

    def user_name(self) -> str:
        """Return a name."""
        self._ask()
        self.names_asked += 1
        return "acme_oncall_bot"

    def show_commands(self, commands: Sequence[tuple[str, str]]) -> None:
        """Remember them."""
        self._ask()
        self.commands = list(commands)

    def webhook(self) -> Webhook:
        """Return the one that was set."""
        self._ask()
        return self.hook

    def set_webhook(self, url: str, secret: str) -> None:
        """Remember it."""
        del secret
        self.hook = Webhook(url)

    def remove_webhook(self) -> None:
        """Forget it."""
        self.hook = Webhook("")


def message(number: int, text: str, chat: int = 7001, kind: str = "private") -> dict[str, Any]:
    """Return an update that says something."""
    person = {"id": chat, "is_bot": False, "first_name": "Ana", "username": "ana"}
    return {"update_id": number, "message": {"chat": {"id": chat, "type": kind}, "from": person, "text": text}}


def tap(number: int, data: str, chat: int = 7001) -> dict[str, Any]:
    """Return an update that taps a button."""
    return {"update_id": number, "callback_query": {"id": f"c{number}", "from": {"id": chat}, "data": data}}


class Chat:
    """Writes to the bot, update by update, and reads its answers."""

    def __init__(self, session: Session, clock: FakeClock) -> None:
        """Nothing was said yet."""
        self.session, self.clock, self.bot, self.number = session, clock, HearingBot(), 0

    def update(self, update: dict[str, Any], *, again: bool = False) -> None:
        """Answer a raw update at once; ``again``: somebody died over it."""
        heard = read(self.session, update, now=self.clock.now())
        if heard is not None:
            taken = hearing.Taken(heard.number, heard.raw, self.clock.now(), again)
            answer(Bot(self.session, self.bot, SECRET), taken, now=self.clock.now())

    def says(self, text: str, chat: int = 7001, kind: str = "private") -> str:
        """Send a message and return the answer."""
        before, self.number = len(self.bot.said), self.number + 1
        self.update(message(self.number, text, chat, kind))
        return "\n".join(words for _, words in self.bot.said[before:])

    def taps(self, data: str, chat: int = 7001, *, again: bool = False) -> str:
        """Tap a button and return what the phone shows."""
        before, self.number = len(self.bot.callbacks), self.number + 1
        self.update(tap(self.number, data, chat), again=again)
        return "\n".join(words for _, words in self.bot.callbacks[before:])


def link(session: Session, user_id: int, chat: str) -> None:
    """Let a chat be somebody's, without the steps that lead there."""
    session.get_one(User, user_id).telegram_chat_id = chat
    session.commit()
