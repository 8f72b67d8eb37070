"""What the rules and use cases need of the outside world, as protocols."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple, Protocol

from incident_app.domain.epochs import Mark


class Clock(Protocol):
    """One truth for the time, whatever a machine's own clock says."""

    def now(self) -> datetime:
        """Return this moment, aware, in UTC."""


class Calendar(Protocol):
    """Working days by country and region."""

    def is_working_day(self, country: str, subdivision: str | None, day: date) -> bool:
        """Tell whether ``day`` is neither weekend nor public holiday there (ISO 3166-1/-2 codes)."""


class Vault(Protocol):
    """Seals what identifies affected people; ``scope`` names the row it is bound to and must be equal on opening.

    A wrapped key may be a ring of several: the first seals, all of them open, and the last goes on blinding.
    """

    def loaded(self) -> tuple[str, ...]:
        """Return the ids of the keys from outside that are at hand; the first one wraps."""

    def new_key(self) -> bytes:
        """Return a fresh data key for one case, wrapped by the key from outside the database."""

    def seal(self, wrapped_key: bytes, plain: bytes, scope: str) -> bytes:
        """Encrypt under the case's data key, bound to ``scope``."""

    def open(self, wrapped_key: bytes, sealed: bytes, scope: str) -> bytes:
        """Decrypt; raises ``VaultError`` where key, content or scope do not fit."""

    def open_each(self, wrapped_key: bytes, sealed: Iterable[tuple[bytes, str]]) -> list[bytes | None]:
        """Decrypt many, each with its scope; ``None`` stands for what :meth:`open` would refuse."""

    def index_only(self, wrapped_key: bytes) -> bytes:
        """Return what is left of a data key once it is destroyed: it blinds as before, and neither seals nor opens."""

    def renewed(self, wrapped_key: bytes) -> bytes:
        """Return the ring with a fresh data key in front; what was sealed before still opens, and blinds as before."""

    def rewrap(self, wrapped_key: bytes) -> bytes:
        """Return the same data keys, wrapped by the first key from outside."""

    def wrapped_by(self, wrapped_key: bytes) -> tuple[str, ...]:
        """Return the ids of the keys from outside that wrap these, each once."""

    def place_of(self, wrapped_key: bytes, sealed: bytes) -> int | None:
        """Return which key of the ring sealed this: 0 is the one that seals now, ``None`` is none of them."""

    def blind(self, wrapped_key: bytes, value: str) -> bytes:
        """Return a keyed digest of ``value``, equal for equal values within one case only."""


class VaultError(Exception):
    """The sealed content cannot be opened: wrong key, changed content or another row's."""


@dataclass(frozen=True, slots=True)
class Button:
    """One inline button of a staff message; ``data`` is at most 64 bytes."""

    label: str
    data: str


_NOTHING: Mapping[str, str] = {}


class Message(NamedTuple):
    """One message to one address, ready to leave. ``delivery_id`` is the only id a provider sees.

    ``fill`` maps marks that stand in subject, text and html to this person's words, already escaped where the mark is
    one of the html: so many messages share the same three strings. A mark is random and stands for nothing else.
    ``bypass``: reach people whose address the mail provider has suppressed (a decision by two people).
    """

    delivery_id: str
    address: str
    subject: str
    text: str
    html: str | None = None
    language: str = "en"
    buttons: tuple[Button, ...] = ()
    fill: Mapping[str, str] = _NOTHING
    bypass: bool = False

    def filled(self) -> "Message":
        """Return the message as this person reads it, every mark replaced once."""
        subject, text, html = self.subject, self.text, self.html
        for mark, words in self.fill.items():
            subject, text = subject.replace(mark, words), text.replace(mark, words)
            html = html.replace(mark, words) if html is not None else None
        return self._replace(subject=subject, text=text, html=html, fill=_NOTHING) if self.fill else self


@dataclass(frozen=True, slots=True)
class Sent:
    """The provider took it; ``reference`` is its id for the message."""

    reference: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """Proved not accepted. ``permanent``: never try again; ``retry_after``: seconds the provider asked us to wait.

    ``channel_wide`` is true where every message on this channel would be refused alike (wrong token, key revoked).
    """

    reason: str
    permanent: bool
    retry_after: float | None = None
    channel_wide: bool = False


@dataclass(frozen=True, slots=True)
class Uncertain:
    """It may or may not have gone out; never retried blindly."""

    reason: str


Outcome = Sent | Rejected | Uncertain


class Channel(Protocol):
    """A way to reach somebody. ``batch`` is how many messages go out between two commits."""

    name: str
    batch: int

    def send(self, messages: Sequence[Message], *, wait: float = 0.0, spare: int = 0) -> list[Outcome]:
        """Send, the first after ``wait`` seconds and the others at the pace of the channel. ``spare``: slots taken besides.

        One outcome per message, in order; fewer where the pace passed slots by: the last messages were not tried, and may
        be sent again. Never raises for what the provider says.
        """


class Suppressions(Protocol):
    """Whom the mail provider will not write to, whatever we ask: known before a notice is launched."""

    def listed(self) -> Iterator[tuple[str, str]]:
        """Yield each address with its kind: bounce, block, spam_report, invalid or unsubscribed.

        An address may come more than once, with different kinds. Raises ``ConnectionError``, in words, where the
        provider cannot be asked: then nothing is known, which is not the same as nobody.
        """


