"""The law as data: reads the TOML files of ``incident_app/law`` and refuses what does not make sense, by file and key."""

import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from incident_app.domain.cases import ControllerRole
from incident_app.domain.regimes import (
    ANCHORS,
    Authority,
    Confidence,
    Law,
    Link,
    Mode,
    Regime,
    Rule,
    Status,
    Threshold,
    Unit,
)
from incident_app.domain.risk import Category, DataClass

LAW_FOLDER = Path(__file__).resolve().parent.parent / "law"
RECIPIENT_TYPES = frozenset({"authority", "data_subjects", "controller", "register", "internal", "other"})
PORTALS = frozenset({"web_form", "account", "email"})
_MODE_UNITS: Mapping[Mode, Unit] = MappingProxyType({
    Mode.ELAPSED: Unit.HOURS, Mode.DAYS: Unit.CALENDAR_DAYS, Mode.BUSINESS_DAYS: Unit.BUSINESS_DAYS,
    Mode.MONTHS: Unit.MONTHS,
})
_Choice = TypeVar("_Choice", bound=StrEnum)


class LawFileError(ValueError):
    """A law file does not make sense; the words name the file and the key."""


class _Table:
    """One TOML table: every key is asked for by its type, and what nobody asked for is an error."""

    def __init__(self, where: str, content: Mapping[str, object]) -> None:
        self.where = where
        self._content = dict(content)

    def wrong(self, key: str, words: str) -> LawFileError:
        return LawFileError(f"{self.where}, {key}: {words}")

    def text(self, key: str, default: str | None = None) -> str:
        value = self._content.pop(key, default)
        if not isinstance(value, str) or (default is None and not value.strip()):
            raise self.wrong(key, "a text is needed here.")
        return value

    def maybe_text(self, key: str) -> str | None:
        return self.text(key) if key in self._content else None

    def flag(self, key: str) -> bool:
        value = self._content.pop(key, False)
        if not isinstance(value, bool):
            raise self.wrong(key, "true or false is needed here.")
        return value

    def number(self, key: str) -> int | None:
        value = self._content.pop(key, None)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise self.wrong(key, "a whole number above zero is needed here.")
        return value

    def day(self, key: str) -> date | None:
        value = self._content.pop(key, None)
        if value is None:
            return None
        if isinstance(value, datetime) or not isinstance(value, date):
            raise self.wrong(key, "a date such as 2018-05-25, without quotes, is needed here.")
        return value

    def texts(self, key: str, *, empty: bool = False) -> tuple[str, ...]:
        value = self._content.pop(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value) or not (value or empty):
            raise self.wrong(key, "a list of texts is needed here.")
        return tuple(value)

    def choice(self, key: str, kind: type[_Choice], default: str | None = None) -> _Choice:
        value = self.text(key, default)
        if value not in set(kind):
            raise self.wrong(key, f"“{value}” is not one of {', '.join(kind)}.")
        return kind(value)

    def one_of(self, key: str, allowed: frozenset[str]) -> str:
        value = self.text(key)
        if value not in allowed:
            raise self.wrong(key, f"“{value}” is not one of {', '.join(sorted(allowed))}.")
        return value

    def tables(self, key: str) -> Iterator["_Table"]:
        value = self._content.pop(key, None)
        if not isinstance(value, list) or not value or not all(isinstance(item, dict) for item in value):
            raise self.wrong(key, f"at least one [[{key}]] is needed.")
        for number, item in enumerate(value, 1):
            yield _Table(f"{self.where}, {key} {number}", item)

    def end(self) -> None:
        for key in self._content:
            raise self.wrong(key, "nobody knows this key.")


class LawFiles:
    """The folder that holds ``regimes/*.toml``, ``authorities.toml`` and ``categories.toml``."""

    def __init__(self, folder: Path = LAW_FOLDER) -> None:
        """Read from ``folder``; the package's own by default."""
        self._folder = folder

    def load(self) -> Law:
        """Return the whole law, checked. Raises :class:`LawFileError` naming file and key."""
        files = [*sorted(self._folder.glob("regimes/*.toml")), *(
            self._folder / name for name in ("authorities.toml", "categories.toml"))]
        digest = hashlib.sha256()
        tables: dict[str, _Table] = {}
        for path in files:
            name = path.relative_to(self._folder).as_posix()
            content = _bytes_of(path, name)
            digest.update(name.encode() + b"\0" + content + b"\0")
            tables[name] = _parsed(name, content)
        regimes = tuple(_regime(table) for name, table in tables.items() if name.startswith("regimes/"))
        authorities = tuple(_authorities(tables["authorities.toml"]))
        categories = {one.id: one for one in _categories(tables["categories.toml"])}
        _check_whole(regimes, authorities)
        return Law(regimes, authorities, MappingProxyType(categories), digest.hexdigest()[:12])


