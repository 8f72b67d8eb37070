"""The record in words: what was done, what it was about, and what an entry adds. Every page and paper reads it here."""

from incident_app.domain.record.accounts import whom_of
from incident_app.domain.record.details import NOTHING, About, detail_of, was_words
from incident_app.domain.record.words import PROPOSED, SECURITY, WORDS, door_of, is_known, words_of

__all__ = [
    "NOTHING", "PROPOSED", "SECURITY", "WORDS", "About", "detail_of", "door_of", "is_known", "was_words", "whom_of", "words_of",
]
