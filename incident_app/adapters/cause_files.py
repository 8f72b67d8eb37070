"""Reads the vocabularies people choose from that are no law: causes and factors, and whose data it can be."""

from collections.abc import Iterator

from incident_app.adapters.toml_tables import Table
from incident_app.domain.lessons import Cause, CausedBy, Vocabulary


def causes(table: Table) -> Vocabulary:
    """Return ``causes.toml``, checked."""
    families = {name: one.text("label") for name, one in _named(table, "family")}
    found = Vocabulary({name: _cause(name, one, families) for name, one in _named(table, "cause")},
                       {name: one.text("label") for name, one in _named(table, "factor")})
    table.end()
    return found


def people(table: Table) -> dict[str, str]:
    """Return ``people.toml``: labels by id."""
    found = {name: one.text("label") for name, one in _named(table, "people")}
    table.end()
    return found


def _cause(name: str, entry: Table, families: dict[str, str]) -> Cause:
    caused_by = entry.choice("caused_by", CausedBy)
    return Cause(name, families[entry.one_of("family", frozenset(families))], entry.text("label"), entry.text("words"),
                 caused_by, entry.choice("on_purpose", CausedBy, caused_by.value))


def _named(table: Table, key: str) -> Iterator[tuple[str, Table]]:
    seen: set[str] = set()
    for entry in table.tables(key):
        name = entry.text("id")
        if name in seen:
            raise entry.wrong("id", f"“{name}” is there twice.")
        seen.add(name)
        yield name, entry
        entry.end()
