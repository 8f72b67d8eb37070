"""The press: what it prints has limits, and whatever becomes of one report, the next is printed."""

import sys
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from incident_app.adapters.press import COMMAND, Press
from incident_app.domain.refusals import Refused
from tests.printing import PRESS as WORKS

pytestmark = pytest.mark.usefixtures("press")


def job(html: str, css: str = "") -> dict[str, object]:
    return {"htmls": [html], "css": css, "created_at": datetime(2026, 11, 23, tzinfo=UTC).isoformat(), "attachments": []}


def test_a_report_of_too_many_pages_is_refused_and_the_next_is_printed() -> None:
    with pytest.raises(Refused, match="too long"):
        WORKS.print(job("<p>x</p>" * 201, "p { break-after: page }"))

    assert WORKS.print(job("<p>next</p>")).startswith(b"%PDF")


@pytest.mark.parametrize("bomb", ["<div>" * 5000 + "x", "<b style='padding:9e9px'>x</b>", "<p style='font-size:9e6px'>x"])
def test_what_breaks_the_printing_breaks_nothing_else(bomb: str) -> None:
    with suppress(Refused):  # either it is printed, or refused in words; nothing else may come of it
        assert WORKS.print(job(bomb)).startswith(b"%PDF")

    assert WORKS.print(job("<p>next</p>")).startswith(b"%PDF")


def test_one_that_takes_too_long_is_ended_and_started_anew() -> None:
    press = Press(COMMAND, patience=0.05)
    assert press.ready()

    with pytest.raises(Refused, match="limits"):
        press.print(job("<p>x</p>" * 20_000))

    assert press.ready()


@pytest.mark.parametrize("words", ["import sys; sys.exit(1)", "print('what')"])
def test_one_that_cannot_start_is_not_ready(words: str) -> None:
    press = Press([sys.executable, "-c", words])

    assert not press.ready()
    with pytest.raises(Refused):
        press.print(job("<p>x</p>"))
