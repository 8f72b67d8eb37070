"""What the check of a text looks for in each language, from ``incident_app/law/lint/<language>.toml``."""

import tomllib
from functools import cache
from pathlib import Path
from types import MappingProxyType

from incident_app.domain.notices.lint import Habits, Reading, base, plain
from incident_app.paths import PACKAGE

FOLDER = PACKAGE / "law" / "lint"


@cache
def _raw() -> dict[str, dict[str, object]]:
    return {path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(Path(FOLDER).glob("*.toml"))}


def _words(raw: object) -> tuple[str, ...]:
    return tuple(plain(str(one)) for one in raw) if isinstance(raw, list) else ()


def _named(raw: object) -> dict[str, object]:
    return raw if isinstance(raw, dict) else {}


@cache
def habits(language: str) -> Habits:
    """Return the habits of a language (“en-US” has those of “en”); empty ones for a language that has none yet."""
    raw = _raw().get(base(language))
    if raw is None:
        return Habits()
    return Habits(
        language=base(language), joined=raw.get("joined") is True, months=_words(raw["months"]),
        negations=_words(raw["negations"]), people=_words(raw["people"]), sensitive=_words(raw["sensitive"]),
        phrases=MappingProxyType({name: _words(words) for name, words in _named(raw["phrases"]).items()}),
        patterns=MappingProxyType({name: str(words) for name, words in _named(raw["patterns"]).items()}),
        kinds=MappingProxyType({name: _words(words) for name, words in _named(raw["kinds"]).items()}),
        reading=Reading(**_named(raw["reading"])),  # type: ignore[arg-type]  # our own TOML, its keys are the fields
        rivals=MappingProxyType({code: frozenset(_words(one["stopwords"])) for code, one in _raw().items()}),
    )
