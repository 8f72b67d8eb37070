"""A database that was put back, however that was done: nothing leaves before somebody looked."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, delete, event, func, select, update
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from incident_app.domain.epochs import Mark
from incident_app.domain.ports import Message, Outcome, Sent
from incident_app.models.audit import Entry
from incident_app.models.deliveries import Delivery
from incident_app.models.engine import prepare
from incident_app.models.epochs import IN_ORDER, Epoch
from incident_app.models.notices import Notice
from incident_app.services import deliveries
from incident_app.services.deliveries import restoring
from tests.builders import the_law
from tests.copies import Copy, own_database
from tests.fakes import FakeClock, FakeMarks
from tests.letters_kit import Desk, csv_of
from tests.people import People

PEOPLE = 60


@dataclass
class Send:
    """A desk whose worker keeps marks, and whose database can be put back to a copy."""

    desk: Desk
    copy: Copy
    marks: FakeMarks = field(default_factory=FakeMarks)
    opened: list[Engine] = field(default_factory=list)

    def work(self, marks: FakeMarks | None = None) -> int:
        """Work until nothing is due; ``marks`` are another worker's."""
        desk = self.desk
        return deliveries.pump(
            desk.session, clock=desk.clock, channels={"telegram": desk.telegram, "email": desk.email}, limiter=desk.limiter,
            vault=desk.vault, letters=desk.letters, law=the_law(), worker="w", sleep=desk.sleep, marks=marks or self.marks)

    def copied(self) -> Copy:
        """Make a copy of the database as it is."""
        self._leave()
        self.copy.make()
        return self.copy

    def put_back(self, copy: Copy) -> None:
        """Let the copy take the database's place."""
        self._leave()
        copy.put_back()
        self.opened.append(prepare(create_engine(copy.url)))
        self.desk.session = Session(self.opened[-1], expire_on_commit=False)

    def _leave(self) -> None:
        self.desk.session.rollback()
        engine = self.desk.session.connection().engine
        self.desk.session.close()
        engine.dispose()

    def state(self, notice: Notice) -> tuple[str, str]:
        """Return where the notice stands, and why."""
        found = self.desk.session.get_one(Notice, notice.id, populate_existing=True)
        self.desk.session.rollback()
        return found.state, found.state_reason

    def restores(self) -> int:
        """Return how often the record says that the database was put back."""
        found = self.desk.session.scalar(select(func.count()).select_from(Entry).where(Entry.action == "database.restored"))
        self.desk.session.rollback()
        return found or 0

    def resume(self, notice: Notice) -> None:
        """Let a person look, and go on."""
        deliveries.resume(self.desk.session, notice.id, "Looked", by=self.desk.people.approver, now=self.desk.now)

    def epochs(self) -> list[Mark]:
        """Return the epochs of the database, the oldest first."""
        found = [Mark(one.epoch, one.ticks) for one in self.desk.session.execute(IN_ORDER)]
        self.desk.session.rollback()
        return found


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database nobody else is connected to: it can be copied."""
    yield from own_database(request, tmp_path)


@pytest.fixture
def send(
    session: Session, people: People, clock: FakeClock, database_url: str, postgresql_base: str | None
) -> Iterator[Send]:
    """A send on a database that can be put back."""
    made = Send(Desk(session, people, clock), Copy(database_url, postgresql_base))
    yield made
    made.desk.session.close()
    for engine in made.opened:
        engine.dispose()
    made.copy.drop()


def begun(send: Send) -> Notice:
    """Launch a notice on a database that workers know."""
    send.work()  # begins the first epoch
    send.work()
    return send.desk.launched(csv_of(PEOPLE), canary=False)


@pytest.mark.counted
def test_a_copy_that_took_the_databases_place_sends_nothing_until_somebody_looked(send: Send) -> None:
    # Given a copy that knows of nobody who was written to
    notice = begun(send)
    copy = send.copied()
    assert send.work() == PEOPLE

    # When it takes the database's place, by whatever means
    send.put_back(copy)
    for _ in range(3):
        assert send.work() == 0

    # Then nobody got it twice; it waits, says why, and the record says so once
    assert len(send.desk.messages) == PEOPLE
    assert send.state(notice) == ("paused", restoring.REASON)
    assert send.restores() == 1
    # … and a person who looked lets it go on
    send.resume(notice)
    assert send.work() == PEOPLE
    assert send.state(notice)[0] == "finished"
    assert send.restores() == 1


@pytest.mark.counted
def test_what_one_worker_dealt_with_is_no_restore_to_another(send: Send) -> None:
    # Given two workers that both saw the database further than its copy
    notice, other = begun(send), FakeMarks(send.marks.shared)
    copy = send.copied()
    send.work(other)
    send.work()

    # When one of them notices, and a person lets it go on
    send.put_back(copy)
    send.work()
    send.resume(notice)

    # Then the other takes the new epoch over and goes on too
    assert send.work(other) == PEOPLE
    assert send.restores() == 1
    assert other.own == send.marks.shared


@pytest.mark.counted
def test_the_same_copy_put_back_a_second_time_is_noticed_again_and_once(send: Send) -> None:
    # Given a database that was put back once, and two workers that know its new epoch
    notice, other = begun(send), FakeMarks(send.marks.shared)
    copy = send.copied()
    first = send.work()
    send.put_back(copy)
    send.work()
    send.work(other)
    assert (first, send.restores()) == (PEOPLE, 1)
    known = send.epochs()

    # When a copy takes its place that was made before that epoch began
    with Session(send.opened[-1]) as before:
        before.execute(delete(Epoch).where(Epoch.epoch == known[-1].epoch))
        before.execute(update(Notice).values(state="sending"))
        before.commit()
    send.work()
    send.work(other)

    # Then it is held again; what only the workers knew of is an old epoch from now on
    assert send.restores() == 2
    assert [one.epoch for one in send.epochs()[:2]] == [one.epoch for one in known]
    assert len(send.epochs()) == 3
    assert send.state(notice) == ("paused", restoring.REASON)
    assert len(send.desk.messages) == PEOPLE


@pytest.mark.counted
def test_a_database_that_goes_back_under_a_worker_stops_it_before_its_next_few(send: Send) -> None:
    # Given a worker in the middle of a list
    notice, gone = begun(send), list[Message]()

    def go_back(message: Message) -> Outcome:
        if not gone:
            gone.append(message)
            with Session(send.desk.session.connection().engine) as put_back:
                put_back.execute(update(Epoch).values(ticks=-1))
                put_back.commit()
            send.desk.session.rollback()
        return Sent(message.delivery_id)

    # When the database goes back while its first few are under way
    send.desk.answer("telegram", go_back)
    send.desk.answer("email", go_back)
    done = send.work()

    # Then those few were the last, and what else it had claimed waits
    assert 0 < done == len(send.desk.messages) < PEOPLE
    assert send.state(notice) == ("paused", restoring.REASON)
    assert send.restores() == 1
    send.resume(notice)
    assert send.work() + done == PEOPLE


class CountedOn(FakeMarks):
    """Another worker counts on, and keeps it, between this one's two looks."""

    def __init__(self, shared: dict[str, Mark], engine: Engine) -> None:
        """Know the database the other one works on."""
        super().__init__(shared)
        self.turns = [engine]

    def seen(self, name: str | None) -> list[Mark]:
        """Let the other one count, once."""
        if self.turns and name is not None:
            with Session(self.turns.pop()) as other:
                restoring.is_back(other, FakeMarks(self.shared), FakeClock().now(), every=timedelta())
        return super().seen(name)


