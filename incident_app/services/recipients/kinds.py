"""Which kinds of data are special, from the law's own list."""

import tomllib
from collections.abc import Mapping
from functools import cache

from incident_app.paths import PACKAGE


@cache
def special_kinds() -> Mapping[str, bool]:
    """Return for every kind of data, by its id and by its name in small letters, whether it is special."""
    raw = tomllib.loads((PACKAGE / "law" / "categories.toml").read_text(encoding="utf-8"))
    return {name.casefold(): one["special"] for one in raw["category"] for name in (one["id"], one["label"])}
