"""Telegram, by python-telegram-bot over a transport of our own: many times faster than its default.

Plain text only, no link preview, private chats only, and no try beyond the one asked for. People's messages go by the
library's request (``BaseRequest.post``, which says what each answer means), their body written by us: what its bot does
before costs two thirds of a message, and for each answer it builds a dozen objects, of which we need one number.
"""

import asyncio
import json
import logging
import math
import os
import re
import sys
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from dataclasses import dataclass
from json.encoder import encode_basestring_ascii
from typing import Any, cast

# Times as timedelta, as the library's next version has it; read when an error is made.
os.environ.setdefault("PTB_TIMEDELTA", "1")

from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.request import BaseRequest, RequestData

from incident_app.adapters.kept_http import KeptHttp
from incident_app.adapters.rate_limit import SLOW
from incident_app.adapters.transport import AnswerLost, Loop, NotSent
from incident_app.domain.ports import Message, Outcome, RateLimit, Rejected, Sent, Uncertain

logging.getLogger("telegram").setLevel(logging.INFO)  # its DEBUG lines hold people's texts

FEWEST = 25  # the first of a notice, which go alone, are one batch
MOST = 500
BATCH_SECONDS = 0.7
"""A batch holds what leaves in so long: what is uncertain after a crash, and what a pause still lets through."""
CONNECTIONS = 128
"""Messages under way at once: 1,000 a second need 60 where an answer takes 60 ms."""
AHEAD = 64
"""Connections opened before they are needed: a message that waits for one leaves behind its slot, nearer to those after it."""
LATE_SECONDS = 0.006
"""How late a slot of paid broadcast may be used: a third of what lies between our pace and the limit; the rest is for what
happens on the way. Later, and the message that leaves a second on could be one too many within a second of Telegram's."""
PATIENCE_SECONDS = 10.0
"""How far off room in the last second may lie; further, and a message goes back to the queue."""
ASK_EARLY_SECONDS = 0.02
"""How long before its slot a message gives it to an alert: time for the other process to wake up."""
BUSY_SECONDS = 5
"""How long to wait where Telegram says “too many requests” and not for how long."""
_HEADERS = {"User-Agent": BaseRequest.USER_AGENT, "Content-Type": "application/json", "Accept": "application/json"}
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
_NO_PREVIEW_TEXT = NO_PREVIEW.to_json()
_SLOWER = "Telegram asks us to slow down."
_SEND = "sendmessage"
"""Names of methods may be written in any case; the library objects to those it has a way of its own for."""


_One = Callable[[Message], Coroutine[Any, Any, Outcome]]


class _NoConnection(NetworkError):
    """Nothing was sent."""


_TAKEN = re.compile(rb'\{"ok":true,"result":\{"message_id":([0-9]{1,16})[,}]')
"""How Telegram's answer begins where it took the message: to read the whole would be an eighth of what a message costs."""
_encoded = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class _Ready:
    """A body as it travels, where the library expects its own parameters: it hands them on without a look."""

    body: bytes


