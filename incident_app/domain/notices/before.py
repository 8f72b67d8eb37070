"""Who was told before a notice goes out, in words: nobody is to get a second message because nobody thought of the first."""

from dataclasses import dataclass
from datetime import datetime

from incident_app.domain.alerts import moment
from incident_app.domain.notices.rendering import CONTROLLERS
from incident_app.domain.numbers import grouped


@dataclass(frozen=True, slots=True)
class Earlier:
    """One notice that was sent: ``reached`` of ``total`` of its list; ``other_list`` is the number of that list where it is
    not the one the next notice goes to; ``on_its_way``: somebody still waits for it."""

    number: int
    kind: str
    total: int
    reached: int
    at: datetime
    other_list: int | None = None
    on_its_way: bool = False
    withdrawn: bool = False


def told_words(one: Earlier, zone: str) -> str:
    """Return whom a notice reached and when, as clocks stand in ``zone``."""
    nouns = ("controller", "controllers") if one.kind == CONTROLLERS else ("person", "people")
    many = f"{grouped(one.total)} {nouns[1]}"
    if one.other_list is not None:
        whom = f"{grouped(one.reached)} of the {many} of list {one.other_list}" if one.total > 1 else f"the {nouns[0]} of list {one.other_list}"
    else:
        whom = f"{grouped(one.reached)} of these {many}" if one.total > 1 else f"this {nouns[0]}"
    when = f"so far, since {moment(one.at, zone)}" if one.on_its_way else f"on {moment(one.at, zone)}"
    return (f"Notice {one.number} went to {whom} {when}.{' Its text was withdrawn since.' if one.withdrawn else ''}"
            f"{'' if one.other_list is None else ' Whoever stands on both lists gets this one too.'}")
