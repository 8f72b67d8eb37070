"""The servers of the benches count what really arrived, and keep a strict second."""

from incident_app.adapters.sendgrid import SendGridChannel
from incident_app.adapters.smtp import SmtpChannel
from incident_app.adapters.telegram import TelegramChannel
from incident_app.domain.ports import Channel, Message, Rejected, Sent
from tests.bench.servers import Running, start_sendgrid, start_smtp, start_telegram
from tests.bench.servers.ledger import Ledger
from tests.loopback.telegram_api import TOKEN


def people(count: int, *, mail: bool = True) -> list[Message]:
    """Return so many messages that share their words."""
    return [Message(f"id{number}", f"p{number}@example.org" if mail else str(number), "Notice", "Dear -n3f9a-", "<p></p>",
                    fill={"-n3f9a-": f"Kim {number}"}) for number in range(1, count + 1)]


def check(channel: Channel, server: Running, messages: list[Message], requests: int) -> None:
    """Send, the first again, and compare with what the server says."""
    assert all(isinstance(outcome, Sent) for outcome in channel.send(messages))
    channel.send(messages[:1])

    counts = server.counts()
    assert (counts.messages, counts.people, counts.doubles) == (len(messages) + 1, len(messages), 1)
    assert (counts.requests, counts.refused) == (requests, 0)
    server.reset()
    assert server.counts().messages == 0


def test_telegram_counts_people_by_their_chat() -> None:
    with start_telegram(delay=0.01) as server:
        channel = TelegramChannel(TOKEN, server.url)
        check(channel, server, people(50, mail=False), 51)
        channel.close()


def test_a_second_is_strict_wherever_it_begins_and_whoever_breaks_it_is_held() -> None:
    moments = (0.0, 0.5, 0.9, 0.99, 1.5, 1.98, 1.99, 2.0)
    clock = iter(moments)
    ledger = Ledger(3, lambda: next(clock))

    taken = [ledger.take([b"7"]) for _ in moments]

    assert taken == [True, True, True, False, False, False, True, True]
    assert (ledger.counts()["most"], ledger.counts()["refused"], ledger.counts()["messages"]) == (3, 3, 5)


def test_telegram_refuses_what_is_too_much() -> None:
    with start_telegram(rate=20) as server:
        channel = TelegramChannel(TOKEN, server.url)
        outcomes = channel.send(people(25, mail=False))
        counts = server.counts()
        channel.close()

    assert sum(isinstance(outcome, Sent) for outcome in outcomes) == counts.messages == counts.most == 20
    assert [outcome.retry_after for outcome in outcomes if isinstance(outcome, Rejected)] == [1.0] * 5


def test_sendgrid_counts_everybody_of_a_request() -> None:
    with start_sendgrid() as server:
        channel = SendGridChannel("SG.key", server.url, "dpo@acme.example")
        check(channel, server, people(1500), 3)
        channel.close()


def test_smtp_counts_people_by_their_address() -> None:
    with start_smtp() as server:
        check(SmtpChannel(server.url, "dpo@acme.example"), server, people(30), 31)
