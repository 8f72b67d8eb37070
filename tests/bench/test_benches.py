"""Every bench runs, with a handful of people: what it would measure is there, and whoever misses a goal is told."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from tests import brokers, databases
from tests.bench import (
    bench_actions,
    bench_alert,
    bench_email,
    bench_fanout,
    bench_launch,
    bench_limit,
    bench_register,
    bench_scale,
    bench_watchers,
    bench_webhook,
)
from tests.bench.bench_scale import moment_of
from tests.bench.house import opened
from tests.bench.rig import Bench, Machine, Options, a_machine
from tests.bench.table import Figure, table

FEW = Options(people=40, rounds=1, rows=400, workers=(1,))
BENCHES = {
    "actions": bench_actions.bench,
    "alert": bench_alert.bench,
    "fanout": bench_fanout.bench, "limit": bench_limit.bench, "email": bench_email.bench, "launch": bench_launch.bench,
    "watchers": bench_watchers.bench, "webhook": bench_webhook.bench, "register": bench_register.bench, "scale": bench_scale.bench,
}


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    """A machine of our own: its database keeps its promises."""
    if databases.programs() is None:
        pytest.skip(databases.MISSING)
    if brokers.program() is None:
        pytest.skip(brokers.MISSING)
    with a_machine() as made:
        yield made


@pytest.mark.slow
@pytest.mark.postgresql
@pytest.mark.redis
@pytest.mark.xdist_group("benches")
@pytest.mark.parametrize("name", BENCHES)
def test_a_bench_runs_with_a_few_people(machine: Machine, name: str) -> None:
    # When it runs once, with a few people (what it checks by the ledger it checks now too)
    bench: Bench = BENCHES[name]
    figures = bench(machine, FEW)

    # Then it has figures, every one of its own name, and some of them are to be held against a goal
    assert len({one.what for one in figures}) == len(figures)
    assert any(one.goal for one in figures)

    # And its table names each
    printed = table(name, figures)
    assert all(one.what in printed for one in figures)


@pytest.mark.slow
@pytest.mark.postgresql
@pytest.mark.redis
@pytest.mark.xdist_group("benches")
def test_the_database_of_a_bench_waits_for_the_disk(machine: Machine) -> None:
    # Given a database as benches use it
    with machine.database() as url, opened(url) as session:
        said = [session.scalar(text(f"SHOW {name}")) for name in ("fsync", "synchronous_commit", "full_page_writes")]

    # Then a commit is on the disk before it is answered
    assert said == ["on", "on", "on"]


@pytest.mark.parametrize(("figure", "missed", "words"), [
    (Figure("a", 0.2, least=0.2), False, "≥ 0.200"),
    (Figure("a", 0.19, least=0.2), True, "≥ 0.200"),
    (Figure("a", 0, most=0), False, "≤ 0"),
    (Figure("a", 1, most=0), True, "≤ 0"),
    (Figure("a", 51.26, "ms", most=50), True, "≤ 50"),
    (Figure("a", 12_345.6, "/s"), False, ""),
])
def test_a_figure_knows_whether_its_goal_was_missed(figure: Figure, missed: bool, words: str) -> None:
    assert (figure.missed, figure.goal) == (missed, words)
    assert ("MISSED" in table("", [figure])) is missed


def test_the_moment_of_a_message_lies_between_two_looks_at_an_even_pace() -> None:
    marks = [(10.0, 0), (11.0, 100), (12.0, 300)]

    assert [moment_of(marks, count) for count in (50, 100, 200, 300)] == [10.5, 11.0, 11.5, 12.0]
