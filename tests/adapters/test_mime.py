"""What arrives at a real mail server is what was meant, whatever names and words are made of."""

import asyncio
import email
import email.policy
from collections.abc import Iterator
from email.message import EmailMessage

import pytest
from aiosmtpd.smtp import SMTP, Envelope
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incident_app.adapters.mime import folded
from incident_app.adapters.smtp import SmtpChannel
from incident_app.adapters.transport import Loop
from incident_app.domain.ports import Message, Sent

_LINES = st.text(st.characters(codec="utf-8"), max_size=60)
_HOSTILE = st.one_of(_LINES, st.sampled_from([
    ".", "..", ".\r\n.", "\r\n.\r\n", "\n.\nMAIL FROM:<eve@example.org>", "=", "=3D", "=\r\n", "trailing \t \n", "\r", "\x00",
    "--=_", "From here", "x" * 1500, "é" * 700, "漢" * 400, "\u2028\u2029\x85\x0b\x0c", "=?utf-8?q?a?=", "%s {0}", " ", "\ud7ff",
]))
_WORDS = st.lists(_HOSTILE, max_size=6).map("".join)
_SUBJECTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp", "Cs"]), min_size=1, max_size=120)


class _Handler:
    """Keeps what arrives."""

    def __init__(self) -> None:
        self.mails: dict[str, EmailMessage] = {}

    async def handle_DATA(  # noqa: N802 (the library's name for it)
        self, server: object, session: object, envelope: Envelope
    ) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        assert max(map(len, content.split(b"\r\n"))) <= 998
        assert b"\r" not in content.replace(b"\r\n", b"")
        assert b"\n" not in content.replace(b"\r\n", b"")
        parsed = email.message_from_bytes(content, policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        assert not list(parsed.walk())[-1].defects
        self.mails[envelope.rcpt_tos[0]] = parsed
        return "250 OK"


@pytest.fixture(scope="module")
def office() -> Iterator[tuple[str, _Handler]]:
    handler, loop = _Handler(), Loop("post office")

    async def open_up() -> asyncio.Server:
        running = asyncio.get_running_loop()
        return await running.create_server(lambda: SMTP(handler, enable_SMTPUTF8=True, loop=running), "127.0.0.1", 0)

    server = loop.run(open_up())
    yield f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}", handler
    loop.run(shut(server))  # on its own loop: a connection just ending there would meet another thread's hand
    loop.stop()


async def shut(server: asyncio.Server) -> None:
    server.close()


def read(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def lines(words: str) -> str:
    """Return the words with the ends of lines every mail has, and one at the end."""
    plain = words.replace("\r\n", "\n").replace("\r", "\n")
    return plain if plain.endswith("\n") else plain + "\n"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(subject=_SUBJECTS, text=_WORDS, html=st.none() | _WORDS, names=st.lists(_WORDS, min_size=2, max_size=3))
def test_each_person_reads_what_was_meant(
    office: tuple[str, _Handler], subject: str, text: str, html: str | None, names: list[str]
) -> None:
    url, handler = office
    people = [
        Message(f"id{number}", f"p{number}@example.org", subject, f"Dear -n3f9a-, {text}-n3f9a-",
                None if html is None else f"<p>-h77c2-</p>{html}", fill={"-n3f9a-": name, "-h77c2-": name})
        for number, name in enumerate(names)]

    outcomes = SmtpChannel(url, "Ölmühle <dpo@acme.example>").send(people)

    assert outcomes == [Sent(f"<id{number}@acme.example>") for number in range(len(names))]
    for person in people:
        mail, meant = handler.mails.pop(person.address), person.filled()
        assert mail["Subject"] == subject
        assert mail["To"] == person.address
        assert read(mail, "plain") == lines(meant.text)
        assert mail.get_body(("html",)) is None if meant.html is None else read(mail, "html") == lines(meant.html)


@given(_SUBJECTS)
def test_a_subject_is_folded_and_read_back(subject: str) -> None:
    travelling = folded(subject)
    assert travelling.isascii()
    assert max(map(len, f"Subject: {travelling}".split("\r\n"))) <= 998
    assert email.message_from_string(f"Subject: {travelling}\r\n\r\n", policy=email.policy.default)["Subject"] == subject
