"""Settings of the provider people may sign in by (OpenID Connect); a part of ``settings``."""

import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

LONGEST_LABEL = 40
NEEDED = ("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET")


@dataclass(frozen=True, slots=True, kw_only=True)
class Oidc:
    """The provider. ``label`` is what people call it; ``mfa_acr`` and ``mfa_amr`` are its words for “asked for two factors”."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    label: str
    mfa_acr: tuple[str, ...] = ()
    mfa_amr: tuple[str, ...] = ()


def read(environ: Mapping[str, str], problems: dict[str, str], is_here: Callable[[str], bool]) -> Oidc | None:
    """Return the provider, ``None`` where nothing of it is set; what is wrong goes into ``problems``.

    ``is_here`` tells whether a host is this machine.
    """
    given = {name: value.strip() for name, value in environ.items() if name.startswith("OIDC_") and value.strip()}
    if not given:
        return None
    secret = _secret(given, problems)
    for name in NEEDED:
        if name not in given and not (name == "OIDC_CLIENT_SECRET" and secret):
            problems.setdefault(name, f"is missing, and {min(given)} is set: signing in by a provider takes all of "
                                + ", ".join(NEEDED))
    issuer = given.get("OIDC_ISSUER", "")
    if issuer and not _is_issuer(issuer, is_here):
        problems["OIDC_ISSUER"] = "must begin with https:// (on this machine, http:// too) and hold no @, ? or #"
    elif issuer and importlib.util.find_spec("authlib") is None:
        problems["OIDC_ISSUER"] = "needs the extra that speaks OpenID Connect: pip install 'incident-app[oidc]'"
    label = given.get("OIDC_LABEL") or issuer.partition("://")[2].partition("/")[0]
    return Oidc(issuer=issuer, client_id=given.get("OIDC_CLIENT_ID", ""), client_secret=secret, label=label[:LONGEST_LABEL],
                mfa_acr=_words(given, "OIDC_MFA_ACR"), mfa_amr=_words(given, "OIDC_MFA_AMR"))


def _words(given: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(given.get(name, "").replace(",", " ").split())


def _is_issuer(value: str, is_here: Callable[[str], bool]) -> bool:
    try:
        parts = urlsplit(value)
        host = parts.hostname or ""
    except ValueError:
        return False
    plain = parts.scheme == "http" and is_here(host)
    return bool(host) and (parts.scheme == "https" or plain) and not any(sign in value for sign in "@?#")


def _secret(given: Mapping[str, str], problems: dict[str, str]) -> str:
    secret, path = given.get("OIDC_CLIENT_SECRET", ""), given.get("OIDC_CLIENT_SECRET_FILE")
    if secret and path:
        problems["OIDC_CLIENT_SECRET_FILE"] = "leave out this or OIDC_CLIENT_SECRET"  # noqa: S105 (words about it)
    elif path:
        try:
            secret = Path(path).expanduser().read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            problems["OIDC_CLIENT_SECRET"] = f"OIDC_CLIENT_SECRET_FILE cannot be read ({type(error).__name__})"
    if not (secret.isascii() and secret.isprintable()):
        problems["OIDC_CLIENT_SECRET"] = "must be one line of plain signs"  # noqa: S105 (words about it)
    return secret