@pytest.mark.counted
def test_another_worker_that_counts_on_between_two_looks_is_no_restore(send: Send) -> None:
    begun(send)
    marks = CountedOn(send.marks.shared, send.desk.session.connection().engine)
    send.desk.session.rollback()

    assert send.work(marks) == PEOPLE

    assert not marks.turns
    assert send.restores() == 0


@pytest.mark.counted
def test_of_two_workers_that_notice_at_the_same_moment_one_holds(send: Send) -> None:
    # Given two workers that both saw that the database went back
    notice, other = begun(send), FakeMarks(send.marks.shared)
    copy = send.copied()
    send.work()
    send.put_back(copy)
    turns = [other]

    @event.listens_for(send.opened[-1], "engine_disposed")
    def _the_other_first(engine: Engine) -> None:
        if turns:
            with Session(engine, expire_on_commit=False) as theirs:
                assert restoring.is_back(theirs, turns.pop(), send.desk.now)

    # When the other one holds what is being sent a moment before this one
    assert send.work() == 0

    # Then it was held once, and both go on together
    assert not turns
    assert (send.restores(), len(send.epochs())) == (1, 2)
    send.resume(notice)
    assert send.work() == PEOPLE


@pytest.mark.counted
def test_a_new_database_begins_its_first_epoch_and_takes_nothing_for_a_restore(send: Send) -> None:
    send.marks.shared["another database"] = Mark("of its own", 99)
    send.desk.launched(csv_of(PEOPLE), canary=False)

    assert send.work() == PEOPLE

    assert len(send.epochs()) == 1
    assert send.restores() == 0


@pytest.mark.counted
def test_tables_that_somebody_is_filling_just_now_send_nothing(send: Send) -> None:
    # Given a worker that knows the database, and tables of which the epochs are not filled yet
    notice = begun(send)
    (first,) = send.epochs()
    send.desk.session.execute(delete(Epoch))
    send.desk.session.commit()

    # Then it waits, and holds nothing
    assert send.work() == 0
    assert send.state(notice)[0] == "sending"

    # When they are there, it judges by them
    send.desk.session.add(Epoch(epoch=first.epoch, begun_at=send.desk.now, ticks=-1, ticked_at=send.desk.now))
    send.desk.session.commit()
    assert send.work() == 0
    assert send.state(notice) == ("paused", restoring.REASON)


@pytest.mark.counted
def test_rows_that_are_erased_are_no_restore(send: Send) -> None:
    begun(send)
    send.work()
    send.desk.session.execute(delete(Delivery))
    send.desk.session.commit()

    send.desk.launched(csv_of(PEOPLE), canary=False)

    assert send.work() == PEOPLE
    assert send.restores() == 0


@pytest.mark.counted
def test_the_command_that_restores_is_noticed_by_no_worker_as_a_second_restore(send: Send) -> None:
    # Given a copy, and workers that know a newer epoch than it
    notice = begun(send)
    copy = send.copied()
    send.work()
    (name, *_), shared = send.epochs(), send.marks.shared
    shared[name.epoch] = send.marks.own[name.epoch] = Mark("begun later", 7)

    # When it is put back by our own command
    send.put_back(copy)
    assert restoring.hold(send.desk.session, now=send.desk.now, marks=FakeMarks(shared)) == [notice.id]

    # Then the workers go on as soon as a person looked
    send.resume(notice)
    assert send.work() == PEOPLE
    assert send.restores() == 1


@pytest.mark.counted
def test_the_count_goes_on_once_a_second_however_much_is_sent(send: Send) -> None:
    begun(send)
    start = send.epochs()[-1].ticks

    def slowly(message: Message) -> Outcome:
        send.desk.clock.move(seconds=0.1)
        return Sent(message.delivery_id)

    send.desk.answer("telegram", slowly)
    send.desk.answer("email", slowly)
    assert send.work() == PEOPLE

    assert 2 <= send.epochs()[-1].ticks - start <= PEOPLE // 10 + 1
