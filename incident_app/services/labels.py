"""What ids are called in words, for what people read: kinds of breach and of data, causes, places. Read from the law files."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from babel import Locale

from incident_app.domain.register import Entry
from incident_app.paths import PACKAGE, data_dir

_PLACES = re.compile(r"\b((?:at home in|people live in|authority of) )([A-Z]{2}(?:-\w+)?(?:, [A-Z]{2}(?:-\w+)?)*)\b")
_TITLE = re.compile(r'^title = "(.+)"$', re.MULTILINE)


@cache
def _labels(file: str, table: str) -> Mapping[str, str]:
    plain = tomllib.loads((PACKAGE / "law" / file).read_text(encoding="utf-8"))
    return {str(one["id"]): str(one["label"]) for one in plain[table]}


@cache
def _checklists() -> Mapping[str, str]:
    found = ((path.stem, _TITLE.search(path.read_text(encoding="utf-8"))) for path in data_dir("runbooks").glob("*.md"))
    return {name: title[1] for name, title in found if title is not None}


@cache
def _territories() -> Mapping[str, str]:
    return {str(code): str(name) for code, name in Locale("en").territories.items()}


def category(name: str) -> str:
    """Return a kind of data in words; its id where the file does not have it any more."""
    return _labels("categories.toml", "category").get(name, name)


@cache
def _kinds(language: str) -> Mapping[str, str]:
    path = data_dir("templates") / "letters" / language / "controllers.toml"
    return {str(one): str(words) for one, words in tomllib.loads(path.read_text(encoding="utf-8"))["kinds"].items()}


def category_in(name: str, language: str) -> str:
    """Return a kind of data in the words of one of the languages we write letters in; in English where it has none there."""
    return _kinds(language).get(name) or category(name)


def cause(name: str) -> str:
    """Return a cause in words; its id where the file does not have it any more, nothing for none."""
    return _labels("causes.toml", "cause").get(name, name)


def kind(name: str) -> str:
    """Return a kind of breach as its checklist is called; the words of the id for one that a team made itself."""
    return _checklists().get(name) or name.replace("-", " ").replace("_", " ").capitalize()


def place(code: str) -> str:
    """Return ``Germany``, ``Germany (BE)`` for a part of it; the code itself where it has no name."""
    country, _, part = code.partition("-")
    name = _territories().get(country, country)
    return f"{name} ({part})" if part else name


def reasoned(why: str) -> str:
    """Return the reason of a duty with the names of the places in it, for their codes."""
    return _PLACES.sub(lambda found: found[1] + ", ".join(map(place, found[2].split(", "))), why)


def language(code: str) -> str:
    """Return ``German`` for ``de``; the code itself where it has no name."""
    return str(Locale("en").languages.get(code, code))


def worded(entry: Entry) -> Entry:
    """Return what the register writes down with words in the place of ids: for people; machines read ids from the API."""
    return replace(entry, kind=kind(entry.kind), categories=tuple(map(category, entry.categories)),
                   countries=tuple(map(place, entry.countries)))
