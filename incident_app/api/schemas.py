"""What every JSON body has in common: unknown fields are refused, numbers are numbers."""

from marshmallow import RAISE, Schema, fields


class Strict(Schema):
    """A body whose unknown fields are named and refused."""

    class Meta:
        """Refuse what is not asked for."""

        unknown = RAISE


class CountSchema(Strict):
    """How many: ``exact`` and ``about`` take ``low``; ``range`` takes both; ``unknown`` takes neither."""

    certainty = fields.String(required=True)
    low = fields.Integer(strict=True, allow_none=True, load_default=None)
    high = fields.Integer(strict=True, allow_none=True, load_default=None)


class ErrorSchema(Strict):
    """Every refusal: words for a person, and the words per field."""

    error = fields.String()
    problems = fields.Dict(keys=fields.String(), values=fields.String())
