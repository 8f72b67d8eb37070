"""SendGrid, row by row of the error table, against a server that speaks its API."""

import json
import socket
from collections import Counter
from collections.abc import Iterator
from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident_app.adapters.mail import SLOW
from incident_app.adapters.sendgrid import SendGridChannel, _body, outcome_of, shareable
from incident_app.adapters.transport import Answer
from incident_app.domain.ports import Channel, Message, Rejected, Sent, Uncertain
from tests.loopback.sendgrid_api import DATE, KEY, SendGridApi


@pytest.fixture
def api() -> Iterator[SendGridApi]:
    with SendGridApi() as running:
        yield running


def channel_to(url: str, key: str = KEY, **more: float) -> SendGridChannel:
    return SendGridChannel(key, url, "Acme <dpo@acme.example>", "help@acme.example", **more)


@pytest.fixture
def channel(api: SendGridApi) -> Iterator[SendGridChannel]:
    made = channel_to(api.url)
    yield made
    made.close()


def message(address: str = "kim@example.org", text: str = "Your data.", subject: str = "Notice",
            html: str | None = "<p>Your data.</p>") -> Message:
    return Message(f"id-{address}", address, subject, text, html)


def test_a_mail_leaves_without_tracking_and_with_nothing_but_our_own_id(
    api: SendGridApi, channel: SendGridChannel
) -> None:
    assert channel.send([message()]) == [Sent("msg-1")]

    (mail,) = api.mails
    assert (mail["to"], mail["subject"], mail["text"], mail["html"]) == (
        "kim@example.org", "Notice", "Your data.", "<p>Your data.</p>")
    assert mail["custom_args"] == {"delivery_id": "id-kim@example.org"}
    request = mail["request"]
    assert request["from"] == {"email": "dpo@acme.example", "name": "Acme"}
    assert request["reply_to"] == {"email": "help@acme.example"}
    assert request["tracking_settings"] == {
        "click_tracking": {"enable": False, "enable_text": False}, "open_tracking": {"enable": False},
        "subscription_tracking": {"enable": False}, "ganalytics": {"enable": False}}
    assert "mail_settings" not in request
    assert "substitutions" not in request["personalizations"][0]
    assert [part["type"] for part in request["content"]] == ["text/plain", "text/html"]


def test_the_channel_fulfils_its_port_and_needs_neither_html_nor_reply_address(api: SendGridApi) -> None:
    made = SendGridChannel(KEY, api.url, "dpo@acme.example")
    port: Channel = made
    assert (port.name, port.batch) == ("email", 1000)

    assert port.send([message(html=None)]) == [Sent("msg-1")]

    assert api.mails[0]["html"] is None
    assert "reply_to" not in api.mails[0]["request"]
    assert port.send([]) == []
    made.close()


def test_people_with_the_same_words_share_a_request_and_nobody_sees_another(
    api: SendGridApi, channel: SendGridChannel
) -> None:
    people = [message(f"p{number}@example.org") for number in range(1500)]

    outcomes = channel.send(people)

    assert sorted(len(request["personalizations"]) for request in api.requests) == [500, 1000]
    assert all(isinstance(outcome, Sent) for outcome in outcomes)
    assert Counter(mail["to"] for mail in api.mails) == Counter(person.address for person in people)
    assert all(len(person["to"]) == 1 and set(person) == {"to", "custom_args"}
               for request in api.requests for person in request["personalizations"])


def test_what_is_for_one_person_never_reaches_another(api: SendGridApi, channel: SendGridChannel) -> None:
    people = [message(f"p{number}@example.org", f"canary {number} -p1-", html=f"<p>canary {number}</p>")
              for number in range(300)]

    channel.send(people)

    assert {mail["to"]: (mail["text"], mail["html"], mail["custom_args"]["delivery_id"]) for mail in api.mails} == {
        person.address: (person.text, person.html, person.delivery_id) for person in people}
    assert len(api.mails) == 300


def with_marks(address: str, name: str, *, subject: str = "For -n3f9a-") -> Message:
    return Message(f"id-{address}", address, subject, "Dear -n3f9a-, -n3f9a-!", "<p>Dear -h77c2-</p>",
                   fill={"-n3f9a-": name, "-h77c2-": escape(name)})


def test_people_whose_words_differ_in_marks_only_share_a_request_and_read_their_own(
    api: SendGridApi, channel: SendGridChannel
) -> None:
    names = ["Kim <b>", "Дорте", "{{ name }} %s \\", "-sub- [unsubscribe]", '"', "😀", "", "O'Neill & Söhne"] * 100
    people = [with_marks(f"p{number}@example.org", name) for number, name in enumerate(names)]

    outcomes = channel.send(people)

    assert outcomes == [Sent("msg-1")] * 800
    assert len(api.requests) == 1
    assert {mail["to"]: (mail["subject"], mail["text"], mail["html"]) for mail in api.mails} == {
        f"p{number}@example.org": (f"For {name}", f"Dear {name}, {name}!", f"<p>Dear {escape(name)}</p>")
        for number, name in enumerate(names)}
    assert len({mail["custom_args"]["delivery_id"] for mail in api.mails}) == 800


