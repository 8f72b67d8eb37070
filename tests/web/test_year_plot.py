"""The plot of the year on the first page draws what can be seen, and says how many there are."""

from collections import Counter

from incident_app.domain.statistics import Filing
from incident_app.web.year_plot import BINS, HEAP, ROWS, plot


def filed(ref: str, hours: float, term: float | None = 72) -> Filing:
    return Filing(ref, "EU-GDPR Art 33(1)", hours, term, max(0, hours - term) if term is not None else 0)


def test_a_thousand_filings_are_drawn_as_heaps_and_counted_to_the_last() -> None:
    drawn = plot([filed(f"BR-{number}", number % 100) for number in range(1000)])

    assert drawn is not None
    assert drawn.words == "1 000 filings, from 0 to 99 hours, 270 late; the line is at 72 hours"
    heaps = Counter(across for across, *_ in drawn.dots)
    assert len(heaps) == BINS
    assert set(heaps.values()) == {HEAP}
    assert (len(drawn.rows), drawn.left) == (ROWS, 1000 - ROWS)
    assert drawn.at == 72.7


def test_a_few_are_all_there_each_where_its_hours_are() -> None:
    drawn = plot([filed("BR-1", 9.0), filed("BR-2", 80.0)])

    assert drawn is not None
    assert [(on_time, words) for _, _, on_time, words in drawn.dots] == [(True, "BR-1: 9 h"), (False, "BR-2: 80 h")]
    assert drawn.dots[0][0] < drawn.at < drawn.dots[1][0]
    assert (drawn.rows, drawn.left) == ((("BR-1", 9.0, True), ("BR-2", 80.0, False)), 0)
    assert plot([]) is None


def test_what_had_no_date_in_law_is_counted_and_stands_at_no_side_of_the_line() -> None:
    drawn = plot([filed("BR-1", 9.0), filed("BR-2", 127.0, None)])

    assert drawn is not None
    assert [words for *_, words in drawn.dots] == ["BR-1: 9 h"]
    assert (drawn.words, drawn.undated) == ("1 filing, from 9 to 9 hours, 0 late; the line is at 72 hours", 1)
    assert plot([filed("BR-2", 127.0, None)]) is None