class RateLimit(Protocol):
    """The pace shared by all workers."""

    def wait_for(self, channel: str, count: int, lead: float = 0.0) -> float:
        """Take ``count`` slots; return the seconds until the first (0 = at once, below 0 = it has just gone by).

        At a fast pace the first is not sooner than in ``lead`` seconds, which who asks needs to make ready.
        """

    def overtake(self, channel: str) -> float:
        """Take the very next slot of the line; return the seconds to wait before it may be used. Waits for it itself."""

    def give_way(self, channel: str, early: float) -> bool:
        """Tell whether a slot due in ``early`` seconds was given to whoever overtakes: then take another one."""

    def leaves(self, channel: str) -> float:
        """Ask, at its slot or after it, whether a message may leave now: 0 = it may, and counts as left; else seconds to wait."""

    def pause(self, channel: str, seconds: float) -> None:
        """Hold the whole channel, for every worker."""

    def held(self, channel: str) -> float:
        """Return for how many seconds more a pause holds the channel: 0 where none does, or that cannot be known now."""

    def rate(self, channel: str) -> float | None:
        """Return the messages a second the channel is really used with, by all workers together; ``None``: no limit."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A rendered message to a person."""

    subject: str
    text: str
    html: str


class Letters(Protocol):
    """Lays out the words for one person: our own layout round escaped text."""

    def email(self, subject: str, body: str, *, language: str, facts: Mapping[str, str],
              headings: Collection[str] = ()) -> Letter:
        """Lay ``body`` (plain text, already merged) out as plain text and sober HTML; ``headings`` are lines of it."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file inside the PDF."""

    name: str
    content: bytes
    media_type: str
    description: str


class PdfWriter(Protocol):
    """Prints a report."""

    def available(self) -> str | None:
        """Return ``None`` where printing works, otherwise the words that say exactly what to install."""

    def write(self, template: str, content: Mapping[str, object], *, language: str, title: str,
              created_at: datetime, attachments: Sequence[Attachment] = ()) -> bytes:
        """Return the PDF (PDF/A-3, tagged) of ``templates/reports/<template>`` filled with ``content``."""

    def letters(self, template: str, contents: Sequence[Mapping[str, object]], *, title: str, created_at: datetime) -> bytes:
        """Return one PDF of many letters, each with pages of its own, laid out by ``templates/letters/<template>``."""


class Workbooks(Protocol):
    """Writes spreadsheets (XLSX)."""

    def write(self, title: str, head: Sequence[str], rows: Iterable[Sequence[str]], *, created_at: datetime) -> bytes:
        """Return a workbook of one sheet; every cell is text. Rows are written as they come, however many."""


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """What a person would have seen, had the message left."""

    number: int
    channel: str
    delivery_id: str
    address: str
    subject: str
    text: str
    html: str | None
    outcome: str
    sent_at: datetime
    buttons: tuple[str, ...] = field(default=())


class Outbox(Protocol):
    """The simulator's memory, for the page that shows it."""

    def items(self, *, channel: str | None = None, search: str = "", before: int | None = None,
              limit: int = 50) -> list[OutboxItem]:
        """Return the newest first, at most ``limit``, older than number ``before``."""

    def count(self) -> int:
        """Return how many messages the simulator holds."""


class Sheets(Protocol):
    """Opens spreadsheets, apart from this process: the file is a stranger's."""

    def rows(self, pieces: Iterable[bytes], most: int | None = None) -> Iterator[tuple[int, Sequence[str]]]:
        """Yield the rows of the only sheet that holds any, with their number (from 1), at most ``most``.

        Raises ``Refused`` in words for a file that is damaged, protected or too large unpacked.
        """


@dataclass(frozen=True, slots=True)
class CalendarEvent:
    """One entry of a calendar, moments in UTC. Without ``ends_at`` it is a moment: a deadline.

    ``uid`` stays the same over edits; ``sequence`` and ``changed_at`` grow with them.
    """

    uid: str
    summary: str
    starts_at: datetime
    ends_at: datetime | None
    sequence: int
    changed_at: datetime
    description: str = ""


class CalendarFeed(Protocol):
    """Writes what calendar programs subscribe to."""

    def write(self, name: str, events: Iterable[CalendarEvent]) -> bytes:
        """Return an iCalendar file (RFC 5545, UTF-8) called ``name``."""


class AnchorLog(Protocol):
    """A file outside the database that is only ever appended to."""

    def append(self, line: str) -> str:
        """Add one line, for good; return "" or why that was not possible."""

    def lines(self) -> Iterator[str]:
        """Yield its lines, the oldest first; none where there is no file."""


class Marks(Protocol):
    """How far databases were, remembered outside of them: putting one back leaves this as it is."""

    def seen(self, name: str | None) -> Sequence[Mark]:
        """Return the last marks of the database with this name, of each place one is kept in; none where nobody knows it.

        ``None``: of any database this process ever kept one of.
        """

    def keep(self, name: str, mark: Mark) -> None:
        """Remember how far a database is, in every place that does not know it. A place that is away is passed over."""


@dataclass(frozen=True, slots=True)
class Clean:
    """A scanner looked at a file and found nothing."""


@dataclass(frozen=True, slots=True)
class Bad:
    """A scanner found something harmful; ``name`` is what it calls it."""

    name: str


@dataclass(frozen=True, slots=True)
class NotScanned:
    """Nobody looked, and why; ``again``: asking later may help."""

    reason: str
    again: bool = True


ScanVerdict = Clean | Bad | NotScanned


class Scanner(Protocol):
    """Looks for what is harmful in a file."""

    def scan(self, pieces: Iterable[bytes]) -> ScanVerdict:
        """Look at a file, piece by piece. A scanner that is away is a verdict, never an error."""


class LockedZip(Protocol):
    """Packs a file so that nothing opens it by accident."""

    def pack(self, name: str, at: datetime, pieces: Iterable[bytes], password: str) -> Iterator[bytes]:
        """Yield a zip with this one file in it, encrypted (AES-256), while its pieces come."""
