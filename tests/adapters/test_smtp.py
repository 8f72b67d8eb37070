"""SMTP, reply by reply, against a server that speaks it."""

import socket
import ssl
from collections.abc import Iterator
from html import escape
from pathlib import Path

import pytest

from incident_app.adapters.mail import SLOW
from incident_app.adapters.smtp import SmtpChannel
from incident_app.domain.ports import Channel, Message, Rejected, Sent, Uncertain
from tests.loopback.certificates import write_certificate
from tests.loopback.smtp_server import SmtpServer

FROM = "Acme <dpo@acme.example>"


@pytest.fixture(params=[True, False], ids=["pipelining", "one by one"])
def server(request: pytest.FixtureRequest) -> Iterator[SmtpServer]:
    with SmtpServer(pipelining=request.param) as running:
        yield running


@pytest.fixture
def channel(server: SmtpServer) -> SmtpChannel:
    return SmtpChannel(server.url, FROM, "help@acme.example")


def message(address: str = "kim@example.org", subject: str = "Notice", text: str = "Your data.",
            html: str | None = "<p>Your data.</p>") -> Message:
    return Message(f"id-{address.partition('@')[0]}", address, subject, text, html, "de")


def test_a_mail_arrives_with_both_forms_and_our_id(server: SmtpServer, channel: SmtpChannel) -> None:
    port: Channel = channel
    assert (port.name, port.batch) == ("email", 100)

    outcomes = port.send([message(subject="Ihre Daten – wichtig", text="Grüße\n.\n..verdeckt\n")])

    assert outcomes == [Sent("<id-kim@acme.example>")]
    (mail,) = server.mails
    assert (mail["to"], mail["from"], mail["subject"]) == ("kim@example.org", "dpo@acme.example", "Ihre Daten – wichtig")
    assert mail["text"] == "Grüße\n.\n..verdeckt\n"
    assert mail["html"].strip() == "<p>Your data.</p>"
    headers = mail["message"]
    assert headers.get_content_type() == "multipart/alternative"
    assert (headers["Message-ID"], headers["Reply-To"]) == ("<id-kim@acme.example>", "help@acme.example")
    assert (headers["Auto-Submitted"], headers["Content-Language"]) == ("auto-generated", "de")
    assert headers["Date"]
    assert headers["Cc"] is None
    assert headers["Bcc"] is None


@pytest.mark.parametrize("words", [
    "Ihre Daten bei {}: was geschehen ist und was Sie tun können", "Sus datos en {}: qué ha pasado y qué puede hacer",
    "Ваши данные в {}: что произошло и что делать", "Your data at {}: what happened", "=?utf-8?q?a?= at {}",
])
def test_a_subject_arrives_as_it_was_written_wherever_its_lines_break(server: SmtpServer, words: str) -> None:
    written = [words.format(("Ölmühle & Co KG " * 5)[:length].strip()) for length in range(1, 60, 2)]
    channel = SmtpChannel(server.url, '"Ölmühle Süd, Größe und Güte GmbH" <dpo@acme.example>')

    outcomes = channel.send([message(f"p{number}@example.org", subject=text) for number, text in enumerate(written)])

    assert all(isinstance(outcome, Sent) for outcome in outcomes)
    assert [mail["subject"] for mail in server.mails] == written
    senders = {mail["message"]["From"].addresses[0].display_name for mail in server.mails}
    assert senders == {"Ölmühle Süd, Größe und Güte GmbH"}


def test_a_batch_uses_one_connection_and_each_gets_their_own(server: SmtpServer) -> None:
    channel = SmtpChannel(server.url, "dpo@acme.example")
    people = [message(f"p{number}@example.org", text=f"canary {number}\n", html=None) for number in range(20)]

    outcomes = channel.send(people)

    assert [type(outcome) for outcome in outcomes] == [Sent] * 20
    assert {mail["to"]: mail["text"] for mail in server.mails} == {person.address: person.text for person in people}
    assert server.connections == 1
    assert channel.send([]) == []


@pytest.mark.parametrize(("kind", "code", "permanent"), [
    ("unknown", 550, True), ("greylisted", 451, False), ("closing", 421, False), ("full", 452, False),
    ("spam", 554, True), ("busy", 451, False),
])
def test_a_refusal_of_one_person_leaves_the_others_alone(
    server: SmtpServer, channel: SmtpChannel, kind: str, code: int, permanent: bool
) -> None:
    server.fail("kim@example.org", kind)

    first, refused, last = channel.send([message("a@example.org"), message(), message("b@example.org")])

    assert isinstance(refused, Rejected)
    assert (refused.permanent, refused.channel_wide, refused.retry_after) == (permanent, False, None)
    assert f"({code})" in refused.reason
    assert (first, last) == (Sent("<id-a@acme.example>"), Sent("<id-b@acme.example>"))
    assert [mail["to"] for mail in server.mails] == ["a@example.org", "b@example.org"]


