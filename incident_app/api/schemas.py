"""What every JSON body has in common: unknown fields are refused, numbers are numbers."""

from datetime import datetime
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields

from incident_app.domain.cases import FIRST_YEAR, LAST_YEAR


class Strict(Schema):
    """A body whose unknown fields are named and refused."""

    class Meta:
        """Refuse what is not asked for."""

        unknown = RAISE


class MomentField(fields.AwareDateTime):
    """A moment, ISO 8601 with its offset, in a year that a case can be about."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        found: datetime = super()._deserialize(value, attr, data, **kwargs)
        if not FIRST_YEAR <= found.year <= LAST_YEAR:
            raise ValidationError(f"Between the years {FIRST_YEAR} and {LAST_YEAR}.")
        return found


class CountSchema(Strict):
    """How many: ``exact`` and ``about`` take ``low``; ``range`` takes both; ``unknown`` takes neither."""

    certainty = fields.String(required=True)
    low = fields.Integer(strict=True, allow_none=True, load_default=None)
    high = fields.Integer(strict=True, allow_none=True, load_default=None)


class ErrorSchema(Strict):
    """Every refusal: words for a person, and the words per field."""

    error = fields.String()
    problems = fields.Dict(keys=fields.String(), values=fields.String())
