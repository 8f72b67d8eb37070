"""The law as data: reads the TOML files of ``incident_app/law`` and refuses what does not make sense, by file and key."""

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from incident_app.adapters import cause_files
from incident_app.adapters.toml_tables import LawFileError, Table
from incident_app.domain.cases import ControllerRole
from incident_app.domain.regimes import (
    ANCHORS,
    CHAINED,
    Authority,
    Confidence,
    Law,
    Link,
    Mode,
    Regime,
    Rule,
    Sector,
    Status,
    Threshold,
    Unit,
    Weight,
)
from incident_app.domain.risk import Category, DataClass

LAW_FOLDER = Path(__file__).resolve().parent.parent / "law"
RECIPIENT_TYPES = frozenset({"authority", "data_subjects", "controller", "register", "internal", "other"})
PORTALS = frozenset({"web_form", "account", "email", "letter"})
_PLACE = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")
_MODE_UNITS: Mapping[Mode, Unit] = MappingProxyType({
    Mode.ELAPSED: Unit.HOURS, Mode.DAYS: Unit.CALENDAR_DAYS, Mode.BUSINESS_DAYS: Unit.BUSINESS_DAYS,
    Mode.MONTHS: Unit.MONTHS,
})


class LawFiles:
    """The folder that holds ``regimes/*.toml``, ``authorities.toml``, ``categories.toml`` and ``sectors.toml``, and the
    vocabularies ``causes.toml`` and ``people.toml``, from which no duty follows: they are no part of the version."""

    def __init__(self, folder: Path = LAW_FOLDER) -> None:
        """Read from ``folder``; the package's own by default."""
        self._folder = folder

    def load(self) -> Law:
        """Return the whole law, checked. Raises :class:`LawFileError` naming file and key."""
        files = [*sorted(self._folder.glob("regimes/*.toml")), *(
            self._folder / name for name in ("authorities.toml", "categories.toml", "sectors.toml"))]
        digest = hashlib.sha256()
        tables: dict[str, Table] = {}
        for path in files:
            name = path.relative_to(self._folder).as_posix()
            content = _bytes_of(path, name)
            digest.update(name.encode() + b"\0" + content + b"\0")
            tables[name] = _parsed(name, content)
        regimes = tuple(_regime(table) for name, table in tables.items() if name.startswith("regimes/"))
        authorities = tuple(_authorities(tables["authorities.toml"]))
        categories = {one.id: one for one in _categories(tables["categories.toml"])}
        sectors = tuple(_sectors(tables["sectors.toml"]))
        causes, people = (_parsed(name, _bytes_of(self._folder / name, name)) for name in ("causes.toml", "people.toml"))
        law = Law(regimes, authorities, MappingProxyType(categories), digest.hexdigest()[:12], sectors,
                  cause_files.causes(causes), MappingProxyType(cause_files.people(people)))
        _check_whole(law)
        return law


def _bytes_of(path: Path, name: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise LawFileError(f"{name}: the file cannot be read ({error.strerror}).") from error


def _parsed(name: str, content: bytes) -> Table:
    try:
        return Table(name, tomllib.loads(content.decode()))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LawFileError(f"{name}: this is not TOML ({error}).") from error


def _regime(table: Table) -> Regime:
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
        jurisdiction=table.text("jurisdiction"), countries=_places(table, "countries"),
        links=frozenset(Link(link) for link in links), one_stop_shop=table.flag("one_stop_shop"), zone=zone,
        rules=tuple(_rule(rule) for rule in table.tables("rule")),
        but_not=_places(table, "but_not", empty=True), sectors=table.texts("sectors", empty=True),
        replaces=table.text("replaces", ""),
    )
    table.end()
    _check_stages(table, regime)
    return regime


def _check_stages(table: Table, regime: Regime) -> None:
    stages = {rule.stage for rule in regime.rules}
    for number, rule in enumerate(regime.rules, 1):
        for key, stage in (("follows", rule.follows), ("cap_of", rule.cap_of)):
            if stage and stage not in stages:
                words = f"there is no stage “{stage}” in this regime."
                raise LawFileError(f"{table.where}, rule {number}, {key}: {words}")


def _places(table: Table, key: str, *, empty: bool = False) -> tuple[str, ...]:
    codes = table.texts(key, empty=empty)
    for code in codes:
        if not _PLACE.fullmatch(code):
            raise table.wrong(key, f"“{code}” is not a country such as DE or a part of one such as US-CA.")
    if len(set(codes)) != len(codes):
        raise table.wrong(key, "a place is named twice.")
    return codes


def _country(table: Table, key: str, code: str) -> str:
    if not (len(code) == 2 and code.isascii() and code.isalpha() and code.isupper()):
        raise table.wrong(key, f"“{code}” is not a two-letter country code.")
    return code


def _rule(table: Table) -> Rule:
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
        supervisory=table.flag("supervisory"), follows=table.text("follows", ""), cap_of=table.text("cap_of", ""),
        min_people=table.number("min_people"), max_people=table.number("max_people"),
        people_test=table.choice("people_test", Weight, Weight.REQUIRED.value),
        data_kinds=table.texts("data_kinds", empty=True),
        data_test=table.choice("data_test", Weight, Weight.REQUIRED.value), replaces=table.text("replaces", ""),
        citation=table.text("citation", ""),
    )
    table.end()
    _check_rule(table, rule)
    return rule


