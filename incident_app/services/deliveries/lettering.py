"""One person's letter as a row of the file: the words they would have read elsewhere, below their name and address."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from incident_app.domain.notices import Facts, Text, language_for, render
from incident_app.domain.ports import Vault
from incident_app.domain.recipients import neutral
from incident_app.models.notices import Notice
from incident_app.models.recipients import Recipient
from incident_app.services.notices.looking import reader_of, texts_of
from incident_app.services.notices.wordings import wording
from incident_app.services.recipients.looking import label_of, opened

HEADER = ("person", "name", "address", "language", "subject", "letter")


@dataclass(frozen=True, slots=True)
class Writer:
    """What is the same for every letter of a notice: the texts, the shared facts, the key of the contacts."""

    texts: Mapping[str, Text]
    facts: Facts
    fallback: str
    key: bytes
    vault: Vault

    def letter(self, person: Recipient) -> Sequence[str] | None:
        """Return a row in the order of ``HEADER``, no cell of which a spreadsheet runs; ``None`` without an address."""
        contact = opened(person, self.key, self.vault)
        if contact is None or not contact.postal:
            return None
        language = language_for(person.language, self.texts, self.fallback, person.country)
        made = render(self.texts[language], self.facts, reader_of(contact, self.facts), wording(language, self.facts.to))
        cells = (label_of(person.number), contact.name, contact.postal, language, made.subject, made.body)
        return tuple(map(neutral, cells))


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
