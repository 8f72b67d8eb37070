"""The bench of rendering runs, and whoever misses the goal is told."""

import pytest

from tests.bench import bench_render

pytestmark = pytest.mark.slow


def test_the_bench_of_rendering_runs() -> None:
    figures = {one.what: one for one in bench_render.bench(200, 1)}

    assert all(one.value > 0 for one in figures.values())
    assert figures["mixed: a person"].goal == "≤ 100"
