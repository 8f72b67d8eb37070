"""How long what is kept, and what that comes to: what goes when, and why not yet."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum

SHORTEST_REASON = 15


@dataclass(frozen=True, slots=True)
class Periods:
    """How long what is kept, in days, exports in hours.

    ``people``: contacts, after the last notice finished or the case was closed, the later of both; ``people_most``: the
    same after their list came, whatever happens. ``events``: what providers said, raw. ``evidence``: files, after the
    case was closed. ``exports``: files made to be fetched. GDPR Art. 5(1)(e): no longer than is necessary.
    """

    people: int = 90
    people_most: int = 365
    events: int = 30
    evidence: int = 3 * 365 + 1
    exports: int = 24

    @classmethod
    def of(cls, kept: Mapping[str, int]) -> "Periods":
        """Return them from what was kept; what is missing is as by default."""
        return cls(**{field.name: int(kept[field.name]) for field in fields(cls) if field.name in kept})

    def plain(self) -> dict[str, int]:
        """Return them as JSON."""
        return asdict(self)


DEFAULTS = Periods()
SHORTEST = Periods(people=7, people_most=30, events=1, evidence=30, exports=1)
LABELS = {
    "people": "Contacts of affected people, after the last notice or the closing",
    "people_most": "Contacts of affected people, at the very most after their list came",
    "events": "Raw receipts of the providers",
    "evidence": "Evidence and proofs, after the closing of their case",
    "exports": "Exported files that wait to be fetched",
}
UNITS = {name: "hours" if name == "exports" else "days" for name in LABELS}
AUDIT_YEARS = 6
RECORD_KEPT = timedelta(days=AUDIT_YEARS * 365 + 2)
AUDIT_WORDS = (
    "The record of who did what is kept for good: nothing in this app deletes an entry. What people wrote about a case, "
    "there and in the case, is destroyed six years after the case was closed, with what was printed of it; the entries then "
    "still say who did what, and when."
)


def problems(old: Periods, new: Periods, reason: str) -> dict[str, str]:
    """Return what is wrong with new periods, by name: they are only ever lowered, and not below what work takes."""
    found: dict[str, str] = {}
    for name, label in LABELS.items():
        was, wanted, least = getattr(old, name), getattr(new, name), getattr(SHORTEST, name)
        if wanted > was:
            found[name] = f"{label}: only shorter than now ({was} {UNITS[name]}). What was promised is not taken back."
        elif wanted < min(least, was):
            found[name] = f"{label}: at least {least} {UNITS[name]}, or work under way loses what it needs."
    if len(reason.strip()) < SHORTEST_REASON:
        found["reason"] = f"Say why, in at least {SHORTEST_REASON} characters: it stands in the record."
    elif old == new:
        found["people"] = "Nothing is different."
    return found


class Kind(StrEnum):
    """What may go."""

    PEOPLE = "people"
    EVIDENCE = "evidence"
    TEXTS = "texts"


def texts_at(closed_at: datetime | None) -> datetime | None:
    """Return when what was written in a case goes, ``None`` while it is open; no period lowers it, it is the record's."""
    return closed_at + RECORD_KEPT if closed_at is not None else None


def evidence_at(closed_at: datetime | None, periods: Periods) -> datetime | None:
    """Return when the files of a case go, ``None`` while it is open."""
    return closed_at + timedelta(days=periods.evidence) if closed_at is not None else None


@dataclass(frozen=True, slots=True)
class Going:
    """One line of the plan: what of which case goes when, or why it does not. ``at`` is ``None`` where no date is known."""

    ref: str
    case_id: int
    kind: Kind
    count: int
    at: datetime | None
    why: str
    held: bool = False

    def due(self, now: datetime) -> bool:
        """Whether the next run takes it."""
        return not self.held and self.at is not None and self.at <= now


@dataclass(frozen=True, slots=True)
class Provider:
    """What somebody else keeps of what we send through them: facts for the data protection officer."""

    name: str
    keeps: str
    how_long: str
    to_do: str


PROVIDERS = (
    Provider(
        "Telegram",
        "The message in the chat of each person, the chat id and when it was sent. Of us they get the text and the chat id, "
        "nothing else.",
        "Until the person deletes the chat; Telegram names no period of its own.",
        "A bot can take back a message for 48 hours only. Write no more in a notice than it takes.",
    ),
    Provider(
        "SendGrid",
        "The address, the subject and the events of each message (accepted, delivered, bounced), and the addresses on its "
        "block lists. With each message goes one argument of ours: its random public id, which names nobody.",
        "Events for up to 30 days by what its account pages say; block lists until an entry is deleted.",
        "Delete entries of the block list that are no longer needed; check the period in your own contract.",
    ),
    Provider(
        "Your own mail server",
        "Addresses and times in its logs, and copies in its queue until they are delivered.",
        "As long as its own settings say.",
        "Set the rotation of its logs no longer than 30 days.",
    ),
)
