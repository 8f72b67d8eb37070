"""Passkeys by the webauthn library, for the one site we are."""

import ipaddress
import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from incident_app.domain.credentials import NewPasskey, Question
from incident_app.domain.refusals import Refused

WRONG = "The passkey did not fit, or took too long. Try again."
LONGEST_ANSWER = 20_000
NAME = "incident-app"


class WebAuthnPasskeys:
    """WebAuthn level 2: the person is verified by the authenticator each time, so a passkey is two factors in one."""

    def __init__(self, public_url: str) -> None:
        """``public_url`` names the site; what a request says about it is not asked."""
        parts = urlsplit(public_url)
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self.site = parts.hostname or "localhost"
        self._secure = parts.scheme == "https" or self.site == "localhost"

    def possible(self) -> bool:
        """Tell whether browsers offer passkeys here."""
        try:
            ipaddress.ip_address(self.site)
        except ValueError:
            return self._secure
        return False

    def to_register(self, handle: bytes, name: str, known: Sequence[bytes]) -> Question:
        """Ask for a new passkey."""
        made = generate_registration_options(
            rp_id=self.site, rp_name=NAME, user_name=name, user_id=handle,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
        )
        return Question(options_to_json(made), bytes_to_base64url(made.challenge))

    def registered(self, answer: str, challenge: str) -> NewPasskey:
        """Check a new passkey."""
        _readable(answer)
        try:
            done = verify_registration_response(
                credential=answer, expected_challenge=base64url_to_bytes(challenge), expected_rp_id=self.site,
                expected_origin=self.origin, require_user_verification=True)
        except (WebAuthnException, ValueError, KeyError, TypeError) as error:
            raise Refused(WRONG) from error
        return NewPasskey(done.credential_id, done.credential_public_key, done.sign_count,
                          str(done.credential_device_type.value), done.credential_backed_up)

    def to_prove(self, known: Sequence[bytes]) -> Question:
        """Ask for a signature."""
        made = generate_authentication_options(
            rp_id=self.site, user_verification=UserVerificationRequirement.REQUIRED,
            allow_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known])
        return Question(options_to_json(made), bytes_to_base64url(made.challenge))

    def shown(self, answer: str) -> bytes:
        """Return the credential's id."""
        return _readable(answer)

    def proved(self, answer: str, challenge: str, public_key: bytes, sign_count: int) -> int:
        """Check a signature."""
        _readable(answer)
        try:
            done = verify_authentication_response(
                credential=answer, expected_challenge=base64url_to_bytes(challenge), expected_rp_id=self.site,
                expected_origin=self.origin, credential_public_key=public_key, credential_current_sign_count=sign_count,
                require_user_verification=True)
        except (WebAuthnException, ValueError, KeyError, TypeError) as error:
            raise Refused(WRONG) from error
        return done.new_sign_count


def _readable(answer: str) -> bytes:
    try:
        read: Any = json.loads(answer) if len(answer) <= LONGEST_ANSWER else None
        return base64url_to_bytes(read["rawId"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Refused(WRONG) from error
