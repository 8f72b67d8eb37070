"""How hard a text is to read: a well-known formula per language where there is one, and the length of its sentences.

Flesch (1948) and its kin: Amstad (de), Kandel and Moles (fr), Fernández-Huerta (es), Douma (nl), Martins (pt), Oborneva
(ru), Ateşman (tr). Gulpease (it). Pisarek's linear form (pl). LIX (Björnsson) for Ukrainian and Arabic, which have no
formula that is well known. The floor of each language is a house value for B1 and stands in its ``lint.toml``.
"""

import re
from collections.abc import Iterator
from functools import cache, lru_cache

from incident_app.domain.notices.lint.findings import Finding, Weight
from incident_app.domain.notices.lint.habits import Habits, Reading, sentences, without_fields, words_of
from incident_app.domain.notices.wording import Wording, is_heading

LONGEST_SENTENCE = 20
FEWEST_WORDS = 40
HARD_SYLLABLES = 4
LONG_WORD = 6
SHOWN = 3
_SILENT = re.compile(r"[^aeiouyl]e(?:s)?$")


def prose(body: str, wording: Wording) -> str:
    """Return a body without the lines that are headings."""
    return "\n".join(line for line in body.splitlines() if is_heading(line, wording.headings) is None)


@cache
def _vowels(vowels: str) -> re.Pattern[str]:
    return re.compile(f"[{re.escape(vowels)}]+")


def syllables(word: str, reading: Reading) -> int:
    """Count the syllables of a word by its vowels, at least one; a silent English or French “e” at the end is none."""
    small = word.casefold()
    if reading.each_vowel:
        return max(1, sum(sign in reading.vowels for sign in small))
    groups = len(_vowels(reading.vowels).findall(small))
    if reading.name in {"Flesch Reading Ease", "Kandel and Moles"} and _SILENT.search(small):
        groups -= 1
    return max(1, groups)


@lru_cache(maxsize=64)
def score(text: str, reading: Reading) -> float | None:
    """Return the value of the formula for ``text``; ``None`` where it is too short to say, or no formula is known."""
    lines, words = [one for one in sentences(text) if words_of(one)], words_of(text)
    if not reading.formula or len(words) < FEWEST_WORDS:
        return None
    per_sentence = len(words) / len(lines)
    counts = [syllables(word, reading) for word in words]
    match reading.formula:
        case "gulpease":
            return 89 + (300 * len(lines) - 10 * sum(map(len, words))) / len(words)
        case "pisarek":
            return (per_sentence + 100 * sum(count >= HARD_SYLLABLES for count in counts) / len(words)) / 3 + 1
        case "lix":
            return per_sentence + 100 * sum(len(word) > LONG_WORD for word in words) / len(words)
        case _:
            return reading.base - reading.sentence * per_sentence - reading.syllable * sum(counts) / len(words)


def easy(value: float, reading: Reading) -> bool:
    """Whether a value is on the easy side of the house value."""
    return value <= reading.floor if reading.formula in {"pisarek", "lix"} else value >= reading.floor


def level(text: str, reading: Reading) -> str:
    """Say in words how hard a text is: “easy (Amstad 63)”; nothing where that cannot be said."""
    value = score(text, reading)
    return "" if value is None else f"{'easy' if easy(value, reading) else 'hard'} ({reading.name} {value:.0f})"


def reading_findings(body: str, wording: Wording, habits: Habits) -> Iterator[Finding]:
    """Find sentences that are too long, and a text that is too hard as a whole."""
    text, reading = prose(body, wording), habits.reading
    long = [one for one in sentences(text) if len(one.split()) > LONGEST_SENTENCE]
    for one in long[:SHOWN]:
        words = one.split()
        yield Finding("long_sentence", Weight.LOOK, f"Long sentence ({len(words)} words): “{' '.join(words[:6])}…”")
    value = score(without_fields(text), reading)
    if value is not None and not easy(value, reading):
        most = "at most" if reading.formula in {"pisarek", "lix"} else "at least"
        yield Finding("hard_to_read", Weight.LOOK, f"Hard to read: {reading.name} gives {value:.0f}, and {most} "
                      f"{reading.floor:.0f} is meant to be. Use shorter sentences and everyday words.")
