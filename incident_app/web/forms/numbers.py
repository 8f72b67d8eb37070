"""Whole numbers in forms. What is no number is answered by what to type, with the bounds of the field."""

from collections.abc import Sequence
from typing import Any

from wtforms import IntegerField

from incident_app.domain.numbers import grouped


def to_type(least: int | None = None, most: int | None = None) -> str:
    """Return what to type: ``Give a whole number from 1 to 365.``"""
    if least is not None and most is not None:
        return f"Give a whole number from {grouped(least)} to {grouped(most)}."
    return "Give a whole number." if least is None else f"Give a whole number, {grouped(least)} or more."


class WholeField(IntegerField):
    """A whole number from ``least`` to ``most``: the bounds are said here, and kept by who uses the number."""

    def __init__(self, label: str, validators: Sequence[Any] = (), *, least: int | None = None, most: int | None = None,
                 **more: Any) -> None:
        """Say what to type in the place of what WTForms says."""
        super().__init__(label, list(validators), **more)
        self.invalid_value_message = to_type(least, most)
