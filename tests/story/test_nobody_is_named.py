"""A thousand people go through the whole story; afterwards no file of ours names any of them, in whatever spelling,
and none holds what people wrote into the case.

On PostgreSQL with Redis they are two hundred: its files hold the same rows, and all of them are searched.

Everything is real: vault, database and its log, queue, pages, PDF. What the simulator keeps in ``outbox.sqlite`` stands
for what left the house: it must name them, so the search proves that it can find, and it is left out otherwise.
"""

import base64
import io
import logging
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
import redis
import structlog
from flask import Flask
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from incident_app.app import create_app
from incident_app.domain.deliveries import ReceiptKind
from incident_app.domain.ports import Channel, Message, Outcome, Rejected, Uncertain
from incident_app.extensions import Base, db
from incident_app.models.cases import Case
from incident_app.models.deliveries import Delivery
from incident_app.models.notices import Notice
from incident_app.models.obligations import Obligation
from incident_app.services import (
    accounts,
    cases,
    deliveries,
    documents,
    filings,
    notices,
    recipients,
    reports,
)
from incident_app.tasks import deliveries as tasks
from incident_app.tasks import recipients as list_tasks
from incident_app.wiring import KEY, now, ports
from tests import brokers, databases
from tests.builders import a_case, an_organisation, settings_for_tests, the_law, the_world
from tests.conftest import ApiClient
from tests.fakes import START
from tests.faults.cluster import a_cluster
from tests.people import People, hire
from tests.story import canaries
from tests.story.canaries import traces, traces_in_files


class Gossip:
    """A provider that names people in its words: every fifth message is refused, every seventh lost from sight."""

    def __init__(self, inner: Channel) -> None:
        """Speak for another channel."""
        self.name, self.batch, self.inner, self.asked = inner.name, inner.batch, inner, 0

    def send(self, messages: Sequence[Message], *, wait: float = 0.0, spare: int = 0) -> list[Outcome]:
        """Answer, and gossip."""
        return [self._said(message.filled(), outcome)
                for message, outcome in zip(messages, self.inner.send(messages, wait=wait, spare=spare), strict=True)]

    def _said(self, message: Message, outcome: Outcome) -> Outcome:
        self.asked += 1
        if self.asked % 35 == 5:
            return Rejected(f"Sent back: 550 5.1.1 <{message.address}> is unknown here", permanent=True)
        if self.asked % 35 == 7:
            return Rejected(f"No chat {message.address.upper()}; try again", permanent=False)
        return Uncertain(f"No answer about {message.address}.") if self.asked % 35 == 9 else outcome


@dataclass(frozen=True, slots=True)
class House:
    """The app, everybody in it, and every folder it may write to."""

    app: Flask
    people: People
    folders: tuple[Path, ...]
    outbox: tuple[Path, ...]
    said: io.StringIO
    redis_url: str | None
    count: int

    @property
    def list_of_people(self) -> bytes:
        """Everybody of this house, as a list is uploaded."""
        return canaries.as_csv(self.count)

    def settled(self) -> None:
        """Let databases and queue write to disk what they hold in memory."""
        with self.app.app_context():
            if db.engine.dialect.name == "postgresql":
                with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                    connection.execute(text("CHECKPOINT"))
        if self.redis_url is not None:
            with redis.Redis.from_url(self.redis_url) as queue:
                assert queue.dbsize()
                queue.save()


@pytest.fixture
def words() -> Iterator[io.StringIO]:
    """Everything anybody logs, by structlog or not."""
    heard = io.StringIO()
    handler, root = logging.StreamHandler(heard), logging.getLogger()
    level, before = root.level, structlog.get_config()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(heard), cache_logger_on_first_use=False)
    yield heard
    structlog.configure(**before)
    root.setLevel(level)
    root.removeHandler(handler)


@contextmanager
def temporary(folder: Path) -> Iterator[None]:
    """Let Python put temporary files into a folder of this test alone."""
    before, tempfile.tempdir = tempfile.gettempdir(), str(folder / "temporary")
    Path(tempfile.tempdir).mkdir()
    try:
        yield
    finally:
        tempfile.tempdir = before


@pytest.fixture
def sqlite_house(tmp_path: Path, words: io.StringIO) -> Iterator[House]:
    """Everything in one folder, no queue."""
    yield from _opened(f"sqlite:///{tmp_path}/app.sqlite", None, tmp_path, (tmp_path,), words, canaries.COUNT)


