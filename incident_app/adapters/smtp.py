"""Any SMTP server, by the standard library: a connection per batch, text and HTML in one message, no tracking.

Where the server offers PIPELINING (RFC 2920) sender, recipient and the wish to send go in one write; every reply is
still read and matched. The words themselves leave once the server has said that it wants them: until then nothing is
sent, from then on what is not confirmed is uncertain.
"""

import re
import smtplib
import ssl
import time
from collections.abc import Sequence
from email.utils import formataddr, formatdate, parseaddr
from urllib.parse import unquote, urlsplit

from incident_app.adapters.mail import SLOW, one_line, refusal
from incident_app.adapters.mime import Letter
from incident_app.domain.ports import Message, Outcome, Rejected, Sent, Uncertain

BATCH = 100
ENOUGH_SECONDS = 25.0
"""After so long a batch begins no further message: with the longest answer it still ends within a lease of 60 s."""
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})
_LEADING_DOT = re.compile(rb"(?m)^\.")


class _Said(Exception):
    """The server answered a command with this code and these words; ``of_us``: it was about our own address."""

    def __init__(self, reply: tuple[int, bytes], *, of_us: bool = False) -> None:
        self.code = reply[0]
        self.words = " ".join(reply[1].decode(errors="replace").split())
        self.of_us = of_us
        super().__init__(self.words)


class _ChannelRefused(Exception):
    """The server will not have us at all."""


class SmtpChannel:
    """The Channel port. ``url``: ``smtp://user:password@host:587`` (STARTTLS where offered) or ``smtps://host``."""

    name = "email"
    batch = BATCH

    def __init__(self, url: str, mail_from: str, reply_to: str | None = None, connect_timeout: float = 10,
                 total: float = 30, enough: float = ENOUGH_SECONDS, trust: ssl.SSLContext | None = None) -> None:
        """Connect to nothing yet; times are seconds. Raises ``ValueError`` for a sender that is not one address.

        ``trust`` says whose certificates are believed; by default those this machine believes.
        """
        self._trust = trust or ssl.create_default_context()
        if not one_line(mail_from) or not one_line(reply_to or ""):
            raise ValueError("the sender must be one line")
        parts = urlsplit(url)
        self._implicit_tls = parts.scheme == "smtps"
        self._host = parts.hostname or "localhost"
        self._port = parts.port or (465 if self._implicit_tls else 25)
        self._user = unquote(parts.username or "")
        self._password = unquote(parts.password or "")
        self._from = formataddr(parseaddr(mail_from))
        self._reply_to = formataddr(parseaddr(reply_to)) if reply_to else None
        self._sender = parseaddr(mail_from)[1]
        self._connect_timeout = connect_timeout
        self._total = total
        self._enough = enough

    def send(self, messages: Sequence[Message], *, wait: float = 0.0, spare: int = 0) -> list[Outcome]:
        """Send one after the other; one outcome per message, in order. A lost connection is opened again once each."""
        del wait, spare  # as fast as it goes: the server says when it is too fast
        outcomes: list[Outcome] = []
        letters: _Letters = {}
        server: smtplib.SMTP | None = None
        turned_away: Rejected | None = None
        begun = time.monotonic()
        for message in messages:
            refused = refusal(message) or turned_away
            if refused is None and time.monotonic() - begun > self._enough:
                refused = SLOW
            if refused is None and (server is None or server.sock is None):
                try:
                    server = self._open()
                except _ChannelRefused as error:
                    refused = turned_away = Rejected(str(error), permanent=True, channel_wide=True)
                except (smtplib.SMTPException, OSError) as error:
                    refused = turned_away = Rejected(_unreachable(error), permanent=False)
            if refused is not None or server is None:
                outcomes.append(refused or SLOW)
                continue
            outcomes.append(self._send_one(server, message, self._letter(message, letters)))
        _hang_up(server)
        return outcomes

    def _open(self) -> smtplib.SMTP:
        if self._implicit_tls:
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self._host, self._port, timeout=self._connect_timeout, context=self._trust)
        else:
            server = smtplib.SMTP(self._host, self._port, timeout=self._connect_timeout)
        try:
            self._prepare(server)
        except (OSError, smtplib.SMTPException):
            server.close()
            raise
        return server

    def _prepare(self, server: smtplib.SMTP) -> None:
        server.timeout = self._total
        server.sock.settimeout(self._total)  # type: ignore[union-attr]  # the connection was just made
        server.ehlo_or_helo_if_needed()
        secret = self._implicit_tls
        if not secret and server.has_extn("starttls"):
            server.starttls(context=self._trust)
            server.ehlo()
            secret = True
        if not self._user:
            return
        if not secret and self._host not in _HERE:
            raise _ChannelRefused("The mail server offers no encryption: the password is not sent in the clear.")
        try:
            server.login(self._user, self._password)
        except smtplib.SMTPNotSupportedError:
            raise _ChannelRefused("The mail server knows no sign-in; leave name and password out.") from None
        except smtplib.SMTPAuthenticationError as error:
            if error.smtp_code >= 500:
                raise _ChannelRefused("The mail server does not accept the name and password.") from None
            raise

    def _letter(self, message: Message, letters: "_Letters") -> Letter:
        words = (message.subject, message.text, message.html, message.language)
        if words not in letters:
            letters[words] = Letter(message, self._from, self._reply_to)
        return letters[words]

    def _send_one(self, server: smtplib.SMTP, message: Message, letter: Letter) -> Outcome:
        address = _in_ascii(message.address)
        international = not address.isascii()
        if international and not server.has_extn("smtputf8"):
            return Rejected("The mail server cannot send to an address that is not in ASCII.", permanent=True)
        identity = f"<{message.delivery_id}@{self._sender.rpartition('@')[2] or 'localhost'}>"
        try:
            content = letter.for_person(message, address, identity, formatdate())
        except ValueError:
            return Rejected("The message holds what cannot be written in an email.", permanent=True)
        try:
            _announce(server, self._sender, address, international=international)
        except _Said as said:
            return _refused(server, said)
        except (smtplib.SMTPException, OSError) as error:
            server.close()
            return Rejected(_unreachable(error), permanent=False)
        try:
            server.send(_LEADING_DOT.sub(b"..", content) + b".\r\n")
            _expect(server.getreply(), 250)
        except _Said as said:
            return _refused(server, said)
        except (smtplib.SMTPException, OSError):
            server.close()
            return Uncertain("The mail server was given the message and did not confirm it.")
        return Sent(identity)


