"""Why it is asked again whether people are told: what told them was taken away, or said something wrong, or they are more by now."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Again:
    """``what`` told the people and what ``became`` of it, when and why: ``public notice 1``, ``was taken away``. Or, not
    ``by_it``, another thing on which it hung: ``the number of people``, ``was corrected upwards``."""

    what: str
    became: str
    at: datetime
    why: str
    by_it: bool = True

    @property
    def words(self) -> str:
        """Return ``Public notice 1 was taken away``."""
        return f"{self.what[:1].upper()}{self.what[1:]} {self.became}"

    @property
    def ground(self) -> str:
        """Return ``public notice 1 that told them was taken away``."""
        return f"{self.what}{' that told them' if self.by_it else ''} {self.became}"
