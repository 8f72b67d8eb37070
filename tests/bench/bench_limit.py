"""Telegram at its limits: ``python -m tests.bench.bench_limit`` (see ``rig`` for the options).

30/s         the server refuses what would be the 31st message in any one second, and then everything for a second;
             four worker processes share the pace by Redis; 900 people
1,000/s      paid broadcast: the same with 1,000, and each answer takes 60 ms; 60,000 people
used         messages a second by the server's ledger, first to last, to what is allowed; the first 25, which go alone,
             are among them
cores        CPU seconds of all workers, to the seconds of the send
"""

from tests.bench.house import a_send
from tests.bench.rig import Machine, Options, main, median
from tests.bench.servers import Counts, start_telegram
from tests.bench.table import Figure, say
from tests.bench.workers import a_crew

REGULAR, PAID = 30, 1000
SECONDS = {REGULAR: 30, PAID: 60}
DELAY = 0.06


def _once(machine: Machine, rate: int, delay: float, workers: int, options: Options) -> tuple[Counts, float]:
    """Return what the server saw, and how many cores the workers used."""
    count = options.of(rate * SECONDS[rate])
    with start_telegram(rate=rate, delay=delay) as server, a_send(machine, count, "telegram") as send:
        settings = machine.settings(send.url, telegram_api_url=server.url, telegram_rate=float(rate))
        with a_crew(settings, workers, options.profile) as crew:
            begun = send.launch()
            took = send.until_sent() - begun
            spent = crew.dismiss()
        return server.counts(), sum(one.cpu for one in spent) / took


def _figures(name: str, rate: int, count: int, least: float, seen: list[Counts]) -> list[Figure]:
    used = [100 * (one.messages - 1) / one.seconds / rate for one in seen]
    return [
        Figure(f"{name}: of the limit used", median(used), "%", least=least),
        Figure(f"{name}: most in any one second", max(one.most for one in seen), "", most=rate),
        Figure(f"{name}: refused, all rounds", sum(one.refused for one in seen), "", most=0),
        Figure(f"{name}: lost, all rounds", sum(count - one.people for one in seen), "", most=0),
        Figure(f"{name}: double, all rounds", sum(one.doubles for one in seen), "", most=0),
    ]


def bench(machine: Machine, options: Options) -> list[Figure]:
    """Measure both."""
    regular, paid, cores = [], [], []
    for number in range(options.rounds):
        say(f"round {number + 1}")
        regular.append(_once(machine, REGULAR, 0, 4, options)[0])
        counts, used = _once(machine, PAID, DELAY, 2, options)
        paid.append(counts)
        cores.append(used)
    return [
        *_figures("30/s, 4 workers", REGULAR, options.of(REGULAR * SECONDS[REGULAR]), 98.5, regular),
        *_figures("1,000/s at 60 ms, 2 workers", PAID, options.of(PAID * SECONDS[PAID]), 97, paid),
        Figure("1,000/s at 60 ms, 2 workers: cores", median(cores), "", most=1),
    ]


if __name__ == "__main__":
    main("Telegram at its limits", bench)
