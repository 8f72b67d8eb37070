"""What an alert says: times in words, the headline, the whole message, the digest of many."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

MOST_LINES = 10


def span(length: timedelta) -> str:
    """Return a length of time in words of whole minutes: "2 d 3 h", "11 h 24 min", "5 min"."""
    minutes = int(abs(length).total_seconds()) // 60
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    if days >= 3:
        return f"{days} d {hours} h" if hours else f"{days} d"
    hours += 24 * days
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min"


def left_words(left: timedelta) -> str:
    """Return "6 h left", "due now" or "6 h overdue"."""
    if abs(left) < timedelta(minutes=1):
        return "due now"
    return f"{span(left)} left" if left > timedelta(0) else f"{span(left)} overdue"


def moment(at: datetime, zone: str) -> str:
    """Return a moment as people read it: "Tue 24 Nov 2026 09:40 CET"."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%a} {local.day} {local:%b %Y %H:%M %Z}"


def clock_time(at: datetime, zone: str, now: datetime | None = None) -> str:
    """Return a moment's time of day: "03:21 CET"; of another day than ``now``'s that day too: "Fri 27 Nov 03:21 CET"."""
    local = at.astimezone(ZoneInfo(zone))
    elsewhen = now is not None and now.astimezone(ZoneInfo(zone)).date() != local.date()
    return f"{local:%a} {local.day} {local:%b %H:%M %Z}" if elsewhen else f"{local:%H:%M %Z}"


def known_zone(zone: str) -> str:
    """Return the zone, or UTC where there is none by that name: words that wake somebody must not fail over it."""
    try:
        ZoneInfo(zone)
    except (LookupError, ValueError, OSError):
        return "UTC"
    return zone


def missed_words(names: Sequence[str], start: datetime, now: datetime, zone: str) -> str:
    """Return why earlier rungs were not sent one by one; ``start`` is when nothing was evaluated any more."""
    if not names:
        return ""
    return f"Nothing was evaluated from {moment(start, zone)} to {moment(now, zone)}: {passed_over(names)}."


def passed_over(names: Sequence[str]) -> str:
    """Return that thresholds went by without a warning of their own, in words nobody reads as the time left now."""
    some, last = [f"“{name}”" for name in names[:-1]], f"“{names[-1]}”"
    which = f"thresholds {', '.join(some)} and {last} were" if some else f"threshold {last} was"
    return f"the {which} passed over meanwhile"


def headline(ref: str, recipient: str, words: str, *, drill: bool = False) -> str:
    """Return the first line of an alert: case number, authority, time left; no personal data, no detail."""
    parts = [ref, recipient, words]
    return " · ".join((["DRILL"] if drill else []) + [part for part in parts if part])


def text(head: str, lines: Sequence[str], link: str, *, repeat: bool = False) -> str:
    """Return the whole message; a second try after a lost answer is marked."""
    first = f"{head} (repeat)" if repeat else head
    return "\n".join([first, *[line for line in lines if line], link])


def ask_words(who: str) -> str:
    """Return what an owner does about overdue actions that their account does not open; ``who`` knows them."""
    return f"Your account does not open this here: ask {who or 'an approver'} what of yours is overdue, and tell them once it is done."


def some_names(names: Sequence[str]) -> str:
    """Return names as a button has room for: the first two, and how many more."""
    more = len(names) - 2
    return " and ".join(names) if more <= 0 else f"{names[0]}, {names[1]} and {more} more"


def digest_head(count: int) -> str:
    """Return the first line of a message about many alerts at once."""
    return f"{count} alerts at once"


def digest_lines(heads: Sequence[str]) -> list[str]:
    """Return one line per alert, the most urgent ones; what does not fit is counted."""
    more = len(heads) - MOST_LINES
    return [*heads[:MOST_LINES], *([f"and {more} more"] if more > 0 else [])]
