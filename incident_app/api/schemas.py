"""What every JSON body has in common: unknown fields are refused, numbers are numbers."""

from datetime import datetime
from typing import Any

from flask import g
from marshmallow import RAISE, ValidationError, fields, pre_load, validates_schema
from marshmallow.validate import Range

from incident_app.api.saying import Said
from incident_app.domain.cases import FIRST_YEAR, LAST_YEAR

LARGEST_VERSION = 2**31 - 1


class Strict(Said):
    """A body whose unknown fields are named and refused."""

    class Meta:
        """Refuse what is not asked for."""

        unknown = RAISE


class Versioned(Strict):
    """A body that says which version was read; the header ``If-Match`` may say it in its place."""

    version = fields.Integer(strict=True, validate=Range(0, LARGEST_VERSION))
    needs_version = True

    @pre_load
    def _by_header(self, data: Any, **_more: Any) -> Any:
        read = g.get("if_match")
        if read is None or not isinstance(data, dict):
            return data
        if data.get("version", read) != read:
            raise ValidationError("If-Match names another version.", "version")
        return data | {"version": read}

    @validates_schema
    def _is_there(self, data: dict[str, Any], **_more: Any) -> None:
        if self.needs_version and data.get("version") is None:
            raise ValidationError("Say which version you read, here or by the header If-Match.", "version")


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
