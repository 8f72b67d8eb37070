"""The code in the link by which one controller says that a notice arrived: it follows from a secret of the notice, which is
sealed, and is kept nowhere; what is kept is its hash."""

import hashlib
import hmac
import re
import secrets
from base64 import b32encode

SECRET_BYTES = 32
CODE_BYTES = 20
CODE = re.compile(r"[a-z2-7]{32}")


def new_secret() -> str:
    """Return a fresh secret for one notice, in hex."""
    return secrets.token_hex(SECRET_BYTES)


def code_for(secret: str, person: str) -> str:
    """Return the code of one row of a list, by its public id: 32 small letters and digits, 160 bits, the same each time."""
    made = hmac.digest(bytes.fromhex(secret), f"receipt|{person}".encode(), "sha256")
    return b32encode(made[:CODE_BYTES]).decode().lower()


def hash_of(code: str) -> str:
    """Return what is kept of a code: SHA-256 in hex."""
    return hashlib.sha256(code.encode()).hexdigest()


def read_code(typed: str) -> str | None:
    """Return the code in an address, ``None`` for what cannot be one of anybody's."""
    plain = typed.strip().lower()
    return plain if CODE.fullmatch(plain) else None
