"""SendGrid, Web API v3: one personalisation per person, no tracking, no try beyond the one asked for.

People who get word for word the same share a request (up to 1,000); every other text is a request of its own, several
at the same time. SendGrid's substitutions are not used: they replace wherever their tag stands, in what another person
wrote too, and end at 10,000 bytes. The official library builds the request; the transport is ours, because its own has
one time-out for everything and a new connection for each call.
"""

import asyncio
import json
import re
import time
from collections.abc import Sequence
from email.utils import parseaddr, parsedate_to_datetime
from typing import Any

from sendgrid import SendGridAPIClient
from sendgrid.helpers.mail import (
    BypassUnsubscribeManagement,
    ClickTracking,
    Email,
    Ganalytics,
    Mail,
    MailSettings,
    OpenTracking,
    ReplyTo,
    SubscriptionTracking,
    TrackingSettings,
)

from incident_app.adapters.mail import SLOW, refusal
from incident_app.adapters.transport import Answer, AnswerLost, Http, Loop, NotSent
from incident_app.domain.ports import Message, Outcome, Rejected, Sent, Uncertain

MOST_TOGETHER = 1000
AT_THE_SAME_TIME = 16
LONGEST_PAUSE = 600.0
ENOUGH_SECONDS = 25.0
"""After so long a batch begins no further request: with the longest answer it still ends within a lease of 60 s."""
_NAMES_ONE = re.compile(r"personalizations\.(\d+)")


class SendGridChannel:
    """The Channel port. ``mail_from`` and ``reply_to`` are addresses or ``Name <address>``; times are seconds."""

    name = "email"
    batch = MOST_TOGETHER

    def __init__(self, api_key: str, base_url: str = "https://api.sendgrid.com", mail_from: str = "",
                 reply_to: str | None = None, connect_timeout: float = 3, total: float = 30,
                 enough: float = ENOUGH_SECONDS) -> None:
        """Connect to nothing yet."""
        self._enough = enough
        client = SendGridAPIClient(api_key, host=base_url.rstrip("/"))
        self._headers = {**client.client.request_headers, "Content-Type": "application/json"}
        self._url = f"{base_url.rstrip('/')}/v3/mail/send"
        self._from = _mailbox(mail_from)
        self._reply_to = _mailbox(reply_to) if reply_to else None
        self._loop = Loop("sendgrid")
        self._http = Http(connect_timeout, total, connections=AT_THE_SAME_TIME)

    def send(self, messages: Sequence[Message], *, wait: float = 0.0) -> list[Outcome]:
        """Send; one outcome per message, in order."""
        del wait  # as fast as it goes: SendGrid says when it is too fast
        messages = [message.filled() for message in messages]
        return self._loop.run(self._send_all(messages)) if messages else []

    def close(self) -> None:
        """Close the connections and end the thread."""
        self._loop.run(self._http.close())
        self._loop.stop()

    async def _send_all(self, messages: Sequence[Message]) -> list[Outcome]:
        outcomes: dict[int, Outcome] = {}
        groups: dict[tuple[str, str, str | None], list[int]] = {}
        for number, message in enumerate(messages):
            refused = refusal(message)
            if refused:
                outcomes[number] = refused
            else:
                groups.setdefault((message.subject, message.text, message.html), []).append(number)
        places = asyncio.Semaphore(AT_THE_SAME_TIME)
        stop: list[Rejected] = []

        begun = time.monotonic()

        async def send(numbers: list[int]) -> None:
            async with places:
                if time.monotonic() - begun > self._enough and not stop:
                    stop.append(SLOW)
                outcomes.update(await self._send_alike(messages, numbers, stop))

        parts = [numbers[start : start + MOST_TOGETHER] for numbers in groups.values()
                 for start in range(0, len(numbers), MOST_TOGETHER)]
        await asyncio.gather(*(send(part) for part in parts))
        return [outcomes[number] for number in range(len(messages))]

    async def _send_alike(self, messages: Sequence[Message], numbers: list[int],
                          stop: list[Rejected]) -> dict[int, Outcome]:
        """Send word for word the same to several; an address that spoils the request is found and left out."""
        outcomes: dict[int, Outcome] = {}
        waiting = [numbers]
        while waiting:
            part = waiting.pop()
            if stop:  # told to wait, or turned away altogether: what has not left yet stays here
                outcomes |= dict.fromkeys(part, stop[0])
                continue
            try:
                answer = await self._http.post(
                    self._url, data=self._body([messages[number] for number in part]), headers=self._headers)
            except NotSent as error:
                outcomes |= dict.fromkeys(part, Rejected(f"SendGrid cannot be reached ({error}).", permanent=False))
                continue
            except AnswerLost:
                outcomes |= dict.fromkeys(part, Uncertain("SendGrid's answer was lost or did not come in time."))
                continue
            if answer.status in {400, 413} and len(part) > 1:
                spoilt, rest = _sort_out(part, answer)
                outcomes |= spoilt
                waiting += rest
                continue
            outcome = outcome_of(answer)
            if isinstance(outcome, Rejected) and (outcome.retry_after is not None or outcome.channel_wide):
                stop.append(outcome)
            outcomes |= dict.fromkeys(part, outcome)
        return outcomes

    def _body(self, messages: Sequence[Message]) -> bytes:
        first = messages[0]
        mail = Mail(from_email=self._from, subject=first.subject, plain_text_content=first.text,
                    html_content=first.html or None)
        if self._reply_to:
            mail.reply_to = ReplyTo(self._reply_to.email, self._reply_to.name)
        mail.tracking_settings = _no_tracking()
        settings = MailSettings()
        # The law wants these people told, whatever newsletter they once left. Bounces and spam reports still count.
        settings.bypass_unsubscribe_management = BypassUnsubscribeManagement(enable=True)
        mail.mail_settings = settings
        request: dict[str, Any] = mail.get()
        # One person each: nobody sees another's address. Only our own id goes along.
        request["personalizations"] = [
            {"to": [{"email": message.address}], "custom_args": {"delivery_id": message.delivery_id}}
            for message in messages
        ]
        return json.dumps(request, ensure_ascii=False).encode()


