"""How near the SendGrid channel comes to the ceiling of this machine: ``python -m tests.bench.bench_sendgrid``.

The ceiling is a minimal asyncio client that sends ready-made requests of 1,000 people, four at a time, to the same
server in the same run; plain is the vendor's client, one call for each person.
"""

import json
import os
from collections.abc import Sequence

from sendgrid import SendGridAPIClient
from sendgrid.helpers.mail import Mail

from incident_app.adapters.sendgrid import SendGridChannel
from incident_app.domain.ports import Message, Sent
from tests.bench.bench_telegram import checked
from tests.bench.measuring import Sender, compare, post, ready_made
from tests.bench.servers import start_sendgrid

PEOPLE = int(os.environ.get("BENCH_N", "100000"))
PLAIN = PEOPLE // 100
MARK, HTML_MARK = "-n3f9a0c41d2-", "-h81b0c5aa17-"
TEXT = f"Dear {MARK}, on 23 November somebody could read your name and your email address. " * 6
HTML = f"<p>Dear {HTML_MARK}, on 23 November somebody could read your name and your email address.</p>" * 12
KEY, FROM = "SG.key", "dpo@acme.example"


def people(first: int, count: int) -> list[Message]:
    """Return messages as the engine makes them: the words shared, the names apart."""
    return [
        Message(f"{number:032x}", f"kim.{number}@example.org", "Your data", TEXT, HTML,
                fill={MARK: f"Kim {number}", HTML_MARK: f"Kim &amp; {number}"})
        for number in range(first, first + count)
    ]


def request_for(messages: Sequence[Message]) -> bytes:
    """Return what the channel would send for these."""
    return json.dumps({
        "from": {"email": FROM}, "subject": messages[0].subject,
        "content": [{"type": "text/plain", "value": TEXT}, {"type": "text/html", "value": HTML}],
        "personalizations": [
            {"to": [{"email": one.address}], "custom_args": {"delivery_id": one.delivery_id}, "substitutions": one.fill}
            for one in messages],
    }, separators=(",", ":")).encode()


def ours(url: str, everybody: Sequence[Message]) -> float:
    """Send by the channel, batch by batch."""
    channel = SendGridChannel(KEY, url, FROM)
    for start in range(0, len(everybody), channel.batch):
        outcomes = channel.send(everybody[start : start + channel.batch])
        assert all(isinstance(outcome, Sent) for outcome in outcomes)
    channel.close()
    return 0.0


def plain(url: str) -> float:
    """Send by the vendor's client as its manual has it."""
    client = SendGridAPIClient(KEY, host=url)
    for one in people(0, PLAIN):
        read = one.filled()
        mail = Mail(FROM, read.address, read.subject, read.text, read.html)
        mail.custom_arg = _own_id(read.delivery_id)
        assert client.send(mail).status_code == 202
    return 0.0


def _own_id(delivery_id: str) -> object:
    from sendgrid.helpers.mail import CustomArg

    return CustomArg("delivery_id", delivery_id, p=0)


def main() -> None:
    """Measure all, alternately."""
    everybody = people(0, PEOPLE)
    ready = [post("/v3/mail/send", request_for(everybody[start : start + 1000])) for start in range(0, PEOPLE, 1000)]
    with start_sendgrid() as server:
        senders = [
            Sender("ceiling: ready-made thousands", PEOPLE, lambda: ready_made(server.port, ready, 4)),
            Sender("plain: sendgrid client, one call a person", PLAIN, lambda: plain(server.url)),
            Sender("channel, one process", PEOPLE, lambda: ours(server.url, everybody)),
        ]
        compare([checked(server, one) for one in senders], ceiling=senders[0].name, plain=senders[1].name)


if __name__ == "__main__":
    main()
