"""One OpenID Connect provider, by Authlib and joserfc; loaded only where the settings name one.

Authorization code with PKCE (RFC 7636), discovery, the issuer of the answer (RFC 9207), and an ID token of which
everything is checked. No redirect is followed, nothing is asked over plain HTTP but on this machine, and no address of
a network of ours unless the settings name it (see ``reach``): what the provider says of itself may name any host.
"""

import json
import logging
import threading
from collections.abc import Collection, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from authlib.common.urls import add_params_to_uri
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import JWKRegistry, KeySet
from joserfc.jws import JWSRegistry

from incident_app.adapters.reach import Reach
from incident_app.adapters.transport import Answer, AnswerLost, Http, Loop, NotSent
from incident_app.domain.oidc import (
    Journey,
    NotAccepted,
    ProviderAway,
    Shown,
    counts_as_two,
    subject_of,
    vouched,
)

log = logging.getLogger(__name__)
ALGORITHMS = ("RS256", "ES256", "EdDSA")
SCOPE = "openid email"
LEEWAY = 60
"""Seconds by which the provider's clock may differ from ours."""
OLDEST = timedelta(minutes=10)
KEPT = timedelta(hours=1)
PAUSE = timedelta(seconds=10)
"""A provider that was away is not asked again for so long: else every visitor would wait for it."""
KEYS_AGAIN = timedelta(minutes=1)
LARGEST = 200_000
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


@dataclass(frozen=True, slots=True)
class Client:
    """How the provider knows us, and which of its words mean two factors."""

    issuer: str
    id: str
    secret: str = field(repr=False)
    label: str
    back: str
    named_acr: Collection[str] = ()
    named_amr: Collection[str] = ()
    after: str = ""
    reach: Reach = field(default_factory=Reach)


@dataclass(slots=True)
class _Known:
    """What was learned from the provider, and when."""

    metadata: dict[str, Any] | None = None
    metadata_at: datetime | None = None
    keys: KeySet | None = None
    keys_at: datetime | None = None
    away_at: datetime | None = None


