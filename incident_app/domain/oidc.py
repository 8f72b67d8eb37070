"""Coming in by the organisation's own provider (OpenID Connect): what is asked of it, what it shows, what that is worth.

A provider never makes an account, and its word alone opens none: what it calls a person is connected to an account once,
with a proof of that account.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from incident_app.domain.refusals import Refused

JOURNEY = timedelta(minutes=10)
"""From leaving for the provider to coming back, and from there to the proof that connects."""
BACK = "/sign-in/oidc/back"
"""Where the provider sends the browser back to, below our public address."""
AFTER = "/sign-in"
"""Where the provider may send the browser after a sign-out there, below our public address."""
LONGEST_SUBJECT = 255
LONGEST_EMAIL = 254
NOT_ACCEPTED = "What the provider sent was not accepted. Begin again, or sign in with your password."
DECLINED = "The provider did not sign you in. Begin again, or sign in with your password."
LOST = "That took too long, or was begun in another browser. Begin again."
AWAY = "The provider cannot be reached just now. Sign in with your password or passkey."
UNVERIFIED = (
    "Nobody is connected with this sign-in, and the provider does not vouch for your email address. Sign in with your "
    "password, and connect it under “How I come in”."
)
TAKEN = "This sign-in is connected to another account already."
CONNECTED_ALREADY = "Your account is connected to another sign-in of this provider. Disconnect that one first."
NOT_CONNECTED = "Your account is not connected."
CONNECTED_WORDS = "A sign-in at your organisation's provider was connected to your account, and other devices were signed out."
DISCONNECTED_WORDS = (
    "The sign-in at your organisation's provider was disconnected from your account, and other devices were signed out."
)


class ProviderAway(Refused):
    """The provider did not answer in time, or answered with an error of its own; nobody tried anything wrong."""

    def __init__(self, why: str = "") -> None:
        """``why`` in few words, for the log of whoever runs the app."""
        super().__init__(AWAY)
        self.why = why


class NotAccepted(Refused):
    """The provider, or whoever speaks in its name, sent something that proves nothing."""

    def __init__(self, why: str = "", words: str = NOT_ACCEPTED) -> None:
        """``why`` in few words, for the log of whoever runs the app."""
        super().__init__(words)
        self.why = why


@dataclass(frozen=True, slots=True)
class Journey:
    """One way to the provider and back, bound to the browser that began it.

    ``state``, ``nonce`` and ``verifier`` (PKCE) are random; ``user`` is who is signed in and connects (0: nobody, somebody
    is at the door); ``back`` is the page of ours to go to afterwards.
    """

    state: str
    nonce: str
    verifier: str
    at: datetime
    back: str = "/"
    user: int = 0


@dataclass(frozen=True, slots=True)
class Shown:
    """Whom the provider signed in: ``subject`` is its name for a person, for good.

    ``email`` is lower case, and empty unless the provider vouches for it; ``two_factors``: it asked for two, as the
    settings name them.
    """

    issuer: str
    subject: str
    email: str = ""
    two_factors: bool = False


class Provider(Protocol):
    """One OpenID Connect provider, spoken to by authorization code with PKCE."""

    @property
    def label(self) -> str:
        """Return what people call it."""

    def address(self, journey: Journey, *, now: datetime) -> str:
        """Return where the browser is sent. Raises ``ProviderAway``."""

    def farewell(self, *, now: datetime) -> str:
        """Return where somebody signs out at the provider too; empty where it offers that nowhere. Raises ``ProviderAway``."""

    def arrive(self, code: str, journey: Journey, *, issuer: str | None, now: datetime) -> Shown:
        """Exchange the code and check all that comes for it. ``issuer`` is what the browser brought along as ``iss``.

        Raises ``ProviderAway`` and ``NotAccepted``.
        """


def counts_as_two(acr: object, amr: object, *, named_acr: Collection[str], named_amr: Collection[str]) -> bool:
    """Tell whether the provider says, in a word the settings name, that it asked for two factors. Silence does not."""
    methods = amr if isinstance(amr, list) else []
    return (isinstance(acr, str) and acr in named_acr) or any(
        isinstance(method, str) and method in named_amr for method in methods)


def vouched(email: object, verified: object) -> str:
    """Return the address the provider vouches for, in lower case; empty for one it only repeats (“true” is not true)."""
    if verified is not True or not isinstance(email, str):
        return ""
    plain = email.strip().lower()
    fits = 3 <= len(plain) <= LONGEST_EMAIL and plain.count("@") == 1 and plain.isprintable() and " " not in plain
    return plain if fits else ""


def subject_of(claimed: object) -> str:
    """Return the provider's name for a person. Raises ``NotAccepted`` for what could not be one (at most 255 signs)."""
    if not isinstance(claimed, str) or not 0 < len(claimed) <= LONGEST_SUBJECT or not claimed.isprintable():
        raise NotAccepted("the subject is none")
    return claimed


def is_under_way(at: datetime, now: datetime) -> bool:
    """Tell whether what was begun at ``at`` may still be ended."""
    return at <= now < at + JOURNEY
