"""Stand-ins for the ports: a clock moved by hand, channels that answer as they are told."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from incident_app.domain.ports import (
    Attachment,
    Letter,
    Message,
    Outcome,
    Sent,
    VaultError,
)

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
    """Seals by marking: what is opened with another key or scope is refused, as the real one does."""

    def __init__(self) -> None:
        """Hand out numbered keys."""
        self.keys = 0

    def new_key(self) -> bytes:
        """Return a fresh key."""
        self.keys += 1
        return f"key-{self.keys}".encode()

    def seal(self, wrapped_key: bytes, plain: bytes, scope: str) -> bytes:
        """Mark the content with key and scope, reversed so that a raw search does not find it."""
        return wrapped_key + b"|" + scope.encode() + b"\0" + plain[::-1]

    def open(self, wrapped_key: bytes, sealed: bytes, scope: str) -> bytes:
        """Take the mark off again."""
        mark = wrapped_key + b"|" + scope.encode() + b"\0"
        if not sealed.startswith(mark):
            raise VaultError("sealed for another row or key")
        return sealed[len(mark) :][::-1]

    def index_only(self, wrapped_key: bytes) -> bytes:
        """Return a key that only blinds."""
        return b"index of " + wrapped_key

    def blind(self, wrapped_key: bytes, value: str) -> bytes:
        """Return a digest that differs from key to key."""
        return hashlib.sha256(wrapped_key.removeprefix(b"index of ") + value.encode()).digest()


class FakeChannel:
    """Takes every message and remembers it; ``answer`` may say something else for a message."""

    def __init__(self, name: str, batch: int = 20) -> None:
        """Take everything."""
        self.name = name
        self.batch = batch
        self.sent: list[Message] = []
        self.answer: Callable[[Message], Outcome] = lambda message: Sent(f"{name}-{message.delivery_id}")

    def send(self, messages: Sequence[Message], *, wait: float = 0.0) -> list[Outcome]:
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

    def rate(self, channel: str) -> float | None:
        """Return the rate it was given."""
        return self.rates.get(channel)

    def wait_for(self, channel: str, count: int) -> float:
        """Let everything through at once."""
        del channel, count
        return 0.0

    def overtake(self, channel: str) -> float:
        """Let it through at once."""
        del channel
        return 0.0

    def give_way(self, channel: str, early: float) -> bool:
        """Nobody overtakes."""
        del channel, early
        return False

    def pause(self, channel: str, seconds: float) -> None:
        """Remember that a pause was asked for."""
        self.pauses.append((channel, seconds))


class FakeLetters:
    """Lays nothing out: the words stay readable."""

    def email(self, subject: str, body: str, *, language: str, facts: Mapping[str, str]) -> Letter:
        """Wrap the body in one element."""
        del facts
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
