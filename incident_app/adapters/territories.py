"""The names of countries in a language, from the tables of Unicode (CLDR); nothing is read before one is asked for."""

import re
from collections.abc import Iterator, Mapping

from babel import Locale

_CODE = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")


class Territories(Mapping[str, str]):
    """``Germany`` for ``DE``, ``United States (CA)`` for a part of it. What is no code, or has no name, is not there."""

    def __init__(self, language: str) -> None:
        """Take a language as two letters."""
        self._locale = Locale(language)

    def __getitem__(self, code: str) -> str:
        """Return the name of a place."""
        if not _CODE.fullmatch(code):
            raise KeyError(code)
        country, _, part = code.partition("-")
        name = str(self._locale.territories[country])
        return f"{name} ({part})" if part else name

    def __iter__(self) -> Iterator[str]:
        """Yield the codes of all countries."""
        return (code for code in map(str, self._locale.territories) if _CODE.fullmatch(code))

    def __len__(self) -> int:
        """Return how many countries there are."""
        return sum(1 for _ in self)
