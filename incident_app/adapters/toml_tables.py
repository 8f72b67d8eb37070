"""TOML tables that say what is wrong with them, by file and key."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import TypeVar

_Choice = TypeVar("_Choice", bound=StrEnum)


class LawFileError(ValueError):
    """A law file does not make sense; the words name the file and the key."""


class Table:
    """One TOML table: every key is asked for by its type, and what nobody asked for is an error."""

    def __init__(self, where: str, content: Mapping[str, object]) -> None:
        """Hold ``content``, found at ``where``."""
        self.where = where
        self._content = dict(content)

    def wrong(self, key: str, words: str) -> LawFileError:
        """Return the error that names this place."""
        return LawFileError(f"{self.where}, {key}: {words}")

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text; without a default it must not be empty."""
        value = self._content.pop(key, default)
        if not isinstance(value, str) or (default is None and not value.strip()):
            raise self.wrong(key, "a text is needed here.")
        return value

    def maybe_text(self, key: str) -> str | None:
        """Return a text, or ``None`` where the key is not there."""
        return self.text(key) if key in self._content else None

    def flag(self, key: str) -> bool:
        """Return true or false; not there means false."""
        value = self._content.pop(key, False)
        if not isinstance(value, bool):
            raise self.wrong(key, "true or false is needed here.")
        return value

    def number(self, key: str) -> int | None:
        """Return a whole number above zero, or ``None``."""
        value = self._content.pop(key, None)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise self.wrong(key, "a whole number above zero is needed here.")
        return value

    def day(self, key: str) -> date | None:
        """Return a date, or ``None``."""
        value = self._content.pop(key, None)
        if value is None:
            return None
        if isinstance(value, datetime) or not isinstance(value, date):
            raise self.wrong(key, "a date such as 2018-05-25, without quotes, is needed here.")
        return value

    def texts(self, key: str, *, empty: bool = False) -> tuple[str, ...]:
        """Return a list of texts; ``empty`` allows none."""
        value = self._content.pop(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value) or not (value or empty):
            raise self.wrong(key, "a list of texts is needed here.")
        return tuple(value)

    def choice(self, key: str, kind: type[_Choice], default: str | None = None) -> _Choice:
        """Return a word of a vocabulary."""
        value = self.text(key, default)
        if value not in set(kind):
            raise self.wrong(key, f"“{value}” is not one of {', '.join(kind)}.")
        return kind(value)

    def one_of(self, key: str, allowed: frozenset[str]) -> str:
        """Return one of these words."""
        value = self.text(key)
        if value not in allowed:
            raise self.wrong(key, f"“{value}” is not one of {', '.join(sorted(allowed))}.")
        return value

    def words(self, key: str) -> dict[str, str]:
        """Return a table of texts by name, none where the key is not there."""
        value = self._content.pop(key, {})
        if not isinstance(value, dict) or not all(isinstance(item, str) and item for item in value.values()):
            raise self.wrong(key, "a table of texts is needed here.")
        return value

    def table(self, key: str) -> "Table":
        """Return the table of this name, an empty one where it is not there."""
        value = self._content.pop(key, {})
        if not isinstance(value, dict):
            raise self.wrong(key, f"a table [{key}] is needed here.")
        return Table(f"{self.where}, {key}", value)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys nobody asked for yet."""
        return tuple(self._content)

    def tables(self, key: str, *, empty: bool = False) -> Iterator["Table"]:
        """Return the tables of an array; at least one is needed, unless ``empty`` allows none."""
        value = self._content.pop(key, [] if empty else None)
        if not isinstance(value, list) or not (value or empty) or not all(isinstance(item, dict) for item in value):
            raise self.wrong(key, f"at least one [[{key}]] is needed.")
        for number, item in enumerate(value, 1):
            yield Table(f"{self.where}, {key} {number}", item)

    def end(self) -> None:
        """Refuse what nobody asked for."""
        for key in self._content:
            raise self.wrong(key, "nobody knows this key.")
