"""Any SMTP server, by the standard library: a connection per batch, text and HTML in one message, no tracking."""

import re
import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import formatdate, parseaddr
from urllib.parse import unquote, urlsplit

from incident_app.adapters.mail import one_line, refusal
from incident_app.domain.ports import Message, Outcome, Rejected, Sent, Uncertain

BATCH = 20
_LEADING_DOT = re.compile(rb"(?m)^\.")


@dataclass(frozen=True, slots=True)
class _Said(Exception):
    """The server refused with this code and these words."""

    code: int
    words: str

    def refusal(self) -> Rejected:
        return Rejected(f"The mail server refused ({self.code}): {self.words}", permanent=self.code >= 500)


class _ChannelRefused(Exception):
    """The server will not have us at all."""


class SmtpChannel:
    """The Channel port. ``url``: ``smtp://user:password@host:587`` (STARTTLS where offered) or ``smtps://host``."""

    name = "email"
    batch = BATCH

    def __init__(self, url: str, mail_from: str, reply_to: str | None = None, connect_timeout: float = 3,
                 total: float = 30) -> None:
        """Connect to nothing yet; times are seconds. Raises ``ValueError`` for a sender that is not one line."""
        if not one_line(mail_from) or not one_line(reply_to or ""):
            raise ValueError("the sender must be one line")
        parts = urlsplit(url)
        self._implicit_tls = parts.scheme == "smtps"
        self._host = parts.hostname or "localhost"
        self._port = parts.port or (465 if self._implicit_tls else 25)
        self._user = unquote(parts.username or "")
        self._password = unquote(parts.password or "")
        self._from = mail_from
        self._reply_to = reply_to
        self._sender = parseaddr(mail_from)[1]
        self._connect_timeout = connect_timeout
        self._total = total

    def send(self, messages: Sequence[Message]) -> list[Outcome]:
        """Send one after the other; one outcome per message, in order. A lost connection is opened again once each."""
        outcomes: list[Outcome] = []
        server: smtplib.SMTP | None = None
        unreachable: Rejected | None = None
        for message in messages:
            refused = refusal(message) or unreachable
            if refused:
                outcomes.append(refused)
                continue
            try:
                server = server if server is not None and server.sock is not None else self._open()
                outcomes.append(self._send_one(server, message))
            except _ChannelRefused as error:
                unreachable = Rejected(str(error), permanent=True, channel_wide=True)
                outcomes.append(unreachable)
            except (smtplib.SMTPException, OSError) as error:
                # Only before a message's last byte: later trouble is an outcome of its own.
                words = f"The mail server cannot be reached ({type(error).__name__})."
                outcomes.append(Rejected(words, permanent=False))
                if server is None or server.sock is None or not outcomes[:-1]:
                    unreachable = Rejected(words, permanent=False)
                _hang_up(server)
        _hang_up(server)
        return outcomes

    def _open(self) -> smtplib.SMTP:
        trust = ssl.create_default_context()
        if self._implicit_tls:
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self._host, self._port, timeout=self._connect_timeout, context=trust)
        else:
            server = smtplib.SMTP(self._host, self._port, timeout=self._connect_timeout)
        if server.sock is not None:
            server.sock.settimeout(self._total)
        server.ehlo_or_helo_if_needed()
        if not self._implicit_tls and server.has_extn("starttls"):
            server.starttls(context=trust)
            server.ehlo()
        if self._user:
            try:
                server.login(self._user, self._password)
            except smtplib.SMTPAuthenticationError as error:
                _hang_up(server)
                if error.smtp_code >= 500:
                    raise _ChannelRefused("The mail server does not accept the name and password.") from None
                raise
        return server

    def _send_one(self, server: smtplib.SMTP, message: Message) -> Outcome:
        international = not (message.address.isascii() and self._sender.isascii())
        if international and not server.has_extn("smtputf8"):
            return Rejected("The mail server cannot send to an address that is not in ASCII.", permanent=True)
        identity = f"<{message.delivery_id}@{self._sender.rpartition('@')[2] or 'localhost'}>"
        content = self._compose(message, identity).as_bytes(policy=SMTP_POLICY.clone(utf8=international))
        try:
            _expect(server.mail(self._sender, ["SMTPUTF8", "BODY=8BITMIME"] if international else []), 250)
            _expect(server.rcpt(message.address), 250, 251)
            _expect(server.docmd("data"), 354)
        except _Said as said:
            return self._refused(server, said)
        try:
            server.send(_LEADING_DOT.sub(b"..", content) + b".\r\n")
            _expect(server.getreply(), 250)
        except _Said as said:
            return self._refused(server, said)
        except (smtplib.SMTPException, OSError):
            _hang_up(server)
            return Uncertain("The mail server was given the message and did not confirm it.")
        return Sent(identity)

    @staticmethod
    def _refused(server: smtplib.SMTP, said: _Said) -> Outcome:
        if said.code == -1:
            _hang_up(server)
            return Uncertain("The mail server's answer cannot be read.")
        try:
            server.rset()
        except (smtplib.SMTPException, OSError):
            _hang_up(server)
        if said.code == 421:
            _hang_up(server)
        return said.refusal()

    def _compose(self, message: Message, identity: str) -> EmailMessage:
        mail = EmailMessage(policy=SMTP_POLICY)
        mail["From"] = self._from
        mail["To"] = message.address
        if self._reply_to:
            mail["Reply-To"] = self._reply_to
        mail["Subject"] = message.subject
        mail["Date"] = formatdate()
        mail["Message-ID"] = identity
        mail["Auto-Submitted"] = "auto-generated"
        mail["Content-Language"] = message.language
        mail.set_content(message.text)
        if message.html is not None:
            mail.add_alternative(message.html, subtype="html")
        return mail


def _expect(reply: tuple[int, bytes], *codes: int) -> None:
    if reply[0] not in codes:
        raise _Said(reply[0], " ".join(reply[1].decode(errors="replace").split()))


def _hang_up(server: smtplib.SMTP | None) -> None:
    if server is not None and server.sock is not None:
        try:
            server.quit()
        except (smtplib.SMTPException, OSError):
            server.close()
