"""Pages with many actions cost what pages with few do: ``python -m tests.bench.bench_actions`` (see ``rig`` for the options).

the pages    as a browser asks for them: a case's own, its actions, the dashboard, each list of actions, with 100 cases and
             with 10,000, ten actions each; a tenth of the cases are open, with a clock that runs and half of their
             actions to do, a third of those overdue; of what was done every hundredth is to be looked at
             half of the open cases wait for a decision, a fifth of them for an answer to an alert
statistics   of this year, in which most of the cases are: a plain figure, it counts every one of them
the ratios   are of the 95th percentile, asked in turns, so that whatever else runs slows both
"""

import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from flask.testing import FlaskClient
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from incident_app import starting
from incident_app.adapters.system_clock import SystemClock
from incident_app.extensions import db
from incident_app.models.alerts import Alert
from incident_app.models.remediation import Action
from incident_app.services import accounts
from tests.bench.inflating import columns_of
from tests.bench.rig import Machine, Options, main, median
from tests.bench.table import Figure, say
from tests.builders import an_organisation
from tests.fakes import START
from tests.people import hire
from tests.services.duties import a_duty, a_plain_case

FEW, MANY, EACH = 100, 10_000, 10
TURNS = 40
ACTION = {
    "case_id": "c.id", "state": "CASE WHEN c.closed_at IS NULL AND n % 2 = 0 THEN 'open' ELSE 'done' END",
    "owner_id": "2 + n % 2", "due_at": "now() + (n % 3 - 1) * interval '2 days' - c.id * interval '1 second'",
    "review_due_at": "CASE WHEN n % 2 = 1 AND c.id % 20 = 0 THEN now() - interval '1 day' END",
}
PATHS = {
    "case": "/cases/BR-11", "actions of a case": "/cases/BR-11/actions", "dashboard": "/", "mine": "/actions",
    "overdue": "/actions?whose=overdue", "reviews": "/actions?whose=reviews", "all open": "/actions?whose=all",
    "register": "/register",
}
STATISTICS = "/statistics"


def _fill(url: str, count: int) -> None:
    """Make so many cases with ten actions each."""
    engine = create_engine(url)
    with Session(engine, expire_on_commit=False) as session:
        an_organisation(session)
        hire(session)
        case = a_plain_case(session, "BR-1")
        a_duty(session, case)
        session.add(Action(case_id=case.id, step="Close the access", kind="remedy", made_at=START, due_at=START, proof_asked="Time"))
        session.commit()
        session.execute(text("SET LOCAL session_replication_role = replica"))
        own = {"ref": "'BR-' || n", "aware_at": "now() - n * interval '1 hour'",
               "state": "CASE WHEN n % 10 = 1 THEN 'decided' ELSE 'closed' END",
               "closed_at": "CASE WHEN n % 10 = 1 THEN NULL ELSE now() END"}
        names, values = columns_of(session, "cases", own, "r")
        session.execute(text(f"INSERT INTO cases ({names}) SELECT {values} FROM cases AS r, generate_series(2, :count) AS n"),
                        {"count": count})
        duty = {"case_id": "c.id", "anchor_at": "c.aware_at", "due_at": "now() + (c.id % 70) * interval '1 hour'",
                "state": "CASE WHEN c.closed_at IS NOT NULL THEN 'discharged' WHEN c.id % 20 = 1 THEN 'undecided' ELSE 'owed' END",
                "discharged_at": "CASE WHEN c.closed_at IS NOT NULL THEN c.aware_at + (c.id % 90) * interval '1 hour' END"}
        names, values = columns_of(session, "obligations", duty, "o")
        session.execute(text(f"INSERT INTO obligations ({names}) SELECT {values} FROM obligations AS o, cases AS c WHERE c.id > :first"),
                        {"first": case.id})
        names, values = columns_of(session, "actions", ACTION, "a")
        session.execute(text(f"INSERT INTO actions ({names}) SELECT {values} FROM actions AS a, cases AS c,"
                             " generate_series(1, :each) AS n WHERE c.id > :first"), {"first": case.id, "each": EACH})
        _alert(session, case.id)
        session.commit()
        session.connection(execution_options={"isolation_level": "AUTOCOMMIT"}).execute(text("VACUUM (ANALYZE)"))
    engine.dispose()


def _alert(session: Session, first: int) -> None:
    """Let an alert run in every fifth open case, and one be over in each that is closed."""
    session.add(Alert(key="bench", kind="actions", case_id=first, threshold="raised", words="1 action overdue", due_at=START,
                      raised_at=START, state="cancelled", ended_at=START))
    session.flush()
    alert = {"case_id": "c.id", "key": "'bench-' || c.id", "state": "CASE WHEN c.closed_at IS NULL THEN 'raised' ELSE 'cancelled' END"}
    names, values = columns_of(session, "alerts", alert, "l")
    session.execute(text(f"INSERT INTO alerts ({names}) SELECT {values} FROM alerts AS l, cases AS c"
                         " WHERE c.id > :first AND (c.closed_at IS NOT NULL OR c.id % 50 = 1)"), {"first": first})


@contextmanager
def _opened(machine: Machine, count: int) -> Iterator[FlaskClient]:
    """Yield a browser that is signed in."""
    with machine.database(("actions", count), lambda url: _fill(url, count)) as url:
        app = starting.make_app(machine.settings(url, testing=True))
        app.config["WTF_CSRF_ENABLED"] = False
        with app.app_context():
            secret = accounts.make_sign_in_link(db.session(), "responder@example.org", now=SystemClock().now())
        client = app.test_client()
        assert client.post(f"/start/{secret}").status_code == 302
        yield client
        starting.release(app)


def _took(client: FlaskClient, path: str) -> float:
    begun = time.perf_counter()
    answer = client.get(path)
    assert answer.status_code == 200
    return time.perf_counter() - begun


def p95(values: list[float]) -> float:
    """Return the 95th percentile."""
    return statistics.quantiles(values, n=20)[18] if len(values) > 1 else values[0]


def bench(machine: Machine, options: Options) -> list[Figure]:
    """Ask both in turns."""
    many = options.of(MANY)
    few = min(FEW, max(20, many // 2))
    times: dict[tuple[str, int], list[float]] = {}
    with ExitStack() as stack:
        opened = {}
        for count in (few, many):
            say(f"{count:,} cases, {count * EACH:,} actions")
            opened[count] = stack.enter_context(_opened(machine, count))
        for turn in range(1 + (TURNS * options.rounds // 3 if many > FEW else 2)):
            for what, path in PATHS.items():
                for count, client in opened.items():
                    took = _took(client, path)
                    if turn:
                        times.setdefault((what, count), []).append(took)
        year = median([_took(opened[many], STATISTICS) for _ in range(max(2, options.rounds))])
    page = {key: p95(values) for key, values in times.items()}
    return [
        *(Figure(f"{what}, {count:,} cases, p95", 1000 * page[what, count], "ms") for what in PATHS for count in (few, many)),
        Figure(f"statistics of a year, {many:,} cases", 1000 * year, "ms", most=1000),
        *(Figure(f"{what}, many to few", page[what, many] / page[what, few], "times", most=2.0) for what in PATHS),
    ]


if __name__ == "__main__":
    main("Pages with many actions", bench)
