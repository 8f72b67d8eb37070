"""Memory while a large file comes in and goes out, by the real vault and SQLite: ``python -m tests.bench.bench_evidence``.

A file of 20 MB, then one of 200 (or as many as are given): put in slices of 8 MB, verified, read, packed as a locked zip.
The peak of the process must be the same for both; the 20 MB go first and leave what is loaded once.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.orm import Session

import incident_app.models  # noqa: F401 (fills the metadata)
from incident_app.adapters.locked_zip import AesZip
from incident_app.adapters.vault import AesVault
from incident_app.domain.accounts import Actor
from incident_app.extensions import Base
from incident_app.models.engine import prepare
from incident_app.services import documents, incoming
from tests.bench.table import say
from tests.builders import a_case, an_organisation
from tests.fakes import START
from tests.people import hire

MEGABYTE = 1024 * 1024
SLICE, READ = 8 * MEGABYTE, 256 * 1024
MOST_GROWTH = 8  # MB


def _slices(size: int) -> Iterator[int]:
    for start in range(0, size, SLICE):
        yield min(SLICE, size - start)


def _body(length: int) -> Iterator[bytes]:
    for start in range(0, length, READ):
        yield b"evidence" * (min(READ, length - start) // 8)


def _once(session: Session, case_id: int, size: int, by: Actor, vault: AesVault) -> None:
    public_id = incoming.begin(session, case_id, kind="evidence", name="disk.img", media_type="", size=size, by=by, now=START,
                               vault=vault).public_id
    start = 0
    for length in _slices(size):
        incoming.put(session, case_id, public_id, start, _body(length), by=by, now=START, vault=vault)
        start += length
    incoming.finish(session, case_id, public_id, by=by, now=START, vault=vault)
    assert documents.verify(session, case_id, public_id, by=by, now=START, vault=vault).matches
    opened = documents.open_file(session, case_id, public_id, by=by, now=START, vault=vault)
    assert sum(map(len, opened.pieces)) == size
    opened = documents.open_file(session, case_id, public_id, by=by, now=START, vault=vault, locked=True)
    assert any(AesZip().pack("disk.img", START, opened.pieces, "infected"))


def main() -> None:
    """Measure, print, and fail where memory grew with the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=200)
    large, peaks = parser.parse_args().megabytes, []
    with tempfile.TemporaryDirectory() as folder:
        engine = prepare(create_engine(f"sqlite:///{Path(folder) / 'bench.sqlite'}"))
        Base.metadata.create_all(engine)
        with Session(engine, expire_on_commit=False) as session:
            an_organisation(session)
            by, vault = hire(session).responder, AesVault([("bench", b"k" * 32)])
            case_id = a_case(session, by).id
            for size in (20, large):
                begun = time.monotonic()
                _once(session, case_id, size * MEGABYTE, by, vault)
                peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
                say(f"{size:>6} MB   peak {peaks[-1]:.0f} MB   {time.monotonic() - begun:.1f} s")
        engine.dispose()
    if peaks[1] - peaks[0] > MOST_GROWTH:
        raise SystemExit(f"memory grew by {peaks[1] - peaks[0]:.0f} MB, at most {MOST_GROWTH} MB are right")


if __name__ == "__main__":
    main()
