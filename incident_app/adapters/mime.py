"""Emails as bytes, made in a fiftieth of the time that ``email.message.EmailMessage`` takes.

What people share of a letter (sender, languages, how its bodies are encoded) is worked out once; each person's words are
put in and encoded whole, so no mark is ever cut by a line's end. Bodies travel in quoted-printable or base64: neither
holds anything a mail server could mind, nor the boundary between the two forms, and no line is too long.
"""

import re
import secrets
from binascii import b2a_base64, b2a_qp
from email.header import Header

from incident_app.domain.ports import Message

_LINE_END = re.compile(r"\r\n|\r|\n")
_LONGEST_WORD = 60  # of a subject that is left as it is: longer ones could not be folded
_BASE64_LINE = 76
_MANY = 6  # where one byte in so many is not ASCII, base64 is shorter and as readable


class Letter:
    """The shared words of some messages, ready to be filled. ``sender`` and ``reply_to`` are whole header values."""

    def __init__(self, message: Message, sender: str, reply_to: str | None) -> None:
        """Work out what everybody shares."""
        self._message = message
        head = [f"From: {sender}", *([f"Reply-To: {reply_to}"] if reply_to else []), "MIME-Version: 1.0",
                "Auto-Submitted: auto-generated", f"Content-Language: {message.language}"]
        self._boundary = f"=_{secrets.token_hex(12)}".encode()
        self._head = "".join(f"{line}\r\n" for line in head).encode()
        self._plain = _Body("plain", message.text)
        self._html = None if message.html is None else _Body("html", message.html)
        self._subject = folded(message.subject)

    def for_person(self, message: Message, address: str, identity: str, date: str) -> bytes:
        """Return the whole email. Raises ``ValueError`` for words that cannot be written in UTF-8."""
        words = message.subject, message.text, message.html or ""
        if message.fill:
            words = _filled(words, message)
        subject = self._subject if words[0] == self._message.subject else folded(words[0])
        head = f"To: {address}\r\nSubject: {subject}\r\nDate: {date}\r\nMessage-ID: {identity}\r\n".encode()
        plain = self._plain.encoded(words[1])
        if self._html is None:
            return b"".join((self._head, head, plain))
        between = b"\r\n--" + self._boundary
        return b"".join((
            self._head, head, b'Content-Type: multipart/alternative; boundary="', self._boundary, b'"\r\n',
            between, b"\r\n", plain, between, b"\r\n", self._html.encoded(words[2]), between, b"--\r\n"))


def _filled(words: tuple[str, str, str], message: Message) -> tuple[str, str, str]:
    subject, text, html = words
    for mark, value in message.fill.items():
        subject, text, html = subject.replace(mark, value), text.replace(mark, value), html.replace(mark, value)
    return subject, text, html


class _Body:
    """One form of the letter, and how it is encoded: decided once, by the words all share."""

    def __init__(self, kind: str, words: str) -> None:
        foreign = sum(character > "\x7f" for character in words)
        self._base64 = foreign * _MANY > len(words)
        coding = "base64" if self._base64 else "quoted-printable"
        self._head = (
            f'Content-Type: text/{kind}; charset="utf-8"\r\nContent-Transfer-Encoding: {coding}\r\n\r\n').encode()

    def encoded(self, words: str) -> bytes:
        """Return the form with its headers, ended by a line's end."""
        content = _LINE_END.sub("\r\n", words).encode()
        if not content.endswith(b"\r\n"):
            content += b"\r\n"
        if not self._base64:
            return self._head + b2a_qp(content)
        line = b2a_base64(content, newline=False)
        lines = [line[start : start + _BASE64_LINE] for start in range(0, len(line), _BASE64_LINE)]
        return self._head + b"\r\n".join(lines) + b"\r\n"


def folded(subject: str) -> str:
    """Return the subject as it travels: in lines of at most 76 characters, what is not ASCII in encoded words."""
    words = subject.split(" ")
    # What looks like an encoded word would be read as one; spaces at an end or beside one another would be lost.
    plain = subject.isascii() and "=?" not in subject and all(0 < len(word) <= _LONGEST_WORD for word in words)
    return Header(subject, None if plain else "utf-8", header_name="Subject").encode(linesep="\r\n")
