"""What coming in needs of the outside world, as protocols: passwords, codes of an authenticator app, passkeys, a seal."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class Passwords(Protocol):
    """Keeps passwords as slow hashes."""

    def kept(self, password: str) -> str:
        """Return what is kept of a password."""

    def fits(self, password: str, kept: str | None) -> bool:
        """Tell whether it fits; where nothing is kept it takes as long, and does not."""


class Seal(Protocol):
    """Seals short secrets of accounts under a key from outside the database."""

    def seal(self, plain: str) -> str:
        """Encrypt."""

    def open(self, sealed: str) -> str:
        """Decrypt; raises ``ValueError`` for what was not sealed with our key."""

    def mark(self, plain: str) -> str:
        """Return a keyed digest in hex (64 signs): equal for equal values, and nothing is found from it."""


class Codes(Protocol):
    """Time-based one-time codes (RFC 6238, 6 digits, 30 s); keys are base32."""

    def new_key(self) -> str:
        """Return a fresh key."""

    def address(self, key: str, label: str) -> str:
        """Return the ``otpauth://`` address an authenticator app reads from a QR code."""

    def counter(self, key: str, code: str, *, now: datetime, after: int | None) -> int | None:
        """Return the time step (30 s) this code belongs to, ``None`` where it does not fit.

        A step up to ``after`` has been used: its codes do not fit any more.
        """


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """A passkey as the authenticator registered it."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    device_type: str
    backed_up: bool


@dataclass(frozen=True, slots=True)
class Question:
    """What a browser is asked: ``options`` is JSON as WebAuthn has it, ``challenge`` the random part of it (base64url)."""

    options: str
    challenge: str


class Passkeys(Protocol):
    """WebAuthn with user verification, for the site of ``PUBLIC_URL``."""

    def possible(self) -> bool:
        """Tell whether browsers offer passkeys for our address: https or localhost, and a name instead of a number."""

    def to_register(self, handle: bytes, name: str, known: Sequence[bytes]) -> Question:
        """Ask for a new passkey of the account ``handle``, on another authenticator than the ``known`` ones."""

    def registered(self, answer: str, challenge: str) -> NewPasskey:
        """Check what the browser answered (JSON). Raises ``Refused``."""

    def to_prove(self, known: Sequence[bytes]) -> Question:
        """Ask for a signature by one of the ``known`` passkeys; with none of them, by any the person has for us."""

    def shown(self, answer: str) -> bytes:
        """Return which credential answered. Raises ``Refused`` for what is no answer."""

    def proved(self, answer: str, challenge: str, public_key: bytes, sign_count: int) -> int:
        """Check the signature, return the new count of signatures. Raises ``Refused``."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Everything coming in needs."""

    passwords: Passwords
    seal: Seal
    codes: Codes
    passkeys: Passkeys
