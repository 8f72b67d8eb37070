"""One person's letter as a row of the file: the words they would have read elsewhere, below their name and address."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from babel import Locale

from incident_app.domain.notices import (
    Facts,
    Rendered,
    Text,
    Wording,
    language_for,
    render,
    spoken,
    whole_values,
)
from incident_app.domain.ports import Vault
from incident_app.domain.recipients import Contact, neutral
from incident_app.models.notices import Notice
from incident_app.models.recipients import Recipient
from incident_app.services.notices.looking import reader_of, texts_of
from incident_app.services.notices.times import day_in
from incident_app.services.notices.wordings import wording
from incident_app.services.recipients.looking import label_of, opened

_CODE = re.compile(r"[A-Z]{2}")
HEADER = ("person", "name", "address", "language", "subject", "letter")


@dataclass(frozen=True, slots=True)
class Writer:
    """What is the same for every letter of a notice: the texts, the shared facts, the key of the contacts."""

    texts: Mapping[str, Text]
    facts: Facts
    fallback: str
    key: bytes
    vault: Vault

    def _words(self, person: Recipient) -> tuple[Contact, Wording, Rendered] | None:
        """Return what this person reads; ``None`` without an address."""
        contact = opened(person, self.key, self.vault)
        if contact is None or not contact.postal:
            return None
        words = wording(language_for(person.language, self.texts, self.fallback, person.country), self.facts.to)
        reader = reader_of(contact, self.facts, words.language, person.country)
        made = render(self.texts[words.language], self.facts, reader, words)
        return contact, words, made

    def letter(self, person: Recipient) -> Sequence[str] | None:
        """Return a row in the order of ``HEADER``, no cell of which a spreadsheet runs; ``None`` without an address."""
        found = self._words(person)
        if found is None:
            return None
        contact, words, made = found
        cells = (label_of(person.number), contact.name, "\n".join(address_lines(contact.postal)), words.language, made.subject, made.body)
        return tuple(map(neutral, cells))

    def paper(self, person: Recipient, printed: "Printed") -> Mapping[str, Any] | None:
        """Return what the layout of a printed letter shows; ``None`` without an address."""
        found = self._words(person)
        if found is None:
            return None
        contact, words, made = found
        return {
            "language": words.language, "label": label_of(person.number), "side": printed.side,
            "sender": printed.sender, "sender_lines": printed.sender_lines,
            "address": tuple(line for line in (contact.name, *address_lines(contact.postal)) if line),
            "date": day_in(printed.on, words.language, person.country), "subject": made.subject, "body": made.body,
            "headings": tuple(words.headings.values()), "said": words.paper, "drill": words.drill if self.facts.drill else "",
            "reference": self.facts.case_ref, "code": spoken(self.facts.code),
            "whole": whole_values(self.facts),
        }


@dataclass(frozen=True, slots=True)
class Printed:
    """What is the same on every printed letter: who sends it, the day, on which side the window is."""

    sender: str
    sender_lines: tuple[str, ...]
    on: date
    side: str


def address_lines(postal: str) -> list[str]:
    """Return the lines of an address as the post reads it: a country that a list gives as ``DE`` stands there by its name, in
    capitals and in English, which every post office reads (Universal Postal Convention)."""
    lines = postal.split("\n")
    name = _english().get(lines[-1]) if _CODE.fullmatch(lines[-1]) else None
    return [*lines[:-1], name.upper()] if name else lines


@lru_cache(maxsize=1)
def _english() -> Mapping[str, str]:
    return Locale("en").territories


def csv_lines(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield rows as CSV, one at a time, behind the mark by which spreadsheets know UTF-8."""
    yield "\ufeff"
    for row in rows:
        out = io.StringIO()
        csv.writer(out).writerow(row)
        yield out.getvalue()


def writer_of(notice: Notice, key: bytes, vault: Vault) -> Writer:
    """Return who writes the letters of a notice."""
    return Writer(texts_of(notice), Facts.from_json(notice.facts), notice.fallback_language, key, vault)
