"""A server's clock as we see it: the quickest answer says most, and grows old."""

import pytest

from incident_app.adapters.servers_clock import DRIFT, ServersClock


class Watch:
    """Our own clock, moved by hand."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


def answered(clock: ServersClock, watch: Watch, moment: float, *, going: float, coming: float) -> None:
    """Ask the server, whose clock says ``moment`` when the question is there."""
    asked = watch.at
    watch.at += going + coming
    clock.told(asked, moment)


def test_an_answer_that_took_long_does_not_move_what_a_quick_one_said() -> None:
    # Given a server 900 seconds ahead, asked once while nothing was in the way
    watch = Watch()
    clock = ServersClock(watch)
    answered(clock, watch, watch.at + 900.001, going=0.001, coming=0.001)

    # When a later answer lay about for 50 ms before anybody read it
    answered(clock, watch, watch.at + 900.001, going=0.001, coming=0.05)

    # Then a moment of the server is still where it was
    assert clock.until(watch.at + 900.5) == pytest.approx(0.5, abs=0.0005)


def test_a_moment_that_went_by_lies_behind() -> None:
    watch = Watch()
    clock = ServersClock(watch)
    answered(clock, watch, 7.0, going=0.001, coming=0.001)
    watch.at += 1
    assert clock.until(7.0) == pytest.approx(-1.001, abs=0.0005)


def test_what_was_said_long_ago_gives_way_to_what_is_more_exact_by_now() -> None:
    # Given a quick answer, and clocks that went apart since by as much as they may
    watch = Watch()
    clock = ServersClock(watch)
    answered(clock, watch, watch.at + 900.001, going=0.001, coming=0.001)
    watch.at += 100
    drifted = 900 + 100 * DRIFT

    # When it is asked again, a little more slowly
    answered(clock, watch, watch.at + drifted + 0.002, going=0.002, coming=0.002)

    # Then that counts
    assert clock.until(watch.at + drifted + 1) == pytest.approx(1, abs=0.0005)


def test_a_clock_that_was_set_is_believed_at_once() -> None:
    watch = Watch()
    clock = ServersClock(watch)
    answered(clock, watch, watch.at + 900.001, going=0.001, coming=0.001)
    answered(clock, watch, watch.at - 50 + 0.02, going=0.02, coming=0.02)
    assert clock.until(watch.at - 50 + 1) == pytest.approx(1, abs=0.001)
