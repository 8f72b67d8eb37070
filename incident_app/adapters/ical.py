"""The calendar feed as RFC 5545 asks for it, written by the library ``icalendar``."""

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

from incident_app.domain.ports import CalendarEvent

if TYPE_CHECKING:
    from icalendar import Event

READ_AGAIN = timedelta(hours=1)


class IcalFeed:
    """Writes calendars that programs subscribe to: no method, no alarms, no attendees, times in UTC."""

    def write(self, name: str, events: Iterable[CalendarEvent]) -> bytes:
        """Return the file; lines are folded at 75 octets, never within a character."""
        from icalendar import Calendar  # late: 80 modules that a worker does without

        calendar = Calendar()
        calendar.add("prodid", "-//incident-app//on call//EN")
        calendar.add("version", "2.0")
        calendar.add("calscale", "GREGORIAN")
        calendar.add("x-wr-calname", name)
        calendar.add("refresh-interval", READ_AGAIN, parameters={"VALUE": "DURATION"})
        calendar.add("x-published-ttl", "PT1H")
        for event in events:
            calendar.add_component(_event(event))
        content: bytes = calendar.to_ical()
        return content


def _event(one: CalendarEvent) -> "Event":
    from icalendar import Event

    event = Event()
    event.add("uid", one.uid)
    event.add("summary", one.summary)
    event.add("dtstamp", one.changed_at)
    event.add("last-modified", one.changed_at)
    event.add("sequence", one.sequence)
    event.add("dtstart", one.starts_at)
    if one.ends_at is not None:
        event.add("dtend", one.ends_at)
    if one.description:
        event.add("description", one.description)
    event.add("class", "PRIVATE")
    event.add("transp", "TRANSPARENT")
    return event
