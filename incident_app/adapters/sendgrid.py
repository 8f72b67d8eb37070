"""SendGrid, Web API v3: one personalisation per person, no tracking, no try beyond the one asked for.

People who get the same words share a request (up to 1,000), several requests at the same time. Where the words differ
by what stands in a message's marks, SendGrid puts it in (“substitutions”). It does so wherever the mark stands, in what
a person wrote too; that is safe because a mark is random, so nobody's words can hold it. Should they, or should one
person's words be longer than SendGrid takes, that person gets a request of their own, filled by us.

The official library builds what is common to a request; the transport is ours, because its own has one time-out for
everything and a new connection for each call.
"""

import asyncio
import json
import re
import time
from collections.abc import Mapping, Sequence
from email.utils import parseaddr, parsedate_to_datetime
from json.encoder import encode_basestring_ascii
from typing import Any

from sendgrid import SendGridAPIClient
from sendgrid.helpers.mail import (
    BypassListManagement,
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
MOST_SUBSTITUTED = 9_900
"""Bytes of one person's substitutions; SendGrid takes less than 10,000."""
SURELY_FITS = 2_000
"""So many characters fit whatever they are."""
_Words = tuple[str, str, str | None, bool]
"""What the people of a request have in common: subject, text, HTML, and whether suppressions are bypassed."""
_JSON = json.JSONEncoder(separators=(",", ":"))
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

    def send(self, messages: Sequence[Message], *, wait: float = 0.0, spare: int = 0) -> list[Outcome]:
        """Send; one outcome per message, in order."""
        del wait, spare  # as fast as it goes: SendGrid says when it is too fast
        return self._loop.run(self._send_all(messages)) if messages else []

    def close(self) -> None:
        """Close the connections and end the thread."""
        self._loop.run(self._http.close())
        self._loop.stop()

    async def _send_all(self, messages: Sequence[Message]) -> list[Outcome]:
        outcomes: dict[int, Outcome] = {}
        groups: dict[_Words, list[tuple[int, Message]]] = {}
        for number, message in enumerate(messages):
            refused = refusal(message)
            if refused:
                outcomes[number] = refused
                continue
            one = message if shareable(message.fill) else message.filled()
            groups.setdefault((one.subject, one.text, one.html, one.bypass), []).append((number, one))
        places = asyncio.Semaphore(AT_THE_SAME_TIME)
        stop: list[Rejected] = []

        begun = time.monotonic()

        async def send(words: _Words, people: list[tuple[int, Message]]) -> None:
            async with places:
                if time.monotonic() - begun > self._enough and not stop:
                    stop.append(SLOW)
                outcomes.update(await self._send_alike(words, people, stop))

        await asyncio.gather(*(
            send(words, people[start : start + MOST_TOGETHER])
            for words, people in groups.items() for start in range(0, len(people), MOST_TOGETHER)))
        return [outcomes[number] for number in range(len(messages))]

    async def _send_alike(self, words: _Words, people: list[tuple[int, Message]],
                          stop: list[Rejected]) -> dict[int, Outcome]:
        """Send the same words to several; an address that spoils the request is found and left out."""
        outcomes: dict[int, Outcome] = {}
        common = self._common(words)
        waiting = [people]
        while waiting:
            part = waiting.pop()
            numbers = [number for number, _ in part]
            if stop:  # told to wait, or turned away altogether: what has not left yet stays here
                outcomes |= dict.fromkeys(numbers, stop[0])
                continue
            try:
                answer = await self._http.post(self._url, data=_body(common, part), headers=self._headers)
            except NotSent as error:
                outcomes |= dict.fromkeys(numbers, Rejected(f"SendGrid cannot be reached ({error}).", permanent=False))
                continue
            except AnswerLost:
                outcomes |= dict.fromkeys(numbers, Uncertain("SendGrid's answer was lost or did not come in time."))
                continue
            if answer.status in {400, 413} and len(part) > 1:
                spoilt, rest = _sort_out(part, answer)
                outcomes |= spoilt
                waiting += rest
                continue
            outcome = outcome_of(answer)
            if isinstance(outcome, Rejected) and (outcome.retry_after is not None or outcome.channel_wide):
                stop.append(outcome)
            outcomes |= dict.fromkeys(numbers, outcome)
        return outcomes

    def _common(self, words: _Words) -> bytes:
        """Return the request up to the list of its people."""
        subject, text, html, bypass = words
        mail = Mail(from_email=self._from, subject=subject, plain_text_content=text, html_content=html or None)
        if self._reply_to:
            mail.reply_to = ReplyTo(self._reply_to.email, self._reply_to.name)
        mail.tracking_settings = _no_tracking()
        if bypass:
            settings = MailSettings()
            settings.bypass_list_management = BypassListManagement(enable=True)
            mail.mail_settings = settings
        request: dict[str, Any] = mail.get()
        request.pop("personalizations", None)
        return _JSON.encode(request)[:-1].encode() + b',"personalizations":'


def shareable(fill: Mapping[str, str]) -> bool:
    """Tell whether SendGrid may put these words in: not too long, and none of the marks stands in them again."""
    words = "\n".join(fill.values())
    if len(words) + 50 * len(fill) > SURELY_FITS and _size(fill) > MOST_SUBSTITUTED:
        return False
    for mark in fill:  # noqa: SIM110 (twice as fast as any(), for each of a million people)
        if mark in words:
            return False
    return True


def _size(fill: Mapping[str, str]) -> int:
    return sum(len(mark.encode()) + len(words.encode()) + 8 for mark, words in fill.items())


def _body(common: bytes, people: Sequence[tuple[int, Message]]) -> bytes:
    """Return the whole request: one person each, so nobody sees another's address. Only our own id goes along.

    Written piece by piece: a third of the time that the objects in between would take.
    """
    quoted, personalizations = encode_basestring_ascii, list[str]()
    for _, (delivery_id, address, _, _, _, _, _, marks, _) in people:
        fill = ",".join([f"{quoted(mark)}:{quoted(words)}" for mark, words in marks.items()])
        personalizations.append(
            f'{{"to":[{{"email":{quoted(address)}}}],"custom_args":{{"delivery_id":{quoted(delivery_id)}}}'
            + (f',"substitutions":{{{fill}}}}}' if fill else "}"))
    return b"%b[%b]}" % (common, ",".join(personalizations).encode())


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


_Part = list[tuple[int, Message]]


def _sort_out(part: _Part, answer: Answer) -> tuple[dict[int, Outcome], list[_Part]]:
    """After a refused request (nothing of it was sent): who spoilt it, and in which parts to ask again for the rest."""
    spoilt: dict[int, Outcome] = {}
    for error in _errors(answer):
        named = _NAMES_ONE.match(str(error.get("field") or ""))
        if named and int(named[1]) < len(part):
            words = f"SendGrid refused the message: {error.get('message') or 'no reason given'}"
            spoilt[part[int(named[1])][0]] = Rejected(words, permanent=True)
    rest = [one for one in part if one[0] not in spoilt]
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
