"""Letters on paper: names and addresses leave the house in one file, by four eyes, once, within a quarter of an hour."""

from dataclasses import dataclass
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=15)
SHORTEST_REASON = 10
ASKED, CONFIRMED, TAKEN, DONE, BROKEN, REFUSED = "asked", "confirmed", "taken", "done", "broken", "refused"
YOURSELF = "You asked for this yourself: it takes another approver to confirm it or to send it back."
NOT_YOURS = "The file is for the two people who asked for it and confirmed it."
LAPSED = "The quarter of an hour in which the file could be taken is over. Ask again."


@dataclass(frozen=True, slots=True)
class Stand:
    """Where one export stands, and who had a hand in it."""

    state: str
    asked_by: int | None
    confirmed_by: int | None = None
    open_until: datetime | None = None

    def waits(self, now: datetime) -> bool:
        """Whether something can still come of it, so that no other is asked for beside it."""
        if self.state in {CONFIRMED, TAKEN}:
            return self.open_until is not None and now < self.open_until
        return self.state == ASKED

    def why_not_take(self, actor_id: int, now: datetime) -> str | None:
        """Return why this person cannot take the file now, or ``None``."""
        if self.state == ASKED:
            return "A second approver has to confirm it first."
        if self.state != CONFIRMED:
            return "The file was taken before, or this export was sent back. Nothing is given out twice."
        if not self.waits(now):
            return LAPSED
        return None if actor_id in {self.asked_by, self.confirmed_by} else NOT_YOURS
