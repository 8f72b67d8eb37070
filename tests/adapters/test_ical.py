"""What calendar programs read: parsed again by the library, and by the letter of RFC 5545."""

from datetime import UTC, datetime, timedelta

from icalendar import Calendar

from incident_app.adapters.ical import IcalFeed
from incident_app.domain.ports import CalendarEvent

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LONG = "On call: " + "Žofie Ďábelská-Łukasiewicz Владимировна 山田太郎 " * 6 + "end"


def written(*events: CalendarEvent) -> bytes:
    return IcalFeed().write("On call, Example", events)


def test_a_shift_is_read_again_as_it_was_written() -> None:
    shift = CalendarEvent("shift-1@x", "On call: Ana; Ben, Cleo", NOON, NOON + timedelta(hours=25), 3, NOON, "A line\nanother")

    (event,) = Calendar.from_ical(written(shift)).walk("VEVENT")

    assert (event["UID"], event["SUMMARY"], event["SEQUENCE"]) == ("shift-1@x", "On call: Ana; Ben, Cleo", 3)
    assert (event.decoded("DTSTART"), event.decoded("DTEND")) == (NOON, NOON + timedelta(hours=25))
    assert event.decoded("LAST-MODIFIED") == event.decoded("DTSTAMP") == NOON
    assert event["DESCRIPTION"] == "A line\nanother"


def test_moments_are_written_in_utc_and_a_deadline_has_no_end() -> None:
    lines = written(CalendarEvent("duty-1@x", "BR-2026-021 · AEPD", NOON, None, 0, NOON)).decode().split("\r\n")

    assert "DTSTART:20261123T120000Z" in lines
    assert not [line for line in lines if line.startswith("DTEND")]
    assert not [line for line in lines if line.startswith(("DESCRIPTION", "ATTENDEE", "BEGIN:VALARM"))]


def test_long_names_are_folded_at_75_octets_and_never_within_a_character() -> None:
    content = written(CalendarEvent("shift-1@x", LONG, NOON, NOON + timedelta(hours=1), 0, NOON))

    lines = content.split(b"\r\n")
    assert max(len(line) for line in lines) <= 75
    assert all(line.decode() is not None for line in lines), "each line is UTF-8 by itself"
    assert sum(line.startswith(b" ") for line in lines) > 3
    (event,) = Calendar.from_ical(content).walk("VEVENT")
    assert event["SUMMARY"] == LONG


def test_an_empty_calendar_is_a_calendar_with_its_name() -> None:
    read = Calendar.from_ical(written())

    assert (read["VERSION"], read["X-WR-CALNAME"], read.walk("VEVENT")) == ("2.0", "On call, Example", [])
    assert b"REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n" in written()