def _no_tracking() -> TrackingSettings:
    return TrackingSettings(
        click_tracking=ClickTracking(enable=False, enable_text=False), open_tracking=OpenTracking(enable=False),
        subscription_tracking=SubscriptionTracking(enable=False), ganalytics=Ganalytics(enable=False),
    )


def _mailbox(text: str) -> Email:
    name, address = parseaddr(text)
    return Email(address, name or None)


def outcome_of(answer: Answer) -> Outcome:
    """Say what an answer means for everybody in the request."""
    match answer.status:
        case 202:
            return Sent(answer.headers.get("X-Message-Id", ""))
        case 400:
            return Rejected(f"SendGrid refused the message: {_words(answer)}", permanent=True)
        case 413:
            return Rejected("The message is too large for SendGrid.", permanent=True)
        case 401:
            return Rejected("SendGrid does not accept the key.", permanent=True, channel_wide=True)
        case 403:
            return Rejected(f"SendGrid forbids it: {_words(answer)}", permanent=True, channel_wide=True)
        case 404 | 405 | 415:
            return Rejected(f"This is not SendGrid's address ({answer.status}).", permanent=True, channel_wide=True)
        case 429:
            return Rejected("SendGrid asks us to slow down.", permanent=False, retry_after=_pause(answer))
        case 503:
            return Rejected("SendGrid is not available at the moment.", permanent=False)
        case status:
            return Uncertain(f"SendGrid answered {status}: whether it took the message is not known.")


def _errors(answer: Answer) -> list[dict[str, Any]]:
    try:
        parsed = json.loads(answer.content)
    except ValueError:
        return []
    errors = parsed.get("errors") if isinstance(parsed, dict) else None
    return [error for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []


def _words(answer: Answer) -> str:
    said = [str(error.get("message") or "") for error in _errors(answer)]
    return " ".join(filter(None, said)) or f"no reason given ({answer.status})"


def _sort_out(numbers: list[int], answer: Answer) -> tuple[dict[int, Outcome], list[list[int]]]:
    """After a refused request (nothing of it was sent): who spoilt it, and in which parts to ask again for the rest."""
    spoilt: dict[int, Outcome] = {}
    for error in _errors(answer):
        named = _NAMES_ONE.match(str(error.get("field") or ""))
        if named and int(named[1]) < len(numbers):
            words = f"SendGrid refused the message: {error.get('message') or 'no reason given'}"
            spoilt[numbers[int(named[1])]] = Rejected(words, permanent=True)
    rest = [number for number in numbers if number not in spoilt]
    if spoilt:
        return spoilt, [rest] if rest else []
    middle = len(rest) // 2
    return {}, [rest[:middle], rest[middle:]]


def _pause(answer: Answer) -> float:
    """Return the seconds to wait: X-RateLimit-Reset is a moment, read against the server's own clock (Date)."""
    try:
        reset = float(answer.headers.get("X-RateLimit-Reset") or answer.headers.get("Retry-After") or "")
        if reset > 1_000_000_000:
            reset -= parsedate_to_datetime(answer.headers.get("Date", "")).timestamp()
    except ValueError:
        return 1.0
    return min(max(reset, 1.0), LONGEST_PAUSE)
