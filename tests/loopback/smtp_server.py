"""Speaks SMTP on this machine: takes mail, or refuses it the way servers do, at any step of the conversation.

``with SmtpServer() as server:`` gives ``server.url``, ``server.fail("kim@example.org", "unknown")`` and
``server.mails``, one entry per message: to, from, subject, text, html, message_id and the parsed message.
"""

import base64
import email
import email.policy
import socket
import socketserver
import ssl
import struct
import threading
from io import BufferedIOBase
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

from tests.loopback.serving import Failure, Script

_SAYS = {
    "unknown": "550 5.1.1 The email account that you tried to reach does not exist",
    "greylisted": "451 4.7.1 Greylisting in action, please come back later",
    "closing": "421 4.3.2 Service not available, closing transmission channel",
    "full": "452 4.2.2 The recipient's inbox is out of storage space",
    "spam": "554 5.7.1 Message rejected as spam",
    "refuse_and_hang_up": "550 5.7.1 Go away",
    "busy": "451 4.3.0 Temporary server error",
}
_AT_RCPT = frozenset({"unknown", "greylisted", "closing", "full", "refuse_and_hang_up", "hang_up_early", "nonsense"})
KINDS = (*_SAYS, "hang_up_early", "hang_up", "timeout", "nonsense")


class SmtpServer:
    """The server. ``password`` asks for AUTH (user ``kim``); ``refuse_sender`` refuses every MAIL FROM.

    ``eager`` asks for the words although it refused the recipient, as some do.
    """

    def __init__(self, *, password: str | None = None, utf8: bool = True, refuse_sender: bool = False, host: str = "127.0.0.1",
                 greeting: str = "220 loopback ESMTP", offer_auth: bool | None = None,
                 certificate: Path | None = None, sign_in_says: str | None = None, polite: bool = True,
                 pipelining: bool = True, eager: bool = False) -> None:
        """Take a free port; mail is taken once the ``with`` block is entered."""
        self.mails: list[dict[str, Any]] = []
        self.connections = 0
        self.password = password
        self.refuse_sender = refuse_sender
        self.greeting = greeting
        self.offers = ["8BITMIME", *(["SMTPUTF8"] if utf8 else [])]
        if pipelining:
            self.offers.append("PIPELINING")
        self.eager = eager
        if password is not None if offer_auth is None else offer_auth:
            self.offers.append("AUTH PLAIN")
        self.tls: ssl.SSLContext | None = None
        if certificate is not None:
            self.offers.append("STARTTLS")
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(certificate)
        self.encrypted = 0
        self.sign_in_says = sign_in_says
        self.polite = polite
        self.script = Script()
        self.closing = threading.Event()
        owner = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                _Talk(owner, self).run()

        self._server = socketserver.ThreadingTCPServer((host, 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self.port = self._server.server_address[1]
        name = "kim:" + password + "@" if password is not None else ""
        self.url = f"smtp://{name}{host}:{self.port}"

    def fail(self, address: str | None, kind: str, *, times: int | None = None, delivered: bool = False) -> None:
        """Let mail to ``address`` (``None``: all) fail as ``kind``, the next ``times`` times or always.

        ``delivered`` says whether a mail whose confirmation is lost arrived.
        """
        assert kind in KINDS, f"not a kind of failure: {kind}"
        self.script.add(address, Failure(kind, times, 1, delivered))

    def keep(self, sender: str, address: str, content: bytes) -> None:
        """Put a mail into the ledger."""
        parsed = email.message_from_bytes(content, policy=email.policy.default)
        text, html = parsed.get_body(("plain",)), parsed.get_body(("html",))
        with self.script.lock:
            self.mails.append({
                "to": address, "from": sender, "subject": str(parsed["Subject"]),
                "message_id": str(parsed["Message-ID"]), "message": parsed,
                "text": text.get_content().replace("\r\n", "\n") if text else "",
                "html": html.get_content() if html else None,
            })

    def __enter__(self) -> Self:
        """Start."""
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """Stop."""
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


class _Talk:
    """One connection."""

    def __init__(self, owner: SmtpServer, handler: socketserver.StreamRequestHandler) -> None:
        self.owner = owner
        self.handler = handler
        self.sender = self.address = ""
        self.failure: Failure | None = None
        self.known = owner.password is None
        with owner.script.lock:
            owner.connections += 1

    def run(self) -> None:
        self.say(self.owner.greeting)
        if not self.owner.greeting.startswith("220"):
            return
        try:
            while line := self.handler.rfile.readline():
                if not self.obey(line.decode(errors="replace").strip()):
                    return
        except OSError:
            return

    def say(self, words: str) -> bool:
        self.handler.wfile.write(f"{words}\r\n".encode())
        return True

    def obey(self, line: str) -> bool:
        verb = line.split(":", maxsplit=1)[0].split(" ", maxsplit=1)[0].upper()
        match verb:
            case "EHLO":
                return self.say("\r\n".join(f"250-{offer}" for offer in ["loopback", *self.owner.offers]) + "\r\n250 HELP")
            case "STARTTLS" if self.owner.tls is not None:
                self.say("220 Go ahead")
                return self.encrypt(self.owner.tls)
            case "AUTH" if self.owner.sign_in_says:
                return self.say(self.owner.sign_in_says)
            case "AUTH":
                given = base64.b64decode(line.rsplit(maxsplit=1)[-1]).decode().split("\0")
                self.known = given[1:] == ["kim", self.owner.password]
                return self.say("235 2.7.0 Accepted" if self.known else "535 5.7.8 Username and Password not accepted")
            case "MAIL":
                self.sender, self.address = line[line.index("<") + 1 : line.index(">")], ""
                if self.owner.refuse_sender or not self.known:
                    return self.say("530 5.7.0 Authentication required")
                return self.say("250 OK")
            case "RCPT":
                return self.rcpt(line[line.index("<") + 1 : line.index(">")])
            case "DATA" if not self.address and not self.owner.eager:
                return self.say("554 5.5.1 No valid recipients")
            case "DATA":
                return self.data()
            case "QUIT":
                if self.owner.polite:
                    self.say("221 Bye")
                return False
            case "RSET" | "NOOP":
                return self.say("250 OK")
            case _:
                return self.say("502 Command not implemented")

    def encrypt(self, tls: ssl.SSLContext) -> bool:
        try:
            connection = tls.wrap_socket(self.handler.connection, server_side=True)
        except OSError:
            return False
        self.handler.connection = connection
        self.handler.rfile = connection.makefile("rb")
        self.handler.wfile = cast(BufferedIOBase, connection.makefile("wb", buffering=0))
        with self.owner.script.lock:
            self.owner.encrypted += 1
        return True

    def rcpt(self, address: str) -> bool:
        self.address, self.failure = address, self.owner.script.take(address)
        kind = self.failure.kind if self.failure else ""
        if kind == "hang_up_early":
            return False
        if kind == "nonsense":
            self.address = ""
            return self.say("hello?")
        if kind in _AT_RCPT:
            self.say(_SAYS[kind])
            self.address = ""
            return kind not in {"closing", "refuse_and_hang_up"}
        return self.say("250 OK")

    def data(self) -> bool:
        self.say("354 Go ahead")
        lines: list[bytes] = []
        while (line := self.handler.rfile.readline()) != b".\r\n":
            if not line:
                return False
            lines.append(line[1:] if line.startswith(b".") else line)
        if self.failure is None or self.failure.delivered:
            self.owner.keep(self.sender, self.address, b"".join(lines))
        if self.failure is None:
            return self.say(f"250 2.0.0 OK queued as {len(self.owner.mails)}")
        if self.failure.kind in _SAYS:
            return self.say(_SAYS[self.failure.kind])
        if self.failure.kind == "timeout":
            self.owner.closing.wait(30)
        self.handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False
