"""How near the Telegram channel comes to the ceiling of this machine: ``python -m tests.bench.bench_telegram``.

The ceiling is a minimal asyncio client that sends ready-made bytes over as many connections to the same server in the
same run. What counts is the ratio; absolute numbers say more about the machine.
"""

import asyncio
import statistics
import subprocess
import sys
import time

from incident_app.adapters.telegram import BATCH, TelegramChannel
from incident_app.domain.ports import Message, Sent
from tests.loopback.telegram_api import TOKEN

MESSAGES = 4000
ROUNDS = 3
TEXT = "On 23 November somebody could read your name and email address. " * 8
_BODY = b'{"ok":true,"result":{"message_id":1,"date":1795426800,"chat":{"id":1,"type":"private"},"text":"x"}}'
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(_BODY) + _BODY


class _Quick(asyncio.Protocol):
    """Answers every request alike, as fast as Python can."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.waiting = b""

    def data_received(self, data: bytes) -> None:
        self.waiting += data
        while (end := self.waiting.find(b"\r\n\r\n")) >= 0:
            head = self.waiting[:end].lower()
            place = head.index(b"content-length:") + 15
            size = end + 4 + int(head[place:].split(b"\r\n", 1)[0])
            if len(self.waiting) < size:
                return
            self.waiting = self.waiting[size:]
            assert isinstance(self.transport, asyncio.Transport)
            self.transport.write(_ANSWER)


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(_Quick, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


async def _raw(port: int, count: int) -> None:
    form = b"chat_id=42&text=" + TEXT.replace(" ", "+").encode()
    request = b"POST /bot%s/sendMessage HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (TOKEN.encode(), len(form)) + form

    async def one(share: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(share):
            writer.write(request)
            await reader.readexactly(len(_ANSWER))
        writer.close()

    await asyncio.gather(*(one(count // BATCH) for _ in range(BATCH)))


def _channel(port: int, count: int) -> None:
    channel = TelegramChannel(TOKEN, f"http://127.0.0.1:{port}")
    for start in range(0, count, BATCH):
        people = [Message(str(number), str(number + 1), "", TEXT) for number in range(start, start + BATCH)]
        assert all(isinstance(outcome, Sent) for outcome in channel.send(people))
    channel.close()


def main() -> None:
    """Measure both, alternately, and print the medians."""
    with subprocess.Popen([sys.executable, "-m", __spec__.name, "serve"], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        raw, ours = [], []
        for _ in range(ROUNDS):
            begun = time.perf_counter()
            asyncio.run(_raw(port, MESSAGES))
            middle = time.perf_counter()
            _channel(port, MESSAGES)
            raw.append(MESSAGES / (middle - begun))
            ours.append(MESSAGES / (time.perf_counter() - middle))
        server.terminate()
    ceiling, rate = statistics.median(raw), statistics.median(ours)
    sys.stdout.write(f"ceiling {ceiling:,.0f}/s, channel {rate:,.0f}/s, ratio {rate / ceiling:.3f}\n")


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        asyncio.run(_serve())
    else:
        main()
