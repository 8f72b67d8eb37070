"""Uploaded rows → people: decode, normalise, validate, join duplicates, problems per cell; nobody gets lost on the way."""

from incident_app.domain.recipients.cells import (
    Contact,
    clean_email,
    clean_telegram,
    looks_like_formula,
    masked_cell,
    masked_email,
    masked_name,
    masked_telegram,
    neutral,
)
from incident_app.domain.recipients.columns import FIELDS, Columns, chosen_columns, map_columns, proposed
from incident_app.domain.recipients.decoding import (
    ENCODINGS,
    OLD_SPREADSHEET,
    SPREADSHEET,
    Listener,
    Sample,
    check_encoding,
    marked,
    previews,
    text_of,
)
from incident_app.domain.recipients.erasing import UNUSED_UPLOAD, erase_at
from incident_app.domain.recipients.reading import Table, lines_of, record, records, sheet, split, table
from incident_app.domain.recipients.sifting import Person, Problem, Sieve
from incident_app.domain.recipients.suppression import stops, summary, words_for, worse

__all__ = [
    "ENCODINGS",
    "FIELDS",
    "OLD_SPREADSHEET",
    "SPREADSHEET",
    "UNUSED_UPLOAD",
    "Columns",
    "Contact",
    "Listener",
    "Person",
    "Problem",
    "Sample",
    "Sieve",
    "Table",
    "check_encoding",
    "chosen_columns",
    "clean_email",
    "clean_telegram",
    "erase_at",
    "lines_of",
    "looks_like_formula",
    "map_columns",
    "marked",
    "masked_cell",
    "masked_email",
    "masked_name",
    "masked_telegram",
    "neutral",
    "previews",
    "proposed",
    "record",
    "records",
    "sheet",
    "split",
    "stops",
    "summary",
    "table",
    "text_of",
    "words_for",
    "worse",
]