@pytest.mark.parametrize("name", ["x" * 9_990, "é" * 2_500, "-h77c2-", "a-n3f9a-b"])
def test_words_that_are_too_long_or_hold_a_mark_get_a_request_of_their_own(
    api: SendGridApi, channel: SendGridChannel, name: str
) -> None:
    odd = with_marks("kim@example.org", name)

    channel.send([with_marks("a@example.org", "Ada"), odd, with_marks("b@example.org", "Bo")])

    assert sorted(len(request["personalizations"]) for request in api.requests) == [1, 2]
    mails = {mail["to"]: mail for mail in api.mails}
    read = odd.filled()
    assert (mails["kim@example.org"]["text"], mails["kim@example.org"]["html"]) == (read.text, read.html)
    assert mails["a@example.org"]["text"] == "Dear Ada, Ada!"


@given(st.dictionaries(st.text(min_size=1, max_size=9), st.text(max_size=30), max_size=4), st.text(max_size=30))
def test_a_request_is_read_back_as_it_was_meant(fill: dict[str, str], words: str) -> None:
    people = [(number, Message(f"id{number}{words}", words, "", "", fill=fill)) for number in range(2)]

    (first, second) = json.loads(_body(b'{"personalizations":', people))["personalizations"]

    assert first == {"to": [{"email": words}], "custom_args": {"delivery_id": f"id0{words}"},
                     **({"substitutions": fill} if fill else {})}
    assert second["custom_args"] == {"delivery_id": f"id1{words}"}


@given(st.dictionaries(st.sampled_from(["-a1-", "-b2-", "-c3-"]), st.sampled_from(["x", "é", "漢", "😀"]).flatmap(
    lambda character: st.integers(0, 4000).map(lambda count: character * count))))
def test_what_is_shared_always_fits(fill: dict[str, str]) -> None:
    size = sum(len((mark + words).encode()) for mark, words in fill.items())
    assert size < 10_000 or not shareable(fill)
    assert size > 9_800 or shareable(fill)


def test_a_mark_in_the_subject_takes_one_line_only(api: SendGridApi, channel: SendGridChannel) -> None:
    outcomes = channel.send([with_marks("a@example.org", "Kim\r\nBcc: eve@example.org"),
                             with_marks("b@example.org", "Kim\nKim", subject="Notice")])
    assert outcomes == [Rejected("The subject is not one line.", permanent=True), Sent("msg-1")]
    assert api.mails[0]["text"] == "Dear Kim\nKim, Kim\nKim!"


def test_suppressions_are_bypassed_for_those_it_was_decided_for_and_nobody_else(
    api: SendGridApi, channel: SendGridChannel
) -> None:
    channel.send([message("a@example.org"), message("b@example.org")._replace(bypass=True)])

    assert {mail["to"]: mail["request"].get("mail_settings") for mail in api.mails} == {
        "a@example.org": None, "b@example.org": {"bypass_list_management": {"enable": True}}}


def test_one_bad_address_does_not_keep_the_others_from_their_mail(api: SendGridApi, channel: SendGridChannel) -> None:
    people = [message(f"p{number}@example.org") for number in range(100)]
    for bad in (7, 8, 63):
        api.fail(f"p{bad}@example.org", "bad_address")

    outcomes = channel.send(people)

    refused = Rejected("SendGrid refused the message: Does not contain a valid address.", permanent=True)
    assert [number for number, outcome in enumerate(outcomes) if outcome == refused] == [7, 8, 63]
    assert len(api.mails) == len({mail["to"] for mail in api.mails}) == 97
    assert len(api.requests) == 2


def test_where_the_bad_one_is_not_named_it_is_found_by_halving(api: SendGridApi, channel: SendGridChannel) -> None:
    people = [message(f"p{number}@example.org") for number in range(64)]
    api.fail("p13@example.org", "bad_request_unnamed")

    outcomes = channel.send(people)

    assert [number for number, outcome in enumerate(outcomes) if isinstance(outcome, Rejected)] == [13]
    assert len(api.mails) == len({mail["to"] for mail in api.mails}) == 63
    assert len(api.requests) == 13


def test_a_batch_that_is_bad_as_a_whole_is_refused_for_everybody(api: SendGridApi, channel: SendGridChannel) -> None:
    api.fail(None, "bad_address")

    outcomes = channel.send([message("a@example.org"), message("b@example.org")])

    assert [type(outcome) for outcome in outcomes] == [Rejected, Rejected]
    assert api.mails == []


