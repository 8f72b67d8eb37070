"""Telegram without a limit: ``python -m tests.bench.bench_fanout`` (see ``rig`` for the options).

ceiling      a minimal asyncio client, ready-made bytes, 32 connections, the same server
plain PTB    ``asyncio.gather`` over ``Bot.send_message``, 32 in flight, no state at all
naive Celery one task and one commit per person, the same library, two worker processes, its queueing included
ours         launched by the use case, sent by worker processes with the real app; over when every outcome is committed
"""

import asyncio
import time
from urllib.parse import urlencode

from telegram import Bot
from telegram.request import HTTPXRequest

from tests.bench import ceiling, naive
from tests.bench.house import a_send
from tests.bench.rig import Machine, Options, main, median
from tests.bench.seeding import FIRST_CHAT
from tests.bench.servers import Running, start_telegram
from tests.bench.table import Figure, say
from tests.bench.workers import Spent, a_crew
from tests.loopback.telegram_api import TOKEN

PEOPLE = 50_000
SAMPLE = 3000  # of those that are slow: their rate does not depend on how many there are
CONNECTIONS = 32
TEXT = "Hello Person {},\n\n" + "On 23 November somebody could read your name and email address. " * 8


def _ceiling(server: Running, count: int) -> float:
    server.reset()
    requests = [
        ceiling.a_request(
            f"/bot{TOKEN}/sendMessage", urlencode({"chat_id": FIRST_CHAT + number, "text": TEXT.format(number)}).encode(),
            "application/x-www-form-urlencoded")
        for number in range(count)
    ]
    took = ceiling.seconds_for(server.url, requests, CONNECTIONS)
    assert server.counts().people == count
    return count / took


async def _gathered(url: str, count: int) -> float:
    async with HTTPXRequest(connection_pool_size=CONNECTIONS) as request:
        bot, places = Bot(TOKEN, base_url=f"{url}/bot", request=request), asyncio.Semaphore(CONNECTIONS)

        async def one(number: int) -> None:
            async with places:
                await bot.send_message(FIRST_CHAT + number, TEXT.format(number))

        begun = time.perf_counter()
        await asyncio.gather(*(one(number) for number in range(count)))
        return count / (time.perf_counter() - begun)


def _naive(machine: Machine, server: Running, count: int) -> float:
    server.reset()
    with machine.database() as url:
        return naive.rate(url, machine.redis_url.replace("/0", "/1"), server.url, machine.folder, count)


def ours(machine: Machine, server: Running, count: int, workers: int, options: Options) -> tuple[float, list[Spent]]:
    """Return the messages a second of a whole send, and what the workers used; everybody got exactly one."""
    server.reset()
    with a_send(machine, count, "telegram") as send:
        settings = machine.settings(send.url, telegram_api_url=server.url)
        with a_crew(settings, workers, options.profile) as crew:
            begun = send.launch()
            took = send.until_sent() - begun
            spent = crew.dismiss()
    counts = server.counts()
    assert (counts.messages, counts.people, counts.doubles) == (count, count, 0), counts
    return count / took, spent


def bench(machine: Machine, options: Options) -> list[Figure]:
    """Measure all of them, alternately."""
    count = options.of(PEOPLE)
    sample = min(count, SAMPLE)
    top, plain, hand = [], [], []
    mine: dict[int, list[tuple[float, list[Spent]]]] = {workers: [] for workers in options.workers}
    with start_telegram() as server:
        for number in range(options.rounds):
            say(f"round {number + 1}")
            top.append(_ceiling(server, count))
            plain.append(asyncio.run(_gathered(server.url, sample)))
            hand.append(_naive(machine, server, sample))
            for workers, runs in mine.items():
                runs.append(ours(machine, server, count, workers, options))
    rates = {workers: median([rate for rate, _ in runs]) for workers, runs in mine.items()}
    cpu = [sum(one.cpu for one in spent) / count * 1e6 for runs in mine.values() for _, spent in runs]
    peaks = [one.peak_mb for runs in mine.values() for _, spent in runs for one in spent]
    best = max(rates.values())
    return [
        Figure("ceiling: ready-made bytes, 32 connections", median(top), "/s"),
        Figure("plain PTB: gather, 32 in flight, no state", median(plain), "/s"),
        Figure("naive Celery: a task and a commit per person", median(hand), "/s"),
        *(Figure(f"ours, worker processes: {workers}", rate, "/s") for workers, rate in rates.items()),
        Figure("ours to the ceiling", best / median(top), least=0.20),
        Figure("ours to plain PTB", best / median(plain), "times", least=12),
        Figure("ours to naive Celery", best / median(hand), "times"),
        Figure("CPU of the workers", median(cpu), "µs a message"),
        Figure("peak memory of a worker, the largest", max(peaks), "MB", most=200),
    ]


if __name__ == "__main__":
    main("Telegram without a limit", bench)
