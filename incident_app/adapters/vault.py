"""AES-256-GCM: seals what identifies affected people under a key of their case, itself wrapped by a key from outside.

Wrapped key:  1 | id of the data key (8) | length of the outer key's id (1) | that id | nonce (12) | key and tag (48)
Index key:    2 | …, as a wrapped key: only the key of the blind index, which answers questions and opens nothing.
Sealed:       1 | id of the data key (8) | nonce (12) | content and tag
The id of the data key is bound into both, so a row sealed for one case never opens with another case's key.
"""

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
INDEX_ONLY = b"\x02"
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
        return self._wrap(VERSION + secrets.token_bytes(ID_BYTES), secrets.token_bytes(KEY_BYTES))

    def index_only(self, wrapped_key: bytes) -> bytes:
        """Return what is left of a data key once it is destroyed: it blinds as before, and neither seals nor opens."""
        return self._wrap(INDEX_ONLY + wrapped_key[1:_HEAD], self._unwrap(wrapped_key)[1])

    def rewrap(self, wrapped_key: bytes) -> bytes:
        """Return the same data key wrapped by the first outer key; what is sealed under it stays as it is."""
        return self._wrap(wrapped_key[:_HEAD], self._unwrap(wrapped_key)[2])

    def wrapped_by(self, wrapped_key: bytes) -> str:
        """Return the id of the outer key that wraps this one."""
        if len(wrapped_key) <= _HEAD or wrapped_key[:1] not in {VERSION, INDEX_ONLY}:
            _refuse("The key of the case is not in a form we know.")
        end = _HEAD + 1 + wrapped_key[_HEAD]
        try:
            return wrapped_key[_HEAD + 1 : end].decode()
        except UnicodeDecodeError:
            _refuse("The key of the case is not in a form we know.")

    def seal(self, wrapped_key: bytes, plain: bytes, scope: str) -> bytes:
        """Encrypt under the case's data key, bound to ``scope`` (``table|row|field``)."""
        key = self._data_key(wrapped_key)
        head = wrapped_key[:_HEAD]
        nonce = secrets.token_bytes(NONCE_BYTES)
        return head + nonce + key.encrypt(nonce, plain, head + scope.encode())

    def open(self, wrapped_key: bytes, sealed: bytes, scope: str) -> bytes:
        """Decrypt; raises ``VaultError`` where key, content or scope do not fit."""
        key = self._data_key(wrapped_key)
        head, body = sealed[:_HEAD], sealed[_HEAD:]
        if head != wrapped_key[:_HEAD] or len(body) < NONCE_BYTES + TAG_BYTES:
            _refuse("This was not sealed for this case.")
        try:
            return key.decrypt(body[:NONCE_BYTES], body[NONCE_BYTES:], head + scope.encode())
        except InvalidTag:
            _refuse("This was changed, or belongs to another row.")

    def blind(self, wrapped_key: bytes, value: str) -> bytes:
        """Return HMAC-SHA-256 of ``value`` under a key that follows from the case's data key: 32 bytes."""
        return hmac.digest(self._unwrapped(wrapped_key)[1], value.encode(), "sha256")

    def _data_key(self, wrapped_key: bytes) -> AESGCM:
        key = self._unwrapped(wrapped_key)[0]
        return key if key is not None else _refuse("The key was destroyed; only its index is left.")

    def _wrap(self, beginning: bytes, key: bytes) -> bytes:
        name = self._first.encode()
        head = beginning + bytes([len(name)]) + name
        nonce = secrets.token_bytes(NONCE_BYTES)
        return head + nonce + AESGCM(self._keys[self._first]).encrypt(nonce, key, head)

    def _unwrap(self, wrapped_key: bytes) -> tuple[AESGCM | None, bytes, bytes]:
        """Return the data key ready for use, the key of the blind index, and what was wrapped."""
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
        if wrapped_key[:1] == INDEX_ONLY:
            return None, key, key
        return AESGCM(key), HKDF(SHA256(), KEY_BYTES, salt=None, info=b"incident-app blind index").derive(key), key


def _refuse(words: str) -> NoReturn:
    raise VaultError(words) from None