class OidcProvider:
    """The Provider port. Times are seconds, for each request."""

    def __init__(self, client: Client, connect_timeout: float = 3, total: float = 5) -> None:
        """Connect to nothing yet."""
        self._client, self.label = client, client.label
        self._known, self._turn = _Known(), threading.Lock()
        self._loop = Loop("oidc")
        self._http = Http(connect_timeout, total, connections=8, reach=client.reach, largest=LARGEST)

    def close(self) -> None:
        """Close the connections and end the thread."""
        self._loop.run(self._http.close())
        self._loop.stop()

    def address(self, journey: Journey, *, now: datetime) -> str:
        """Return where the browser is sent."""
        acr = " ".join(self._client.named_acr) or None
        return str(prepare_grant_uri(
            self._metadata(now)["authorization_endpoint"], client_id=self._client.id, response_type="code",
            redirect_uri=self._client.back, scope=SCOPE, state=journey.state, nonce=journey.nonce, acr_values=acr,
            code_challenge=create_s256_code_challenge(journey.verifier), code_challenge_method="S256"))

    def farewell(self, *, now: datetime) -> str:
        """Return where somebody signs out at the provider too; empty where it offers that nowhere."""
        found = str(self._metadata(now).get("end_session_endpoint", ""))
        if not found:
            return ""
        return str(add_params_to_uri(found, [("client_id", self._client.id), ("post_logout_redirect_uri", self._client.after)]))

    def arrive(self, code: str, journey: Journey, *, issuer: str | None, now: datetime) -> Shown:
        """Exchange the code, check the ID token, ask for the address where the token does not carry it."""
        try:
            metadata = self._metadata(now)
            self._check_issuer(metadata, issuer)
            token = self._exchange(metadata, code, journey)
            claims = self._claims(metadata, token, journey, now)
            about = claims if "email" in claims else {**claims, **self._userinfo(metadata, token, claims["sub"])}
        except NotAccepted as error:
            log.warning("A sign-in by the provider was not accepted: %s", error.why)
            raise
        two = counts_as_two(claims.get("acr"), claims.get("amr"), named_acr=self._client.named_acr,
                            named_amr=self._client.named_amr)
        return Shown(metadata["issuer"], subject_of(claims["sub"]), vouched(about.get("email"), about.get("email_verified")), two)

    @staticmethod
    def _check_issuer(metadata: Mapping[str, Any], issuer: str | None) -> None:
        """Refuse an answer of another provider than the one that was asked (mix-up)."""
        if issuer is None and metadata.get("authorization_response_iss_parameter_supported") is True:
            raise NotAccepted("the answer names no issuer")
        if issuer is not None and issuer != metadata["issuer"]:
            raise NotAccepted("the answer names another issuer")

    # --------------------------------------------------------------------------------------------- what it says of itself

    def _metadata(self, now: datetime) -> dict[str, Any]:
        with self._turn:
            known = self._known
            if known.metadata is None or known.metadata_at is None or now >= known.metadata_at + KEPT:
                if known.away_at is not None and known.away_at <= now < known.away_at + PAUSE:
                    raise ProviderAway("it was away a moment ago")
                try:
                    known.metadata, known.metadata_at = self._discovered(), now
                except ProviderAway:
                    known.away_at = now
                    raise
            return known.metadata

    def _discovered(self) -> dict[str, Any]:
        wanted = self._client.issuer.rstrip("/")
        found = self._json(self._get(f"{wanted}/.well-known/openid-configuration"))
        if str(found.get("issuer", "")).rstrip("/") != wanted:
            raise self._away("its discovery document names another issuer")
        plain = urlsplit(wanted).scheme == "http"  # the settings allow that on this machine alone
        for name in (*_ENDPOINTS, "userinfo_endpoint", "end_session_endpoint"):
            scheme = urlsplit(str(found.get(name, ""))).scheme
            if scheme != "https" and not (plain and scheme == "http") and (name in _ENDPOINTS or name in found):
                raise self._away(f"its {name} is missing or not https")
        return found

    def _keys(self, metadata: Mapping[str, Any], now: datetime, *, again: bool = False) -> KeySet:
        with self._turn:
            known = self._known
            keep = KEYS_AGAIN if again else KEPT
            if known.keys is None or known.keys_at is None or now >= known.keys_at + keep:
                known.keys, known.keys_at = self._usable(self._json(self._get(metadata["jwks_uri"]))), now
            return known.keys

    def _usable(self, found: Mapping[str, Any]) -> KeySet:
        """Return the keys that sign; what we do not know, or cannot read, is passed over."""
        given, usable = found.get("keys"), []
        for one in given if isinstance(given, list) else ():
            if isinstance(one, dict) and one.get("kty") in {"RSA", "EC", "OKP"} and one.get("use", "sig") == "sig":
                try:
                    usable.append(JWKRegistry.import_key(one))
                except (JoseError, ValueError, TypeError, KeyError):
                    continue
        if not usable:
            raise self._away("it publishes no key that signs")
        return KeySet(usable)

    # ------------------------------------------------------------------------------------------------------------ the token

    def _exchange(self, metadata: Mapping[str, Any], code: str, journey: Journey) -> dict[str, Any]:
        body = prepare_token_request("authorization_code", redirect_uri=self._client.back, code=code,
                                     code_verifier=journey.verifier)
        methods = metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        method = "client_secret_post" if "client_secret_basic" not in methods else "client_secret_basic"
        headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
        url, headers, body = ClientAuth(self._client.id, self._client.secret, method).prepare(
            "POST", metadata["token_endpoint"], headers, body)
        answer = self._run(self._http.post(url, data=body.encode(), headers=headers))
        if answer.status in {400, 401, 403}:
            raise NotAccepted(f"the code was refused ({self._error(answer)})")
        return self._json(answer)

    def _claims(
        self, metadata: Mapping[str, Any], token: Mapping[str, Any], journey: Journey, now: datetime
    ) -> dict[str, Any]:
        given = token.get("id_token")
        if not isinstance(given, str):
            raise NotAccepted("there is no ID token")
        try:
            read = self._decoded(given, metadata, now)
            claims = CodeIDToken(read.claims, read.header, {
                "iss": {"essential": True, "value": metadata["issuer"]}, "aud": {"essential": True, "value": self._client.id},
                "sub": {"essential": True}, "exp": {"essential": True}, "iat": {"essential": True},
            }, {"nonce": journey.nonce, "client_id": self._client.id, "access_token": token.get("access_token")})
            claims.validate(now=int(now.timestamp()), leeway=LEEWAY)
            if claims["iat"] < (now - OLDEST).timestamp():
                raise NotAccepted("the token is old")
        except (JoseError, ValueError, TypeError, KeyError, OverflowError) as error:
            raise NotAccepted(f"{type(error).__name__}: {error}"[:200]) from error
        return dict(claims)

    def _decoded(self, given: str, metadata: Mapping[str, Any], now: datetime) -> jwt.Token:
        registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
        try:
            return jwt.decode(given, self._keys(metadata, now), algorithms=ALGORITHMS, registry=registry)
        except InvalidKeyIdError:  # it may have changed its keys
            return jwt.decode(given, self._keys(metadata, now, again=True), algorithms=ALGORITHMS, registry=registry)

    def _userinfo(self, metadata: Mapping[str, Any], token: Mapping[str, Any], subject: str) -> dict[str, Any]:
        """Return what the provider tells apart from the token; nothing where it tells nothing, or of somebody else."""
        access, url = token.get("access_token"), metadata.get("userinfo_endpoint")
        if not isinstance(access, str) or not isinstance(url, str) or not access.isprintable() or not access.isascii():
            return {}
        found = self._json(self._get(url, {"Authorization": f"Bearer {access}"}))
        if found.get("sub") != subject:
            raise NotAccepted("the user information is somebody else's")
        return {name: found.get(name) for name in ("email", "email_verified")}

    # -------------------------------------------------------------------------------------------------------------- asking

    def _get(self, url: str, headers: Mapping[str, str] | None = None) -> Answer:
        return self._run(self._http.get(url, headers={"Accept": "application/json", **(headers or {})}))

    def _run(self, asked: Coroutine[Any, Any, Answer]) -> Answer:
        try:
            return self._loop.run(asked)
        except (NotSent, AnswerLost) as error:
            raise self._away(str(error)) from error

    def _json(self, answer: Answer) -> dict[str, Any]:
        try:
            read: Any = json.loads(answer.content) if answer.status == 200 and len(answer.content) <= LARGEST else None
        except (ValueError, RecursionError):
            read = None
        if not isinstance(read, dict):
            raise self._away(f"its answer ({answer.status}) cannot be read")
        return read

    @staticmethod
    def _error(answer: Answer) -> str:
        try:
            read: Any = json.loads(answer.content)
        except (ValueError, RecursionError):
            return str(answer.status)
        word = read.get("error") if isinstance(read, dict) else None
        return word[:60] if isinstance(word, str) and word.isprintable() else str(answer.status)

    @staticmethod
    def _away(why: str) -> ProviderAway:
        log.warning("The sign-in provider cannot be asked: %s", why)
        return ProviderAway(why)
