"""Why it is asked again whether people are told: what told them was taken away, or said something wrong."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Again:
    """``what`` told the people and what ``became`` of it, when and why: ``public notice 1``, ``was taken away``."""

    what: str
    became: str
    at: datetime
    why: str

    @property
    def words(self) -> str:
        """Return ``Public notice 1 was taken away``."""
        return f"{self.what[:1].upper()}{self.what[1:]} {self.became}"
