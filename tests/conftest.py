"""What every test may ask for: databases, a clock moved by hand, the people, and signed-in clients."""

import gc
import os
import re
import shutil
from collections.abc import Callable, Generator, Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings
from sqlalchemy import create_engine, select, text
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

import incident_app.models  # noqa: F401 (fills the metadata)
from incident_app.adapters.press import Press
from incident_app.domain.accounts import Actor
from incident_app.extensions import Base, db
from incident_app.models.engine import prepare
from incident_app.models.organisation import Organisation
from incident_app.services import accounts
from incident_app.wiring import Ports
from tests import counting, databases, documented, no_skips, reused
from tests.browsers import Signed
from tests.builders import an_organisation, ports_for_tests
from tests.fakes import FakeClock
from tests.people import People, hire, rows_of, working_here
from tests.printing import PRESS, PRINTER

# Thousands of tests leave little to collect and much to look through: look less often, and never at what is imported.
gc.collect()
gc.freeze()
gc.set_threshold(50_000, 20, 50)

# Quick while one works; where everything must really run, the whole hundred.
settings.register_profile("quick", max_examples=30, deadline=None)
settings.register_profile("whole", max_examples=100, deadline=None)
settings.load_profile("whole" if no_skips.forbidden() else "quick")

TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


# Walks through everything that other tests look at closely: to pass a line there proves little.
UNCOUNTED = ("bench", "browser", "faults", "house", "story")


def _counts(item: pytest.Item) -> bool:
    """Count lines once: on one of two databases, unless a test is marked as the one that counts, and not in walks."""
    named = getattr(item, "callspec", None)
    again = named is not None and named.params.get("database_url") == "postgresql"
    walks = item.path.relative_to(Path(__file__).parent).parts[0] in UNCOUNTED
    return item.get_closest_marker("counted") is not None or not (again or walks)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Count lines or none from the first set-up to the last teardown."""
    with nullcontext() if _counts(item) else counting.paused():
        return (yield)


def pytest_sessionfinish() -> None:
    """Keep what was counted."""
    counting.save()


@pytest.fixture
def clock() -> FakeClock:
    """A clock moved by hand."""
    return FakeClock()


@pytest.fixture(scope="session")
def postgresql_base() -> Iterator[str | None]:
    """A PostgreSQL cluster for this run, or ``None``."""
    with databases.postgresql() as base:
        yield base


@pytest.fixture(scope="session")
def postgresql_template(postgresql_base: str | None) -> str | None:
    """The name of a database that holds our empty tables."""
    if postgresql_base is None:
        return None
    url = databases.make_database(postgresql_base)
    engine = create_engine(url)
    Base.metadata.create_all(engine)
    engine.dispose()
    return url.split("@/")[1].split("?")[0]


@pytest.fixture(scope="session")
def postgresql_emptied(postgresql_base: str | None, postgresql_template: str | None) -> Iterator[databases.Emptied | None]:
    """The PostgreSQL database that tests use one after the other."""
    if postgresql_base is None or postgresql_template is None:
        yield None
        return
    made = databases.Emptied(postgresql_base, postgresql_template)
    yield made
    made.drop()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file that holds our empty tables."""
    path = tmp_path_factory.mktemp("template") / "empty.sqlite"
    engine = create_engine(f"sqlite:///{path}")
    Base.metadata.create_all(engine)
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def filled_template(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Path:
    """A SQLite file with the organisation and everybody in it."""
    path = tmp_path_factory.mktemp("filled") / "filled.sqlite"
    shutil.copy(sqlite_template, path)
    engine = prepare(create_engine(f"sqlite:///{path}"))
    with Session(engine, expire_on_commit=False) as made:
        an_organisation(made)
        hire(made)
        made.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    engine.dispose()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path, postgresql_base: str | None) -> str:
    """The address of a database without any table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.sqlite'}"
    if postgresql_base is None:
        pytest.skip(databases.MISSING)
    return databases.make_database(postgresql_base)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    sqlite_template: Path,
    filled_template: Path,
    postgresql_emptied: databases.Emptied | None,
) -> Iterator[str]:
    """The address of an empty database, once on SQLite and once on PostgreSQL.

    Not quite empty for who asks for ``people`` as well: making them anew for each test took half of the time of all tests.
    """
    hired = "people" in request.fixturenames
    if request.param == "sqlite":
        path = tmp_path / "test.sqlite"
        shutil.copy(filled_template if hired else sqlite_template, path)
        yield f"sqlite:///{path}"
        return
    if postgresql_emptied is None:
        pytest.skip(databases.MISSING)
    if hired:
        postgresql_emptied.fill(rows_of(filled_template))
    yield postgresql_emptied.url
    postgresql_emptied.empty()


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on the test's own database."""
    with reused.engine_on(database_url) as made:
        yield made


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A session on the test's own database, with the organisation in it."""
    with Session(engine, expire_on_commit=False) as made:
        if made.scalar(select(Organisation.id)) is None:
            an_organisation(made)
        made.commit()  # no test begins inside a transaction, which would see nothing of what others write
        yield made