@pytest.fixture
def served_house(tmp_path: Path, words: io.StringIO) -> Iterator[House]:
    """PostgreSQL and Redis of our own, which keep everything in files."""
    kept = tmp_path / "redis"
    kept.mkdir()
    with a_cluster() as cluster, brokers.redis_server(kept) as queue:
        if cluster is None or queue is None:
            pytest.skip(databases.MISSING if cluster is None else brokers.MISSING)
        url = databases.make_database(cluster.base)
        home = Path(cluster.base.split("host=")[1])
        yield from _opened(url, queue, tmp_path, (tmp_path, home), words, 200)


def _opened(url: str, queue: str | None, folder: Path, folders: tuple[Path, ...], said: io.StringIO,
            count: int) -> Iterator[House]:
    app = create_app(replace(settings_for_tests(url, folder), redis_url=queue))
    world = app.extensions[KEY]
    app.extensions[KEY] = replace(world, channels={name: Gossip(one) for name, one in world.channels.items()})
    with app.app_context():
        Base.metadata.create_all(db.engine)
        an_organisation(db.session())
        people = hire(db.session())
        db.session.remove()
    outbox = tuple(folder / f"outbox.sqlite{end}" for end in ("", "-wal", "-shm"))
    with temporary(folder):
        yield House(app, people, folders, outbox, said, queue, count)
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def written(session: Session, people: People) -> Case:
    """File a case, and write into it wherever one can; draft a filing that repeats it."""
    said, by, at = f"{canaries.WRITTEN} and more", people.responder, now()
    case = a_case(session, by, data_categories=("ai_prompts",), people_data="yes", summary=said, aware_source=said,
                  detected_at=START - timedelta(hours=1), gap_reason=said)
    facts = replace(cases.facts_of(case), cause=said, consequences=said, measures_before=said, measures_taken=said,
                    measures_planned=said)
    cases.edit(session, case.id, facts, version=1, by=by, now=at, world=the_world())
    cases.set_awareness(session, case.id, START, zone="UTC", source=said, reason=said, version=2, by=people.approver, now=at,
                        world=the_world())
    cases.add_note(session, case.id, said, by=by, now=at)
    duty = session.scalars(select(Obligation.id).where(
        Obligation.case_id == case.id, Obligation.provision == "Art 33(1)", Obligation.state != "superseded")).one()
    filings.draft(session, duty, by=by, now=at, forms=ports().forms, law=ports().law)
    return session.get_one(Case, case.id)


def read_again(house: House, case_id: int) -> None:
    """See that whoever may read the case reads what was written."""
    with house.app.app_context():
        case = db.session().get_one(Case, case_id)
        texts = (case.summary, case.aware_source, case.gap_reason, case.cause, case.consequences, case.measures_before,
                 case.measures_taken, case.measures_planned, *(one.text for one in cases.notes_of(db.session(), case_id)))
        assert set(texts) == {f"{canaries.WRITTEN} and more"}
        db.session.remove()


def listed(house: House) -> tuple[int, int, bytes]:
    """File a case and upload the list as a person does; one attempt is refused. Return case, list and every answer."""
    with house.app.app_context():
        session = db.session()
        case = written(session, house.people)
        user = accounts.find(session, "responder@example.org")
        assert user is not None
        _, secret = accounts.make_token(session, "story", 1, by=user.actor, now=now())
        case_id, ref = case.id, case.ref
        db.session.remove()
    client = ApiClient(house.app.test_client(), secret)
    sent, answers = None, []
    whole = house.list_of_people
    for content in (whole.replace(b"Name;E-Mail", b'Na"me;E-Mail'), whole.partition(b"\r\n")[2], whole):
        sent = client.client.post(f"/api/v1/cases/{ref}/lists", headers=client.headers,
                                  data={"file": (io.BytesIO(content), "people.csv")})
        answers.append(sent.data)
    assert sent is not None
    assert sent.status_code == 201, sent.text
    return case_id, sent.get_json()["id"], b"".join(answers)


def left_unread(house: House, case_id: int) -> None:
    """Upload the list once more and leave it: its pieces stay in the database."""
    with house.app.app_context():
        recipients.receive(db.session(), case_id, "again.csv", [house.list_of_people], by=house.people.responder, now=now(),
                           vault=ports().vault)
        documents.add(db.session(), case_id, kind="evidence", name="list.csv", media_type="text/csv",
                      content=house.list_of_people, by=house.people.responder, now=now(), vault=ports().vault)
        db.session.remove()


