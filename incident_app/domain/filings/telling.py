"""What was done to tell the people, as a filing asks it: figures of the ledger, the reasons, the text they got."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from incident_app.domain.filings.wording import ENGLISH, Wording

LONGEST_TEXTS = 60_000
"""Characters of all texts together in one answer; a form that takes them says at least as many (``longest``)."""
_ROOM = 3000
STOPPED = "Stopped before their turn"
"""Why somebody was not reached whom a stop left out: our own words, said in the language of the filing."""


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

    def summary(self, spoken: Wording = ENGLISH) -> str:
        """The figures in a sentence, and why not everybody where not everybody. What others said of it stays as they said it."""
        word, number = spoken.word, spoken.number
        channels = word("told_and").join(spoken.words.get(f"how_{name}", name) for name in self.channels)
        said = word("told_summary").format(
            accepted=number(self.accepted), total=number(self.total), failed=number(self.failed), uncertain=number(self.uncertain),
            waiting=number(self.waiting), by=word("told_by").format(channels=channels) if channels else "",
            in_=word("told_in").format(languages=", ".join(self.languages)) if self.languages else "")
        why = "; ".join(f"{word('told_stopped') if cause == STOPPED else cause} ({number(count)})" for cause, count in self.reasons)
        more = [word("told_not_reached").format(why=why)] if why else []
        if self.lists > 1:
            more.append(word("told_lists").format(lists=number(self.lists)))
        return " ".join([said, *more])

    def texts(self, spoken: Wording = ENGLISH) -> str:
        """The text they got: each once for every language, the oldest notice first, "" where there is none."""
        once = _once(self.letters, spoken)
        if not once:
            return ""
        languages = sorted({letter.language for letter in self.letters})
        lead = spoken.word("told_texts").format(texts=spoken.so_many("text", len(once)),
                                                languages=spoken.so_many("language", len(languages)), names=", ".join(languages))
        parts, left_out, size = [], [], 0
        for head, words in once:
            if size + len(head) + len(words) > LONGEST_TEXTS - _ROOM:
                left_out.append(head.strip("— "))
                continue
            size += len(head) + len(words) + 4
            parts.append(f"{head}\n\n{words}")
        if left_out:
            parts.append(spoken.word("told_too_long").format(heads="; ".join(left_out))[:_ROOM // 2])
        lead = f"{lead} {spoken.word('told_placeholders')}" if any("((" in words for _, words in once) else lead
        return "\n\n".join([lead, *parts])


@dataclass(frozen=True, slots=True)
class ToldOtherwise:
    """People told by other ways than our messages, as a duty that is done says: ``how`` portal, email, phone, post, notice or
    public, ``reason`` why in public. ``ours``: by our message, which a provider took."""

    at: datetime
    how: str
    reference: str
    reason: str = ""
    ours: bool = False

    @property
    def means(self) -> str:
        """The option of a form."""
        return {"public": "public", "portal": "other"}.get(self.how, "individual")

    def summary(self, spoken: Wording = ENGLISH) -> str:
        """How they were told, in a sentence or two."""
        how = spoken.word("told_how_message" if self.ours else f"told_how_{self.how}")
        said = spoken.word("told_otherwise").format(how=how, reference=self.reference)
        why = spoken.word("told_in_public").format(reason=self.reason.rstrip(".")) if self.reason else ""
        return f"{said} {why}".strip()


def _once(letters: Iterable[Letter], spoken: Wording) -> list[tuple[str, str]]:
    """Return every text once with what stands above it: the notices that carried it, and its language."""
    found: dict[tuple[str, str], list[int]] = {}
    for letter in letters:
        notices = found.setdefault((letter.language, letter.words), [])
        if letter.notice not in notices:
            notices.append(letter.notice)
    return [
        (f"— {_head(notices, language, spoken)} —", words)
        for (language, words), notices in found.items() if words
    ]


def _head(notices: list[int], language: str, spoken: Wording) -> str:
    called = spoken.word("notice_one" if len(notices) == 1 else "notice_many").format(numbers=", ".join(map(str, notices)))
    return spoken.word("text_head").format(notices=called, language=language)
