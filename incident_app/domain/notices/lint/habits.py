"""What is particular to one language when a text is checked, and what is known of the case it speaks about."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache, lru_cache

_SENTENCE = re.compile(r"(?<!\s\w)(?<!\s\d\d)\.+(?:\s|$)|[!?…:؟。]+(?:\s|$)|\n+")  # not behind “20.” and “г.”
_FIELD = re.compile(r"\(\([^()\n]*\)\)")
_WORD = re.compile(r"[^\W\d_]+(?:[’'-][^\W\d_]+)*")
_FAR_DIGIT = re.compile(r"[\u0660-\u0669\u06f0-\u06f9]")  # Arabic and Persian
NOTHING = r"(?!)"


@dataclass(frozen=True, slots=True)
class Reading:
    """The formula of readability: ``flesch`` (base - sentence·words - syllable·syllables), ``gulpease``, ``pisarek``, ``lix``.

    ``floor`` is the least for the first two, the most for the others. ``each_vowel``: two vowels are two syllables.
    """

    formula: str = ""
    name: str = ""
    base: float = 0.0
    sentence: float = 0.0
    syllable: float = 0.0
    vowels: str = "aeiouy"
    each_vowel: bool = False
    floor: float = 0.0


@dataclass(frozen=True, slots=True)
class Habits:
    """One language: its phrases and stems in small letters, its patterns. ``rivals`` are the common words of each language.

    ``joined``: small words are written onto the next one, so that a stem may begin inside a word (Arabic).
    """

    language: str = ""
    joined: bool = False
    months: tuple[str, ...] = ()
    negations: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    sensitive: tuple[str, ...] = ()
    phrases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    patterns: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    reading: Reading = Reading()
    rivals: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def pattern(self, name: str) -> re.Pattern[str]:
        """Return the pattern of this name; one that finds nothing where the language has none."""
        return _compiled(self.patterns.get(name, NOTHING))

    def found(self, stems: tuple[str, ...], text: str) -> list[str]:
        """Return which of ``stems`` begin a word (or phrase) of ``text``, in their order."""
        return [stem for stem, pattern in zip(stems, _beginning(stems, self.joined), strict=True) if pattern.search(text)]

    def denies(self, sentence: str) -> bool:
        """Whether the sentence says that something is not so."""
        whole = r"(?<!\w)(?:" + "|".join(map(re.escape, self.negations)) + r")(?!\w)" if self.negations else NOTHING
        apart = r"n't(?!\w)|(?<!\w)n'"
        return bool(_compiled(f"{whole}|{apart}").search(sentence))


@dataclass(frozen=True, slots=True)
class Known:
    """What the case says. ``days`` are its moments as local days; ``people`` (least, most) it may speak of.

    ``kinds`` are ids of kinds of data, ``labels`` what they are called for who reads the check; ``certain``: it is known
    that somebody could read the data; ``free_text`` is what was written by hand for the first draft; days after ``today``
    are promises, and not facts of the case.
    """

    days: frozenset[date] = frozenset()
    people: tuple[tuple[int, int], ...] = ()
    kinds: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    certain: bool = False
    free_text: str = ""
    today: date | None = None


@cache
def _beginning(stems: tuple[str, ...], joined: bool) -> tuple[re.Pattern[str], ...]:
    return tuple(_compiled(("" if joined else r"(?<!\w)") + re.escape(stem)) for stem in stems)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


@lru_cache(maxsize=512)
def plain(text: str) -> str:
    """Return ``text`` in small letters with plain apostrophes, single spaces in a line, and Western digits."""
    small = text.replace("İ", "i").casefold().replace("’", "'").replace("\u00a0", " ").replace("\u202f", " ")
    return _FAR_DIGIT.sub(lambda found: str(unicodedata.digit(found[0])), small)


def sentences(text: str) -> list[str]:
    """Split a text into sentences; a line is one at most."""
    return [one.strip(" -–•\t") for one in _SENTENCE.split(text) if one.strip(" -–•\t")]


def words_of(text: str) -> list[str]:
    """Return the words of a text, without numbers and fields."""
    return _WORD.findall(_FIELD.sub(" ", text))


def without_fields(text: str) -> str:
    """Return a text with its fields taken out."""
    return _FIELD.sub(" ", text)
