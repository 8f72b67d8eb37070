"""Of a secret handed out, only a hash is kept."""

import hashlib


def digest(secret: str) -> str:
    """Return SHA-256 in hex; our secrets are random and long, so nobody finds one from its hash."""
    return hashlib.sha256(secret.encode()).hexdigest()
