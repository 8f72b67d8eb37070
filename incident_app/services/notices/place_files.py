"""Which countries ask for more in a letter, from ``incident_app/law/places/<country>.toml``."""

import tomllib
from functools import cache
from types import MappingProxyType
from typing import Any

from incident_app.domain.notices import Part, Place, PlacePart
from incident_app.paths import PACKAGE


@cache
def places() -> MappingProxyType[str, Place]:
    """Return every country that asks for more."""
    return MappingProxyType({path.stem: _place(path.stem, tomllib.loads(path.read_text(encoding="utf-8")))
                             for path in sorted((PACKAGE / "law" / "places").glob("*.toml"))})


def _place(country: str, raw: dict[str, Any]) -> Place:
    return Place(
        country, raw["name"], raw["source"], tuple(map(_part, raw["part"])), raw.get("title", {}),
        {language: {Part(part): words for part, words in headings.items()}
         for language, headings in raw.get("headings", {}).items()})


def _part(raw: dict[str, Any]) -> PlacePart:
    signs = {language: tuple(words) for language, words in raw["signs"].items()}
    return PlacePart(raw["id"], Part(raw["into"]), raw["article"], raw["required"], raw["asks"], raw["text"], signs,
                     frozenset(raw.get("kinds", ())))
