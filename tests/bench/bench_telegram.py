"""How near the Telegram channel comes to the ceiling of this machine: ``python -m tests.bench.bench_telegram``.

The ceiling is a minimal asyncio client that sends ready-made bytes over 32 connections to the same server in the same
run; plain is python-telegram-bot as its manual has it, 32 in flight. What counts are the ratios and the processor's
time of the client; absolute numbers say more about the machine. Nothing is stored here: that is another bench's matter.
"""

import asyncio
import json
import os
import time
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from telegram import Bot
from telegram.request import HTTPXRequest

from incident_app.adapters.telegram import TelegramChannel
from incident_app.domain.ports import Message, Sent
from tests.bench.measuring import Sender, compare, post, ready_made
from tests.bench.servers import Running, start_telegram
from tests.loopback.telegram_api import TOKEN

MESSAGES = int(os.environ.get("BENCH_N", "12000"))
PLAIN = MESSAGES // 15
MARK = "-n3f9a0c41d2-"
TEXT = f"Dear {MARK}, on 23 November somebody could read your name and your email address. " * 6
_CONTEXT = get_context("forkserver")


def bodies(count: int) -> list[bytes]:
    """Return what the channel would send, ready made."""
    return [
        json.dumps({"chat_id": str(number + 1), "text": TEXT.replace(MARK, f"Kim {number}"),
                    "link_preview_options": '{"is_disabled": true}'}).encode()
        for number in range(count)
    ]


def ours(url: str, first: int, count: int) -> float:
    """Send by the channel, batch by batch; return the processor's time."""
    used = time.process_time()
    channel = TelegramChannel(TOKEN, url)
    for start in range(first, first + count, channel.batch):
        people = [Message(str(number), str(number + 1), "", TEXT, fill={MARK: f"Kim {number}"})
                  for number in range(start, min(start + channel.batch, first + count))]
        assert all(isinstance(outcome, Sent) for outcome in channel.send(people))
    channel.close()
    return time.process_time() - used


def own_process(url: str) -> float:
    """Send all in this process, whose time is measured anyway."""
    ours(url, 0, MESSAGES)
    return 0.0


def _worker(orders: "Connection[Any, Any]") -> None:
    while (order := orders.recv()) is not None:
        orders.send(ours(*order))


class Workers:
    """Processes that wait for their share."""

    def __init__(self, count: int) -> None:
        """Start them."""
        self._ends = []
        for _ in range(count):
            mine, theirs = _CONTEXT.Pipe()
            _CONTEXT.Process(target=_worker, args=(theirs,), daemon=True).start()
            self._ends.append(mine)

    def send(self, url: str) -> float:
        """Let each send its share at the same time; return what it cost them."""
        share = MESSAGES // len(self._ends)
        for number, end in enumerate(self._ends):
            end.send((url, number * share, share))
        return float(sum(end.recv() for end in self._ends))

    def stop(self) -> None:
        """Send them home."""
        for end in self._ends:
            end.send(None)


def plain(url: str) -> float:
    """Send by the library as it comes."""
    async def all_of_them() -> None:
        request = HTTPXRequest(connection_pool_size=32)
        places = asyncio.Semaphore(32)
        async with Bot(TOKEN, base_url=f"{url}/bot", request=request) as bot:
            async def one(number: int) -> None:
                async with places:
                    await bot.send_message(number + 1, TEXT.replace(MARK, f"Kim {number}"))

            await asyncio.gather(*(one(number) for number in range(PLAIN)))

    asyncio.run(all_of_them())
    return 0.0


def checked(server: Running, sender: Sender) -> Sender:
    """Let the server confirm that everybody got theirs, once."""
    def run() -> float:
        server.reset()
        elsewhere = sender.run()
        counts = server.counts()
        assert counts.doubles == 0, counts
        assert counts.messages >= sender.people, counts
        return elsewhere

    return Sender(sender.name, sender.people, run)


def main() -> None:
    """Measure all, alternately."""
    ready, workers = [post(f"/bot{TOKEN}/sendMessage", body) for body in bodies(MESSAGES)], Workers(2)
    with start_telegram() as server:
        senders = [
            Sender("ceiling: ready-made bytes", MESSAGES, lambda: ready_made(server.port, ready, 32)),
            Sender("plain: python-telegram-bot, 32 in flight", PLAIN, lambda: plain(server.url)),
            Sender("channel, one process", MESSAGES, lambda: own_process(server.url)),
            Sender("channel, two processes", MESSAGES, lambda: workers.send(server.url)),
        ]
        compare([checked(server, one) for one in senders], ceiling=senders[0].name, plain=senders[1].name)
    workers.stop()


if __name__ == "__main__":
    main()
