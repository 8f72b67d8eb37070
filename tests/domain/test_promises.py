"""The sentence that promises the next message: taken into a text, replaced, and found missing."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from incident_app.domain.notices import Part, Text, compose, promising
from incident_app.services.notices.wordings import languages, wording
from tests.domain.test_notice_drafts import KNOWN

DAY = date(2026, 12, 1)


@pytest.mark.parametrize("language", languages())
def test_where_everything_is_known_the_day_stands_at_the_end_of_what_happened(language: str) -> None:
    # Given a draft that leaves nothing open
    words = wording(language)
    subject, body = compose(KNOWN, words)
    assert promising.promise(None, words) not in body

    # When a day is set
    made = promising.with_promise(body, words, None, DAY)

    # Then it ends the part on what happened, and the check finds it
    before_data = made.split(f"\n{words.headings[Part.DATA]}\n")[0].rstrip()
    assert before_data.endswith(promising.promise(DAY, words))
    assert list(promising.promise_findings(Text(subject, made), words, DAY)) == []
    assert [one.check for one in promising.promise_findings(Text(subject, body), words, DAY)] == ["promise_missing"]


def test_without_the_heading_it_stands_at_the_very_end_and_no_day_changes_nothing() -> None:
    words = wording("en")

    assert promising.with_promise("Hello.\nBye.", words, None, DAY).endswith(
        "Bye. We will write to you again by 1 December 2026 at the latest.")
    assert promising.with_promise("Hello.", words, None, None) == "Hello."


def test_nothing_is_missing_where_no_day_was_set() -> None:
    assert list(promising.promise_findings(Text("x", "y"), wording("en"), None)) == []


def test_the_days_of_the_reminders_begin_where_the_case_is() -> None:
    berlin = ZoneInfo("Europe/Berlin")

    assert promising.remind_from(DAY, "Europe/Berlin") == datetime(2026, 11, 29, tzinfo=berlin)
    assert promising.last_call(DAY, "Europe/Berlin") == datetime(2026, 12, 1, tzinfo=berlin)
