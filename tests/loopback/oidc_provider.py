"""An OpenID Connect provider that really signs: discovery, keys, sign-in, tokens by code and PKCE, user information.

Its signatures are made by ``cryptography`` alone, so that they do not share a fault with the library under test.
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.loopback.serving import Reply, Script, Server, as_json

CLIENT, SECRET = "incident-app", "a secret of the tests, twenty and more"
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


def b64(raw: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@cache
def key_of(alg: str, number: int = 0) -> Key:
    """Return a key for ``alg``, the same one throughout the run."""
    del number
    if alg == "RS256":
        return rsa.generate_private_key(65537, 2048)
    return ec.generate_private_key(ec.SECP256R1()) if alg == "ES256" else ed25519.Ed25519PrivateKey.generate()


def public_jwk(key: Key, kid: str) -> dict[str, str]:
    """Return the public half as a JSON Web Key."""
    if isinstance(key, rsa.RSAPrivateKey):
        of = key.public_key().public_numbers()
        return {"kty": "RSA", "kid": kid, "use": "sig", "n": b64(of.n.to_bytes(256)), "e": b64(of.e.to_bytes(3))}
    if isinstance(key, ec.EllipticCurvePrivateKey):
        at = key.public_key().public_numbers()
        return {"kty": "EC", "crv": "P-256", "kid": kid, "use": "sig", "x": b64(at.x.to_bytes(32)), "y": b64(at.y.to_bytes(32))}
    raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return {"kty": "OKP", "crv": "Ed25519", "kid": kid, "use": "sig", "x": b64(raw)}


def _signature(key: Key, alg: str, message: bytes) -> bytes:
    if alg == "none":
        return b""
    if alg == "HS256":  # with the public key as the secret: the old confusion
        return hmac.new(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), message, "sha256").digest()
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(message, padding.PKCS1v15(), hashes.SHA384() if alg == "RS384" else hashes.SHA256())
    if isinstance(key, ec.EllipticCurvePrivateKey):
        r, s = decode_dss_signature(key.sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32) + s.to_bytes(32)
    return key.sign(message)


def signed(header: Mapping[str, object], claims: Mapping[str, object], key: Key) -> str:
    """Return a JSON Web Token."""
    parts = ".".join(b64(json.dumps(part).encode()) for part in (header, claims))
    return f"{parts}.{b64(_signature(key, str(header['alg']), parts.encode()))}"


@dataclass(slots=True)
class Person:
    """Who is signed in at the provider just now, and what it says of them."""

    sub: str = "s-4711"
    email: str | None = "responder@example.org"
    email_verified: object = True
    more: dict[str, object] = field(default_factory=dict)


class OidcServer(Server):
    """``person`` is signed in; ``claims``, ``header``, ``tokens``, ``userinfo`` and ``metadata`` replace what is right, a value of ``...`` drops it.

    ``script`` makes a path fail; ``alg`` and ``key_number`` choose what signs, ``published`` what is published.
    """

    def __init__(self, now: Callable[[], datetime], *, thin: bool = False) -> None:
        """``thin``: the ID token carries no address, the user information does."""
        super().__init__()
        self._now, self._thin, self.script = now, thin, Script()
        self.person, self.alg, self.key_number = Person(), "RS256", 0
        self.published: list[tuple[str, int]] = [("RS256", 0)]
        self.claims: dict[str, Any] = {}
        self.header: dict[str, Any] = {}
        self.metadata: dict[str, Any] = {}
        self.userinfo: dict[str, Any] = {}
        self.tokens: dict[str, Any] = {}
        self.heard: list[str] = []
        self._asked: dict[str, dict[str, str]] = {}
        self._given: dict[str, dict[str, Any]] = {}

    # ------------------------------------------------------------------------------------------------------------ answers

    def show(self, path: str, headers: Mapping[str, str]) -> Reply:
        """Answer a GET."""
        parts = urlsplit(path)
        self.heard.append(parts.path)
        if (failing := self._failing(parts.path)) is not None:
            return failing
        match parts.path:
            case "/.well-known/openid-configuration":
                return as_json(200, self._replaced(self._about(), self.metadata))
            case "/keys":
                keys = [public_jwk(key_of(*one), "-".join(map(str, one))) for one in self.published]
                return as_json(200, {"keys": [{"kty": "quantum", "kid": "new"}, {"kty": "RSA", "kid": "bad"}, *keys]})
            case "/authorize":
                return Reply(302, headers={"Location": self.signed_in(path)})
            case "/userinfo":
                about = self._given.get(headers.get("Authorization", "").removeprefix("Bearer "))
                return as_json(200, self._replaced(about, self.userinfo)) if about else Reply(401)
        return Reply(404)

    def answer(self, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Answer a POST to the token endpoint."""
        self.heard.append(path)
        if (failing := self._failing(path)) is not None:
            return failing
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        basic = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        posted = (form.get("client_id"), form.get("client_secret")) == (CLIENT, SECRET)
        if headers.get("Authorization") != basic and not posted:
            return as_json(401, {"error": "invalid_client"})
        asked = self._asked.pop(form.get("code", ""), None)  # a code works once
        challenge = b64(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if asked is None or asked["code_challenge"] != challenge or asked["redirect_uri"] != form.get("redirect_uri"):
            return as_json(400, {"error": "invalid_grant", "error_description": "the code does not fit"})
        return as_json(200, self._replaced(self._tokens(asked["nonce"]), self.tokens))

    def signed_in(self, address: str) -> str:
        """Return where the browser goes next, with a code, once ``person`` has signed in at ``address``."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert (asked["client_id"], asked["response_type"], asked["code_challenge_method"]) == (CLIENT, "code", "S256")
        code = secrets.token_urlsafe(16)
        self._asked[code] = asked
        return asked["redirect_uri"] + "?" + urlencode({"code": code, "state": asked["state"], "iss": self.url})

    def _failing(self, path: str) -> Reply | None:
        failure = self.script.take(path)
        if failure is None:
            return None
        return {"silent": Reply(silent=True), "reset": Reply(reset=True), "moved": Reply(302, headers={"Location": self.url}),
                "nonsense": Reply(200, b"<html>"), "list": as_json(200, [1]), "empty": as_json(200, {"keys": []}),
                "html": Reply(400, b"<html>"), "refused": as_json(400, ["no"])}.get(failure.kind, Reply(503))

    # -------------------------------------------------------------------------------------------------------------- content

    @staticmethod
    def _replaced(facts: Mapping[str, Any], by: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in {**facts, **by}.items() if value is not ...}

    def _about(self) -> dict[str, Any]:
        return {"issuer": self.url, "authorization_endpoint": f"{self.url}/authorize", "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys", "userinfo_endpoint": f"{self.url}/userinfo",
                "authorization_response_iss_parameter_supported": True}

    def _tokens(self, nonce: str) -> dict[str, Any]:
        at, access = int(self._now().timestamp()), secrets.token_urlsafe(16)
        who = {"email": self.person.email, "email_verified": self.person.email_verified} if self.person.email else {}
        self._given[access] = {"sub": self.person.sub, **who}
        half = b64(hashlib.sha256(access.encode()).digest()[:16])
        claims = {"iss": self.url, "sub": self.person.sub, "aud": CLIENT, "exp": at + 300, "iat": at, "nonce": nonce,
                  "at_hash": half if self.alg != "EdDSA" else ..., **({} if self._thin else who), **self.person.more}
        header = self._replaced({"alg": self.alg, "kid": f"{self.alg}-{self.key_number}", "typ": "JWT"}, self.header)
        alg = header["alg"] if header["alg"] in {"ES256", "EdDSA"} else "RS256"
        token = signed(header, self._replaced(claims, self.claims), key_of(alg, self.key_number))
        return {"access_token": access, "token_type": "Bearer", "expires_in": 300, "id_token": token}