def _check_rule(table: Table, rule: Rule) -> None:
    if rule.mode is not Mode.GUIDANCE and rule.unit is not _MODE_UNITS.get(rule.mode, Unit.NONE):
        raise table.wrong("unit", f"“{rule.unit}” does not go with the mode “{rule.mode}”.")
    if (rule.value is None) is not (rule.unit is Unit.NONE):
        raise table.wrong("value", "a term has a value and a unit, words only have neither.")
    if rule.hour_rule and rule.unit is not Unit.HOURS:
        raise table.wrong("hour_rule", "only terms in hours are counted by the hour.")
    if rule.in_force_from and rule.in_force_to and rule.in_force_to < rule.in_force_from:
        raise table.wrong("in_force_to", "it ends before it begins.")
    if not rule.source and rule.confidence is not Confidence.CHECK:
        raise table.wrong("source", "what was verified has a source.")
    if bool(rule.follows) is not (rule.anchor in CHAINED):
        raise table.wrong("follows", "a clock that starts when another stage was sent names that stage, others do not.")
    if rule.supervisory and rule.recipient_type != "authority":
        raise table.wrong("supervisory", "only what goes to an authority goes to the supervisory one.")


NAMED_IN = ("ar", "ru", "uk")
"""Languages whose readers know an authority at home by another name than ``name``, as their script is another one."""


def _authorities(table: Table) -> Iterator[Authority]:
    seen: set[tuple[str, str | None]] = set()
    for entry in table.tables("authority"):
        for language in NAMED_IN:  # for letters, which read them where they are written (services/notices/supervising.py)
            entry.text(f"name_{language}", "")
        found = Authority(
            id=entry.text("id"), name=entry.text("name"), short_name=entry.text("short_name"),
            country=_country(entry, "country", entry.text("country")), subdivision=entry.maybe_text("subdivision"),
            languages=entry.texts("languages"), portal=entry.one_of("portal", PORTALS),
            website=entry.text("website"), confidence=entry.choice("confidence", Confidence),
            phone=entry.text("phone", ""), hours=entry.text("hours", ""), watch_for=entry.text("watch_for", ""),
        )
        entry.end()
        if (found.country, found.subdivision) in seen:
            raise entry.wrong("country", "there is an authority for this place already.")
        seen.add((found.country, found.subdivision))
        yield found
    table.end()


def _categories(table: Table) -> Iterator[Category]:
    seen: set[str] = set()
    for entry in table.tables("category"):
        found = Category(
            id=entry.text("id"), label=entry.text("label"), data_class=entry.choice("class", DataClass),
            special=entry.flag("special"), identity=entry.flag("identity"), vulnerable=entry.flag("vulnerable"),
            examples=entry.texts("examples"), birth_date=entry.flag("birth_date"), basic=entry.flag("basic"),
            credentials=entry.flag("credentials"),
        )
        entry.end()
        if found.id in seen:
            raise entry.wrong("id", f"“{found.id}” is there twice.")
        seen.add(found.id)
        yield found
    table.end()


def _sectors(table: Table) -> Iterator[Sector]:
    seen: set[str] = set()
    for entry in table.tables("sector"):
        found = Sector(id=entry.text("id"), label=entry.text("label"), question=entry.text("question"))
        entry.end()
        if found.id in seen:
            raise entry.wrong("id", f"“{found.id}” is there twice.")
        seen.add(found.id)
        yield found
    table.end()


def _check_whole(law: Law) -> None:
    ids = [regime.id for regime in law.regimes]
    if not ids:
        raise LawFileError("regimes: there is no law file.")
    twice = {name for name in ids if ids.count(name) > 1}
    if twice:
        raise LawFileError(f"regimes, id: {', '.join(sorted(twice))} is there twice.")
    served = {one.country for one in law.authorities}
    sectors = {one.id for one in law.sectors}
    kinds = law.data_kinds(law.categories)
    for regime in law.regimes:
        _check_words(regime, set(ids), sectors, kinds)
        if any(rule.supervisory for rule in regime.rules):
            missing = sorted({place[:2] for place in regime.countries} - served)
            if missing:
                raise LawFileError(f"authorities.toml: {regime.id} needs an authority for {', '.join(missing)}.")


def _check_words(regime: Regime, ids: set[str], sectors: set[str], kinds: frozenset[str]) -> None:
    odd = sorted(set(regime.sectors) - sectors)
    if odd:
        raise LawFileError(f"{regime.id}, sectors: {', '.join(odd)} is not in sectors.toml.")
    if regime.replaces and regime.replaces not in ids:
        raise LawFileError(f"{regime.id}, replaces: there is no regime “{regime.replaces}”.")
    for number, rule in enumerate(regime.rules, 1):
        strange = sorted(set(rule.data_kinds) - kinds)
        if strange:
            words = f"{', '.join(strange)} is neither a data category nor a class of data."
            raise LawFileError(f"{regime.id}, rule {number}, data_kinds: {words}")
