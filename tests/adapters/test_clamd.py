"""ClamAV's daemon on this machine: what it says becomes a verdict, and so does its silence."""

import socket
from collections.abc import Iterator

from incident_app.adapters.clamd import TOO_LARGE, ClamdScanner
from incident_app.domain.ports import Bad, Clean, NotScanned
from tests.loopback.clamd import FOUND, SIGN, Clamd


def test_a_file_goes_there_piece_by_piece_and_what_is_found_is_named() -> None:
    with Clamd() as clamd:
        scanner = ClamdScanner(clamd.url)

        assert scanner.scan([b"x" * 1_000_000, b"y" * 500_000]) == Clean()
        assert scanner.scan([b"before ", SIGN[:5], SIGN[5:]]) == Bad(FOUND)
        assert clamd.heard == [1_500_000, 7 + len(SIGN)]


def test_a_file_larger_than_it_takes_is_not_scanned_and_never_will_be() -> None:
    with Clamd(most=1000) as clamd:
        assert ClamdScanner(clamd.url).scan([b"x" * 600, b"x" * 600]) == NotScanned(TOO_LARGE, again=False)


def test_whatever_else_happens_the_file_is_not_scanned_and_it_may_be_asked_again() -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(200):
            yield b"x" * 1_000_000

    with socket.create_server(("127.0.0.1", 0)) as free:
        closed = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    with Clamd(says="stream: Can't allocate memory ERROR") as ill, Clamd(mute=True) as mute:
        found = [ClamdScanner(one).scan([b"x"]) for one in (closed, ill.url, mute.url)]
        found.append(ClamdScanner(mute.url).scan(endless()))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        found.append(ClamdScanner(f"tcp://127.0.0.1:{silent.getsockname()[1]}", answer=0.05).scan([b"x"]))

    assert found == [
        NotScanned("the scanner does not answer"), NotScanned("the scanner said: Can't allocate memory ERROR"),
        NotScanned("the scanner does not answer"), NotScanned("the scanner does not answer"),
        NotScanned("the scanner does not answer")]
