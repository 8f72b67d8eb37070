"""AES-256-GCM: seals what identifies affected people under a key of their case, itself wrapped by a key from outside.

Wrapped key:  1 | id of the data key (8) | length of the outer key's id (1) | that id | nonce (12) | key and tag (48)
Index key:    2 | …, as a wrapped key: only the key of the blind index, which answers questions and opens nothing.
Sealed:       1 | id of the data key (8) | nonce (12) | content and tag
Ring:         wrapped keys, one after the other: the first seals, all of them open, the last one blinds.
The id of the data key is bound into both, so a row sealed for one case never opens with another case's key.
"""

import hmac
import secrets
from collections.abc import Iterable, Sequence
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
_CONTENT = _HEAD + NONCE_BYTES
_BODY = NONCE_BYTES + KEY_BYTES + TAG_BYTES
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
        self._openers = lru_cache(maxsize=_CASES_AT_HAND)(self._by_head)

    def __repr__(self) -> str:
        return f"AesVault(keys={sorted(self._keys)})"

    def loaded(self) -> tuple[str, ...]:
        """Return the ids of the outer keys at hand; the first one wraps."""
        return tuple(self._keys)

    def new_key(self) -> bytes:
        """Return a fresh data key for one case, wrapped by the first outer key."""
        return self._wrap(VERSION + secrets.token_bytes(ID_BYTES), secrets.token_bytes(KEY_BYTES))

    def renewed(self, wrapped_key: bytes) -> bytes:
        """Return the ring with a fresh data key in front. What was sealed before still opens, and blinds as before."""
        for one in _parted(wrapped_key):
            self._unwrapped(one)
        return self.new_key() + wrapped_key

    def index_only(self, wrapped_key: bytes) -> bytes:
        """Return what is left of a data key once it is destroyed: it blinds as before, and neither seals nor opens."""
        last = _parted(wrapped_key)[-1]
        return self._wrap(INDEX_ONLY + last[1:_HEAD], self._unwrapped(last)[1])

    def rewrap(self, wrapped_key: bytes) -> bytes:
        """Return the same data keys wrapped by the first outer key; what is sealed under them stays as it is."""
        return b"".join(self._wrap(one[:_HEAD], self._unwrapped(one)[2]) for one in _parted(wrapped_key))

    def wrapped_by(self, wrapped_key: bytes) -> tuple[str, ...]:
        """Return the ids of the outer keys that wrap these, each once, in order."""
        return tuple(dict.fromkeys(map(_name_of, _parted(wrapped_key))))

    def place_of(self, wrapped_key: bytes, sealed: bytes) -> int | None:
        """Return which key of the ring sealed this: 0 is the one that seals now, ``None`` is none of them."""
        heads = [one[:_HEAD] for one in _parted(wrapped_key)]
        return heads.index(sealed[:_HEAD]) if sealed[:_HEAD] in heads else None

    def seal(self, wrapped_key: bytes, plain: bytes, scope: str) -> bytes:
        """Encrypt under the case's data key, bound to ``scope`` (``table|row|field``)."""
        first = _parted(wrapped_key)[0]
        key = self._data_key(first)
        head = first[:_HEAD]
        nonce = secrets.token_bytes(NONCE_BYTES)
        return head + nonce + key.encrypt(nonce, plain, head + scope.encode())

    def open(self, wrapped_key: bytes, sealed: bytes, scope: str) -> bytes:
        """Decrypt; raises ``VaultError`` where key, content or scope do not fit."""
        head = sealed[:_HEAD]
        key = self._openers(wrapped_key, head)
        if key is None or len(sealed) < _HEAD + NONCE_BYTES + TAG_BYTES:
            _refuse("This was not sealed for this case.")
        try:
            return key.decrypt(sealed[_HEAD:_CONTENT], sealed[_CONTENT:], head + scope.encode())
        except InvalidTag:
            _refuse("This was changed, or belongs to another row.")

    def open_each(self, wrapped_key: bytes, sealed: Iterable[tuple[bytes, str]]) -> list[bytes | None]:
        """Decrypt many; ``None`` stands for what :meth:`open` would refuse. The key is looked for once for all it seals."""
        found, head, decrypt = list[bytes | None](), b"", None
        for one, scope in sealed:
            try:
                if decrypt is None or not one.startswith(head):
                    head = one[:_HEAD]
                    key = self._openers(wrapped_key, head)
                    decrypt = key.decrypt if key is not None else None
                found.append(decrypt(one[_HEAD:_CONTENT], one[_CONTENT:], head + scope.encode()) if decrypt else None)
            except (InvalidTag, VaultError, ValueError):  # ValueError: less than a nonce
                found.append(None)
        return found

    def blind(self, wrapped_key: bytes, value: str) -> bytes:
        """Return HMAC-SHA-256 of ``value`` under a key that follows from the case's first data key ever: 32 bytes."""
        return hmac.digest(self._unwrapped(_parted(wrapped_key)[-1])[1], value.encode(), "sha256")

    def _by_head(self, wrapped_key: bytes, head: bytes) -> AESGCM | None:
        """Return the key of the ring that sealed what begins so, ``None`` where none of them did."""
        parts = _parted(wrapped_key)
        place = self.place_of(wrapped_key, head)
        key = self._data_key(parts[place or 0])
        return None if place is None else key

    def _data_key(self, one: bytes) -> AESGCM:
        key = self._unwrapped(one)[0]
        return key if key is not None else _refuse("The key was destroyed; only its index is left.")

    def _wrap(self, beginning: bytes, key: bytes) -> bytes:
        name = self._first.encode()
        head = beginning + bytes([len(name)]) + name
        nonce = secrets.token_bytes(NONCE_BYTES)
        return head + nonce + AESGCM(self._keys[self._first]).encrypt(nonce, key, head)

    def _unwrap(self, one: bytes) -> tuple[AESGCM | None, bytes, bytes]:
        """Return the data key ready for use, the key of the blind index, and what was wrapped."""
        name = _name_of(one)
        if name not in self._keys:
            _refuse(f"The key “{name}” is not loaded.")
        head, body = one[:-_BODY], one[-_BODY:]
        try:
            key = AESGCM(self._keys[name]).decrypt(body[:NONCE_BYTES], body[NONCE_BYTES:], head)
        except InvalidTag:
            _refuse(f"The key of the case was changed, or “{name}” is not the key it was wrapped by.")
        if one[:1] == INDEX_ONLY:
            return None, key, key
        return AESGCM(key), HKDF(SHA256(), KEY_BYTES, salt=None, info=b"incident-app blind index").derive(key), key


@lru_cache(maxsize=_CASES_AT_HAND)
def _parted(ring: bytes) -> tuple[bytes, ...]:
    """Return the wrapped keys of a ring, at least one. Nothing in here is secret without the outer key."""
    parts: list[bytes] = []
    left = ring
    while left or not parts:
        end = _HEAD + 1 + left[_HEAD] + _BODY if len(left) > _HEAD else 0
        if left[:1] not in {VERSION, INDEX_ONLY} or not _HEAD < end <= len(left):
            _refuse("The key of the case is not in a form we know.")
        parts.append(left[:end])
        left = left[end:]
    return tuple(parts)


def _name_of(one: bytes) -> str:
    try:
        return one[_HEAD + 1 : -_BODY].decode()
    except UnicodeDecodeError:
        _refuse("The key of the case is not in a form we know.")


def _refuse(words: str) -> NoReturn:
    raise VaultError(words) from None
