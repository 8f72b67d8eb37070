"""Email by SendGrid and by SMTP: ``python -m tests.bench.bench_email`` (see ``rig`` for the options).

ceiling          a minimal asyncio client, ready-made requests of 1,000 people each, 4 connections, the same server
vendor's client  ``SendGridAPIClient.send``, one call per person, one after the other; measured with fewer people: its
                 rate does not depend on how many there are
send_message     ``smtplib.SMTP.send_message`` on one connection, the message built for each person; fewer people too
ours             launched by the use case, sent by worker processes with the real app; over when every outcome is
                 committed; every text with the person's name in it
"""

import json
import smtplib
import time
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

from sendgrid import SendGridAPIClient
from sendgrid.helpers.mail import CustomArg, Mail

from tests.bench import ceiling
from tests.bench.house import a_send
from tests.bench.rig import Machine, Options, main, median
from tests.bench.seeding import address_of
from tests.bench.servers import Running, start_sendgrid, start_smtp
from tests.bench.table import Figure, say
from tests.bench.workers import a_crew
from tests.loopback.sendgrid_api import KEY

PEOPLE, MAILS = 100_000, 20_000
SAMPLE = 1500
TOGETHER, CONNECTIONS = 1000, 4
SENDER, SUBJECT = "notices@example.org", "Your data"
TEXT = "Hello Person {},\n\n" + "On 23 November somebody could read your name and email address. " * 8
HTML = '<html lang="en"><body><p>Hello Person {},</p>' + "<p>Somebody could read your address.</p>" * 8 + "</body></html>"


def _thousand(start: int, count: int) -> bytes:
    people = [{"to": [{"email": address_of(number)}], "custom_args": {"delivery_id": f"bench-{number}"},
               "substitutions": {"-name-": f"Person {number}"}} for number in range(start, min(start + TOGETHER, count))]
    content = [{"type": "text/plain", "value": TEXT.format("-name-")}, {"type": "text/html", "value": HTML.format("-name-")}]
    body = {"personalizations": people, "from": {"email": SENDER}, "subject": SUBJECT, "content": content}
    return ceiling.a_request("/v3/mail/send", json.dumps(body).encode(), "application/json")


def _ceiling(server: Running, count: int) -> float:
    server.reset()
    took = ceiling.seconds_for(
        server.url, [_thousand(start, count) for start in range(0, count, TOGETHER)], CONNECTIONS)
    assert server.counts().people == count
    return count / took


def _one_by_one(server: Running, count: int) -> float:
    client, begun = SendGridAPIClient(KEY, host=server.url), time.perf_counter()
    for number in range(count):
        mail = Mail(SENDER, address_of(number), SUBJECT, TEXT.format(number), HTML.format(number))
        mail.add_custom_arg(CustomArg("delivery_id", f"bench-{number}", p=0))  # p: of the person, not of the request
        client.send(mail)
    return count / (time.perf_counter() - begun)


def _send_message(server: Running, count: int) -> float:
    begun = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", urlsplit(server.url).port or 0) as smtp:
        for number in range(count):
            mail = EmailMessage()
            mail["From"], mail["To"], mail["Subject"] = SENDER, address_of(number), SUBJECT
            mail.set_content(TEXT.format(number))
            mail.add_alternative(HTML.format(number), subtype="html")
            smtp.send_message(mail)
    return count / (time.perf_counter() - begun)


def _ours(machine: Machine, server: Running, count: int, workers: int, options: Options, **where: Any) -> float:
    server.reset()
    with (a_send(machine, count, "email") as send,
          a_crew(machine.settings(send.url, **where), workers, options.profile) as crew):
        begun = send.launch()
        took = send.until_sent() - begun
        crew.dismiss()
    counts = server.counts()
    assert (counts.messages, counts.people, counts.doubles) == (count, count, 0), counts
    return count / took


def _sendgrid(machine: Machine, options: Options) -> list[Figure]:
    count, top, hand = options.of(PEOPLE), [], []
    mine: dict[int, list[float]] = {workers: [] for workers in options.workers}
    with start_sendgrid() as server:
        for number in range(options.rounds):
            say(f"SendGrid, round {number + 1}")
            top.append(_ceiling(server, count))
            hand.append(_one_by_one(server, min(count, SAMPLE)))
            for workers, rates in mine.items():
                rates.append(_ours(machine, server, count, workers, options, sendgrid_api_url=server.url))
    best = max(map(median, mine.values()))
    return [
        Figure("SendGrid ceiling: ready-made thousands", median(top), "people/s"),
        Figure("SendGrid, the vendor's client, one call per person", median(hand), "people/s"),
        *(Figure(f"SendGrid, ours, worker processes: {workers}", median(rates), "people/s")
          for workers, rates in mine.items()),
        Figure("SendGrid, ours to the ceiling", best / median(top), least=0.20),
        Figure("SendGrid, ours to one call per person", best / median(hand), "times", least=30),
    ]


def _smtp(machine: Machine, options: Options) -> list[Figure]:
    count, hand = min(options.of(MAILS), MAILS), []
    mine: dict[int, list[float]] = {workers: [] for workers in options.workers}
    with start_smtp() as server:
        here: dict[str, Any] = {"smtp_url": server.url, "sendgrid_api_key": None}
        for number in range(options.rounds):
            say(f"SMTP, round {number + 1}")
            hand.append(_send_message(server, min(count, SAMPLE)))
            for workers, rates in mine.items():
                rates.append(_ours(machine, server, count, workers, options, **here))
    return [
        Figure("SMTP, send_message on one connection", median(hand), "people/s"),
        *(Figure(f"SMTP, ours, worker processes: {workers}", median(rates), "people/s")
          for workers, rates in mine.items()),
        Figure("SMTP, ours to send_message", max(map(median, mine.values())) / median(hand), "times", least=3),
    ]


def bench(machine: Machine, options: Options) -> list[Figure]:
    """Measure both ways."""
    return _sendgrid(machine, options) + _smtp(machine, options)


if __name__ == "__main__":
    main("Email", bench)
