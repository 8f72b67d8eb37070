"""What was done to tell the people, as a filing asks it: figures of the ledger, the reasons, the text they got."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

LONGEST_TEXTS = 60_000
"""Characters of all texts together in one answer; a form that takes them says at least as many (``longest``)."""
_ROOM = 3000
_PLACEHOLDERS = "Words in double brackets, such as ((name)), stand for what differs from person to person."


@dataclass(frozen=True, slots=True)
class Letter:
    """One text that people got, in one language, as it was approved: its ((fields)) are not filled in."""

    notice: int
    language: str
    subject: str
    body: str

    @property
    def words(self) -> str:
        """Subject and body, each line ended in one way."""
        return "\n".join(f"{self.subject}\n\n{self.body}".splitlines()).strip()


@dataclass(frozen=True, slots=True)
class ToldPeople:
    """What was done to tell the people, as figures: the list is accepted + failed + uncertain + waiting.

    ``lists``: on how many lists these people stand; where it is more than one, somebody may be counted twice.
    ``reasons``: why people were not reached, most frequent first. ``letters``: every approved text, the oldest first.
    """

    total: int
    accepted: int
    failed: int
    uncertain: int
    waiting: int
    first_at: datetime | None
    channels: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    lists: int = 1
    reasons: tuple[tuple[str, int], ...] = ()
    letters: tuple[Letter, ...] = ()

    def summary(self) -> str:
        """The figures in a sentence, and why not everybody where not everybody."""
        by = f" by {' and '.join(self.channels)}" if self.channels else ""
        in_ = f", in {', '.join(self.languages)}" if self.languages else ""
        said = (
            f"{self.accepted:,} of {self.total:,} people told{by}{in_}; {self.failed:,} not reached, "
            f"{self.uncertain:,} not certain, {self.waiting:,} still to go."
        )
        why = "; ".join(f"{cause} ({count:,})" for cause, count in self.reasons)
        more = [f"Not reached because: {why}."] if why else []
        if self.lists > 1:
            more.append(f"They stand on {self.lists} lists; whoever stands on several is counted on each.")
        return " ".join([said, *more])

    def texts(self) -> str:
        """The text they got: each once for every language, the oldest notice first, "" where there is none."""
        once = _once(self.letters)
        if not once:
            return ""
        languages = sorted({letter.language for letter in self.letters})
        lead = f"{_count(len(once), 'text')} in {_count(len(languages), 'language')}: {', '.join(languages)}."
        parts, left_out, size = [], [], 0
        for head, words in once:
            if size + len(head) + len(words) > LONGEST_TEXTS - _ROOM:
                left_out.append(head.strip("— "))
                continue
            size += len(head) + len(words) + 4
            parts.append(f"{head}\n\n{words}")
        if left_out:
            parts.append(f"Too long to stand here, to be attached: {'; '.join(left_out)}."[:_ROOM // 2])
        lead = f"{lead} {_PLACEHOLDERS}" if any("((" in words for _, words in once) else lead
        return "\n\n".join([lead, *parts])


@dataclass(frozen=True, slots=True)
class ToldOtherwise:
    """People told by other ways than our messages, as a duty that is done says: ``how`` portal, email, phone, post, notice or
    public, ``words`` the same as it reads, ``reason`` why in public."""

    at: datetime
    how: str
    words: str
    reference: str
    reason: str = ""

    @property
    def means(self) -> str:
        """The option of a form."""
        return {"public": "public", "portal": "other"}.get(self.how, "individual")

    def summary(self) -> str:
        """How they were told, in a sentence or two."""
        why = f" In public and not one by one, because: {self.reason.rstrip('.')}." if self.reason else ""
        return f"Told {self.words}, reference {self.reference}.{why}"


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _once(letters: Iterable[Letter]) -> list[tuple[str, str]]:
    """Return every text once with what stands above it: the notices that carried it, and its language."""
    found: dict[tuple[str, str], list[int]] = {}
    for letter in letters:
        notices = found.setdefault((letter.language, letter.words), [])
        if letter.notice not in notices:
            notices.append(letter.notice)
    return [
        (f"— {'Notice' if len(notices) == 1 else 'Notices'} {', '.join(map(str, notices))}, text in “{language}” —", words)
        for (language, words), notices in found.items() if words
    ]
