"""Which countries, and parts of them, ask for more in a letter, from ``incident_app/law/places/<country>.toml``."""

import tomllib
from collections.abc import Iterator
from functools import cache
from types import MappingProxyType
from typing import Any

from incident_app.domain.notices import ELSEWHERE, Part, Place, PlacePart
from incident_app.paths import PACKAGE


@cache
def places() -> MappingProxyType[str, Place]:
    """Return every country that asks for more; where parts of one do, also those (``US-CA``) and the rest (``US-ZZ``)."""
    return MappingProxyType({code: place for path in sorted((PACKAGE / "law" / "places").glob("*.toml"))
                             for code, place in _places(path.stem, tomllib.loads(path.read_text(encoding="utf-8")))})


def place_of(country: str, region: str) -> str:
    """Return what is kept of where somebody lives: the region only where the law of a part of their country asks for more."""
    return f"{country}-{region}" if region and f"{country}-{ELSEWHERE}" in places() else country


def place_code(country: str) -> str | None:
    """Return which of :func:`places` somebody from a country, or a part of one, belongs to."""
    rest = f"{country.partition('-')[0]}-{ELSEWHERE}"
    return country if country in places() else rest if "-" in country and rest in places() else None


def _places(country: str, raw: dict[str, Any]) -> Iterator[tuple[str, Place]]:
    """Yield the country with all that any part of it asks for, then each such part, then the rest without it."""
    regions = raw.get("regions", {})
    names, parts = ", ".join(regions.values()), [(_part(one), one.get("regional", False)) for one in raw["part"]]
    title, headings = raw.get("title", {}), {
        language: {Part(part): words for part, words in own.items()} for language, own in raw.get("headings", {}).items()}
    every = tuple(part for part, _ in parts)
    yield country, Place(country, raw["name"], raw["source"], every, title, headings, names)
    for region, name in regions.items():
        yield f"{country}-{region}", Place(f"{country}-{region}", name, raw["source"], every, title, headings)
    if regions:
        rest = f"{country}-{ELSEWHERE}"
        yield rest, Place(rest, f"{raw['name']} outside {names}", raw["source"],
                          tuple(part for part, regional in parts if not regional), {}, {})


def _part(raw: dict[str, Any]) -> PlacePart:
    signs = {language: tuple(words) for language, words in raw["signs"].items()}
    return PlacePart(raw["id"], Part(raw["into"]), raw["article"], raw["required"], raw["asks"], raw["text"], signs,
                     frozenset(raw.get("kinds", ())), raw.get("only", ""))
