"""The ping to a monitor outside, against a server that answers as such monitors do."""

import pytest

from incident_app.adapters.heartbeat import HttpMonitor
from tests.house.running import free_port
from tests.loopback.monitor import MonitorServer
from tests.loopback.serving import Reply

SECRET = "/ping/5bf66975-d4c7-4bf5-bcc8-b8d8a82ea278"


def test_it_pings_the_address_as_it_is() -> None:
    with MonitorServer() as server:
        assert HttpMonitor(server.url + SECRET).ping() == ""
        assert server.heard == [f"GET {SECRET}"]


def test_one_that_takes_no_get_is_asked_by_post() -> None:
    with MonitorServer(only_post=True) as server:
        assert HttpMonitor(server.url + SECRET).ping() == ""
        assert server.heard == [f"GET {SECRET}", f"POST {SECRET}"]


def test_words_go_as_the_body_of_a_post() -> None:
    with MonitorServer() as server:
        assert HttpMonitor(server.url + SECRET).ping("audit 12 ab") == ""
        assert (server.heard, server.bodies) == ([f"POST {SECRET}"], [b"audit 12 ab"])


def test_one_that_takes_no_words_says_so_and_is_asked_once() -> None:
    with MonitorServer(Reply(405)) as server:
        assert HttpMonitor(server.url + SECRET).ping("audit 12 ab") == "it answered 405"
        assert server.heard == [f"POST {SECRET}"]


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(404), "it answered 404"), (Reply(302, headers={"Location": "/elsewhere"}), "it answered 302"),
        (Reply(503), "it answered 503"), (Reply(truncated=True), "it did not answer in time, or its answer was lost"),
        (Reply(silent=True), "it did not answer in time, or its answer was lost"),
    ],
)
def test_what_is_not_a_yes_is_said_without_the_address(reply: Reply, words: str) -> None:
    with MonitorServer(reply) as server:
        said = HttpMonitor(server.url + SECRET, total=0.5).ping()

        assert said == words
        assert server.heard == [f"GET {SECRET}"]


def test_one_that_cannot_be_reached_is_said_without_the_address() -> None:
    said = HttpMonitor(f"http://127.0.0.1:{free_port()}{SECRET}").ping()

    assert said == "it cannot be reached (ClientConnectorError)"
