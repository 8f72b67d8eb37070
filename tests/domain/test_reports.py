"""The register's words, its order, its cells, the figures of a year."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident_app.domain.cases import Count
from incident_app.domain.reports import (
    CaseLine,
    DutyLine,
    Filter,
    file_moment,
    neutral,
    row,
    share,
    span,
)

NOW = datetime(2026, 11, 23, 21, 16, tzinfo=UTC)
AWARE = NOW - timedelta(hours=60)
DUTY = DutyLine("authority", "initial", "owed", AWARE, AWARE + timedelta(hours=72), None, None)
CONTROLLER = replace(DUTY, recipient_type="controller", state="discharged", discharged_at=AWARE)
PEOPLE = replace(CONTROLLER, recipient_type="data_subjects")
LINE = CaseLine(
    ref="BR-2026-021", title="Export open to anyone", aware_at=AWARE, zone="Europe/Berlin", is_drill=False, closed_at=None,
    people=Count.about(10_000), people_data="yes", level="very_high", owner="Rene", duties=(DUTY,),
)
DONE = replace(DUTY, state="discharged", discharged_at=NOW, late_by_seconds=-3600)
FOLLOW_UP = replace(DUTY, stage="follow-up", due_at=None)
WAITING = replace(FOLLOW_UP, anchor_at=None, anchor="people_identified")


@pytest.mark.parametrize(
    ("line", "state", "words"),
    [
        (LINE, "soon", "To file"), (replace(LINE, filing_state="draft"), "soon", "Draft"),
        (replace(LINE, filing_state="in_review"), "soon", "To approve"),
        (replace(LINE, filing_state="approved"), "soon", "To file"),
        (replace(LINE, duties=(replace(DUTY, state="undecided"),)), "running", "To decide"),
        (replace(LINE, duties=(replace(DUTY, due_at=NOW - timedelta(hours=1)),)), "overdue", "Overdue"),
        (replace(LINE, duties=(replace(FOLLOW_UP, due_at=NOW - timedelta(hours=1)),)), "overdue", "Follow-up"),
        (replace(LINE, duties=(DONE,)), "done", "On time"),
        (replace(LINE, duties=(replace(DONE, due_at=None),)), "done", "Filed"),
        (replace(LINE, duties=(replace(DONE, late_by_seconds=60),)), "late", "Filed late"),
        (replace(LINE, duties=(DONE, FOLLOW_UP)), "done", "Initial sent"),
        (replace(LINE, duties=(replace(DUTY, state="excused"),)), "waiting", "Not told"),
        (replace(LINE, duties=()), "waiting", "No duty"),
        (replace(LINE, duties=(replace(DUTY, recipient_type="controller"),)), "running", "Controller"),
        (replace(LINE, duties=(replace(DUTY, recipient_type="controller"),) * 3), "running", "3 controllers"),
    ],
)
def test_the_authority_chip_says_how_far_it_is(line: CaseLine, state: str, words: str) -> None:
    chip = row(line, NOW).authority

    assert (chip.state, chip.words) == (state, words)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (LINE, "Tue 24 Nov 10:16 CET"), (replace(LINE, closed_at=NOW), "Closed 23 Nov 2026"),
        (replace(LINE, duties=(replace(DUTY, due_at=NOW - timedelta(hours=76)),)), "Overdue by 3 d 4 h"),
        (replace(LINE, duties=(FOLLOW_UP,)), "No date in law"), (replace(LINE, duties=()), "Nothing due"),
        (replace(LINE, duties=(replace(FOLLOW_UP, state="undecided"),)), "Decision waits"),
        (replace(LINE, duties=(WAITING,)), "Clock not begun"), (replace(LINE, duties=(WAITING, FOLLOW_UP)), "No date in law"),
        (replace(LINE, duties=(replace(WAITING, anchor="none"),)), "No date in law"),
        (replace(LINE, duties=(WAITING, DUTY)), "Tue 24 Nov 10:16 CET"),
    ],
)
def test_what_is_next_is_said_and_never_negative(line: CaseLine, words: str) -> None:
    assert row(line, NOW).next_words == words


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (LINE, "not decided"), (replace(LINE, people_decision="required"), "to be told"),
        (replace(LINE, people_decision="not_required"), "not needed"), (replace(LINE, people_data="no"), "no people's data"),
        (replace(LINE, told=62, total=100), "62 % reached"), (replace(LINE, total=100), "0 % reached"),
        (replace(LINE, duties=(replace(DUTY, recipient_type="controller"),)), "controllers to be told"),
        (replace(LINE, duties=(CONTROLLER, replace(CONTROLLER, state="owed", discharged_at=None))), "controllers told in part"),
        (replace(LINE, duties=(CONTROLLER,)), "controllers told"),
        (replace(LINE, duties=(replace(CONTROLLER, state="excused", discharged_at=None),), people_decision="not_required"), "not needed"),
        (replace(LINE, duties=(PEOPLE,), people_decision="required"), "told"),
        (replace(LINE, duties=(PEOPLE, replace(PEOPLE, state="owed", discharged_at=None)), people_decision="required"), "told in part"),
    ],
)
def test_people_are_counted_or_the_decision_named(line: CaseLine, words: str) -> None:
    assert row(line, NOW).people_sub == words


def test_a_row_has_the_words_of_its_case() -> None:
    found = row(replace(LINE, level=None), NOW)

    assert (found.people, found.severity, found.state) == ("about 10\u202f000", "to assess", "soon")
    assert row(LINE, NOW).severity == "Very high"
    assert row(replace(LINE, closed_at=NOW), NOW).state == "closed"
    assert row(replace(LINE, duties=()), NOW).state == "done"


def test_what_told_people_and_stands_no_more_asks_in_the_register_until_the_case_is_closed() -> None:
    asked = row(replace(LINE, duties=(), asked_again=True), NOW)
    assert (asked.to_decide, asked.next_words, asked.people_sub) == (True, "To decide again", "to decide again")
    closed = row(replace(LINE, duties=(), asked_again=True, closed_at=NOW), NOW)
    assert closed.to_decide is False
    assert "again" not in closed.next_words + closed.people_sub


def test_pills_have_words() -> None:
    assert [one.words for one in Filter] == ["All", "Running", "To decide", "Overdue", "Closed", "Drill"]


@given(st.text())
def test_no_cell_is_taken_for_a_formula(text: str) -> None:
    assert not neutral(text).startswith(("=", "+", "-", "@", "\t", "\r", "\n", "|"))


@pytest.mark.parametrize(
    ("cell", "safe"), [("=1+1", "'=1+1"), ("  =1", "'  =1"), ("＝1", "'＝1"), ("plain", "plain"), (None, ""), (7, "7")]
)
def test_formulas_get_an_apostrophe(cell: object, safe: str) -> None:
    assert neutral(cell) == safe


@pytest.mark.parametrize(
    ("part", "whole", "words"), [(0, 10, "0 %"), (1, 1000, "1 %"), (999, 1000, "99 %"), (10, 10, "100 %"), (31, 50, "62 %")]
)
def test_a_share_is_never_rounded_to_all_or_none(part: int, whole: int, words: str) -> None:
    assert share(part, whole) == words


@pytest.mark.parametrize(("hours", "words"), [(0.5, "30 min"), (3.5, "3 h 30 min"), (76, "3 d 4 h")])
def test_spans_are_short(hours: float, words: str) -> None:
    assert span(timedelta(hours=hours)) == words


def test_moments_in_files_sort_as_text_as_they_sort_by_time() -> None:
    # Given moments written down in several zones, some with parts of a second
    berlin, tokyo = timezone(timedelta(hours=1)), timezone(timedelta(hours=9))
    moments = [NOW, NOW.astimezone(berlin) + timedelta(hours=3), NOW.astimezone(tokyo) + timedelta(hours=1, microseconds=7)]

    # Then there is one form for all of them, and text and time agree
    assert file_moment(moments[1]) == "2026-11-24T00:16:00+00:00"
    assert sorted(map(file_moment, moments)) == list(map(file_moment, sorted(moments)))
    assert {len(file_moment(one)) for one in moments} == {25}
    assert file_moment(None) == ""