ROWS = [
    ("bad_request", Rejected("SendGrid refused the message: The subject is required.", permanent=True)),
    ("too_large", Rejected("The message is too large for SendGrid.", permanent=True)),
    ("unauthorized", Rejected("SendGrid does not accept the key.", permanent=True, channel_wide=True)),
    ("forbidden", Rejected("SendGrid forbids it: The from address does not match a verified Sender Identity.",
                           permanent=True, channel_wide=True)),
    ("not_found", Rejected("This is not SendGrid's address (404).", permanent=True, channel_wide=True)),
    ("flood", Rejected("SendGrid asks us to slow down.", permanent=False, retry_after=42.0)),
    ("flood_without_time", Rejected("SendGrid asks us to slow down.", permanent=False, retry_after=1.0)),
    ("unavailable", Rejected("SendGrid is not available at the moment.", permanent=False)),
    ("server_error", Uncertain("SendGrid answered 500: whether it took the message is not known.")),
    ("bad_gateway", Uncertain("SendGrid answered 502: whether it took the message is not known.")),
    ("garbage", Uncertain("SendGrid answered 200: whether it took the message is not known.")),
    ("reset", Uncertain("SendGrid's answer was lost or did not come in time.")),
    ("timeout", Uncertain("SendGrid's answer was lost or did not come in time.")),
]


@pytest.mark.parametrize(("kind", "outcome"), ROWS)
def test_each_answer_has_one_meaning(api: SendGridApi, kind: str, outcome: object) -> None:
    api.fail("kim@example.org", kind, seconds=42)
    channel = channel_to(api.url, total=0.4 if kind == "timeout" else 30)

    assert channel.send([message()]) == [outcome]
    assert len(api.requests) == 1
    channel.close()


def test_a_wrong_key_is_the_whole_channels_trouble(api: SendGridApi) -> None:
    channel = channel_to(api.url, "SG.another")
    (outcome,) = channel.send([message()])
    channel.close()
    assert isinstance(outcome, Rejected)
    assert outcome.channel_wide


def test_after_a_wrong_key_or_a_flood_the_rest_does_not_leave(api: SendGridApi, channel: SendGridChannel) -> None:
    api.fail(None, "flood", seconds=9)
    people = [message(f"p{number}@example.org", f"text {number}") for number in range(100)]

    outcomes = channel.send(people)

    assert outcomes == [Rejected("SendGrid asks us to slow down.", permanent=False, retry_after=9.0)] * 100
    assert len(api.requests) <= 16


def test_a_batch_that_takes_too_long_begins_nothing_more(api: SendGridApi) -> None:
    channel = channel_to(api.url, enough=-1)
    assert channel.send([message()]) == [SLOW]
    assert api.requests == []
    channel.close()


def test_where_there_is_no_connection_nothing_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    channel = channel_to(f"http://127.0.0.1:{port}")
    (outcome,) = channel.send([message()])
    channel.close()
    assert outcome == Rejected("SendGrid cannot be reached (ClientConnectorError).", permanent=False)


@pytest.mark.parametrize("bad", [
    message("kim@example.org\r\nBcc: eve@example.org"), message(subject="Notice\r\nBcc: eve@example.org"),
    message("kim@example.org, eve@example.org"), message("kim"), message("@example.org"),
    message("Kim <kim@example.org>"), message(subject="a\u2028b"),
])
def test_a_header_that_goes_on_is_refused_before_anything_leaves(
    api: SendGridApi, channel: SendGridChannel, bad: Message
) -> None:
    outcomes = channel.send([bad, message("ok@example.org")])

    assert isinstance(outcomes[0], Rejected)
    assert outcomes[0].permanent
    assert [mail["to"] for mail in api.mails] == ["ok@example.org"]


def test_a_subject_may_hold_what_french_and_arabic_need(api: SendGridApi, channel: SendGridChannel) -> None:
    channel.send([message(subject="Vos données\u00a0: une faille \u200fمهم")])
    assert api.mails[0]["subject"] == "Vos données\u00a0: une faille \u200fمهم"


def test_answers_that_are_not_as_documented_are_still_read() -> None:
    def meaning(status: int, content: bytes = b"", headers: dict[str, str] | None = None) -> object:
        return outcome_of(Answer(status, headers or {}, content))

    assert meaning(202) == Sent("")
    assert meaning(400, b"[]") == Rejected("SendGrid refused the message: no reason given (400)", permanent=True)
    assert meaning(400, b"<html>") == Rejected("SendGrid refused the message: no reason given (400)", permanent=True)
    assert meaning(400, b'{"errors": "x"}') == meaning(400)
    late = {"X-RateLimit-Reset": "99999999999", "Date": DATE}
    assert meaning(429, headers=late) == Rejected("SendGrid asks us to slow down.", permanent=False, retry_after=600.0)
    assert meaning(429, headers={"Retry-After": "3"}) == Rejected(
        "SendGrid asks us to slow down.", permanent=False, retry_after=3.0)
    assert meaning(429, headers={"X-RateLimit-Reset": "1795426800"}) == Rejected(
        "SendGrid asks us to slow down.", permanent=False, retry_after=1.0)
