"""The words of each language we can draft in: ``templates/letters/library.toml`` and ``<language>/words.toml``."""

import tomllib
from collections.abc import Mapping
from functools import cache
from typing import Any

from incident_app.domain.notices import (
    CONTROLLERS,
    Block,
    ControllerWords,
    Formats,
    Library,
    Part,
    Wording,
    for_controllers,
    localised,
)
from incident_app.domain.notices.everybody import EVERYBODY, PublicWords, for_everybody
from incident_app.paths import data_dir
from incident_app.services.place_files import places

STANDARD = "en"


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((data_dir("templates") / "letters" / name).read_text(encoding="utf-8"))


def _ids(table: Mapping[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(ids) for name, ids in table.items()}


@cache
def library() -> Library:
    """Return which steps belong to which kind of data and of breach, the same in every language."""
    raw = _read("library.toml")
    return Library(tuple(raw["order"]), _ids(raw["data"]), _ids(raw["incident"]), frozenset(raw["read"]))


@cache
def wording(language: str, to: str = "") -> Wording:
    """Return the words of a language. Raises ``FileNotFoundError`` for one that is not in :func:`languages`.

    “en-US” are those of English for the people of a country that asks for more; with ``to`` = ``controllers`` those of a
    notice to controllers, with ``everybody`` those of a public notice.
    """
    own, _, country = language.partition("-")
    if country:
        return localised(wording(own), places()[country])
    if to == CONTROLLERS:
        return for_controllers(wording(own), controller_words(own))
    if to == EVERYBODY:
        return for_everybody(wording(own), public_notice_words(own), controller_words(own))
    raw = _read(f"{language}/words.toml")
    formats = raw["formats"] | {"months": tuple(raw["formats"]["months"])}
    plain = ("label", "subject", "greeting", "nature", "incident", "unknown", "data_list", "consequences", "measures",
             "advice", "contact", "steps", "drill", "paper")
    return Wording(
        language=language, headings={Part(part): words for part, words in raw["headings"].items()},
        formats=Formats(**formats), blocks={kind: Block(**words) for kind, words in raw["data"].items()},
        library=library(), banned=tuple(raw["banned"]), **{name: raw[name] for name in plain},
    )


@cache
def controller_words(language: str) -> ControllerWords:
    """Return what a language has for notices to controllers. Raises ``FileNotFoundError`` as :func:`wording` does."""
    raw = _read(f"{language}/controllers.toml")
    words: dict[str, Any] = {name: value.strip() if isinstance(value, str) else value for name, value in raw.items() if name != "page"}
    return ControllerWords(**words, groups=_read("controllers.toml")["groups"])


@cache
def public_notice_words(language: str) -> PublicWords:
    """Return what a language has for public notices. Raises ``FileNotFoundError`` as :func:`wording` does."""
    return PublicWords(**_read(f"{language}/public.toml"))


@cache
def receipt_words(language: str) -> Mapping[str, str]:
    """Return the words of the public page on which a controller says that a notice arrived."""
    page: Mapping[str, str] = _read(f"{language}/controllers.toml")["page"]
    return page


@cache
def languages() -> tuple[str, ...]:
    """Return the languages we can write in."""
    folder = data_dir("templates") / "letters"
    return tuple(sorted(path.parent.name for path in folder.glob("*/words.toml")))
