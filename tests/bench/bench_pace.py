"""How much of Telegram's limit four workers use together, and whether they ever break it: ``python -m tests.bench.bench_pace``.

The server refuses whatever would be more than the limit in any one second (and everything for a second after that). The
workers are processes of their own and share their slots through Redis. Run twice: 30 a second as everybody may, and
1,000 a second (paid broadcast) where each answer takes 60 ms.
"""

import os
import sys
import time
from multiprocessing import get_context

from incident_app.adapters.rate_limit import SlotLimiter, pace
from incident_app.adapters.telegram import TelegramChannel
from incident_app.domain.ports import Message, Rejected, Sent
from tests.bench.servers import start_telegram
from tests.brokers import MISSING, redis_server
from tests.loopback.telegram_api import TOKEN

WORKERS = 4
SECONDS = int(os.environ.get("BENCH_SECONDS", "30"))
TEXT = "Dear -n3f9a0c41d2-, on 23 November somebody could read your name and your email address. " * 6


def work(url: str, redis_url: str, rate: float, first: int, count: int) -> tuple[int, float]:
    """Send to ``count`` people, in batches at slots of our own; return the refusals and the processor's time."""
    limiter = SlotLimiter({"telegram": rate}, redis_url)
    channel = TelegramChannel(TOKEN, url, pace=pace(rate), slots=limiter)
    todo = list(range(first, first + count))
    refused, used = 0, time.process_time()
    while todo:
        batch, todo = todo[: channel.batch], todo[channel.batch :]
        people = [Message(str(number), str(number), "", TEXT, fill={"-n3f9a0c41d2-": f"Kim {number}"}) for number in batch]
        outcomes = channel.send(people, wait=limiter.wait_for("telegram", len(people)))
        again = [number for number, outcome in zip(batch, outcomes, strict=True) if not isinstance(outcome, Sent)]
        pauses = [one.retry_after for one in outcomes if isinstance(one, Rejected) and one.retry_after]
        if pauses:
            limiter.pause("telegram", max(pauses))
        refused += len(again)
        todo += again
    channel.close()
    return refused, time.process_time() - used


def measure(rate: int, delay: float, seconds: int) -> None:
    """Send for about ``seconds`` and say what the server saw."""
    share = rate * seconds // WORKERS
    with redis_server() as redis_url, start_telegram(rate=rate, delay=delay) as server, get_context(
            "forkserver").Pool(WORKERS) as pool:
        assert redis_url is not None, MISSING
        pool.map(abs, range(WORKERS * 4), chunksize=1)  # until all are there
        done = [pool.apply_async(work, (server.url, redis_url, rate, 1 + number * share, share))
                for number in range(WORKERS)]
        results = [one.get() for one in done]
        counts = server.counts()
    used = (counts.messages - 1) / counts.seconds / rate
    cores = sum(cost for _, cost in results) / counts.seconds
    sys.stdout.write(
        f"{rate}/s, {delay * 1000:.0f} ms an answer, {WORKERS} workers: {counts.messages} sent in {counts.seconds:.1f} s ="
        f" {used:.4f} of the limit, at most {counts.most} in a second, {counts.refused} refused by the server,"
        f" {counts.doubles} double, {WORKERS * share - counts.people} lost, {cores:.2f} cores\n")


def main() -> None:
    """Both limits."""
    measure(30, 0.0, SECONDS)
    measure(1000, 0.06, max(SECONDS // 2, 1))


if __name__ == "__main__":
    main()