class _KeptRequest(BaseRequest):
    """python-telegram-bot's public hook for another HTTP client."""

    __slots__ = ("_http",)

    def __init__(self, http: KeptHttp) -> None:
        self._http = http

    @property
    def read_timeout(self) -> float:
        return self._http.total

    async def initialize(self) -> None:
        """Nothing to do: connections are opened at first use."""

    async def shutdown(self) -> None:
        await self._http.close()

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """Read the answer; unlike the library's own, never writes it to a log."""
        try:
            parsed = json.loads(payload.decode())
        except ValueError as error:
            raise TelegramError("Invalid server response") from error
        if not isinstance(parsed, dict):
            raise TelegramError("Invalid server response")
        return parsed

    async def do_request(self, url: str, method: str, request_data: RequestData | None = None,
                         read_timeout: Any = BaseRequest.DEFAULT_NONE, write_timeout: Any = None,
                         connect_timeout: Any = None, pool_timeout: Any = None) -> tuple[int, bytes]:
        del method, write_timeout, connect_timeout, pool_timeout  # every call is a POST; our own limits hold
        total = read_timeout if isinstance(read_timeout, int | float) else None
        try:
            # The library's own json_payload encodes everything twice, which costs as much as the rest of the request.
            given: object = request_data
            body = (given.body if isinstance(given, _Ready) else
                    _encoded(request_data.parameters).encode() if request_data else b"")
            answer = await self._http.post(url, data=body, total=total)
        except NotSent as error:
            raise _NoConnection(str(error)) from error
        except AnswerLost as error:
            if isinstance(error.__cause__, TimeoutError):
                raise TimedOut from error
            raise NetworkError(str(error)) from error
        if answer.status == 429 and b'"retry_after"' not in answer.content:
            raise RetryAfter(BUSY_SECONDS)
        return answer.status, answer.content


class _PeoplesRequest(_KeptRequest):
    """For what people get: of an answer that begins with the message's number no more is read."""

    __slots__ = ()

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        taken = _TAKEN.match(payload)
        return {"result": {"message_id": int(taken[1])}} if taken else _KeptRequest.parse_json_payload(payload)


