"""How fast the SMTP channel is beside the standard library's way: ``python -m tests.bench.bench_smtp``.

Plain is ``smtplib.send_message`` on one connection, the message made for each person; the channel uses one connection
for each batch. The ceiling is a minimal asyncio client that sends ready-made bytes, commands in a row, over 16.
"""

import asyncio
import os
import smtplib
from collections.abc import Sequence
from email.message import EmailMessage
from functools import partial
from typing import cast

from incident_app.adapters.mime import Letter
from incident_app.adapters.smtp import SmtpChannel
from incident_app.domain.ports import Message, Sent
from tests.bench.bench_sendgrid import people
from tests.bench.bench_telegram import checked
from tests.bench.measuring import Sender, compare
from tests.bench.servers import start_smtp

PEOPLE = int(os.environ.get("BENCH_N", "6000"))
PLAIN = PEOPLE // 6
FROM = "dpo@acme.example"
CONNECTIONS = 16


class _Client(asyncio.Protocol):
    """Writes its messages, one after the other."""

    def __init__(self, messages: Sequence[tuple[bytes, bytes]]) -> None:
        self._messages = iter(messages)
        self._wanted, self._content = 1, b""  # the greeting first
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._wanted -= data.count(b"\n")
        if self._wanted > 0:
            return
        if self._content:
            self._wanted = 1
            self._transport.write(self._content)
            self._content = b""
            return
        commands, self._content = next(self._messages, (b"", b""))
        if commands:
            self._wanted = 3
            self._transport.write(commands)
        else:
            self._transport.close()
            self.done.set_result(None)


def ceiling(port: int, messages: Sequence[tuple[bytes, bytes]]) -> float:
    """Send what was made before."""
    async def all_of_them() -> None:
        loop = asyncio.get_running_loop()
        clients = [
            (await loop.create_connection(partial(_Client, messages[first::CONNECTIONS]), "127.0.0.1", port))[1]
            for first in range(CONNECTIONS)]
        await asyncio.gather(*(client.done for client in clients))

    asyncio.run(all_of_them())
    return 0.0


def ready_made(everybody: Sequence[Message]) -> list[tuple[bytes, bytes]]:
    """Return the commands and the content for everybody."""
    letter = Letter(everybody[0], FROM, None)
    return [
        (b"MAIL FROM:<%b>\r\nRCPT TO:<%b>\r\nDATA\r\n" % (FROM.encode(), one.address.encode()),
         letter.for_person(one, one.address, f"<{one.delivery_id}@x>", "Mon, 23 Nov 2026 09:40:00 -0000") + b".\r\n")
        for one in everybody
    ]


def ours(url: str, everybody: Sequence[Message]) -> float:
    """Send by the channel, batch by batch."""
    channel = SmtpChannel(url, FROM)
    for start in range(0, len(everybody), channel.batch):
        assert all(isinstance(outcome, Sent) for outcome in channel.send(everybody[start : start + channel.batch]))
    return 0.0


def plain(port: int) -> float:
    """Send by the standard library as its manual has it."""
    with smtplib.SMTP("127.0.0.1", port) as server:
        for one in people(0, PLAIN):
            read = one.filled()
            mail = EmailMessage()
            mail["From"], mail["To"], mail["Subject"] = FROM, read.address, read.subject
            mail.set_content(read.text)
            mail.add_alternative(read.html or "", subtype="html")
            server.send_message(mail)
    return 0.0


def main() -> None:
    """Measure all, alternately."""
    everybody = people(0, PEOPLE)
    ready = ready_made(everybody)
    with start_smtp() as server:
        senders = [
            Sender("ceiling: ready-made bytes, 16 connections", PEOPLE, lambda: ceiling(server.port, ready)),
            Sender("plain: smtplib.send_message, one connection", PLAIN, lambda: plain(server.port)),
            Sender("channel, one process, one connection", PEOPLE, lambda: ours(server.url, everybody)),
        ]
        compare([checked(server, one) for one in senders], ceiling=senders[0].name, plain=senders[1].name)


if __name__ == "__main__":
    main()
