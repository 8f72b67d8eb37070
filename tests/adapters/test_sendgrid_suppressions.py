"""Whom SendGrid will not write to, asked of a server that speaks its API."""

import socket
from collections.abc import Iterator

import pytest

from incident_app.adapters.sendgrid_suppressions import SendGridSuppressions
from incident_app.domain.ports import Suppressions
from tests.loopback.sendgrid_api import KEY, SendGridApi
from tests.loopback.serving import Reply, as_json


@pytest.fixture
def api() -> Iterator[SendGridApi]:
    with SendGridApi() as running:
        yield running


@pytest.fixture
def suppressions(api: SendGridApi) -> Iterator[SendGridSuppressions]:
    made = SendGridSuppressions(KEY, api.url)
    yield made
    made.close()


def test_every_list_is_read_to_its_end(api: SendGridApi, suppressions: SendGridSuppressions) -> None:
    port: Suppressions = suppressions
    lists = {"bounces": "bounce", "blocks": "block", "spam_reports": "spam_report", "invalid_emails": "invalid",
             "unsubscribes": "unsubscribed"}
    for name in lists:
        api.suppress(f"one@{name}.example", name)
    for number in range(1200):
        api.suppress(f"p{number}@example.org", "bounces")

    found = list(port.listed())

    assert len(found) == 1205
    assert {(f"one@{name}.example", kind) for name, kind in lists.items()} <= set(found)
    assert {(f"p{number}@example.org", "bounce") for number in range(1200)} <= set(found)
    assert api.asked[0] == "/v3/suppression/bounces?limit=500&offset=0"


def test_pages_smaller_than_asked_for_hide_nobody(api: SendGridApi, suppressions: SendGridSuppressions) -> None:
    api.largest_page = 3
    for number in range(10):
        api.suppress(f"p{number}@example.org", "blocks")
    assert list(suppressions.listed()) == [(f"p{number}@example.org", "block") for number in range(10)]


def test_nobody_listed_is_nobody(suppressions: SendGridSuppressions) -> None:
    assert list(suppressions.listed()) == []


@pytest.mark.parametrize(("kind", "words"), [
    ("unauthorized", "SendGrid does not accept the key."),
    ("forbidden", "SendGrid's key may not read the suppressed addresses."),
    ("flood", "SendGrid asks us to slow down."), ("server_error", "SendGrid answered 500."),
    ("garbage", "SendGrid's answer cannot be read."),
    ("reset", "SendGrid's answer was lost or did not come in time."),
    ("timeout", "SendGrid's answer was lost or did not come in time."),
])
def test_where_a_list_cannot_be_had_it_is_said_and_never_taken_for_empty(
    api: SendGridApi, kind: str, words: str
) -> None:
    api.suppress("kim@example.org", "bounces")
    api.fail("blocks", kind)
    suppressions = SendGridSuppressions(KEY, api.url, total=0.4 if kind == "timeout" else 15)

    with pytest.raises(ConnectionError) as caught:
        list(suppressions.listed())
    suppressions.close()

    assert str(caught.value) == words
    assert KEY not in repr(caught.value)


def test_where_there_is_no_connection_it_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    suppressions = SendGridSuppressions(KEY, f"http://127.0.0.1:{port}")
    with pytest.raises(ConnectionError, match="SendGrid cannot be reached"):
        next(suppressions.listed())
    suppressions.close()


class Odd(SendGridApi):
    """Answers every question alike."""

    page: object = None

    def show(self, path: str, headers: object) -> Reply:
        return as_json(200, self.page)


@pytest.mark.parametrize(("page", "words"), [
    ([{"email": "kim@example.org"}], "the same page"), ({"errors": []}, "cannot be read"), (["kim"], "cannot be read"),
    ([{"created": 1}], "cannot be read"),
])
def test_answers_that_are_not_as_documented_are_not_believed(page: object, words: str) -> None:
    with Odd() as api:
        api.page = page
        suppressions = SendGridSuppressions(KEY, api.url)
        with pytest.raises(ConnectionError, match=words):
            list(suppressions.listed())
        suppressions.close()
