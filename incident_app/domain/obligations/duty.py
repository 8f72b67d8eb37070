"""One duty to tell one party, with its terms; and one that is not owed, with the reason."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Duty:
    """One duty with its terms as they are law now: the fields of an ``Obligation`` row.

    ``anchor_at`` is ``None`` while nothing has started the clock; ``due_at`` too where the law names no date.
    ``controller`` is the one it concerns where there are several. ``always``: owed whatever a human decides about risk.
    ``maybe``: it binds a sector, and nobody has said whether the organisation is of it.
    """

    regime: str
    provision: str
    stage: str
    recipient_type: str
    recipient: str
    controller: str
    anchor: str
    anchor_at: datetime | None
    value: int | None
    unit: str
    mode: str
    threshold_id: str
    threshold: str
    always: bool
    due_at: datetime | None
    legal_latest_at: datetime | None
    target_at: datetime | None
    source: str
    confidence: str
    rule_version: str
    why: str
    note: str
    maybe: bool = False

    def terms(self) -> dict[str, object]:
        """Return what an ``Obligation`` row keeps, by column name."""
        return {name: getattr(self, name) for name in self.__slots__ if name != "maybe"}


@dataclass(frozen=True, slots=True)
class NotOwed:
    """A rule that might have been thought of, and why it asks for nothing here (now)."""

    regime: str
    name: str
    provision: str
    recipient: str
    why: str
    source: str
    confidence: str
