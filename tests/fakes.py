"""Stand-ins for the ports: a clock moved by hand, channels that answer as they are told."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from incident_app.domain.epochs import Mark
from incident_app.domain.oidc import Journey, ProviderAway, Shown
from incident_app.domain.ports import (
    Attachment,
    Letter,
    Message,
    Outcome,
    Sent,
    VaultError,
)
from incident_app.domain.refusals import Refused
from incident_app.models import sealing

START = datetime(2026, 11, 23, 9, 40, tzinfo=UTC)


class FakeClock:
    """A clock that stands still until it is moved."""

    def __init__(self, at: datetime = START) -> None:
        """Stand at ``at``."""
        self.at = at

    def now(self) -> datetime:
        """Return where it stands."""
        return self.at

    def move(self, **by: float) -> datetime:
        """Move on: ``clock.move(hours=3)``."""
        self.at += timedelta(**by)
        return self.at


class FakeCalendar:
    """Saturday and Sunday are free, and the days it is given."""

    def __init__(self, *holidays: date) -> None:
        """Know these holidays everywhere."""
        self.holidays = set(holidays)

    def is_working_day(self, country: str, subdivision: str | None, day: date) -> bool:
        """Tell whether people work on ``day``."""
        del country, subdivision
        return day.weekday() < 5 and day not in self.holidays


class FakeVault:
    """Seals by marking: what is opened with another key or scope is refused, as the real one does.

    A key is ``key-1@k1``, wrapped by the outer key ``k1``; a ring is several of them with a plus between.
    """

    def __init__(self, *outer: str) -> None:
        """Hand out numbered keys, wrapped by the first outer key."""
        self.keys = 0
        self.outer = outer or ("k1",)

    def loaded(self) -> tuple[str, ...]:
        """Return the ids of the outer keys."""
        return self.outer

    def new_key(self) -> bytes:
        """Return a fresh key."""
        self.keys += 1
        return f"key-{self.keys}@{self.outer[0]}".encode()

    def renewed(self, wrapped_key: bytes) -> bytes:
        """Put a fresh key in front."""
        self._check(wrapped_key)
        return self.new_key() + b"+" + wrapped_key

    def rewrap(self, wrapped_key: bytes) -> bytes:
        """Name the first outer key behind each."""
        self._check(wrapped_key)
        return b"+".join(one.split(b"@")[0] + b"@" + self.outer[0].encode() for one in wrapped_key.split(b"+"))

    def wrapped_by(self, wrapped_key: bytes) -> tuple[str, ...]:
        """Return the outer keys named."""
        return tuple(dict.fromkeys(one.split(b"@")[1].decode() for one in wrapped_key.split(b"+")))

    def place_of(self, wrapped_key: bytes, sealed: bytes) -> int | None:
        """Look which key marked this."""
        marks = [one.split(b"@")[0] for one in wrapped_key.split(b"+")]
        mark = sealed.split(b"|")[0]
        return marks.index(mark) if mark in marks else None

    def _check(self, wrapped_key: bytes) -> None:
        for name in self.wrapped_by(wrapped_key) if b"@" in wrapped_key else ():
            if name not in self.outer:
                raise VaultError(f"The key “{name}” is not loaded.")

    def seal(self, wrapped_key: bytes, plain: bytes, scope: str) -> bytes:
        """Mark the content with key and scope, reversed so that a raw search does not find it."""
        self._check(wrapped_key)
        return wrapped_key.split(b"+")[0].split(b"@")[0] + b"|" + scope.encode() + b"\0" + plain[::-1]

    def open(self, wrapped_key: bytes, sealed: bytes, scope: str) -> bytes:
        """Take the mark off again."""
        self._check(wrapped_key)
        mark = b"|" + scope.encode() + b"\0"
        head, _, rest = sealed.partition(mark)
        if self.place_of(wrapped_key, sealed) is None or b"|" in head or not sealed.startswith(head + mark):
            raise VaultError("sealed for another row or key")
        return rest[::-1]

    def open_each(self, wrapped_key: bytes, sealed: Iterable[tuple[bytes, str]]) -> list[bytes | None]:
        """Open one after the other."""
        found: list[bytes | None] = []
        for one, scope in sealed:
            try:
                found.append(self.open(wrapped_key, one, scope))
            except VaultError:
                found.append(None)
        return found

    def index_only(self, wrapped_key: bytes) -> bytes:
        """Return a key that only blinds."""
        return b"index of " + wrapped_key.split(b"+")[-1]

    def blind(self, wrapped_key: bytes, value: str) -> bytes:
        """Return a digest that differs from key to key."""
        last = wrapped_key.split(b"+")[-1].split(b"@")[0]
        return hashlib.sha256(last.removeprefix(b"index of ") + value.encode()).digest()


class FakeChannel:
    """Takes every message and remembers it; ``answer`` may say something else for a message."""

    def __init__(self, name: str, batch: int = 20) -> None:
        """Take everything."""
        self.name = name
        self.batch = batch
        self.sent: list[Message] = []
        self.answer: Callable[[Message], Outcome] = lambda message: Sent(f"{name}-{message.delivery_id}")

    def send(self, messages: Sequence[Message], *, wait: float = 0.0, spare: int = 0) -> list[Outcome]:
        """Answer message by message."""
        messages = [message.filled() for message in messages]
        outcomes = [self.answer(message) for message in messages]
        self.sent += [m for m, o in zip(messages, outcomes, strict=True) if isinstance(o, Sent)]
        return outcomes


class FakeLimiter:
    """Never waits; remembers pauses. ``rates`` are only told, not kept."""

    def __init__(self, rates: Mapping[str, float] | None = None) -> None:
        """Start open."""
        self.rates = dict(rates or {"telegram": 25.0})
        self.pauses: list[tuple[str, float]] = []
        self.holds: dict[str, float] = {}

    def rate(self, channel: str) -> float | None:
        """Return the rate it was given."""
        return self.rates.get(channel)

    def wait_for(self, channel: str, count: int, lead: float = 0.0) -> float:
        """Let everything through at once."""
        del channel, count, lead
        return 0.0

    def overtake(self, channel: str) -> float:
        """Let it through at once."""
        del channel
        return 0.0

    def give_way(self, channel: str, early: float) -> bool:
        """Nobody overtakes."""
        del channel, early
        return False

    def leaves(self, channel: str) -> float:
        """Let it leave at once."""
        del channel
        return 0.0

    def pause(self, channel: str, seconds: float) -> None:
        """Remember that a pause was asked for."""
        self.pauses.append((channel, seconds))

    def held(self, channel: str) -> float:
        """Return what ``holds`` says: a pause that was asked for is over at once."""
        return self.holds.get(channel, 0.0)


class FakeLetters:
    """Lays nothing out: the words stay readable."""

    def email(self, subject: str, body: str, *, language: str, facts: Mapping[str, str],
              headings: Collection[str] = ()) -> Letter:
        """Wrap the body in one element."""
        del facts, headings
        return Letter(subject, body, f'<html lang="{language}">{body}</html>')


class FakePdf:
    """Prints a readable list of what it was given."""

    def __init__(self, missing: str | None = None) -> None:
        """``missing`` are the words said where printing is not possible."""
        self.missing = missing

    def available(self) -> str | None:
        """Say whether it prints."""
        return self.missing

    def write(self, template: str, content: Mapping[str, object], *, language: str, title: str,
              created_at: datetime, attachments: Sequence[Attachment] = ()) -> bytes:
        """Return bytes that begin like a PDF."""
        names = ",".join(item.name for item in attachments)
        return f"%PDF-fake {template} {title} {language} {created_at:%Y-%m-%d} [{names}] {sorted(content)}".encode()

    def letters(self, template: str, contents: Sequence[Mapping[str, object]], *, title: str, created_at: datetime) -> bytes:
        """Return bytes that begin like a PDF, with what each letter was given on a line."""
        lines = [f"%PDF-fake {template} {title} {created_at:%Y-%m-%d}", *(repr(dict(one)) for one in contents)]
        return "\n".join(lines).encode()


class KeepingPdf(FakePdf):
    """Keeps what it printed last, under ``content``."""

    content: dict[str, Any]

    def write(self, template: str, content: Mapping[str, object], **more: Any) -> bytes:
        """Keep it, and print as the other one does."""
        self.content = dict(content)
        return super().write(template, content, **more)


class FakeProvider:
    """A sign-in provider that shows one person, or refuses as it is told."""

    label = "Example"

    def __init__(self, answer: Shown | Refused) -> None:
        """Answer so, always."""
        self.answer, self.asked = answer, 0

    def address(self, journey: Journey, *, now: datetime) -> str:
        """Return an address."""
        del now
        return f"https://id.example/authorize?state={journey.state}"

    def farewell(self, *, now: datetime) -> str:
        """Offer nowhere to sign out, or be away."""
        del now
        if isinstance(self.answer, ProviderAway):
            raise self.answer
        return ""

    def arrive(self, code: str, journey: Journey, *, issuer: str | None, now: datetime) -> Shown:
        """Answer as told."""
        del code, journey, issuer, now
        self.asked += 1
        if isinstance(self.answer, Refused):
            raise self.answer
        return self.answer


class FakeMarks:
    """What one worker remembers of databases, and a place that it shares with the others."""

    def __init__(self, shared: dict[str, Mark] | None = None) -> None:
        """Know nothing but what is in the shared place."""
        self.own: dict[str, Mark] = {}
        self.shared = {} if shared is None else shared

    def seen(self, name: str | None) -> list[Mark]:
        """Return what this worker knows, and what is shared."""
        if name is None:
            return list(self.own.values())
        return [place[name] for place in (self.own, self.shared) if name in place]

    def keep(self, name: str, mark: Mark) -> None:
        """Remember it in both places."""
        self.own[name] = self.shared[name] = mark


TEXTS = FakeVault()
sealing.otherwise(TEXTS)
"""Texts are sealed in the tests too, whoever opens the database; an app seals by the vault of its ports."""