_Letters = dict[tuple[str, str, str | None, str], Letter]
_WANTED = ((250,), (250, 251), (354,))


def _announce(server: smtplib.SMTP, sender: str, address: str, *, international: bool) -> None:
    """Say who writes to whom; return once the server waits for the words. Raises ``_Said`` for any other reply."""
    options = " SMTPUTF8 BODY=8BITMIME" if international else ""
    commands = [f"MAIL FROM:<{sender}>{options}\r\n".encode(), f"RCPT TO:<{address}>\r\n".encode(), b"DATA\r\n"]
    if server.has_extn("pipelining"):
        server.send(b"".join(commands))
        _match(server)
        return
    for command, wanted in zip(commands, _WANTED, strict=True):
        server.send(command)
        _expect(server.getreply(), *wanted, of_us=command is commands[0])


def _match(server: smtplib.SMTP) -> None:
    """Read the replies to all three commands. The first that is not as wanted decides; the others only have to go."""
    refused: _Said | None = None
    for step, wanted in enumerate(_WANTED):
        try:
            reply = server.getreply()
        except (smtplib.SMTPException, OSError):
            if refused is None:
                raise
            server.close()
            break
        if refused is None and reply[0] not in wanted:
            refused = _Said(reply, of_us=step == 0)
            if refused.code == 421:  # it closes the connection after these words
                break
        elif refused is not None and reply[0] == 354:  # it waits for words that nobody will get: leave it without any
            server.close()
    if refused is not None:
        raise refused


def _in_ascii(address: str) -> str:
    """Return the address with its domain in the form every server knows; the part before the @ is left alone."""
    local, _, domain = address.rpartition("@")
    if domain.isascii():
        return address
    try:
        return f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError:
        return address


def _expect(reply: tuple[int, bytes], *codes: int, of_us: bool = False) -> None:
    if reply[0] not in codes:
        raise _Said(reply, of_us=of_us)


def _refused(server: smtplib.SMTP, said: _Said) -> Outcome:
    if not 400 <= said.code < 600:
        server.close()
        return Uncertain("The mail server's answer cannot be read.")
    if said.of_us and said.code >= 500:
        _hang_up(server)
        return Rejected(f"The mail server refuses our address ({said.code}): {said.words}", permanent=True,
                        channel_wide=True)
    if said.code == 421:  # it closes the connection after these words
        server.close()
    elif server.sock is not None:
        _reset(server)
    return Rejected(f"The mail server refused ({said.code}): {said.words}", permanent=said.code >= 500)


def _reset(server: smtplib.SMTP) -> None:
    try:
        server.rset()
    except (smtplib.SMTPException, OSError):
        server.close()


def _unreachable(error: Exception) -> str:
    return f"The mail server cannot be reached ({type(error).__name__})."


def _hang_up(server: smtplib.SMTP | None) -> None:
    if server is not None and server.sock is not None:
        try:
            server.quit()
        except (smtplib.SMTPException, OSError):
            server.close()
