"""The words of each language we can draft in, from ``templates/letters/<language>/blocks.toml``."""

import tomllib
from functools import cache

from incident_app.domain.notices import Block, Part, Wording, localised
from incident_app.paths import data_dir
from incident_app.services.notices.place_files import places

STANDARD = "en"


@cache
def wording(language: str) -> Wording:
    """Return the words of a language. Raises ``FileNotFoundError`` for one that is not in :func:`languages`.

    “en-US” are those of English for the people of a country that asks for more.
    """
    own, _, country = language.partition("-")
    if country:
        return localised(wording(own), places()[country])
    raw = tomllib.loads((data_dir("templates") / "letters" / language / "blocks.toml").read_text(encoding="utf-8"))
    return Wording(
        language=language, label=raw["label"], subject=raw["subject"], greeting=raw["greeting"],
        headings={Part(part): words for part, words in raw["headings"].items()}, months=tuple(raw["months"]),
        date=raw["date"], nature=raw["nature"], data_intro=raw["data_intro"], consequences=raw["consequences"],
        measures=raw["measures"], advice=raw["advice"], contact=raw["contact"],
        blocks={kind: Block(**words) for kind, words in raw["data"].items()}, banned=tuple(raw["banned"]),
    )


@cache
def languages() -> tuple[str, ...]:
    """Return the languages we can write in."""
    folder = data_dir("templates") / "letters"
    return tuple(sorted(path.parent.name for path in folder.glob("*/blocks.toml")))
