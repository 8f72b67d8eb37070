"""Fields that offer answers to choose from. An answer that was not offered is refused in words, with the name of the field."""

from collections.abc import Sequence
from typing import Any

from wtforms.fields import choices as theirs


def to_choose(field: theirs.SelectFieldBase) -> str:
    """Return what to do: ``Choose one of the answers offered for “Order”.``"""
    several = isinstance(field, theirs.SelectMultipleField)
    return f"Choose {'among' if several else 'one of'} the answers offered for “{field.label.text}”."


class SelectField(theirs.SelectField):
    """One of a list."""

    def __init__(self, label: str, validators: Sequence[Any] = (), **more: Any) -> None:
        """Say what to choose in the place of what WTForms says."""
        super().__init__(label, list(validators), **more)
        self.invalid_choice_message = self.invalid_value_message = to_choose(self)


class RadioField(theirs.RadioField):
    """One of a few that are all in sight."""

    def __init__(self, label: str, validators: Sequence[Any] = (), **more: Any) -> None:
        """Say what to choose in the place of what WTForms says."""
        super().__init__(label, list(validators), **more)
        self.invalid_choice_message = self.invalid_value_message = to_choose(self)


class SelectMultipleField(theirs.SelectMultipleField):
    """Any of a list."""

    def __init__(self, label: str, validators: Sequence[Any] = (), **more: Any) -> None:
        """Say what to choose in the place of what WTForms says."""
        super().__init__(label, list(validators), **more)
        self.invalid_value_message = to_choose(self)
        self.invalid_choice_message = to_choose(self).replace("%", "%%")  # WTForms puts the answers in
