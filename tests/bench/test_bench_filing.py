"""The bench of printed filings runs: both ways print, and whoever misses the goal is told."""

import pytest

from tests.bench import bench_filing

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("press")]


def test_the_bench_of_printed_filings_runs() -> None:
    figures = {one.what: one for one in bench_filing.bench(1)}

    assert all(one.value > 0 for one in figures.values())
    assert figures["ratio"].goal == "≤ 1.200"
