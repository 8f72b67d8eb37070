"""What can be asked of the machine."""

import socket
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from incident_app.adapters.machine import ThisMachine
from incident_app.adapters.system_clock import SystemClock
from incident_app.domain.health import Machine
from tests.fakes import FakeClock
from tests.house.running import free_port


def test_it_says_how_much_room_there_is(tmp_path: Path) -> None:
    machine: Machine = ThisMachine(tmp_path)

    disk = machine.disk()

    assert 0 < disk.free <= disk.total
    assert machine.name
    assert ThisMachine(tmp_path / "gone").disk().free == 0


def test_without_a_clock_and_a_broker_of_their_own_there_is_nothing_to_compare(tmp_path: Path) -> None:
    machine = ThisMachine(tmp_path)

    assert (machine.clock_offset(), machine.broker()) == (None, None)


def test_a_clock_that_goes_wrong_is_measured_against_the_databases(tmp_path: Path) -> None:
    database = FakeClock(SystemClock().now() + timedelta(hours=2))
    machine = ThisMachine(tmp_path, database)

    offset = machine.clock_offset()

    assert offset is not None
    assert timedelta(hours=-2) <= offset < timedelta(hours=-1, minutes=-58)
    assert machine.now() < database.now()


def test_a_broker_is_asked_for_a_connection(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as there:
        machine = ThisMachine(tmp_path, broker_url=f"redis://:secret@127.0.0.1:{there.getsockname()[1]}/0")
        assert machine.broker() == ""

    gone = ThisMachine(tmp_path, broker_url=f"redis://:secret@127.0.0.1:{free_port()}/0")
    assert gone.broker() == "does not answer (ConnectionRefusedError)"
