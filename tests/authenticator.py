"""An authenticator made of software: holds one passkey, verifies its owner, counts its signatures."""

import hashlib
import json
import os
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import bytes_to_base64url

PRESENT_AND_VERIFIED = 0x05
WITH_KEY = 0x40


@dataclass
class Authenticator:
    """A passkey for one site; ``flags`` are what it says of its owner."""

    origin: str = "http://localhost"
    site: str = "localhost"
    flags: int = PRESENT_AND_VERIFIED
    count: int = 0
    id: bytes = field(default_factory=lambda: os.urandom(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def _told(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": f"webauthn.{kind}", "challenge": challenge, "origin": self.origin}).encode()

    def _answer(self, **response: bytes) -> str:
        parts = {name: bytes_to_base64url(value) for name, value in response.items()}
        shown = bytes_to_base64url(self.id)
        return json.dumps({"id": shown, "rawId": shown, "type": "public-key", "response": parts, "clientExtensionResults": {}})

    def _data(self, more: int = 0) -> bytes:
        return hashlib.sha256(self.site.encode()).digest() + bytes([self.flags | more]) + self.count.to_bytes(4, "big")

    def register(self, challenge: str) -> str:
        """Answer the question for a new passkey."""
        point = self.key.public_key().public_numbers()
        cose: dict[int, Any] = {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}
        data = self._data(WITH_KEY) + bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cbor2.dumps(cose)
        return self._answer(clientDataJSON=self._told("create", challenge),
                            attestationObject=cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data}))

    def sign(self, challenge: str) -> str:
        """Answer the question who it is."""
        self.count += 1
        told, data = self._told("get", challenge), self._data()
        signed = self.key.sign(data + hashlib.sha256(told).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(clientDataJSON=told, authenticatorData=data, signature=signed)