class TelegramChannel:
    """The Channel port: messages to people who have started the bot. A message's address is the id of its chat.

    ``connect`` and ``total`` are seconds. ``pace`` (messages a second) spreads a batch over the slots it was given;
    without it the batch goes out at once. ``slots`` is the limit these belong to: where there is one, a slot that was missed
    is gone, since made up for it would be one too many in somebody's second. The subject is not shown: what people read is
    ``Message.text``.
    """

    name = "telegram"

    def __init__(self, token: str, base_url: str = "https://api.telegram.org", connect_timeout: float = 3,
                 total: float = 10, pace: float | None = None, batch: int | None = None,
                 slots: RateLimit | None = None, paid: bool = False, shared: bool = False) -> None:
        """Connect to nothing yet. ``batch`` is for those who know better than ``batch_at``.

        ``shared``: alerts leave by the same bot, and take the slot of the message that is next. ``paid`` asks for
        Telegram's paid broadcast: without it more than 30 messages a second are refused.
        """
        self.batch = batch or batch_at(pace)
        self._loop = Loop("telegram")
        self._http = KeptHttp(connect_timeout, total, CONNECTIONS, _HEADERS)
        self._request, request = _PeoplesRequest(self._http), _KeptRequest(self._http)
        self._bot = Bot(token, base_url=f"{base_url.rstrip('/')}/bot", request=request, get_updates_request=request)
        self._url = f"{self._bot.base_url}/{_SEND}"
        same = {"link_preview_options": _NO_PREVIEW_TEXT} | ({"allow_paid_broadcast": True} if paid else {})
        self._same = _encoded(same)[1:-1]  # what every message has, in the middle of its body
        self._gap = 1 / pace if pace else 0.0
        self._slots = slots if pace else None
        self._slow = pace is not None and pace <= SLOW
        self._under_way = 0
        if self._slots is not None:
            sys.setswitchinterval(0.0002)  # whoever seals and writes in this process gives way before a slot is missed
        self._paid = paid
        self._shared = shared

    def send(self, messages: Sequence[Message], *, wait: float = 0.0, spare: int = 0) -> list[Outcome]:
        """Send all at the same time, or each at a slot; one outcome for each that was tried, in order."""
        # A slot that has gone by already (wait < 0) is a missed one, where there is a limit that could be broken.
        begin = time.monotonic() + (wait if self._slots else max(wait, 0.0))
        return self._loop.run(self._send_all(messages, begin, spare)) if messages else []

    def close(self) -> None:
        """Close the connections and end the thread."""
        self._loop.run(self._http.close())
        self._loop.stop()

    async def _send_all(self, messages: Sequence[Message], begin: float, spare: int) -> list[Outcome]:
        stop: list[Rejected] = []  # told to wait, or turned away altogether: what has not left yet stays here

        async def one(message: Message) -> Outcome:
            outcome = stop[0] if stop else await self._send_one(message)
            if isinstance(outcome, Rejected) and (outcome.retry_after is not None or outcome.channel_wide):
                stop.append(outcome)
            return outcome

        if not self._gap:
            return await self._at_once(messages, one)
        return await self._paced(messages, [begin + number * self._gap for number in range(len(messages) + spare)], one, stop)

    async def _at_once(self, messages: Sequence[Message], one: _One) -> list[Outcome]:
        outcomes: dict[int, Outcome] = {}
        waiting = iter(enumerate(messages))

        async def work() -> None:
            for number, message in waiting:
                await self._ready()
                outcomes[number] = await one(message)

        await asyncio.gather(*(work() for _ in range(min(CONNECTIONS, len(messages)))))
        return [outcomes[number] for number in range(len(messages))]

    async def _ready(self) -> None:
        """Wait until a message may leave that keeps to no pace."""

    async def _paced(
        self, messages: Sequence[Message], slots: Sequence[float], one: _One, stop: list[Rejected]
    ) -> list[Outcome]:
        """Let one leave at each slot; these are moments of the loop's clock, so delays do not add up.

        A slot that is missed, or given to an alert, is gone. For whoever has none left in the end there is no outcome: with
        one behind everybody else's they would keep this batch from its end, and the next from the line.
        """
        loop, waiting, under_way = asyncio.get_running_loop(), iter(messages), list[asyncio.Task[Outcome]]()
        ahead = None if self._slow else loop.create_task(self._http.open_ahead(self._url, AHEAD))
        async for _ in self._usable(slots):
            if stop or len(under_way) == len(messages):
                break
            if self._slots is not None and (held := await self._room(self._slots)):
                stop.append(held)
                break
            under_way.append(loop.create_task(one(next(waiting))))
            self._under_way += 1
            under_way[-1].add_done_callback(self._over)
        outcomes = await asyncio.gather(*under_way)
        if ahead:
            await ahead
        return outcomes + [stop[0]] * (len(messages) - len(outcomes)) if stop else outcomes

    def _over(self, _: object) -> None:
        self._under_way -= 1

    async def _usable(self, slots: Sequence[float]) -> AsyncIterator[None]:
        """Wait for each of the slots; those that were missed or given away are left out."""
        loop, ahead = asyncio.get_running_loop(), math.ceil(ASK_EARLY_SECONDS / self._gap) + 1
        asked: deque[asyncio.Task[bool]] = deque()
        for number, due in enumerate(slots):
            if self._shared:
                asked.extend(loop.create_task(self._given(later)) for later in slots[number + len(asked) : number + ahead])
                if await asked.popleft():
                    continue
            if (early := due - loop.time()) > 0:
                await asyncio.sleep(early)
            in_time = self._slow or loop.time() - due <= LATE_SECONDS
            # With no connection to spare it would leave when another is answered, whenever that is.
            if self._slots is None or (in_time and self._under_way < CONNECTIONS):
                yield

    async def _room(self, slots: RateLimit) -> Rejected | None:
        """Wait until one more fits into the last second, which it does at once where nobody was late."""
        loop = asyncio.get_running_loop()
        end = loop.time() + PATIENCE_SECONDS
        while (wait := slots.leaves(self.name)) > 0:  # here, not in another thread: what comes between is not counted
            if loop.time() + wait > end:
                return Rejected(_SLOWER, permanent=False, retry_after=wait)
            await asyncio.sleep(wait)
        return None

    async def _given(self, due: float) -> bool:
        """Ask shortly before the slot, while there is time to use it, whether an alert takes it."""
        loop, slots = asyncio.get_running_loop(), self._slots
        if slots is None:
            return False
        await asyncio.sleep(max(due - ASK_EARLY_SECONDS - loop.time(), 0))
        return await loop.run_in_executor(None, _give, slots, self.name, due)

    async def _send_one(self, message: Message) -> Outcome:
        chat = private_chat(message.address)
        if chat is None:
            return Rejected("This is not the id of a private chat.", permanent=True)
        text = message.text
        for mark, words in message.fill.items():
            text = text.replace(mark, words)
        try:
            if message.buttons:
                sent = await self._bot.do_api_request(_SEND, self._with_buttons(str(chat), text, message))
            else:
                body = f'{{"chat_id":"{chat}","text":{encode_basestring_ascii(text)},{self._same}}}'
                sent = await self._request.post(self._url, cast(RequestData, _Ready(body.encode())))
        except TelegramError as error:
            return outcome_of(error)
        number = sent.get("message_id") if isinstance(sent, dict) else None
        return Sent(str(number)) if isinstance(number, int) else outcome_of(TelegramError("no number"))

    def _with_buttons(self, chat: str, text: str, message: Message) -> dict[str, Any]:
        row = [InlineKeyboardButton(button.label, callback_data=button.data) for button in message.buttons]
        paid = {"allow_paid_broadcast": True} if self._paid else {}
        return {"chat_id": chat, "text": text, "link_preview_options": _NO_PREVIEW_TEXT, **paid,
                "reply_markup": InlineKeyboardMarkup([row])}


