"""Is a text in the language it is meant to be, and was what somebody wrote by hand translated?"""

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache

from incident_app.domain.notices.lint.findings import Finding, Weight
from incident_app.domain.notices.lint.habits import Habits, Known, plain, sentences, without_fields, words_of
from incident_app.domain.notices.rendering import Text
from incident_app.domain.notices.wording import Part, Wording, is_heading, sections

_SCRIPTS = {"LATIN", "CYRILLIC", "ARABIC", "GREEK", "HEBREW", "CJK", "HANGUL", "HIRAGANA", "KATAKANA"}
_OWN = {"ru": "CYRILLIC", "uk": "CYRILLIC", "ar": "ARABIC"}
_LETTERS_OF = {"ru": frozenset("ыэъё"), "uk": frozenset("іїєґ")}
FEWEST_WORDS = 6
FEWEST_HITS = 3


@cache
def _script(sign: str) -> str:
    return unicodedata.name(sign, "").split(" ")[0]


def script_of(text: str) -> str:
    """Return the script most letters of a text are of; ``""`` where there are none."""
    counts: dict[str, int] = {}
    for sign, count in Counter(text).items():
        if sign.isalpha() and _script(sign) in _SCRIPTS:
            counts[_script(sign)] = counts.get(_script(sign), 0) + count
    return max(counts, key=lambda script: counts[script]) if counts else ""


def language_guess(text: str, habits: Habits) -> str | None:
    """Return the language a text seems to be in where it is surely not that of ``habits``; ``None`` otherwise."""
    words = words_of(plain(text))
    if len(words) < FEWEST_WORDS or not habits.language:
        return None
    script = script_of(text)
    if script != _OWN.get(habits.language, "LATIN"):
        return script.capitalize()
    hits = {language: _hits(words, common, language) for language, common in habits.rivals.items()}
    best = max(hits, key=lambda language: (hits[language], language == habits.language), default=habits.language)
    sure = hits.get(best, 0) >= max(FEWEST_HITS, 2 * hits.get(habits.language, 0) + 1)
    return best if best != habits.language and sure else None


def _hits(words: list[str], common: frozenset[str], language: str) -> int:
    telling = _LETTERS_OF.get(language)
    if telling is None:
        return sum(map(common.__contains__, words))
    return sum(word in common or not telling.isdisjoint(word) for word in words)


def tongue_findings(text: Text, wording: Wording, habits: Habits) -> Iterator[Finding]:
    """Find a whole text, or a paragraph of it, in another language than the one chosen."""
    body = without_fields("\n".join(
        line for line in text.body.splitlines() if is_heading(line, wording.headings) is None))
    guess = language_guess(f"{text.subject}. {body}", habits)
    if guess:
        yield Finding("wrong_language", Weight.HOLD, f"This is meant to be {wording.label}, and reads like another language "
                      f"({guess}).")
        return
    for line in body.splitlines():
        guess = language_guess(line, habits)
        if guess:
            yield Finding("untranslated", Weight.HOLD, f"“{' '.join(line.split()[:6])}…” is not {wording.label} ({guess}). "
                          "Translate it.")


def repeated(language: str, texts: Mapping[str, Text], main: str) -> Iterator[Finding]:
    """Find sentences that stand word for word in the text of another language: nobody translated them."""
    if language == main or base(language) == base(main):
        return
    other = frozenset(_telling(texts[main]) if main in texts else ())
    same = [one for one in dict.fromkeys(_telling(texts[language])) if one in other]
    for one in same[:3]:
        yield Finding("untranslated", Weight.HOLD, f"“{' '.join(one.split()[:6])}…” stands word for word in the text it was "
                      "to be translated from.", across=True)


def _telling(text: Text) -> list[str]:
    whole = plain(without_fields(text.body)).replace(": ", ", ")  # a name behind a colon is the same in every language
    return [one for one in sentences(whole) if len(words_of(one)) >= FEWEST_WORDS - 1]


def base(language: str) -> str:
    """Return the language of a text: that of “en-US” is “en”."""
    return language.partition("-")[0]


def free_text_missing(
    language: str, texts: Mapping[str, Text], main: str, wordings: Mapping[str, Wording], known: Known
) -> Iterator[Finding]:
    """Find that what was written by hand stands in the main language alone: the others have fewer sentences there."""
    free = " ".join(known.free_text.split())
    if base(language) == base(main) or not free or main not in texts or free not in " ".join(texts[main].body.split()):
        return
    if _count(texts[language], wordings[language]) <= _count(texts[main], wordings[main]) - _many(free):
        yield Finding("untranslated", Weight.HOLD, f"“{' '.join(free.split()[:6])}…” stands in {wordings[main].label} alone. "
                      "Translate it.", across=True)


def _many(words: str) -> int:
    return len(sentences(words.replace(": ", ", ")))  # a colon ends a sentence in one language and not in another


def _count(text: Text, wording: Wording) -> int:
    return _many(sections(text.body, wording.headings).get(Part.MEASURES, ""))


def digest(body: str) -> str:
    """Return SHA-256 in hex of a body."""
    return hashlib.sha256(body.encode()).hexdigest()


def outdated(
    language: str, texts: Mapping[str, Text], edits: Mapping[str, str], main: str, wordings: Mapping[str, Wording]
) -> Iterator[Finding]:
    """Find a text that nobody touched since the main one was changed.

    ``edits`` holds the digest of the main body as it was when each language was last changed by hand; under the main
    language itself, as it was drafted.
    """
    seen = edits.get(language, edits.get(main))
    if language != main and seen and main in texts and seen != digest(texts[main].body):
        yield Finding("outdated", Weight.HOLD, f"The text in {wordings[main].label} was changed after this one. Take the "
                      "change over, or say why nothing is to be changed.", across=True)
