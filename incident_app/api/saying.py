"""What does not fit a schema is said in our words, for whoever sent it: what is needed, not what went wrong in a library."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields
from marshmallow.validate import Length, OneOf, Range

MOMENT = "A time with its offset is needed, such as 2026-11-22T09:00:00+01:00."
DAY = "A day is needed, such as 2026-11-22."
HOUR = "A time of day is needed, such as 09:00."
OBJECT = "An object is needed: names with their values."
WORDS: Mapping[type[fields.Field[Any]], Mapping[str, str]] = {
    fields.Field: {"required": "This is needed.", "null": "A value is needed; null is none.",
                   "validator_failed": "This does not fit."},
    fields.String: {"invalid": "A text is needed.", "invalid_utf8": "A text in UTF-8 is needed."},
    fields.Number: {"invalid": "A number is needed.", "too_large": "The number is too large."},
    fields.Float: {"special": "A number is needed, and one that is finite."},
    fields.Integer: {"invalid": "A whole number is needed."},
    fields.Boolean: {"invalid": "true or false is needed."},
    fields.DateTime: {"invalid": MOMENT, "invalid_awareness": MOMENT},
    fields.Date: {"invalid": DAY, "invalid_awareness": DAY},
    fields.Time: {"invalid": HOUR, "invalid_awareness": HOUR},
    fields.UUID: {"invalid_uuid": "An id is needed, as it was given out: 32 signs and four hyphens."},
    fields.List: {"invalid": "A list is needed."},
    fields.Mapping: {"invalid": OBJECT},
    fields.Nested: {"type": OBJECT},
}
"""By kind of field; what a kind does not say, the kinds it is made of do."""


class Said(Schema):
    """A schema that speaks our words."""

    error_messages = {"type": OBJECT, "unknown": "This field is not known here."}

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """Give a field our words, and what is inside it."""
        del field_name
        _give(field_obj)


def _give(field: fields.Field[Any]) -> None:
    for kind in reversed(type(field).__mro__):
        field.error_messages = {**field.error_messages, **WORDS.get(kind, {})}
    for one in field.validators:
        if isinstance(one, Range) and one.error is None:
            one.error = _bounds(one.min is not None, one.max is not None, "")
        elif isinstance(one, Length) and one.error is None and one.equal is None:
            one.error = _bounds(one.min is not None, one.max is not None,
                                " characters" if isinstance(field, fields.String) else " of them")
        elif isinstance(one, OneOf) and one.error is OneOf.default_message:
            one.error = "One of these is needed: {choices}."
    for name in ("inner", "key_field", "value_field"):
        inside = getattr(field, name, None)
        if inside is not None:
            _give(inside)


def _bounds(least: bool, most: bool, of: str) -> str:
    """Return what a validator fills in."""
    if least and most:
        return f"Between {{min}} and {{max}}{of}."
    return f"At least {{min}}{of}." if least else f"At most {{max}}{of}."
