"""Uploaded rows → people: decode, normalise, validate, join duplicates, problems per cell; nobody gets lost on the way."""

from incident_app.domain.recipients.cells import (
    Contact,
    looks_like_formula,
    masked_email,
    masked_name,
    masked_telegram,
    neutral,
)
from incident_app.domain.recipients.columns import FIELDS, Columns, map_columns
from incident_app.domain.recipients.reading import ENCODINGS, Sample, decode, previews, split, table
from incident_app.domain.recipients.sifting import Person, Problem, Sifted, sift, sift_rows

__all__ = [
    "ENCODINGS",
    "FIELDS",
    "Columns",
    "Contact",
    "Person",
    "Problem",
    "Sample",
    "Sifted",
    "decode",
    "looks_like_formula",
    "map_columns",
    "masked_email",
    "masked_name",
    "masked_telegram",
    "neutral",
    "previews",
    "sift",
    "sift_rows",
    "split",
    "table",
]
