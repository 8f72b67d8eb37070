"""Starts a server in a process of its own and asks it what arrived."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Counts:
    """What arrived: ``messages`` taken (one per person, however many share a request), and to how many ``people``.

    ``refused`` were told to slow down; ``most`` is the largest number taken in any one second (0 where nothing limits);
    ``seconds`` lie between the first and the last one taken; ``cpu`` seconds are what the server itself used.
    """

    messages: int
    requests: int
    people: int
    doubles: int
    refused: int
    most: int
    seconds: float
    cpu: float


class Running:
    """A server that runs."""

    def __init__(self, process: "subprocess.Popen[str]", scheme: str) -> None:
        """Wait until it listens."""
        self._process = process
        self.port = int(self._said())
        self.pid = process.pid
        self.url = f"{scheme}://127.0.0.1:{self.port}"

    def counts(self) -> Counts:
        """Return what arrived since the start or the last reset."""
        self._say("counts")
        return Counts(**json.loads(self._said()))

    def reset(self) -> None:
        """Forget what arrived."""
        self._say("reset")
        self._said()

    def _say(self, word: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()

    def _said(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the server has ended"
        return line


@contextmanager
def _started(kind: str, scheme: str, rate: float, delay: float) -> Iterator[Running]:
    command = [sys.executable, "-m", "tests.bench.servers.serve", kind, str(rate), str(delay)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Running(process, scheme)
        finally:
            process.terminate()


@contextmanager
def start_telegram(*, rate: float = 0, delay: float = 0) -> Iterator[Running]:
    """Answer ``sendMessage`` of any bot; people are told apart by ``chat_id``.

    With a ``rate`` no second of the clock may hold more messages, wherever it begins: what is too much is refused (429,
    ``retry_after`` 1), and so is everything for the second that follows.
    """
    with _started("telegram", "http", rate, delay) as running:
        yield running


@contextmanager
def start_sendgrid(*, delay: float = 0) -> Iterator[Running]:
    """Answer ``/v3/mail/send``; every ``delivery_id`` is a message, and a person."""
    with _started("sendgrid", "http", 0, delay) as running:
        yield running


@contextmanager
def start_smtp(*, delay: float = 0) -> Iterator[Running]:
    """Take mail over SMTP with PIPELINING; people are told apart by the address in ``RCPT TO``."""
    with _started("smtp", "smtp", 0, delay) as running:
        yield running
