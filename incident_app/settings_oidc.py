"""Settings of the provider people may sign in by (OpenID Connect); a part of ``settings``."""

import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

LONGEST_LABEL = 40
LOOPBACK = ("127.0.0.0/8", "::1/128")
"""A provider on this machine: for trying it out."""
NEEDED = ("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET")


@dataclass(frozen=True, slots=True, kw_only=True)
class Oidc:
    """The provider. ``label`` is what people call it; ``nets`` are networks of ours it may stand in, ``plain`` is whether it
    may be spoken to without TLS (on this machine alone); ``mfa_acr`` and ``mfa_amr`` are its words for “asked for two factors”."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    label: str
    mfa_acr: tuple[str, ...] = ()
    mfa_amr: tuple[str, ...] = ()
    nets: tuple[str, ...] = ()
    plain: bool = False


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
    nets = _words(given, "OIDC_PRIVATE_NETS")
    if not all(map(_is_net, nets)):
        problems["OIDC_PRIVATE_NETS"] = "must be networks as 10.1.0.0/16, with spaces between"
    here = is_here(_host(issuer))
    label = given.get("OIDC_LABEL") or issuer.partition("://")[2].partition("/")[0]
    return Oidc(issuer=issuer, client_id=given.get("OIDC_CLIENT_ID", ""), client_secret=secret, label=label[:LONGEST_LABEL],
                mfa_acr=_words(given, "OIDC_MFA_ACR"), mfa_amr=_words(given, "OIDC_MFA_AMR"),
                nets=(*nets, *(LOOPBACK if here else ())), plain=here)


def _words(given: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(given.get(name, "").replace(",", " ").split())


def _is_net(value: str) -> bool:
    try:
        ip_network(value)
    except ValueError:
        return False
    return True


def _host(value: str) -> str:
    try:
        return urlsplit(value).hostname or ""
    except ValueError:
        return ""


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