def told(house: House, case_id: int, list_id: int) -> int:
    """Write, approve and launch the notice; send until nothing is due; take receipts. Return the notice."""
    by, second = house.people.responder, house.people.approver
    with house.app.app_context():
        session = db.session()
        notice_id = notices.draft(session, case_id, list_id, by=by, now=now()).id
        notices.ask_approval(session, notice_id, by=by, now=now())
        made = notices.approve(session, notice_id, by=second, now=now())
        deliveries.launch(session, notice_id, typed_count=made.list_count or 0, by=by, now=now())
        if house.redis_url is not None:
            tasks.pump.apply_async()
        while tasks.pump.run():
            pass
        ids = session.scalars(select(Delivery.public_id).where(Delivery.channel == "email").limit(40)).all()
        gossip = f"550 <{canaries.NAME}.0001@{canaries.DOMAIN}-0001.example>: mailbox unavailable"
        events = [deliveries.Event(f"e{number}", one, ReceiptKind.BOUNCED if number % 2 else ReceiptKind.DELIVERED,
                                   gossip, now()) for number, one in enumerate(ids)]
        deliveries.record_receipts(session, "sendgrid", events, now=now())
        deliveries.apply_receipts(session, now=now())
        deliveries.sweep(session, now=now() + timedelta(minutes=5), law=the_law())
        list_tasks.read.run()
        db.session.remove()
    return notice_id


def seen_by_staff(house: House, case_id: int, list_id: int, notice_id: int) -> bytes:
    """Look at people, ask, open one, and print the case: return the pages and sheets that go around."""
    by, auditor = house.people.responder, house.people.auditor
    with house.app.app_context():
        session, vault = db.session(), ports().vault
        recipients.masked_page(session, case_id, list_id, by=by, now=now(), vault=vault)
        contact = recipients.open_contact(session, case_id, list_id, 1, by=by, now=now(), vault=vault)
        assert recipients.ask(session, case_id, address=contact.email, by=auditor, now=now(), vault=vault)
        sheet = reports.case_pdf(session, case_id, by=auditor, now=now(), pdf=ports().pdf, law=ports().law)
        lines = "".join(deliveries.outcome_lines(session, notice_id))
        db.session.remove()
    return canaries.unpacked(sheet) + lines.encode()


def every_cell(house: House) -> bytes:
    """Return every cell of every table, as the database gives it out: nothing of it is packed."""
    with house.app.app_context():
        cells = []
        for table in Base.metadata.sorted_tables:
            for row in db.session.execute(table.select()):
                cells += [bytes(cell) if isinstance(cell, bytes | memoryview) else str(cell).encode() for cell in row]
        db.session.remove()
    return b"\0".join(cells)


def erased(house: House, case_id: int) -> None:
    """Close the case, let its time come, and erase the people."""
    with house.app.app_context():
        session = db.session()
        session.execute(update(Notice).values(state="finished", finished_at=now()))
        session.execute(update(Case).where(Case.id == case_id).values(state="closed", closed_at=now()))
        session.commit()
        assert recipients.erase_due(session, now=now() + timedelta(days=400), vault=ports().vault) == 1
        db.session.remove()


def the_whole_story(house: House) -> None:
    case_id, list_id, answers = listed(house)
    left_unread(house, case_id)
    notice_id = told(house, case_id, list_id)
    shown = seen_by_staff(house, case_id, list_id, notice_id)
    house.settled()

    # What left the house names them: the search can find
    assert traces_in_files([house.outbox[0].parent], set(house.outbox[0].parent.rglob("*")) - set(house.outbox))
    # Nothing else does, before the people are erased and after
    for when in ("before", "after"):
        assert traces(every_cell(house)) == set(), when
        assert traces_in_files(house.folders, house.outbox) == {}, when
        assert traces(house.said.getvalue().encode()) == set(), when
        if when == "before":
            erased(house, case_id)
            house.settled()
    assert (traces(answers), traces(shown, canaries.PEOPLE)) == (set(), set())
    read_again(house, case_id)


def test_on_sqlite_no_file_of_ours_names_anybody(sqlite_house: House) -> None:
    the_whole_story(sqlite_house)


@pytest.mark.slow
@pytest.mark.postgresql
@pytest.mark.redis
def test_on_postgresql_and_redis_no_file_names_anybody(served_house: House) -> None:
    the_whole_story(served_house)


def in_base64(word: str, before: int) -> bytes:
    return base64.b64encode(b"x" * before + word.encode() + b"more")


@pytest.mark.parametrize("shape", [
    str.encode, lambda word: word.encode("utf-16-le"), lambda word: word.encode("utf-16-be"),
    lambda word: word.encode().hex().encode(), lambda word: word.upper().encode(), lambda word: word.encode()[::-1],
    lambda word: in_base64(word, 0), lambda word: in_base64(word, 1), lambda word: in_base64(word, 2),
])
def test_the_search_finds_them_in_every_spelling(shape: Callable[[str], bytes]) -> None:
    for number in (1, 2, 3, 4, 5):
        assert traces(b"abc" + shape(canaries.line(number)) + b"def")
    assert traces(b"nobody in here " * 1000) == set()