def _give(slots: RateLimit, name: str, due: float) -> bool:
    """Give a slot away while there is time to use it. Read here, not before: until this thread runs, time goes by."""
    early = due - time.monotonic()
    return early > 0 and slots.give_way(name, early)


def batch_at(pace: float | None) -> int:
    """Return how many messages go out between two commits at ``pace`` a second; ``None`` is as fast as it goes."""
    return MOST if pace is None else max(FEWEST, min(MOST, round(BATCH_SECONDS * pace)))


def private_chat(address: str) -> int | None:
    """Return the id of a private chat: a positive number of at most 52 bits. Groups and channels are negative."""
    if not (address.isascii() and address.isdecimal() and len(address) <= 16):
        return None
    number = int(address)
    return number if 0 < number < 2**52 else None


def outcome_of(error: TelegramError) -> Outcome:
    """Say what an error of the library means for the message. Order matters: most of them are a NetworkError."""
    match error:
        case RetryAfter():
            wait = error.retry_after
            seconds = float(wait) if isinstance(wait, int) else wait.total_seconds()
            return Rejected(_SLOWER, permanent=False, retry_after=seconds)
        case ChatMigrated():
            return Rejected("This is a group, not a person.", permanent=True)
        case InvalidToken():
            return Rejected("Telegram does not accept the bot's token.", permanent=True, channel_wide=True)
        case Forbidden() | BadRequest():
            return Rejected(_words(error.message), permanent=True)
        case Conflict():
            return Rejected("Another program asks for the same bot's updates.", permanent=False)
        case _NoConnection():
            return Rejected(f"Telegram cannot be reached ({error.message}).", permanent=False)
        case TimedOut():
            return Uncertain("Telegram did not answer in time.")
        case _:
            return Uncertain("Telegram's answer was lost or cannot be read.")


_KNOWN = {
    "bot was blocked by the user": "The person has blocked the bot.",
    "user is deactivated": "The Telegram account was deleted.",
    "bot can't initiate conversation": "The person has never started the bot.",
    "chat not found": "Telegram knows no such chat: the person has never started the bot, or the id is wrong.",
    "bot was kicked": "The bot was removed from the chat.",
    "message is too long": "The message is longer than Telegram's 4096 characters.",
    "message text is empty": "The message is empty.",
}


def _words(description: str) -> str:
    for part, words in _KNOWN.items():
        if part in description.lower():
            return words
    return f"Telegram refused: {description}"
