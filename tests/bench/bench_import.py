"""How near an import comes to PostgreSQL's own COPY: ``python -m tests.bench.bench_import --rows 1000000``.

The import reads, validates, joins and seals a CSV file; the COPY writes the very rows it made into the same table, with
the same indexes, in the same run. What counts is the ratio (at most 5) and the peak of memory (at most 150 MB).
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg

from tests import databases

ROUNDS = 3
PIECE = 256 * 1024
TWICE = 20  # every twentieth line says somebody again


def write_list(path: Path, rows: int) -> None:
    """Write a list with some lines that say the same person again."""
    with path.open("w", encoding="utf-8") as file:
        file.write("name,email,telegram_id,language,country\n")
        for line in range(rows):
            number = line - 7 if line % TWICE == 10 else line
            file.write(f"Person {number},Person{number}@example{number % 500}.org,{700_000_000 + number},de-DE,DE\n")


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


def import_once(url: str, path: Path) -> None:
    """Import the file in this process; print how long it took and the peak of memory in KB."""
    import resource

    from sqlalchemy import create_engine
    from sqlalchemy.orm import Session

    import incident_app.models  # noqa: F401 (fills the metadata)
    from incident_app.adapters.vault import AesVault
    from incident_app.extensions import Base
    from incident_app.services import recipients
    from tests.builders import BREACH, a_case, an_organisation
    from tests.people import hire

    engine = create_engine(url)
    Base.metadata.create_all(engine)
    with Session(engine, expire_on_commit=False) as session:
        an_organisation(session)
        by = hire(session).responder
        case_id, now = a_case(session, by).id, BREACH.aware_at
        vault = AesVault((("bench", b"k" * 32),))
        begun = time.perf_counter()
        made = recipients.import_list(session, case_id, "people.csv", _pieces(path), by=by, now=now, vault=vault)
        took = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    sys.stdout.write(f"{took} {peak} {made.people_count}\n")


def copy_once(url: str, path: Path) -> float:
    """Write the rows the import made once more into the emptied table; return the seconds."""
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        with path.open("wb") as file, connection.cursor().copy("COPY recipients TO STDOUT (FORMAT BINARY)") as out:
            for part in out:
                file.write(part)
        connection.execute("TRUNCATE recipients CASCADE")
        connection.commit()
        begun = time.perf_counter()
        with path.open("rb") as file, connection.cursor().copy("COPY recipients FROM STDIN (FORMAT BINARY)") as into:
            while part := file.read(PIECE):
                into.write(part)
        connection.commit()
        return time.perf_counter() - begun


def main(rows: int) -> None:
    """Measure both, alternately, and print the medians."""
    ours, raw, peaks, people = [], [], [], "0"
    with databases.postgresql() as base, tempfile.TemporaryDirectory() as folder:
        if base is None:
            raise SystemExit(databases.MISSING)
        path = Path(folder) / "people.csv"
        write_list(path, rows)
        for _ in range(ROUNDS):
            url = databases.make_database(base)
            command = [sys.executable, "-m", __spec__.name, "--once", url, str(path)]
            took, peak, people = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
            ours.append(float(took))
            peaks.append(int(peak) / 1024)
            raw.append(copy_once(url, Path(folder) / "rows"))
            databases.drop_database(base, url)
    mine, copy = statistics.median(ours), statistics.median(raw)
    sys.stdout.write(
        f"{rows:,} lines, {int(people):,} people: import {mine:.2f} s, COPY {copy:.2f} s, ratio {mine / copy:.2f} "
        f"(at most 5), peak {statistics.median(peaks):.0f} MB (at most 150)\n"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--once", nargs=2, metavar=("URL", "FILE"))
    given = parser.parse_args()
    if given.once:
        import_once(given.once[0], Path(given.once[1]))
    else:
        main(given.rows)
