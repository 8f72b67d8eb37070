"""A year counted: what is unknown is not zero, what is late is late, and the pictures say the same as the tables."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from incident_app.domain import pictures, statistics
from incident_app.domain.cases import Count
from incident_app.domain.pictures import TERM_AT, WIDTH, Dot, Mark
from incident_app.domain.statistics import Breach, Deed, Duty, Filing, Sent, Year

AWARE = datetime(2026, 5, 4, 8, tzinfo=UTC)
NOW = datetime(2026, 6, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
LAW = "EU-GDPR Art 33(1)"
ONE = Breach(1, "BR-1", "lost-device", AWARE, "Europe/Berlin", ("contact", "health"), Count.exact(100))
TWO = replace(ONE, id=2, ref="BR-2", data=("contact", "contact"), people=Count.unknown())
FILED = Duty(1, LAW, "authority", AWARE + 72 * HOUR, AWARE + 10 * HOUR)


def count(*breaches: Breach, duties: tuple[Duty, ...] = (), sent: tuple[Sent, ...] = (),
          deeds: tuple[Deed, ...] = ()) -> Year:
    return statistics.of_year(2026, breaches, duties, sent, deeds, now=NOW)


def test_a_year_without_anything_has_no_figures_and_no_pictures() -> None:
    year = count()

    assert (year.breach_count, year.told, year.reached, year.reached_percent, year.public) == (0, None, None, None, 0)
    assert year.people.words() == "—"
    assert [one.percent for one in year.shares] == [None, None, None]
    assert year.pictures() == dict.fromkeys(("kinds", "data", "causes", "systems", "effects", "hours", "people"))


def test_the_year_is_the_one_on_the_calendar_of_the_case() -> None:
    eve = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)  # already the next year in Berlin

    assert count(replace(ONE, aware_at=eve)).breach_count == 0
    assert count(replace(ONE, aware_at=eve, zone="UTC")).breach_count == 1


def test_breaches_are_counted_by_kind_and_once_for_each_kind_of_data() -> None:
    year = count(ONE, TWO, replace(ONE, id=3, kind="insider", data=()))

    assert year.by_kind == (("lost-device", 2), ("insider", 1))
    assert year.by_data == (("contact", 2), ("health", 1))
    named = year.named({"insider": "Somebody within"}, {"health": "Health"}, {})
    assert named.by_kind == (("lost-device", 2), ("Somebody within", 1))
    assert named.by_data == (("contact", 2), ("Health", 1))


def test_breaches_are_counted_by_cause_and_once_for_each_system() -> None:
    phished = replace(ONE, id=3, cause="phishing", systems=("Mail", "Billing"))
    year = count(ONE, TWO, phished, replace(phished, id=4, systems=("Mail",)), replace(phished, id=5, systems=()))

    assert year.by_cause == (("phishing", 3), ("", 2))
    assert year.by_system == (("Mail", 2), ("Billing", 1))
    assert year.named({}, {}, {"phishing": "A message that lured"}).by_cause == (("A message that lured", 3), ("Not found out yet", 2))


def test_of_what_was_done_it_is_counted_whether_it_worked() -> None:
    done = Deed(done=True, works="works", count=2)
    failed = Deed(done=False, works="not")  # found not to work, and open again since
    year = count(ONE, deeds=(done, failed, Deed(done=True, works=""), Deed(done=False, works="")))

    assert year.effects == (("Works", 2), ("Works partly", 0), ("Does not work", 1), ("Not looked at yet", 1))
    assert year.pictures()["effects"] is not None
    assert count(ONE, deeds=(failed,)).effects[2] == ("Does not work", 1)
    assert count(ONE, deeds=(Deed(done=False, works=""),)).effects == ()


@pytest.mark.parametrize(("counts", "words"), [
    ((Count.exact(100), Count.exact(1)), "101"),
    ((Count.exact(100), Count.about(1000)), "about 1\u202f100"),
    ((Count.exact(100), Count.between(50, 80)), "150 to 180"),
    ((Count.exact(100), Count.unknown()), "100, and in 1 breach not known"),
    ((Count.exact(0), Count.unknown(), Count.unknown()), "0, and in 2 breaches not known"),
    ((Count.unknown(),), "—"),
])
def test_people_are_added_up_as_far_as_they_are_known(counts: tuple[Count, ...], words: str) -> None:
    assert count(*(replace(ONE, id=number, people=one) for number, one in enumerate(counts))).people.words() == words


def test_filings_have_their_hours_their_term_and_by_how_much_they_were_late() -> None:
    late = replace(FILED, case_id=2, done_at=AWARE + 80 * HOUR)
    barely = replace(FILED, case_id=2, done_at=AWARE + 72 * HOUR + timedelta(seconds=1))
    dateless = replace(FILED, due_at=None)
    year = count(ONE, TWO, duties=(FILED, late, barely, dateless, replace(FILED, done_at=None), replace(FILED, case_id=9)))

    assert year.filings == (
        Filing("BR-1", LAW, 10.0, 72.0, 0.0), Filing("BR-2", LAW, 80.0, 72.0, 8.0), Filing("BR-2", LAW, 72.0, 72.0, 0.1),
        Filing("BR-1", LAW, 10.0, None, 0.0))
    assert [one.late for one in year.filings] == [False, True, True, False]


def test_the_share_on_time_counts_what_is_overdue_and_not_what_still_runs() -> None:
    late, overdue = replace(FILED, done_at=AWARE + 80 * HOUR), replace(FILED, done_at=None)
    running = replace(overdue, due_at=NOW + HOUR)
    people = replace(FILED, recipient_type="data_subjects", how="public")
    other = replace(FILED, recipient_type="processor")

    authorities, told, others = count(ONE, duties=(FILED, late, overdue, running, people, other)).shares

    assert (authorities.who, authorities.on_time, authorities.late, authorities.missed, authorities.percent) == (
        "Authorities", 1, 1, 1, 33)
    assert (told.who, told.percent, others.who, others.on_time) == ("People", 100, "Others", 1)
    assert count(ONE, duties=(people, people)).public == 1


def test_who_stands_on_a_list_written_to_twice_is_one_person() -> None:
    year = count(ONE, TWO, sent=(Sent(1, 7, 100, 60), Sent(1, 7, 100, 90), Sent(1, 7, 100, 80), Sent(2, 8, 50, 0), Sent(9, 9, 9, 9)))

    assert (year.told, year.reached, year.reached_percent) == (150, 90, 60)
    assert year.pictures()["people"] is not None


# ------------------------------------------------------------------------------------------------------------- pictures


def marks(picture: pictures.Picture | None, shape: str) -> list[Mark]:
    """Return the marks of one shape, as drawn."""
    assert picture is not None
    return [mark for mark in picture.marks if mark.shape == shape]


def test_a_bar_is_as_long_as_its_share_of_the_largest() -> None:
    drawn = pictures.bars("Breaches", [("One", 4), ("Two", 1)])

    assert [mark.width for mark in marks(drawn, "rect") if mark.tone == "bar"] == [WIDTH, WIDTH / 4]
    assert drawn is not None
    assert drawn.words == "Breaches: One: 4; Two: 1."
    assert pictures.bars("Breaches", [("One", 0)]) is None


def test_a_dot_stands_where_its_share_of_the_term_is_and_a_late_one_is_a_square_behind_its_end() -> None:
    drawn = pictures.dots("Hours", [("72 h", [Dot(36, 72, False), Dot(80, 72, True), Dot(-2, 72, False)]), ("none", []),
                                    ("24 h", [Dot(24, 24, False), Dot(400, 24, True), Dot(1, 0, True)])])

    half, before, whole = (mark.x for mark in marks(drawn, "dot"))
    [late] = marks(drawn, "square")
    ends = [mark.x for mark in marks(drawn, "line") if mark.tone == "ink"]
    assert len(set(ends)) == 1  # each term ends at the same place
    assert whole == ends[0] == pytest.approx(6 + (WIDTH - 12) * TERM_AT)
    assert before < half < ends[0] < late.x
    assert half == pytest.approx((6 + ends[0]) / 2)
    far = marks(drawn, "arrow")
    assert {mark.tone for mark in far} == {"late"}
    assert all(late.x < mark.x <= WIDTH for mark in far)
    assert drawn is not None
    assert drawn.words == "Hours: 6 in 2 terms, 3 late."
    heap = pictures.dots("Hours", [("72 h", [Dot(36, 72, False)] * 1000 + [Dot(36, 72, True)])])
    assert (len(marks(heap, "dot")), len(marks(heap, "square"))) == (1, 1), "what lies beneath another is not drawn"
    assert heap is not None
    assert heap.words == "Hours: 1\u202f001 in 1 term, 1 late."
    assert all(0 <= mark.x <= WIDTH and 0 <= mark.y <= drawn.height for mark in drawn.marks)


def test_the_first_page_counts_as_the_year_does_until_the_next_date_has_come() -> None:
    coming = replace(FILED, case_id=2, due_at=NOW + HOUR, done_at=None)
    duties = (FILED, replace(FILED, case_id=2, due_at=NOW - HOUR, done_at=None), coming, replace(coming, due_at=NOW + 9 * HOUR),
              replace(coming, due_at=None), replace(FILED, due_at=None))
    year, short = count(ONE, TWO, duties=duties), statistics.brief(2026, [ONE, TWO], duties, now=NOW)

    assert (short.breach_count, short.by_kind, short.filings, short.share) == (
        year.breach_count, year.by_kind, year.filings, year.shares[0])
    assert (short.share.on_time, short.share.late, short.share.missed) == (1, 0, 1)
    assert short.until == NOW + HOUR
    assert statistics.brief(2026, [ONE, TWO], duties[:1], now=NOW).until is None


@pytest.mark.parametrize(("part", "whole", "percent"), [(1, 6, 17), (1, 3, 33), (0, 6, 0), (1, 1000, 1), (999, 1000, 99), (6, 6, 100)])
def test_a_share_is_rounded_to_the_nearest_and_never_to_none_or_all(part: int, whole: int, percent: int) -> None:
    assert statistics.percent_of(part, whole) == percent
    assert statistics.Share("Authorities", part, whole - part, 0).percent == percent
