"""A million people cost as much each as ten thousand: ``python -m tests.bench.bench_scale`` (see ``rig`` for the options).

first, last  messages a second of the first and the last tenth of the send, by the server's ledger (looked at once a
             second), two worker processes
memory       the most a worker process ever held, the whole app included, to the same for 10,000 people
"""

import time
from collections.abc import Sequence
from itertools import pairwise

from tests.bench.house import LOOK, SLOWEST, a_send
from tests.bench.rig import Machine, Options, main
from tests.bench.servers import Running, start_telegram
from tests.bench.table import Figure, say
from tests.bench.watching import until
from tests.bench.workers import a_crew

PEOPLE, FEW = 1_000_000, 10_000
Mark = tuple[float, int]


def moment_of(marks: Sequence[Mark], messages: float) -> float:
    """Return when so many were taken: between two looks at an even pace."""
    for (before, had), (after, has) in pairwise(marks):
        if has >= messages:
            return before + (after - before) * (messages - had) / max(has - had, 1)
    return marks[-1][0]


def _once(machine: Machine, server: Running, count: int, options: Options) -> tuple[list[Mark], float]:
    """Return how far it was when, and the most memory a worker held."""
    server.reset()
    with (a_send(machine, count, "telegram") as send,
          a_crew(machine.settings(send.url, telegram_api_url=server.url), 2, options.profile) as crew):
        marks: list[Mark] = [(send.launch(), 0)]

        def over() -> bool:
            marks.append((time.perf_counter(), server.counts().messages))
            return marks[-1][1] >= count

        until(over, "everybody is written to", 60 + count / SLOWEST, 1.0 if count > FEW else LOOK)
        send.until_sent()
        peak = max(one.peak_mb for one in crew.dismiss())
    counts = server.counts()
    assert (counts.people, counts.doubles) == (count, 0), counts
    return marks, peak


def bench(machine: Machine, options: Options) -> list[Figure]:
    """Send to few, then to many, once: it takes long enough to be steady."""
    many = options.of(PEOPLE)
    few, tenth = min(FEW, many // 2), many / 10
    with start_telegram() as server:
        say(f"{few:,} people")
        _, small = _once(machine, server, few, options)
        say(f"{many:,} people")
        marks, large = _once(machine, server, many, options)
    first = tenth / (moment_of(marks, tenth) - marks[0][0])
    last = tenth / (marks[-1][0] - moment_of(marks, many - tenth))
    return [
        Figure(f"the first {tenth:,.0f} of {many:,}", first, "/s"),
        Figure(f"the last {tenth:,.0f} of {many:,}", last, "/s"),
        Figure("last to first", 100 * last / first, "%", least=80),
        Figure("all of it", many / (marks[-1][0] - marks[0][0]), "/s"),
        Figure(f"peak memory of a worker, {few:,} people", small, "MB"),
        Figure(f"peak memory of a worker, {many:,} people", large, "MB", most=200),
        Figure("many to few", large / small, "times", most=1.15),
    ]


if __name__ == "__main__":
    main("The cost of a person, from first to last", bench)
