"""Letters on paper: names and addresses leave the house by four eyes, as one file taken once or as letters ready to post."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from incident_app.domain.numbers import grouped
from incident_app.domain.refusals import Refused

WINDOW = timedelta(minutes=15)
SHORTEST_REASON = 10
ASKED, CONFIRMED, TAKEN, DONE, BROKEN, REFUSED = "asked", "confirmed", "taken", "done", "broken", "refused"
MAKING, MADE, FAILED, HANDED, DROPPED = "making", "made", "failed", "handed", "dropped"
TABLE, PRINTED = "csv", "pdf"
"""What is asked for: a table for a printing house, or letters printed here."""
NOT_POSTED = "The letter was not posted after all."
SIDES = ("left", "right")
RIGHT = frozenset({"BE", "ES", "FR", "IT", "LU", "MC", "PT"})
"""Where envelopes have their window on the right."""
YOURSELF = "You asked for this yourself: it takes another approver to confirm it or to send it back."
NOT_YOURS = "The file is for the two people who asked for it and confirmed it."
LAPSED = "The quarter of an hour in which the file could be taken is over. Ask again."
STILL_MAKING = "The letters are still being printed. Look again in a few seconds."
GONE = "The printed letters were kept for a day and are gone. Say that they were handed over, or that they were not posted."


def side_for(country: str) -> str:
    """Return on which side the envelopes of a country have their window."""
    return SIDES[country in RIGHT]


@dataclass(frozen=True, slots=True)
class Stand:
    """Where one export stands, and who had a hand in it. ``form``: :data:`TABLE` or :data:`PRINTED`."""

    state: str
    asked_by: int | None
    confirmed_by: int | None = None
    open_until: datetime | None = None
    form: str = TABLE

    def waits(self, now: datetime) -> bool:
        """Whether something can still come of it, so that no other is asked for beside it."""
        if self.form == PRINTED:
            return self.state in {ASKED, CONFIRMED, MAKING, MADE}
        if self.state in {CONFIRMED, TAKEN}:
            return self.open_until is not None and now < self.open_until
        return self.state == ASKED

    def why_not_take(self, actor_id: int, now: datetime) -> str | None:
        """Return why this person cannot take the file now, or ``None``."""
        if self.state == ASKED:
            return "A second approver has to confirm it first."
        if self.form == PRINTED and self.state in {CONFIRMED, MAKING}:
            return STILL_MAKING
        if self.state != (MADE if self.form == PRINTED else CONFIRMED):
            return "The file was taken before, or this export was sent back. Nothing is given out twice."
        if not self.waits(now):
            return LAPSED
        return None if actor_id in {self.asked_by, self.confirmed_by} else NOT_YOURS


def check_hand_over(on: date, count: int, *, printed: int, left_out: int, printed_on: date, today: date) -> None:
    """Refuse a hand-over that cannot be: the day lies outside printing and today, or the letters do not add up."""
    problems = {}
    if on > today:
        problems["on"] = "This day has not come yet."
    elif on < printed_on:
        problems["on"] = "The letters were printed after this day."
    if count + left_out != printed:
        problems["count"] = (f"{grouped(printed)} letters were printed and {grouped(left_out)} of them are named as not posted: that leaves "
                             f"{grouped(printed - left_out)}, not {grouped(count)}.")
    elif not count:
        problems["count"] = "No letter was handed over. Say instead that they were not posted."
    if problems:
        raise Refused("Nothing was changed.", problems)


def read_labels(text: str, field: str = "left_out") -> frozenset[int]:
    """Return the numbers of people named as “P-00012” or “12”, by commas, spaces or lines. Raises ``Refused``."""
    words = text.replace(",", " ").replace(";", " ").split()
    numbers = [word.upper().removeprefix("P-") for word in words]
    wrong = [word for word, number in zip(words, numbers, strict=True) if not (number.isascii() and number.isdigit() and len(number) < 10)]
    if wrong:
        raise Refused("Nothing was changed.", {field: f"“{wrong[0][:30]}” names nobody: write P-00012, as on the letters."})
    return frozenset(map(int, numbers))
