"""The vendors' protocols, spoken fast on this machine: what benches send to.

Each server is one small process of its own. ``with start_telegram() as server:`` gives ``server.url`` (the base for the
channel under test), ``server.counts()`` (what arrived since the start or the last reset) and ``server.reset()``::

    with start_telegram(rate=30, delay=0.06) as server:      # strict: never more than 30 in any second
        channel = TelegramChannel(TOKEN, server.url)
        …
        counts = server.counts()
        assert (counts.messages, counts.people, counts.doubles) == (900, 900, 0)

All three take ``delay``, the seconds until an answer. They check nothing and refuse nobody, apart from the rate: what a
vendor objects to is in ``tests/loopback``.
"""

from tests.bench.servers.process import Counts, Running, start_sendgrid, start_smtp, start_telegram

__all__ = ["Counts", "Running", "start_sendgrid", "start_smtp", "start_telegram"]
