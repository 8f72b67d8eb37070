"""Passwords, seals, codes and passkeys by their libraries."""

import pytest
from argon2 import PasswordHasher

from incident_app.adapters.credentials import ArgonPasswords, FernetSeal, TotpCodes
from incident_app.adapters.passkeys import WebAuthnPasskeys
from incident_app.domain.refusals import Refused
from tests.fakes import START

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def test_a_password_fits_only_with_the_pepper_from_outside_the_database() -> None:
    kept = ArgonPasswords("p" * 32, CHEAP).kept("ünïcode \ud800 too")

    assert kept.startswith("$argon2id$")
    assert ArgonPasswords("p" * 32, CHEAP).fits("ünïcode \ud800 too", kept)
    assert not ArgonPasswords("p" * 32, CHEAP).fits("another", kept)
    assert not ArgonPasswords("q" * 32, CHEAP).fits("ünïcode \ud800 too", kept)


@pytest.mark.parametrize("kept", [None, "", "not a hash"])
def test_where_nothing_is_kept_nothing_fits(kept: str | None) -> None:
    assert not ArgonPasswords("p" * 32, CHEAP).fits("nobody's", kept)


def test_what_is_sealed_opens_with_our_key_only() -> None:
    sealed = FernetSeal("a" * 32).seal("secret")

    assert FernetSeal("a" * 32).open(sealed) == "secret"
    with pytest.raises(ValueError, match="not sealed"):
        FernetSeal("b" * 32).open(sealed)
    assert FernetSeal("a" * 32).mark("x") == FernetSeal("a" * 32).mark("x") != FernetSeal("b" * 32).mark("x")


def test_the_vectors_of_the_rfc() -> None:
    # RFC 6238 appendix B, SHA-1, the last six digits; moments in seconds since 1970
    key = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    for seconds, code in ((59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (2000000000, "279037")):
        now = START.fromtimestamp(seconds, tz=START.tzinfo)
        step = TotpCodes().counter(key, code, now=now, after=None)
        assert step == seconds // 30
        assert TotpCodes().counter(key, code, now=now, after=step) is None
        assert TotpCodes().counter(key, code, now=now, after=seconds // 30 - 1) == step


def test_a_new_key_is_shown_as_apps_read_it() -> None:
    key = TotpCodes().new_key()

    assert len(key) == 32
    assert TotpCodes().address(key, "a:b@example.org") == f"otpauth://totp/incident-app:ab@example.org?secret={key}&issuer=incident-app"


@pytest.mark.parametrize(("address", "possible"), [
    ("https://breach.example", True), ("http://localhost:8000", True), ("http://127.0.0.1:8000", False),
    ("https://[::1]", False), ("http://breach.example", False),
])
def test_where_browsers_offer_passkeys(address: str, possible: bool) -> None:
    assert WebAuthnPasskeys(address).possible() is possible


@pytest.mark.parametrize("answer", ["", "[]", "{}", "null", '{"rawId": 1}', "[" * 10_000, "x" * 30_000, '{"rawId": "AAAA"}'])
def test_what_is_no_answer_is_refused_in_words(answer: str) -> None:
    keys = WebAuthnPasskeys("http://localhost")
    with pytest.raises(Refused):
        keys.registered(answer, "AAAA")
    with pytest.raises(Refused):
        keys.proved(answer, "AAAA", b"", 0)
