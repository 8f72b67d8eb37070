"""The one place that reads the time."""

from datetime import UTC, timedelta

import pytest
from sqlalchemy import create_engine

from incident_app.adapters.system_clock import SystemClock
from incident_app.domain.ports import Clock
from tests import databases


def test_without_a_database_this_machine_tells_the_time() -> None:
    clock: Clock = SystemClock()
    first, second = clock.now(), clock.now()
    assert first.tzinfo is UTC
    assert timedelta(0) <= second - first < timedelta(seconds=5)


def test_a_sqlite_file_has_no_time_of_its_own() -> None:
    engine = create_engine("sqlite://")
    assert SystemClock(engine).now().tzinfo is UTC
    engine.dispose()


def test_postgresql_tells_the_time_in_utc_whatever_zone_it_is_set_to(postgresql_base: str | None) -> None:
    if postgresql_base is None:
        pytest.skip(databases.MISSING)
    options = "-c timezone=Asia/Tokyo"
    engine = create_engine(postgresql_base.format(name="postgres"), connect_args={"options": options})

    first, second = SystemClock(engine).now(), SystemClock(engine).now()

    engine.dispose()
    assert first.tzinfo is UTC
    assert abs(first - SystemClock().now()) < timedelta(seconds=30)
    assert first < second
