"""The register of many breaches costs a page of few: ``python -m tests.bench.bench_register`` (see ``rig`` for the options).

page         the first page as a browser asks for it, 100 and 10,000 breaches with three duties each, a tenth of them closed
deep         a page from the middle, by its place
the ratios   are of medians, asked in turns, so that whatever else runs slows both
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from flask.testing import FlaskClient
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from incident_app import starting
from incident_app.adapters.system_clock import SystemClock
from incident_app.extensions import db
from incident_app.services import accounts, reports
from tests.bench.inflating import columns_of
from tests.bench.rig import Machine, Options, main, median
from tests.bench.table import Figure, say
from tests.builders import an_organisation
from tests.fakes import START
from tests.people import hire
from tests.services.duties import a_duty, a_plain_case

FEW, MANY = 100, 10_000
TURNS = 15


def _fill(url: str, count: int) -> None:
    """Make so many breaches of different ages, with three duties each."""
    engine = create_engine(url)
    with Session(engine, expire_on_commit=False) as session:
        an_organisation(session)
        hire(session)
        case = a_plain_case(session, "BR-1")
        for kind in ("authority", "data_subjects", "controller"):
            a_duty(session, case, recipient_type=kind)
        session.execute(text("SET LOCAL session_replication_role = replica"))
        own = {"ref": "'BR-' || n", "aware_at": "r.aware_at - n * interval '1 hour'",
               "closed_at": "CASE WHEN n % 10 = 0 THEN r.aware_at END"}
        names, values = columns_of(session, "cases", own, "r")
        session.execute(text(f"INSERT INTO cases ({names}) SELECT {values} FROM cases AS r, generate_series(2, :count) AS n"),
                        {"count": count})
        names, values = columns_of(session, "obligations", {"case_id": "c.id", "due_at": "o.due_at - c.id * interval '1 minute'"}, "o")
        session.execute(text(f"INSERT INTO obligations ({names}) SELECT {values} FROM obligations AS o, cases AS c WHERE c.id > :first"),
                        {"first": case.id})
        session.commit()
        session.connection(execution_options={"isolation_level": "AUTOCOMMIT"}).execute(text("VACUUM (ANALYZE)"))
    engine.dispose()


@contextmanager
def _opened(machine: Machine, count: int) -> Iterator[tuple[FlaskClient, str]]:
    """Yield a browser that is signed in, and the address of a page from the middle."""
    with machine.database(("register", count), lambda url: _fill(url, count)) as url:
        app = starting.make_app(machine.settings(url, testing=True))
        app.config["WTF_CSRF_ENABLED"] = False
        with app.app_context():
            secret = accounts.make_sign_in_link(db.session(), "responder@example.org", now=SystemClock().now())
            user = accounts.find(db.session(), "responder@example.org")
            assert user is not None
            middle = reports.register(db.session(), by=user.actor, now=START, size=count // 2).more
        client = app.test_client()
        assert client.post(f"/start/{secret}").status_code == 302
        yield client, f"/register?after={middle}"
        starting.release(app)


def _took(client: FlaskClient, path: str) -> float:
    begun = time.perf_counter()
    answer = client.get(path)
    assert answer.status_code == 200
    return time.perf_counter() - begun


def bench(machine: Machine, options: Options) -> list[Figure]:
    """Ask both in turns."""
    many = options.of(MANY)
    few = min(FEW, many // 2)
    times: dict[tuple[str, int], list[float]] = {}
    with ExitStack() as stack:
        opened = {}
        for count in (few, many):
            say(f"{count:,} breaches")
            opened[count] = stack.enter_context(_opened(machine, count))
        for turn in range(1 + TURNS * options.rounds // 3):
            for count, (client, middle) in opened.items():
                for what, path in (("first", "/register"), ("deep", middle)):
                    took = _took(client, path)
                    if turn:
                        times.setdefault((what, count), []).append(took)
    page = {key: median(values) for key, values in times.items()}
    return [
        *(Figure(f"{what} page of {count:,}", 1000 * page[what, count], "ms") for what in ("first", "deep") for count in (few, many)),
        Figure("first page, many to few", page["first", many] / page["first", few], "times", most=2.0),
        Figure("deep page, many to few", page["deep", many] / page["deep", few], "times", most=2.0),
    ]


if __name__ == "__main__":
    main("The register of many breaches", bench)
