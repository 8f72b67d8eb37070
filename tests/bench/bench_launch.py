"""From "send" to the first message: ``python -m tests.bench.bench_launch`` (see ``rig`` for the options).

first message  from the call of ``deliveries.launch`` until the server has taken the first message; two workers that
               look every 20 ms, as if launching had woken them
with the wake-up of the schedule: workers are woken every few seconds; on average half of that comes on top, and at most
               the whole of it
"""

import time

from incident_app.tasks.schedule import SCHEDULE
from tests.bench.house import a_send
from tests.bench.rig import Machine, Options, main, median
from tests.bench.servers import start_telegram
from tests.bench.table import Figure, say
from tests.bench.watching import until
from tests.bench.workers import a_crew

MANY, FEW = 1_000_000, 1000
ROUNDS = 5
PATIENCE = 120.0


def _once(machine: Machine, count: int) -> tuple[float, float]:
    """Return the seconds until launched, and until the first message is taken."""
    with (start_telegram() as server, a_send(machine, count, "telegram") as send,
          a_crew(machine.settings(send.url, telegram_api_url=server.url), 2)):
        begun = send.launch()
        launched = time.perf_counter() - begun
        until(lambda: server.counts().messages, "the first message is taken", PATIENCE, 0.002)
        return launched, time.perf_counter() - begun


def bench(machine: Machine, options: Options) -> list[Figure]:
    """Launch for many and for few, alternately."""
    many = options.of(MANY)
    few = min(FEW, many // 2)
    seen: dict[int, list[tuple[float, float]]] = {many: [], few: []}
    for number in range(max(options.rounds, ROUNDS) if options.rounds > 1 else 1):
        say(f"round {number + 1}")
        for count, took in seen.items():
            took.append(_once(machine, count))
    launched = {count: median([one[0] for one in took]) for count, took in seen.items()}
    first = {count: median([one[1] for one in took]) for count, took in seen.items()}
    every = next(entry.every for entry in SCHEDULE if entry.task == "tasks.deliveries.pump")
    return [
        Figure(f"launched, {few:,} people", launched[few], "s"),
        Figure(f"launched, {many:,} people", launched[many], "s"),
        Figure(f"first message, {few:,} people", first[few], "s"),
        Figure(f"first message, {many:,} people", first[many], "s", most=2),
        Figure("many to few", first[many] / first[few], "times", most=1.2),
        Figure(f"first message, {many:,}, with half a wake-up of the schedule", first[many] + every / 2, "s", most=2),
        Figure(f"first message, {many:,}, with a whole one", first[many] + every, "s"),
    ]


if __name__ == "__main__":
    main("From launch to the first message", bench)
