"""Passwords by argon2id, codes by libpass, the seal by Fernet: well-kept libraries behind our ports."""

import base64
import hashlib
import hmac
from datetime import datetime
from functools import cached_property
from typing import Any, cast

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from cryptography.fernet import Fernet, InvalidToken
from passlib.exc import TokenError
from passlib.totp import TOTP

ISSUER = "incident-app"
STEP = 30


class ArgonPasswords:
    """argon2id over a keyed digest of the password: the database alone is not enough to guess from."""

    def __init__(self, pepper: str, hasher: PasswordHasher | None = None) -> None:
        """``pepper`` is kept outside the database; the library's default cost is what the RFC recommends."""
        self._pepper = pepper.encode()
        self._hasher = hasher or PasswordHasher()

    @cached_property
    def _nobody(self) -> str:
        """A hash of nobody's password. Made when somebody first signs in: it takes 64 MB, and a worker asks for none."""
        return self._hasher.hash("nobody's")

    def _peppered(self, password: str) -> bytes:
        return base64.b64encode(hmac.new(self._pepper, password.encode("utf-8", "surrogatepass"), hashlib.sha512).digest())

    def kept(self, password: str) -> str:
        """Return the hash."""
        return self._hasher.hash(self._peppered(password))

    def fits(self, password: str, kept: str | None) -> bool:
        """Tell whether it fits; where nothing is kept the same work is done, for nothing."""
        nobody = self._nobody  # made for whoever comes first, known or not: how long it takes tells nothing
        try:
            self._hasher.verify(kept or nobody, self._peppered(password))
        except (VerificationError, InvalidHashError):
            return False
        return kept is not None


class FernetSeal:
    """Fernet (AES-128-CBC and HMAC-SHA-256) under a key that follows from a secret of the settings."""

    def __init__(self, secret: str) -> None:
        """Derive two keys, for sealing and for marking."""
        self._fernet = Fernet(base64.urlsafe_b64encode(hmac.new(secret.encode(), b"seal", hashlib.sha256).digest()))
        self._mark = hmac.new(secret.encode(), b"mark", hashlib.sha256).digest()

    def seal(self, plain: str) -> str:
        """Encrypt."""
        return self._fernet.encrypt(plain.encode()).decode()

    def open(self, sealed: str) -> str:
        """Decrypt."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise ValueError("this was not sealed with our key") from error

    def mark(self, plain: str) -> str:
        """Return a keyed digest."""
        return hmac.new(self._mark, plain.encode(), hashlib.sha256).hexdigest()


class TotpCodes:
    """RFC 6238 as every authenticator app has it."""

    def new_key(self) -> str:
        """Return 160 random bits."""
        return cast(str, TOTP.new().base32_key)

    def address(self, key: str, label: str) -> str:
        """Return the address for the QR code."""
        return cast(str, TOTP(key=key).to_uri(label=label.replace(":", ""), issuer=ISSUER))

    def counter(self, key: str, code: str, *, now: datetime, after: int | None) -> int | None:
        """Take the step before and after, too: phones' clocks are not ours. A step is used once."""
        typed = "".join(code.split())
        if not (len(typed) == 6 and typed.isascii() and typed.isdigit()):
            return None
        totp: Any = TOTP(key=key)
        try:
            found: int = totp.match(typed, time=int(now.timestamp()), window=STEP, last_counter=after).counter
        except TokenError:
            return None
        return found if after is None or found > after else None
