"""As much of SMTP as benches need: any number of messages, commands one by one or in a row (RFC 2920)."""

import asyncio

from tests.bench.servers.ledger import Ledger

_EHLO = b"250-bench\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 52428800\r\n"
_END = b"\r\n.\r\n"


class Smtp(asyncio.Protocol):
    """One connection."""

    def __init__(self, ledger: Ledger, delay: float) -> None:
        self._ledger = ledger
        self._delay = delay
        self._waiting = b""
        self._scanned = 0
        self._in_data = False
        self._address = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._write(b"220 bench ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        waiting = self._waiting + data if self._waiting else data
        answers = []
        while True:
            mark = _END if self._in_data else b"\r\n"
            end = waiting.find(mark, self._scanned)
            if end < 0:
                self._scanned = max(0, len(waiting) - 4)
                break
            answers.append(self._taken() if self._in_data else self._obey(waiting[:end]))
            waiting = waiting[end + len(mark) :]
            self._scanned = 0
        self._waiting = waiting
        if answers:
            self._write(b"".join(answers))

    def _obey(self, line: bytes) -> bytes:
        match line[:4].upper():
            case b"EHLO":
                return _EHLO
            case b"RCPT":
                self._address = line[line.find(b"<") + 1 : line.rfind(b">")]
            case b"DATA":
                self._in_data = True
                return b"354 Go ahead\r\n"
            case b"QUIT":
                return b"221 Bye\r\n"
        return b"250 OK\r\n"

    def _taken(self) -> bytes:
        self._in_data = False
        self._ledger.take([self._address])
        return b"250 2.0.0 OK queued as %d\r\n" % self._ledger.requests

    def _write(self, answer: bytes) -> None:
        if self._delay:
            asyncio.get_running_loop().call_later(self._delay, self._transport.write, answer)
        else:
            self._transport.write(answer)
