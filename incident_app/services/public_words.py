"""The words of our public pages and of the bot to strangers, from ``templates/public/words/<language>.toml``."""

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

from incident_app.paths import data_dir

STANDARD = "en"


@cache
def public_words(language: str) -> Mapping[str, Any]:
    """Return the words of a language. Raises ``FileNotFoundError`` for one that is not in :func:`public_languages`."""
    path = data_dir("templates") / "public" / "words" / f"{language}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


@cache
def public_languages() -> tuple[str, ...]:
    """Return the languages of the public pages, the standard one first."""
    found = {path.stem for path in (data_dir("templates") / "public" / "words").glob("*.toml")}
    return (STANDARD, *sorted(found - {STANDARD}))


def public_language(wanted: str) -> str:
    """Return the language we have for one that was ``wanted``, such as ``pt-BR``; the standard one otherwise."""
    short = wanted.lower().replace("_", "-").partition("-")[0]
    return short if short in public_languages() else STANDARD


def spell(day: date, language: str) -> str:
    """Spell a day out in a language of the public pages."""
    words = public_words(language)
    return str(words["date"]).format(day=words.get("first", 1) if day.day == 1 else day.day, month=words["months"][day.month - 1], year=day.year)
