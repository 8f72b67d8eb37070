"""What a deadline costs: ``python -m tests.bench.bench_deadlines``.

100,000 computations, a mix of hours, working days and months in the zones of the law files, beside a ceiling of the same
run: the same number of bare conversions of a moment to local time and back, which no computation can do without.
"""

import statistics
import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from incident_app.adapters.holidays import HolidayCalendar
from incident_app.adapters.law_files import LawFiles
from incident_app.domain.deadlines import due

COUNT = 100_000
ROUNDS = 3
FIRST = datetime(2026, 1, 1, 9, 40, tzinfo=UTC)


def main() -> None:
    """Measure both, alternately, and print the medians."""
    law, calendar = LawFiles().load(), HolidayCalendar()
    jobs = [(rule, regime.zone or "Europe/Berlin", regime.countries[0].partition("-")[0])
            for regime in law.regimes for rule in regime.rules if rule.value is not None and regime.id != "EU-EUDPR"]
    ours, bare = [], []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        for number in range(COUNT):
            rule, zone, country = jobs[number % len(jobs)]
            due(rule, FIRST + timedelta(minutes=17 * number % 500_000), zone, calendar, country, None)
        ours.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        for number in range(COUNT):
            where = ZoneInfo(jobs[number % len(jobs)][1])
            (FIRST + timedelta(minutes=17 * number % 500_000)).astimezone(where).astimezone(UTC)
        bare.append(time.perf_counter() - begun)
    took, ceiling = statistics.median(ours), statistics.median(bare)
    print(f"{COUNT:,} deadlines: {took:.2f} s; bare conversions: {ceiling:.2f} s; ratio {ceiling / took:.2f}")  # noqa: T201 (what a bench is for)


if __name__ == "__main__":
    main()