@pytest.mark.parametrize("pipelining", [True, False])
def test_a_server_that_asks_for_words_nobody_may_get_gets_none(pipelining: bool) -> None:
    with SmtpServer(pipelining=pipelining, eager=True) as server:
        server.fail("kim@example.org", "unknown")
        outcomes = SmtpChannel(server.url, FROM).send([message("a@example.org"), message(), message("b@example.org")])

    assert [type(outcome) for outcome in outcomes] == [Sent, Rejected, Sent]
    assert [mail["to"] for mail in server.mails] == ["a@example.org", "b@example.org"]


def test_one_message_that_cannot_be_written_leaves_the_others_alone(server: SmtpServer, channel: SmtpChannel) -> None:
    first, bad, filled, last = channel.send([
        message("a@example.org"), message(text="half a character: \ud800"),
        message("c@example.org", text="Dear -n3f9a-")._replace(fill={"-n3f9a-": "\udfff"}), message("b@example.org")])

    refused = Rejected("The message holds what cannot be written in an email.", permanent=True)
    assert (bad, filled) == (refused, refused)
    assert [type(first), type(last)] == [Sent, Sent]
    assert [mail["to"] for mail in server.mails] == ["a@example.org", "b@example.org"]


def test_messages_that_share_their_words_are_filled_for_each_person(server: SmtpServer, channel: SmtpChannel) -> None:
    names = ["Kim", "Дорте", ".\r\n.", "x" * 3000, "=?utf-8?q?a?="]
    people = [
        Message(f"id{number}", f"p{number}@example.org", "For you", "Dear -n3f9a-,\n-n3f9a-", "<p>-h77c2-</p>",
                fill={"-n3f9a-": name, "-h77c2-": escape(name)})
        for number, name in enumerate(names)]

    assert [type(outcome) for outcome in channel.send(people)] == [Sent] * 5

    read = [name.replace("\r\n", "\n") for name in names]
    assert [mail["text"] for mail in server.mails] == [f"Dear {name},\n{name}\n" for name in read]
    assert [mail["html"].replace("\r\n", "\n") for mail in server.mails] == [f"<p>{escape(name)}</p>\n" for name in read]


@pytest.mark.parametrize("kind", ["hang_up", "timeout"])
def test_a_confirmation_that_does_not_come_is_uncertain(server: SmtpServer, kind: str) -> None:
    server.fail("kim@example.org", kind, delivered=True)
    channel = SmtpChannel(server.url, FROM, total=0.3)

    outcomes = channel.send([message(), message("b@example.org")])

    assert outcomes == [
        Uncertain("The mail server was given the message and did not confirm it."), Sent("<id-b@acme.example>")]
    assert [mail["to"] for mail in server.mails] == ["kim@example.org", "b@example.org"]


def test_a_connection_lost_before_the_message_was_given_may_be_tried_again(
    server: SmtpServer, channel: SmtpChannel
) -> None:
    server.fail("kim@example.org", "hang_up_early")

    outcomes = channel.send([message(), message("b@example.org")])

    assert outcomes == [
        Rejected("The mail server cannot be reached (SMTPServerDisconnected).", permanent=False),
        Sent("<id-b@acme.example>")]


def test_an_answer_nobody_understands_is_uncertain(server: SmtpServer, channel: SmtpChannel) -> None:
    server.fail("kim@example.org", "nonsense")
    assert channel.send([message()]) == [Uncertain("The mail server's answer cannot be read.")]


def test_name_and_password_are_used_and_a_wrong_one_is_the_whole_channels_trouble() -> None:
    with SmtpServer(password="open sesame".replace(" ", "%20")) as server:
        server.password = "open sesame"
        assert SmtpChannel(server.url, FROM).send([message()]) == [Sent("<id-kim@acme.example>")]

        wrong = SmtpChannel(server.url.replace("open", "shut"), FROM)
        refused = Rejected("The mail server does not accept the name and password.", permanent=True, channel_wide=True)
        assert wrong.send([message(), message("b@example.org")]) == [refused, refused]


def test_a_server_that_knows_no_sign_in_says_so() -> None:
    with SmtpServer(password="x", offer_auth=False) as server:
        assert SmtpChannel(server.url, FROM).send([message()]) == [Rejected(
            "The mail server knows no sign-in; leave name and password out.", permanent=True, channel_wide=True)]


def test_a_server_that_refuses_our_own_address_is_the_whole_channels_trouble() -> None:
    with SmtpServer(refuse_sender=True) as server:
        (outcome,) = SmtpChannel(server.url, FROM).send([message()])
    assert isinstance(outcome, Rejected)
    assert outcome.channel_wide


