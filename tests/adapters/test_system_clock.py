"""The one place that reads the time."""

from datetime import UTC, timedelta

from sqlalchemy import create_engine, text
from sqlalchemy.engine import Engine

from incident_app.adapters.system_clock import SystemClock
from incident_app.domain.ports import Clock


def test_without_a_database_this_machine_tells_the_time() -> None:
    clock: Clock = SystemClock()
    first, second = clock.now(), clock.now()
    assert first.tzinfo is UTC
    assert timedelta(0) <= second - first < timedelta(seconds=5)


def test_a_sqlite_file_has_no_time_of_its_own() -> None:
    engine = create_engine("sqlite://")
    assert SystemClock(engine).now().tzinfo is UTC
    engine.dispose()


def test_postgresql_tells_the_time_in_utc_whatever_zone_it_is_set_to(engine: Engine) -> None:
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("alter role current_user set timezone to 'Asia/Tokyo'"))
            connection.commit()
    engine.dispose()

    first, second = SystemClock(engine).now(), SystemClock(engine).now()

    assert first.tzinfo is UTC
    assert abs(first - SystemClock().now()) < timedelta(seconds=30)
    assert first < second
