"""Any SMTP server, by the standard library: a connection per batch, text and HTML in one message, no tracking."""

import re
import smtplib
import ssl
import time
from collections.abc import Sequence
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import formataddr, formatdate, parseaddr
from urllib.parse import unquote, urlsplit

from incident_app.adapters.mail import SLOW, one_line, refusal
from incident_app.domain.ports import Message, Outcome, Rejected, Sent, Uncertain

BATCH = 20
ENOUGH_SECONDS = 25.0
"""After so long a batch begins no further message: with the longest answer it still ends within a lease of 60 s."""
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})
_LEADING_DOT = re.compile(rb"(?m)^\.")


class _Said(Exception):
    """The server answered a command with this code and these words."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.code = code
        self.words = words


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

    def send(self, messages: Sequence[Message], *, wait: float = 0.0) -> list[Outcome]:
        """Send one after the other; one outcome per message, in order. A lost connection is opened again once each."""
        del wait  # as fast as it goes: the server says when it is too fast
        messages = [message.filled() for message in messages]
        outcomes: list[Outcome] = []
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
            outcomes.append(self._send_one(server, message))
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

    def _send_one(self, server: smtplib.SMTP, message: Message) -> Outcome:
        address = _in_ascii(message.address)
        international = not address.isascii()
        if international and not server.has_extn("smtputf8"):
            return Rejected("The mail server cannot send to an address that is not in ASCII.", permanent=True)
        identity = f"<{message.delivery_id}@{self._sender.rpartition('@')[2] or 'localhost'}>"
        content = self._compose(message, address, identity).as_bytes(policy=SMTP_POLICY.clone(utf8=international))
        try:
            reply = server.mail(self._sender, ["SMTPUTF8", "BODY=8BITMIME"] if international else [])
            if 500 <= reply[0] < 600:
                _hang_up(server)
                return Rejected(f"The mail server refuses our address ({reply[0]}): {_words(reply)}", permanent=True,
                                channel_wide=True)
            _expect(reply, 250)
            _expect(server.rcpt(address), 250, 251)
            _expect(server.docmd("data"), 354)
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

    def _compose(self, message: Message, address: str, identity: str) -> EmailMessage:
        mail = EmailMessage(policy=SMTP_POLICY)
        # Folded by us: the library doubles the space before a last word that is not ASCII (“tun  können”).
        mail.set_raw("From", self._from)
        mail["To"] = address
        if self._reply_to:
            mail.set_raw("Reply-To", self._reply_to)
        mail.set_raw("Subject", _folded(message.subject))
        mail["Date"] = formatdate()
        mail["Message-ID"] = identity
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.text)
        if message.html is not None:
            mail.add_alternative(message.html, subtype="html")
        mail["Content-Language"] = message.language  # last: setting the content removes such headers
        return mail


def _folded(subject: str) -> str:
    """Return the subject as it travels: in lines of at most 76 characters, what is not ASCII in encoded words."""
    plain = subject.isascii() and "=?" not in subject  # what looks like an encoded word would be read as one
    return Header(subject, None if plain else "utf-8", header_name="Subject").encode()


def _in_ascii(address: str) -> str:
    """Return the address with its domain in the form every server knows; the part before the @ is left alone."""
    local, _, domain = address.rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError:
        return address


def _expect(reply: tuple[int, bytes], *codes: int) -> None:
    if reply[0] not in codes:
        raise _Said(reply[0], _words(reply))


def _words(reply: tuple[int, bytes]) -> str:
    return " ".join(reply[1].decode(errors="replace").split())


def _refused(server: smtplib.SMTP, said: _Said) -> Outcome:
    if not 400 <= said.code < 600:
        server.close()
        return Uncertain("The mail server's answer cannot be read.")
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
