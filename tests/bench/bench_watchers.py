"""People who look while others are written to: ``python -m tests.bench.bench_watchers`` (see ``rig`` for the options).

watched       a whole send with two worker processes while ten people who are signed in ask the real serving process
              for ``progress.json`` once a second, to the same send, the same serving process, nobody looking
answers       how long those answers took, all rounds together
delivery page the page of a send with ``--rows`` people (1,000,000 if not said), read by somebody who is signed in
"""

import statistics

from tests.bench.house import Send, a_send
from tests.bench.inflating import inflate
from tests.bench.rig import Machine, Options, main, median
from tests.bench.servers import Running, start_telegram
from tests.bench.table import Figure, say
from tests.bench.watching import Browser, Watchers, a_web, sign_in
from tests.bench.workers import a_crew

PEOPLE, ROWS = 50_000, 1_000_000
WATCHERS = 10
LOOKS = 7


def _sent(machine: Machine, send: Send, server: Running, options: Options) -> float:
    with a_crew(machine.settings(send.url, telegram_api_url=server.url), 2, options.profile) as crew:
        begun = send.launch()
        took = send.until_sent() - begun
        crew.dismiss()
    return send.count / took


def _once(machine: Machine, server: Running, watchers: int, options: Options) -> tuple[float, list[float]]:
    """Return the messages a second, and how long each answer took."""
    server.reset()
    with a_send(machine, options.of(PEOPLE), "telegram") as send, a_web(machine, machine.settings(send.url)) as web:
        cookies = [sign_in(web, send.session) for _ in range(watchers)]
        if not cookies:
            return _sent(machine, send, server, options), []
        with Watchers(web, cookies, f"{send.path}/progress.json") as crowd:
            rate = _sent(machine, send, server, options)
        return rate, crowd.seen


def _page(machine: Machine, server: Running, options: Options) -> list[Figure]:
    """Read the page of a large send: its first page, and one in the middle of those who were reached."""
    rows = options.rows or min(options.of(ROWS), ROWS)
    with a_send(machine, min(rows, 1000), "telegram") as send:
        _sent(machine, send, server, options)
        say(f"making {rows:,} rows")
        inflate(send, rows)
        with a_web(machine, machine.settings(send.url)) as web:
            browser = Browser(web, sign_in(web, send.session))
            first = [browser.look(send.path) for _ in range(LOOKS)]
            middle = [browser.look(f"{send.path}?outcome=accepted&after={rows // 2}") for _ in range(LOOKS)]
    return [
        Figure(f"delivery page, {rows:,} rows", 1000 * median(first), "ms", most=500),
        Figure(f"delivery page, {rows:,} rows, from the middle", 1000 * median(middle), "ms", most=500),
        Figure("the slowest of both, the first looks included", 1000 * max(first + middle), "ms"),
    ]


def bench(machine: Machine, options: Options) -> list[Figure]:
    """Measure with and without, alternately; then the page."""
    alone, watched, answers = [], [], []
    with start_telegram() as server:
        for number in range(options.rounds):
            say(f"round {number + 1}")
            alone.append(_once(machine, server, 0, options)[0])
            rate, seen = _once(machine, server, WATCHERS, options)
            watched.append(rate)
            answers += seen
        page = _page(machine, server, options)
    answers = sorted(answers)
    lost = 100 * (1 - median(watched) / median(alone))
    return [
        Figure("nobody looks", median(alone), "/s"),
        Figure(f"{WATCHERS} people look once a second", median(watched), "/s"),
        Figure("lost", lost, "%", most=5),
        Figure("answers looked at", len(answers)),
        Figure("an answer, median", 1000 * median(answers), "ms"),
        Figure("an answer, p95", 1000 * statistics.quantiles(answers, n=20)[-1], "ms", most=50),
        *page,
    ]


if __name__ == "__main__":
    main("People who look", bench)
