"""Seventy-two hours, counted three ways, against cases worked out by hand with real holidays and time zones."""

import csv
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from incident_app.adapters.holidays import HolidayCalendar
from incident_app.domain.deadlines import due, hour_rule
from incident_app.domain.two_working_days import readings
from tests.domain.laws import a_rule

CALENDAR = HolidayCalendar()
VECTORS = list(csv.DictReader(Path(__file__).with_name("clock_vectors.csv").open(encoding="utf-8")))


@pytest.mark.parametrize("row", VECTORS, ids=[row["id"] for row in VECTORS])
def test_every_reading_of_seventy_two_hours_ends_where_it_should(row: dict[str, str]) -> None:
    at = {name: datetime.fromisoformat(value) for name, value in row.items() if name.endswith("_at")}
    where, part = row["zone"], row["subdivision"] or None

    moments = due(a_rule(hour_rule=True), at["aware_at"], where, CALENDAR, row["country"], part)
    disputed = readings(at["aware_at"], 72, where, CALENDAR, row["country"], part)

    assert moments.due_at == at["elapsed_at"]
    assert moments.legal_latest_at == at["hour_rule_at"] == hour_rule(at["aware_at"], 72, ZoneInfo(where))
    assert (disputed.touched_at, disputed.whole_at) == (at["touched_at"], at["whole_at"])


def test_there_are_twenty_of_them() -> None:
    assert len(VECTORS) == 20
