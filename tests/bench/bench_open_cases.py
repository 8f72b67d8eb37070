"""What an evaluation of the deadlines costs: ``python -m tests.bench.bench_open_cases`` (see ``rig`` for the options).

nothing due   one pass of the evaluator that comes every second, over 1,000, 10,000 and 100,000 open cases, each of which
              waits for its next threshold
50 due        the same with 50 cases that have just reached a threshold: raised, written to the record, people planned
complete      one pass of the second evaluator, which asks every open duty
the bare      one question by the index, beside an empty transaction of the same kind: what no pass can do without
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from incident_app.models.base import Model
from incident_app.services import alerts
from tests.bench.inflating import columns_of
from tests.bench.rig import Machine, Options, main, median
from tests.bench.table import Figure, say
from tests.builders import an_organisation
from tests.fakes import START
from tests.people import hire
from tests.services.duties import a_duty, a_plain_case

SIZES = (1_000, 10_000, 100_000)
DUE = 50
QUIET = START + timedelta(hours=1)
LATE = START + timedelta(hours=24, minutes=1)


def _copies(session: Session, row: Model, count: int, **own: str) -> None:
    """Copy a row ``count`` times; ``own`` is what each copy ``n`` has of its own, in SQL."""
    table = type(row).__tablename__
    names, values = columns_of(session, table, own, "r")
    session.execute(text(
        f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} AS r, generate_series(1, :count) AS n WHERE r.id = :id"
    ), {"count": count, "id": row.id})  # type: ignore[attr-defined]  # each of ours has one


def _fill(url: str, cases: int) -> None:
    """Make so many open cases with one duty each, which waits for its threshold of 48 hours; of 50 it comes first."""
    engine = create_engine(url)
    with Session(engine, expire_on_commit=False) as session:
        an_organisation(session)
        hire(session)
        case = a_plain_case(session, "first")
        duty = a_duty(session, case)
        alerts.raise_due(session, now=QUIET)
        session.execute(text("SET LOCAL session_replication_role = replica"))
        first = session.execute(text("SELECT max(id) FROM cases")).scalar_one()
        _copies(session, case, cases, ref="'BR-' || n")
        names, values = columns_of(session, "obligations", {"case_id": "c.id"}, "r")
        session.execute(text(
            f"INSERT INTO obligations ({names}) SELECT {values} FROM obligations AS r, cases AS c"
            " WHERE r.id = :duty AND c.id > :first"), {"duty": duty.id, "first": first})
        session.execute(text(
            "UPDATE obligations SET due_at = due_at + interval '5 days', look_at = look_at + interval '5 days'"
            " WHERE id > :duty + :due"), {"duty": duty.id, "due": DUE})
        own = {"obligation_id": "o.id", "case_id": "o.case_id", "due_at": "o.look_at", "deadline_at": "o.due_at",
               "key": "'duty/' || o.id || '/v1/48/72'"}
        names, values = columns_of(session, "alerts", own, "r")
        session.execute(text(
            f"INSERT INTO alerts ({names}) SELECT {values} FROM alerts AS r, obligations AS o"
            " WHERE r.obligation_id = :duty AND o.id > :duty"), {"duty": duty.id})
        session.execute(text("DELETE FROM alerts WHERE obligation_id = :duty"), {"duty": duty.id})
        session.execute(text("UPDATE obligations SET state = 'discharged', look_at = NULL WHERE id = :duty"), {"duty": duty.id})
        session.commit()
        session.connection(execution_options={"isolation_level": "AUTOCOMMIT"}).execute(text("VACUUM (ANALYZE)"))
    engine.dispose()


@contextmanager
def _opened(machine: Machine, cases: int) -> Iterator[Session]:
    with machine.database(("open cases", cases), lambda url: _fill(url, cases)) as url:
        engine = create_engine(url)
        with Session(engine, expire_on_commit=False) as session:
            yield session
        engine.dispose()


def _took(session: Session, *, late: bool = False, complete: bool = False) -> tuple[float, alerts.Pass]:
    begun = time.perf_counter()
    done = alerts.raise_due(session, now=LATE if late else QUIET, complete=complete)
    return time.perf_counter() - begun, done


def _bare(session: Session) -> float:
    begun = time.perf_counter()
    session.execute(text("SELECT 1"))
    session.rollback()
    return time.perf_counter() - begun


def bench(machine: Machine, options: Options) -> list[Figure]:
    """Measure each size."""
    quiet: dict[int, float] = {}
    due: dict[int, float] = {}
    whole: dict[int, float] = {}
    bare: list[float] = []
    for cases in SIZES:
        passes: dict[str, list[float]] = {"quiet": [], "due": [], "whole": []}
        for number in range(options.rounds):
            say(f"{cases:,} open cases, round {number + 1}")
            with _opened(machine, cases) as session:
                _took(session)
                bare.append(_bare(session))
                took, done = _took(session)
                assert done.evaluated == 0, done
                passes["quiet"].append(took)
                passes["whole"].append(_took(session, complete=True)[0])
                took, done = _took(session, late=True)
                assert (done.raised, done.failed) == (DUE, 0), done
                passes["due"].append(took)
        quiet[cases], due[cases], whole[cases] = (median(passes[name]) for name in ("quiet", "due", "whole"))
    small, middle, large = SIZES
    return [
        Figure("an empty question and its end", 1000 * median(bare), "ms"),
        *[Figure(f"nothing due, {size:,} open", 1000 * quiet[size], "ms") for size in SIZES],
        *[Figure(f"{DUE} due, {size:,} open", 1000 * due[size], "ms") for size in SIZES],
        *[Figure(f"complete, {size:,} open", 1000 * whole[size], "ms") for size in SIZES],
        Figure(f"{middle:,} open cases evaluated", due[middle] + whole[middle], "s", most=2.0),
        Figure(f"{DUE} due: {large:,} open to {small:,}", due[large] / due[small], "times", most=1.5),
        Figure("nothing due, to an empty question", quiet[large] / median(bare), "times"),
    ]


if __name__ == "__main__":
    main("The cost of an evaluation", bench)
