"""People who look while others are written to: ``python -m tests.bench.bench_watchers`` (see ``rig`` for the options).

watched       a whole send with two worker processes while ten people who are signed in ask the real serving process
              for ``progress.json`` once a second, and every tenth time for what else follows, to a like send in the same
              database with nobody looking. A round has four: nobody, ten, ten, nobody – a later send finds a fuller table
answers       how long those answers took, all rounds together
delivery page the page of a send with ``--rows`` people (1,000,000 if not said), read by somebody who is signed in
"""

import statistics
from dataclasses import dataclass, field

from tests.bench.house import Send, opened, send_of
from tests.bench.inflating import inflate
from tests.bench.rig import Machine, Options, main, median
from tests.bench.seeding import a_database
from tests.bench.servers import Running, start_telegram
from tests.bench.table import Figure, say
from tests.bench.watching import WATCHERS, Browser, Watchers, a_web, sign_in
from tests.bench.workers import a_crew

LISTS = ("telegram", "telegram 2", "telegram 3", "telegram 4")
PEOPLE, ROWS = 50_000, 1_000_000
LOOKS = 7


def _sent(send: Send) -> float:
    begun = send.launch()
    return send.count / (send.until_sent() - begun)


def _page(web: str, send: Send, rows: int) -> list[Figure]:
    """Read the page of a large send: its first page, and one in the middle of those who were reached."""
    say(f"making {rows:,} rows")
    inflate(send, rows)
    seen = send.progress(brief=False)
    assert seen.accepted == rows, seen.sum
    assert seen.adds_up
    browser = Browser(web, sign_in(web, send.session))
    first = [browser.look(send.path) for _ in range(LOOKS)]
    parts = [browser.look(f"{send.path}?part=live") for _ in range(LOOKS)]
    middle = [browser.look(f"{send.path}?outcome=accepted&after={rows // 2}") for _ in range(LOOKS)]
    return [
        Figure(f"delivery page, {rows:,} rows", 1000 * median(first), "ms", most=500),
        Figure(f"delivery page, {rows:,} rows, from the middle", 1000 * median(middle), "ms", most=500),
        Figure(f"what else follows, {rows:,} rows", 1000 * median(parts), "ms", most=50),
        Figure("the slowest of both, the first looks included", 1000 * max(first + middle), "ms"),
    ]


@dataclass(slots=True)
class _Seen:
    """What all rounds saw."""

    alone: list[float] = field(default_factory=list)
    watched: list[float] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)
    parts: list[float] = field(default_factory=list)
    page: list[Figure] = field(default_factory=list)


def _round(machine: Machine, server: Running, number: int, options: Options, seen: _Seen) -> None:
    with (a_database(machine, dict.fromkeys(LISTS, options.of(PEOPLE))) as url, opened(url) as session,
          a_web(machine, machine.settings(url)) as web,
          a_crew(machine.settings(url, telegram_api_url=server.url), 2, options.profile)):
        first, *watched, last = (send_of(url, session, name) for name in LISTS)
        cookies = [sign_in(web, session) for _ in range(WATCHERS)]
        seen.alone.append(_sent(first))
        for send in watched:
            with Watchers(web, cookies, f"{send.path}/progress.json") as crowd:
                seen.watched.append(_sent(send))
            seen.answers += crowd.seen.sums
            seen.parts += crowd.seen.parts
        seen.alone.append(_sent(last))
        if number == options.rounds:
            seen.page = _page(web, last, max(options.rows or ROWS, last.count))


def bench(machine: Machine, options: Options) -> list[Figure]:
    """Measure with and without, alternately; then the page."""
    seen = _Seen()
    with start_telegram() as server:
        for number in range(1, options.rounds + 1):
            say(f"round {number}")
            _round(machine, server, number, options, seen)
    return [
        Figure("nobody looks", median(seen.alone), "/s"),
        Figure(f"{WATCHERS} people look once a second", median(seen.watched), "/s"),
        Figure("lost", 100 * (1 - median(seen.watched) / median(seen.alone)), "%", most=5),
        Figure("answers looked at", len(seen.answers)),
        Figure("an answer, median", 1000 * median(seen.answers), "ms"),
        Figure("an answer, p95", 1000 * statistics.quantiles(seen.answers, n=20)[-1], "ms", most=50),
        Figure("what else follows, the slowest", 1000 * max(seen.parts), "ms"),
        *seen.page,
    ]


if __name__ == "__main__":
    main("People who look", bench)