def _bytes_of(path: Path, name: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise LawFileError(f"{name}: the file cannot be read ({error.strerror}).") from error


def _parsed(name: str, content: bytes) -> _Table:
    try:
        return _Table(name, tomllib.loads(content.decode()))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LawFileError(f"{name}: this is not TOML ({error}).") from error


def _regime(table: _Table) -> Regime:
    zone = table.maybe_text("zone")
    if zone is not None:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise table.wrong("zone", f"there is no time zone “{zone}”.") from error
    links = table.texts("links")
    for link in links:
        if link not in set(Link):
            raise table.wrong("links", f"“{link}” is not one of {', '.join(Link)}.")
    regime = Regime(
        id=table.text("id"), name=table.text("name"), instrument=table.text("instrument"),
        jurisdiction=table.text("jurisdiction"), countries=_countries(table, "countries"),
        links=frozenset(Link(link) for link in links), one_stop_shop=table.flag("one_stop_shop"), zone=zone,
        rules=tuple(_rule(rule) for rule in table.tables("rule")),
    )
    table.end()
    return regime


def _countries(table: _Table, key: str) -> tuple[str, ...]:
    codes = table.texts(key)
    for code in codes:
        _country(table, key, code)
    if len(set(codes)) != len(codes):
        raise table.wrong(key, "a country is named twice.")
    return codes


def _country(table: _Table, key: str, code: str) -> str:
    if not (len(code) == 2 and code.isascii() and code.isalpha() and code.isupper()):
        raise table.wrong(key, f"“{code}” is not a two-letter country code.")
    return code


def _rule(table: _Table) -> Rule:
    rule = Rule(
        provision=table.text("provision"), stage=table.text("stage"),
        recipient_type=table.one_of("recipient_type", RECIPIENT_TYPES), recipient=table.text("recipient"),
        anchor=table.one_of("anchor", ANCHORS), value=table.number("value"),
        unit=table.choice("unit", Unit, Unit.NONE.value), mode=table.choice("mode", Mode),
        threshold=table.choice("threshold", Threshold), threshold_words=table.text("threshold_words"),
        binds=table.choice("binds", ControllerRole, ControllerRole.CONTROLLER.value),
        hour_rule=table.flag("hour_rule"), in_force_from=table.day("in_force_from"),
        in_force_to=table.day("in_force_to"), status=table.choice("status", Status),
        source=table.text("source", ""), confidence=table.choice("confidence", Confidence),
        note=table.text("note", ""), target_hours=table.number("target_hours"),
    )
    table.end()
    _check_rule(table, rule)
    return rule


def _check_rule(table: _Table, rule: Rule) -> None:
    if rule.unit is not _MODE_UNITS.get(rule.mode, Unit.NONE):
        raise table.wrong("unit", f"“{rule.unit}” does not go with the mode “{rule.mode}”.")
    if (rule.value is None) is not (rule.unit is Unit.NONE):
        raise table.wrong("value", "a term has a value and a unit, words only have neither.")
    if rule.hour_rule and rule.unit is not Unit.HOURS:
        raise table.wrong("hour_rule", "only terms in hours are counted by the hour.")
    if rule.in_force_from and rule.in_force_to and rule.in_force_to < rule.in_force_from:
        raise table.wrong("in_force_to", "it ends before it begins.")
    if not rule.source and rule.confidence is not Confidence.MEMORY:
        raise table.wrong("source", "what was verified has a source.")


def _authorities(table: _Table) -> Iterator[Authority]:
    seen: set[tuple[str, str | None]] = set()
    for entry in table.tables("authority"):
        found = Authority(
            id=entry.text("id"), name=entry.text("name"), short_name=entry.text("short_name"),
            country=_country(entry, "country", entry.text("country")), subdivision=entry.maybe_text("subdivision"),
            languages=entry.texts("languages"), portal=entry.one_of("portal", PORTALS),
            website=entry.text("website"), confidence=entry.choice("confidence", Confidence),
        )
        entry.end()
        if (found.country, found.subdivision) in seen:
            raise entry.wrong("country", "there is an authority for this place already.")
        seen.add((found.country, found.subdivision))
        yield found
    table.end()


def _categories(table: _Table) -> Iterator[Category]:
    seen: set[str] = set()
    for entry in table.tables("category"):
        found = Category(
            id=entry.text("id"), label=entry.text("label"), data_class=entry.choice("class", DataClass),
            special=entry.flag("special"), identity=entry.flag("identity"), vulnerable=entry.flag("vulnerable"),
            examples=entry.texts("examples"),
        )
        entry.end()
        if found.id in seen:
            raise entry.wrong("id", f"“{found.id}” is there twice.")
        seen.add(found.id)
        yield found
    table.end()


def _check_whole(regimes: tuple[Regime, ...], authorities: tuple[Authority, ...]) -> None:
    ids = [regime.id for regime in regimes]
    if not ids:
        raise LawFileError("regimes: there is no law file.")
    twice = {name for name in ids if ids.count(name) > 1}
    if twice:
        raise LawFileError(f"regimes, id: {', '.join(sorted(twice))} is there twice.")
    served = {one.country for one in authorities if one.subdivision is None}
    for regime in regimes:
        missing = sorted(set(regime.countries) - served)
        if missing:
            raise LawFileError(f"authorities.toml: {regime.id} needs an authority for {', '.join(missing)}.")
