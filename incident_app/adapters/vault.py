"""AES-256-GCM: seals what identifies affected people under a key of their case, itself wrapped by a key from outside.

Wrapped key:  1 | id of the data key (8) | length of the outer key's id (1) | that id | nonce (12) | key and tag (48)
Sealed:       1 | id of the data key (8) | nonce (12) | content and tag
The id of the data key is bound into both, so a row sealed for one case never opens with another case's key.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from functools import lru_cache
from typing import NoReturn

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from incident_app.domain.ports import VaultError

VERSION = b"\x01"
KEY_BYTES = 32
ID_BYTES = 8
NONCE_BYTES = 12
TAG_BYTES = 16
_HEAD = 1 + ID_BYTES
_CASES_AT_HAND = 8  # keys of cases kept open in memory, so that a list of a million is not unwrapped a million times


class AesVault:
    """The Vault port. ``keys`` are (id, 32 bytes) from outside the database: the first wraps, all of them unwrap."""

    def __init__(self, keys: Sequence[tuple[str, bytes]]) -> None:
        """Load the keys. Raises ``VaultError`` where one is not usable."""
        if not keys:
            raise VaultError("There is no key to seal with.")
        for name, key in keys:
            if len(key) != KEY_BYTES or not 0 < len(name.encode()) < 256:
                raise VaultError(f"The key “{name}” is not usable: {KEY_BYTES} bytes and a short id are needed.")
        self._first = keys[0][0]
        self._keys = dict(keys)
        if len(self._keys) != len(keys):
            raise VaultError("Two keys bear the same id.")
        self._unwrapped = lru_cache(maxsize=_CASES_AT_HAND)(self._unwrap)

    def __repr__(self) -> str:
        return f"AesVault(keys={sorted(self._keys)})"

    def new_key(self) -> bytes:
        """Return a fresh data key for one case, wrapped by the first outer key."""
        return self._wrap(secrets.token_bytes(ID_BYTES), secrets.token_bytes(KEY_BYTES))

    def rewrap(self, wrapped_key: bytes) -> bytes:
        """Return the same data key wrapped by the first outer key; what is sealed under it stays as it is."""
        return self._wrap(wrapped_key[1:_HEAD], self._unwrap(wrapped_key)[0])

    def wrapped_by(self, wrapped_key: bytes) -> str:
        """Return the id of the outer key that wraps this one."""
        if len(wrapped_key) <= _HEAD or wrapped_key[:1] != VERSION:
            _refuse("The key of the case is not in a form we know.")
        end = _HEAD + 1 + wrapped_key[_HEAD]
        try:
            return wrapped_key[_HEAD + 1 : end].decode()
        except UnicodeDecodeError:
            _refuse("The key of the case is not in a form we know.")

    def seal(self, wrapped_key: bytes, plain: bytes, scope: str) -> bytes:
        """Encrypt under the case's data key, bound to ``scope`` (``table|row|field``)."""
        key, _ = self._unwrapped(wrapped_key)
        head = VERSION + wrapped_key[1:_HEAD]
        nonce = secrets.token_bytes(NONCE_BYTES)
        return head + nonce + AESGCM(key).encrypt(nonce, plain, head + scope.encode())

    def open(self, wrapped_key: bytes, sealed: bytes, scope: str) -> bytes:
        """Decrypt; raises ``VaultError`` where key, content or scope do not fit."""
        key, _ = self._unwrapped(wrapped_key)
        head, body = sealed[:_HEAD], sealed[_HEAD:]
        if head != VERSION + wrapped_key[1:_HEAD] or len(body) < NONCE_BYTES + TAG_BYTES:
            _refuse("This was not sealed for this case.")
        try:
            return AESGCM(key).decrypt(body[:NONCE_BYTES], body[NONCE_BYTES:], head + scope.encode())
        except InvalidTag:
            _refuse("This was changed, or belongs to another row.")

    def blind(self, wrapped_key: bytes, value: str) -> bytes:
        """Return HMAC-SHA-256 of ``value`` under a key that follows from the case's data key: 32 bytes."""
        _, index = self._unwrapped(wrapped_key)
        return hmac.new(index, value.encode(), hashlib.sha256).digest()

    def _wrap(self, key_id: bytes, key: bytes) -> bytes:
        name = self._first.encode()
        head = VERSION + key_id + bytes([len(name)]) + name
        nonce = secrets.token_bytes(NONCE_BYTES)
        return head + nonce + AESGCM(self._keys[self._first]).encrypt(nonce, key, head)

    def _unwrap(self, wrapped_key: bytes) -> tuple[bytes, bytes]:
        """Return the data key and the key of the blind index."""
        name = self.wrapped_by(wrapped_key)
        if name not in self._keys:
            _refuse(f"The key “{name}” is not loaded.")
        end = _HEAD + 1 + wrapped_key[_HEAD]
        head, body = wrapped_key[:end], wrapped_key[end:]
        if len(body) != NONCE_BYTES + KEY_BYTES + TAG_BYTES:
            _refuse("The key of the case is not in a form we know.")
        try:
            key = AESGCM(self._keys[name]).decrypt(body[:NONCE_BYTES], body[NONCE_BYTES:], head)
        except InvalidTag:
            _refuse(f"The key of the case was changed, or “{name}” is not the key it was wrapped by.")
        return key, HKDF(SHA256(), KEY_BYTES, salt=None, info=b"incident-app blind index").derive(key)


def _refuse(words: str) -> NoReturn:
    raise VaultError(words) from None
