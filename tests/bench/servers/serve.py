"""The process of one server: ``python -m tests.bench.servers.serve telegram|sendgrid|smtp RATE DELAY``.

Says its port, then answers ``counts`` and ``reset`` line by line until its input ends.
"""

import asyncio
import json
import os
import sys
from contextlib import suppress

from tests.bench.servers.http import SendGrid, Telegram
from tests.bench.servers.ledger import Ledger
from tests.bench.servers.smtp import Smtp

_KINDS = {"telegram": Telegram, "sendgrid": SendGrid, "smtp": Smtp}


async def _serve(kind: str, rate: float, delay: float) -> None:
    ledger, ended, loop = Ledger(rate), asyncio.Event(), asyncio.get_running_loop()

    def asked() -> None:
        match sys.stdin.readline().strip():
            case "counts":
                _say(json.dumps(ledger.counts()))
            case "reset":
                ledger.reset()
                _say("done")
            case _:
                ended.set()

    server = await loop.create_server(lambda: _KINDS[kind](ledger, delay), "127.0.0.1", 0, backlog=1024)
    loop.add_reader(sys.stdin, asked)
    _say(str(server.sockets[0].getsockname()[1]))
    await ended.wait()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    with suppress(PermissionError):
        os.nice(-10)  # it stands for another machine: what keeps this one busy must not blur when something arrives
    asyncio.run(_serve(sys.argv[1], float(sys.argv[2]), float(sys.argv[3])))
