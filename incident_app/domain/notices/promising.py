"""“We will write to you again by …”: the day a letter promises, taken into a text and found in it."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from incident_app.domain.notices.lint import Finding, Weight, plain
from incident_app.domain.notices.rendering import Text
from incident_app.domain.notices.wording import Part, Wording, is_heading, spoken_date
from incident_app.domain.refusals import Refused

LONGEST_WAIT = timedelta(days=365)
REMIND_BEFORE = timedelta(days=2)


def check_again(day: date | None, today: date) -> None:
    """Refuse a day nobody could keep: today, one that is over, or more than a year ahead."""
    if day is None:
        return
    if day <= today:
        raise Refused("The day was not saved.", {"again_by": "Choose a day after today."})
    if day - today > LONGEST_WAIT:
        raise Refused("The day was not saved.", {"again_by": f"At most {LONGEST_WAIT.days} days ahead."})


def promise(day: date | None, wording: Wording) -> str:
    """Return the sentence that promises the next message; without a day it promises none in particular."""
    if day is None:
        return wording.unknown["again"]
    return wording.unknown["again_by"].format(date=spoken_date(day, wording))


def with_promise(body: str, wording: Wording, before: date | None, day: date | None) -> str:
    """Return a text that promises the next message by ``day`` in place of ``before``.

    A text that promised nothing says it at the end of what happened; where that part is not there, at its own end.
    """
    said = promise(day, wording)
    if day is not None and said in body:
        return body
    for old in dict.fromkeys((promise(before, wording), promise(None, wording))):
        if old in body:
            return body.replace(old, said, 1)
    if day is None:
        return body
    lines = body.splitlines()
    at = _end_of_nature(lines, wording)
    lines[at] = f"{lines[at]} {said}".strip()
    return "\n".join(lines)


def _end_of_nature(lines: list[str], wording: Wording) -> int:
    """Return the number of the last line that says something in the part on what happened, or of all."""
    part, last = None, None
    for number, line in enumerate(lines):
        heading = is_heading(line, wording.headings)
        part = heading or part
        if part is Part.NATURE and heading is None and line.strip():
            last = number
    return len(lines) - 1 if last is None else last


def promise_findings(text: Text, wording: Wording, day: date | None) -> Iterator[Finding]:
    """Find that the day on which people hear again was set, and a text does not name it."""
    if day is not None and plain(spoken_date(day, wording)) not in plain(text.body):
        yield Finding("promise_missing", Weight.HOLD, f"We write again by {day.day}.{day.month}.{day.year}, as was set: this "
                      "text does not name the day.")


def remind_from(day: date, zone: str) -> datetime:
    """Return from when the owner of the case is reminded: two days before the day promised begins there."""
    return datetime.combine(day - REMIND_BEFORE, time(), ZoneInfo(zone))


def last_call(day: date, zone: str) -> datetime:
    """Return from when everybody on call is woken: the day promised has begun, and is not over yet."""
    return datetime.combine(day, time(), ZoneInfo(zone))