@pytest.mark.parametrize("greeting", ["421 4.3.2 Too busy", "554 No service here"])
def test_a_server_that_does_not_let_us_in_is_not_reached(greeting: str) -> None:
    with SmtpServer(greeting=greeting) as server:
        assert SmtpChannel(server.url, FROM).send([message(), message("b@example.org")]) == [
            Rejected("The mail server cannot be reached (SMTPConnectError).", permanent=False)] * 2
        assert server.connections == 1


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_where_nobody_listens_nothing_left(scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    (outcome,) = SmtpChannel(f"{scheme}://127.0.0.1:{port}", FROM).send([message()])
    assert outcome == Rejected("The mail server cannot be reached (ConnectionRefusedError).", permanent=False)


def test_a_server_without_the_encryption_that_was_asked_for_is_not_spoken_to(server: SmtpServer) -> None:
    (outcome,) = SmtpChannel(server.url.replace("smtp://", "smtps://"), FROM).send([message()])
    assert outcome == Rejected("The mail server cannot be reached (SSLError).", permanent=False)
    assert server.mails == []


def test_an_address_that_is_not_in_ascii_needs_a_server_that_can(server: SmtpServer, channel: SmtpChannel) -> None:
    assert channel.send([message("dörte@example.org")]) == [Sent("<id-dörte@acme.example>")]
    assert channel.send([message("kim@bücher.example")]) == [Sent("<id-kim@acme.example>")]
    assert [mail["to"] for mail in server.mails] == ["dörte@example.org", "kim@xn--bcher-kva.example"]

    with SmtpServer(utf8=False) as old:
        outcomes = SmtpChannel(old.url, FROM).send([message("dörte@example.org"), message("kim@bücher.example")])
    assert outcomes == [
        Rejected("The mail server cannot send to an address that is not in ASCII.", permanent=True),
        Sent("<id-kim@acme.example>")]


@pytest.mark.parametrize("bad", [
    message("kim@example.org\r\nRCPT TO:<eve@example.org>"), message(subject="Notice\r\nBcc: eve@example.org"),
    message("kim@example.org,eve@example.org"), message("nobody"),
])
def test_a_header_that_goes_on_is_refused_before_anything_leaves(
    server: SmtpServer, channel: SmtpChannel, bad: Message
) -> None:
    (outcome,) = channel.send([bad])
    assert isinstance(outcome, Rejected)
    assert outcome.permanent
    assert server.connections == 0


def test_a_domain_that_cannot_be_written_is_left_to_the_server(server: SmtpServer, channel: SmtpChannel) -> None:
    server.fail("kim@example..org", "unknown")
    (outcome,) = channel.send([message("kim@example..org")])
    assert isinstance(outcome, Rejected)


def test_a_batch_that_takes_too_long_begins_nothing_more(server: SmtpServer) -> None:
    assert SmtpChannel(server.url, FROM, enough=-1).send([message()]) == [SLOW]
    assert server.connections == 0


def test_a_sender_with_a_line_break_is_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match="one line"):
        SmtpChannel("smtp://127.0.0.1", "dpo@acme.example\r\nBcc: eve@example.org")


def test_a_password_is_not_sent_in_the_clear_over_a_network() -> None:
    with SmtpServer(password="x", host="127.0.0.2") as server:
        (outcome,) = SmtpChannel(server.url, FROM).send([message()])
    assert outcome == Rejected("The mail server offers no encryption: the password is not sent in the clear.",
                               permanent=True, channel_wide=True)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate nobody vouches for, with its key."""
    return write_certificate(tmp_path_factory.mktemp("tls"))


def test_a_server_whose_certificate_nobody_vouches_for_gets_neither_password_nor_mail(certificate: Path) -> None:
    with SmtpServer(password="x", certificate=certificate) as server:
        (outcome,) = SmtpChannel(server.url, FROM).send([message()])
    assert outcome == Rejected("The mail server cannot be reached (SSLCertVerificationError).", permanent=False)
    assert server.mails == []


def test_where_encryption_is_offered_it_is_used(certificate: Path) -> None:
    trust = ssl.create_default_context(cafile=str(certificate))
    trust.check_hostname = False
    with SmtpServer(password="x", certificate=certificate) as server:
        assert SmtpChannel(server.url, FROM, trust=trust).send([message()]) == [Sent("<id-kim@acme.example>")]
        assert server.encrypted == 1


def test_a_sign_in_that_fails_for_now_may_be_tried_again() -> None:
    with SmtpServer(password="x", sign_in_says="454 4.7.0 Temporary authentication failure") as server:
        (outcome,) = SmtpChannel(server.url, FROM).send([message()])
    assert outcome == Rejected("The mail server cannot be reached (SMTPAuthenticationError).", permanent=False)


def test_a_server_that_hangs_up_after_its_refusal_is_called_again(server: SmtpServer, channel: SmtpChannel) -> None:
    server.fail("kim@example.org", "refuse_and_hang_up")
    refused, sent = channel.send([message(), message("b@example.org")])
    assert isinstance(refused, Rejected)
    assert refused.permanent
    assert sent == Sent("<id-b@acme.example>")
    assert server.connections == 2


def test_a_server_that_does_not_say_goodbye_has_still_taken_the_mail() -> None:
    with SmtpServer(polite=False) as server:
        assert SmtpChannel(server.url, FROM).send([message()]) == [Sent("<id-kim@acme.example>")]