@pytest.fixture
def people(session: Session) -> People:
    """Everybody who works here, with accounts in the test's database."""
    return working_here(session) or hire(session)


@pytest.fixture
def reporter(people: People) -> Actor:
    """Who may file and see their own."""
    return people.reporter


@pytest.fixture
def responder(people: People) -> Actor:
    """Who works cases."""
    return people.responder


@pytest.fixture
def approver(people: People) -> Actor:
    """Who decides and signs."""
    return people.approver


@pytest.fixture
def second_approver(people: People) -> Actor:
    """The other one who signs."""
    return people.second_approver


@pytest.fixture
def oncall_person(people: People) -> Actor:
    """Who is woken."""
    return people.oncall_person


@pytest.fixture
def auditor(people: People) -> Actor:
    """Who reads and changes nothing."""
    return people.auditor


@pytest.fixture
def admin(people: People) -> Actor:
    """Who manages accounts and sees no case."""
    return people.admin


@pytest.fixture
def test_ports(clock: FakeClock) -> Ports:
    """Fakes for the outside world, the real law."""
    return ports_for_tests(clock)


@pytest.fixture(scope="session")
def press() -> Press:
    """What prints; where it cannot, who asks for it is skipped."""
    missing = PRINTER.available()
    if missing is not None:
        pytest.skip(missing)
    return PRESS


@pytest.fixture(scope="session")
def shared_app(tmp_path_factory: pytest.TempPathFactory, filled_template: Path) -> reused.SharedApp:
    """What the tests' app is taken from."""
    return reused.SharedApp(tmp_path_factory.mktemp("app"), filled_template)


@pytest.fixture(scope="session", autouse=True)
def _templates_compiled_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    """All workers of a run keep compiled templates in one place."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "templates"
    folder.mkdir(exist_ok=True)
    reused.TEMPLATES.directory = str(folder)


@pytest.fixture
def app(shared_app: reused.SharedApp, test_ports: Ports) -> Iterator[Flask]:
    """The app on a fresh SQLite file with the organisation and everybody in it."""
    with shared_app.with_ports(test_ports) as made:
        yield made


@pytest.fixture
def app_of_its_own(tmp_path: Path, filled_template: Path, test_ports: Ports) -> Iterator[Flask]:
    """An app nobody else uses, for a test that puts something into its engine."""
    path = tmp_path / "app.sqlite"
    shutil.copy(filled_template, path)
    made = reused.new_app(path, test_ports)
    yield made
    with made.app_context():
        db.engine.dispose()


@pytest.fixture
def client_for(app: Flask, clock: FakeClock) -> Callable[[str], FlaskClient]:
    """``client_for("approver")`` is a browser in which that person is signed in."""

    def sign_in(who: str) -> FlaskClient:
        client = Signed(app, app.response_class, use_cookies=True)
        client.come_in(app, f"{who}@example.org", clock)
        return client

    return sign_in


class ApiClient:
    """Speaks JSON with a bearer token."""

    def __init__(self, client: FlaskClient, token: str) -> None:
        """Remember the token."""
        self.client = client
        self.headers = {"Authorization": f"Bearer {token}"}

    def __call__(self, method: str, path: str, body: object = None, **more: object) -> tuple[int, dict[str, object]]:
        """Send a request below ``/api/v1`` and return the status and the JSON answer."""
        arguments: dict[str, object] = {"headers": self.headers, **more}
        if body is not None:
            arguments["json"] = body
        answer = self.client.open(f"/api/v1{path}", method=method, **arguments)  # type: ignore[arg-type]  # werkzeug's keyword arguments
        documented.check(self.client.application, answer)
        return answer.status_code, answer.get_json(silent=True) or {}


@pytest.fixture
def api_for(app: Flask, clock: FakeClock) -> Callable[[str], ApiClient]:
    """``api_for("responder")`` speaks JSON with that person's token."""

    def token_of(who: str) -> ApiClient:
        with app.app_context():
            user = accounts.find(db.session(), f"{who}@example.org")
            assert user is not None
            _, secret = accounts.make_token(db.session(), "test", 30, by=user.actor, now=clock.now())
        return ApiClient(app.test_client(), secret)

    return token_of
