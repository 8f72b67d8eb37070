"""The check of a text: what blocks its approval, and what is worth a second look."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from incident_app.domain.notices.rendering import FIELDS, Text, merge, unknown_fields
from incident_app.domain.notices.wording import PARTS, Part, Wording, sections

LONGEST_TELEGRAM = 4096
LONGEST_SUBJECT = 150
LONGEST_SENTENCE = 25
SHORTEST_PART = 20
_SHORT = ("bit.ly", "buff.ly", "clck.ru", "cutt.ly", "goo.gl", "is.gd", "ow.ly", "rb.gy", "rebrand.ly", "s.id", "shorturl.at",
          "t.co", "t.ly", "tiny.cc", "tinyurl.com", "v.gd", "vk.cc")
_LINK = re.compile(
    r"https?://|\bwww\.|\bt\.me/|\bxn--|(?<![\w.@-])(?:" + "|".join(map(re.escape, _SHORT)) + r")\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")
_LOOKALIKES = {"LATIN", "CYRILLIC", "GREEK"}
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_CONTACT_FIELD = re.compile(r"\(\(\s*(?:dpo|dpo_email|dpo_phone)\s*\)\)")
_OWN_SITE = re.compile(r"\(\(\s*website\s*\)\)")
_SENTENCE = re.compile(r"[.!?…:]+(?:\s|$)|\n+")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")


@dataclass(frozen=True, slots=True)
class PartCheck:
    """One part of the letter: is it there, and where the law asks for it."""

    part: Part
    title: str
    article: str
    ok: bool
    required: bool
    words: str


@dataclass(frozen=True, slots=True)
class Check:
    """The whole check of one language. ``problems`` block the approval, ``hints`` do not. ``length`` in characters."""

    language: str
    parts: tuple[PartCheck, ...]
    problems: tuple[str, ...]
    hints: tuple[str, ...]
    length: int

    @property
    def ready(self) -> bool:
        """Whether this language may be approved."""
        return not self.problems


def _has(part: Part, text: str) -> bool:
    if part is Part.CONTACT:
        return bool(_CONTACT_FIELD.search(text) or _EMAIL.search(text))
    return len(text.strip()) >= SHORTEST_PART


def _parts(body: str, wording: Wording) -> tuple[PartCheck, ...]:
    found = sections(body, wording.headings)
    checks = []
    for part, rule in PARTS.items():
        text = body if part is Part.CONTACT else found.get(part, "")
        ok = _has(part, text)
        heading = wording.headings[part]
        words = "" if ok else f"{rule.title} ({rule.article}): {rule.words}, below the line “{heading}”."
        checks.append(PartCheck(part, rule.title, rule.article, ok, rule.required, words))
    return tuple(checks)


def _subject_problems(subject: str) -> list[str]:
    if not subject.strip():
        return ["The subject is empty."]
    problems = []
    if "\n" in subject or "\r" in subject:
        problems.append("The subject must be one line.")
    if len(subject) > LONGEST_SUBJECT:
        problems.append(f"The subject is longer than {LONGEST_SUBJECT} characters.")
    return problems


def check_text(text: Text, wording: Wording, longest: Mapping[str, str]) -> Check:
    """Check one language. ``longest`` holds the longest value of each field, for the length of the merged message."""
    parts = _parts(text.body, wording)
    problems = _subject_problems(text.subject)
    unknown = unknown_fields(f"{text.subject}\n{text.body}")
    problems += [f"“(({name}))” is not a field. The fields are: {', '.join(FIELDS)}." for name in unknown]
    problems += [check.words for check in parts if check.required and not check.ok]
    merged = f"{merge(text.subject, longest)}\n\n{merge(text.body, longest)}"
    if len(merged) > LONGEST_TELEGRAM:
        over = len(merged) - LONGEST_TELEGRAM
        problems.append(f"{over} characters too long for Telegram ({LONGEST_TELEGRAM:,} with the longest values).")
    if not longest.get("case_ref") or longest["case_ref"] not in merge(text.body, longest):
        problems.append("The reference of the case is missing: put ((case_ref)) in. Who doubts the message asks for it.")
    if _LINK.search(text.subject) or _LINK.search(text.body):
        problems.append("There is a link. Phishing looks like that: write the address plainly, without http or www.")
    return Check(wording.language, parts, tuple(problems), tuple(_hints(text, wording, parts)), len(merged))


def lookalikes(text: str) -> list[str]:
    """Return the words whose letters come from more than one of the alphabets that look alike: an address may be forged so."""
    return [word for word in dict.fromkeys(_WORD.findall(text)) if len(_alphabets(word) & _LOOKALIKES) > 1]


def _alphabets(word: str) -> set[str]:
    return {unicodedata.name(sign, "").split(" ")[0] for sign in word}


def _hints(text: Text, wording: Wording, parts: tuple[PartCheck, ...]) -> list[str]:
    hints = [check.words for check in parts if not check.required and not check.ok]
    if not _OWN_SITE.search(text.body):
        hints.append("Nothing says where people see on your own site that this is from you: ((website)).")
    whole = f"{text.subject}\n{text.body}".casefold()
    hints += [f"“{phrase}” is an empty phrase or advertising: say what you know, or leave it out."
              for phrase in wording.banned if phrase.casefold() in whole]
    hints += [f"“{word}” mixes letters that look alike from several alphabets: type it anew." for word in lookalikes(whole)[:3]]
    long = [s.split() for s in _SENTENCE.split(text.body) if len(s.split()) > LONGEST_SENTENCE]
    hints += [f"Long sentence ({len(words)} words): “{' '.join(words[:6])}…”" for words in long[:3]]
    return hints


def _numbers(text: Text) -> set[str]:
    return {number.strip(".,:") for number in _NUMBER.findall(text.body)}


def differing_facts(texts: Mapping[str, Text]) -> dict[str, tuple[str, ...]]:
    """Return per language the numbers other languages name and it does not: facts should be the same everywhere."""
    numbers = {language: _numbers(text) for language, text in texts.items()}
    every = set().union(*numbers.values()) if numbers else set()
    return {
        language: tuple(f"“{number}” stands in another language, not here." for number in sorted(every - own))
        for language, own in numbers.items()
    }
