"""Letters for the tests of the check: good ones written by hand, and the faults planted into them."""

import tomllib
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from incident_app.domain import notices as rules
from incident_app.domain.notices import PARTS, Check, Facts, Known, Part, Reader, Text, Wording
from incident_app.services.notices import languages, wording
from incident_app.services.notices.habits import habits

FOLDER = Path(__file__).parent / "letters"
FACTS = Facts("Assistant bot", "Assistant Bot GmbH", "BR-2026-001", "Dana", "dpo@example.org", "+49 30 5550100",
              "example.org", ("authentication", "contact"))
KNOWN = Known(
    days=frozenset({date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 23)}), people=((10_214, 10_214),),
    kinds=("authentication", "contact"), labels={"authentication": "sign-in data", "contact": "contact details"},
    certain=True, today=date(2026, 11, 25))


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / name).read_text(encoding="utf-8"))


GOOD = _read("good.toml")


@dataclass(frozen=True)
class Bad:
    """One letter with one fault: which check must name it, and where it was planted."""

    language: str
    check: str
    where: str
    words: str


BAD = [Bad(**one) for one in _read("bad.toml").get("letter", [])]


def words_of(language: str) -> Wording:
    """Return the words of a language; those of English with its own headings where it has none yet."""
    headings = GOOD[language].get("headings")
    if language in languages():
        return wording(language)
    return replace(wording("en"), language=language, label=language, banned=(),
                   headings={Part(part): words for part, words in headings.items()})


def letter(language: str, **planted: str) -> Text:
    """Return the good letter of a language with some of its parts exchanged; one that is “-” loses its heading too."""
    told = GOOD[language] | planted
    headings = words_of(language).headings
    body = [told["greeting"], *(f"{headings[part]}\n{told[part.value]}" for part in PARTS if told[part.value] != "-")]
    return Text(told["subject"], "\n\n".join(body))


def planted(bad: Bad) -> Text:
    """Return the letter with its one fault: words put behind a part, or a part exchanged for them (``=part``)."""
    if bad.where.startswith("="):
        return letter(bad.language, **{bad.where[1:]: bad.words})
    return letter(bad.language, **{bad.where: f"{GOOD[bad.language][bad.where]} {bad.words}"})


def checked(text: Text, language: str, known: Known = KNOWN) -> Check:
    """Check it as the app does."""
    words = words_of(language)
    longest = rules.longest_values(FACTS, [Reader("Ann")], words)
    return rules.check_text(text, words, longest, habits(language), FACTS, known)
