"""The provider's word is checked in every part, against a provider that really signs."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from incident_app.adapters.oidc import Client, OidcProvider
from incident_app.adapters.reach import Reach
from incident_app.domain.oidc import Journey, NotAccepted, ProviderAway, Shown
from tests.fakes import START, FakeClock
from tests.house.running import free_port
from tests.loopback.oidc_provider import CLIENT, SECRET, OidcServer
from tests.loopback.serving import Failure

JOURNEY = Journey("state", "nonce", "verifier-of-forty-three-signs-and-some-more-1", START)
BACK, AFTER = "http://incident.test/sign-in/oidc/back", "http://incident.test/sign-in"
HERE = Reach.of(("127.0.0.0/8",), plain=True)
SAME = object()


@pytest.fixture
def server(clock: FakeClock) -> Iterator[OidcServer]:
    """A provider."""
    with OidcServer(clock.now) as made:
        yield made


Knows = Callable[..., OidcProvider]


@pytest.fixture
def knows() -> Iterator[Knows]:
    """``knows(server)`` is a client of this provider."""
    made: list[OidcProvider] = []

    def one(server: OidcServer, total: float = 30, **more: Any) -> OidcProvider:
        client = Client(issuer=server.url, id=CLIENT, secret=SECRET, label="Example", back=BACK, after=AFTER, reach=HERE)
        made.append(OidcProvider(replace(client, **more), total=total))
        return made[-1]

    yield one
    for provider in made:
        provider.close()


def comes(
    server: OidcServer, provider: OidcProvider, clock: FakeClock, journey: Journey = JOURNEY, issuer: object = SAME
) -> Shown | str:
    """Go there and back; return whom it showed, or why that was not accepted."""
    now = clock.now()
    code = server.signed_in(provider.address(JOURNEY, now=now)).partition("code=")[2].partition("&")[0]
    try:
        return provider.arrive(code, journey, issuer=server.url if issuer is SAME else issuer, now=now)  # type: ignore[arg-type]  # text or none
    except NotAccepted as refused:
        return refused.why


def test_who_signed_in_there_is_shown_by_each_of_the_three_algorithms(server: OidcServer, knows: Knows, clock: FakeClock) -> None:
    for alg in ("RS256", "ES256", "EdDSA"):
        server.alg, server.published = alg, [(alg, 0)]
        provider = knows(server, named_amr=("mfa",))
        shown = Shown(server.url, "s-4711", "responder@example.org")
        assert comes(server, provider, clock) == shown
        server.person.more = {"amr": ["pwd", "mfa"]}
        assert comes(server, provider, clock) == replace(shown, two_factors=True)
        server.person.more = {}


def test_it_is_asked_for_a_code_with_state_nonce_and_a_hashed_verifier(server: OidcServer, knows: Knows, clock: FakeClock) -> None:
    address = knows(server, named_acr=("urn:mfa",)).address(JOURNEY, now=clock.now())

    assert address.startswith(f"{server.url}/authorize?response_type=code&client_id=incident-app&redirect_uri=http%3A%2F%2Fincident.test")
    for part in ("state=state", "nonce=nonce", "acr_values=urn%3Amfa", "code_challenge_method=S256", "scope=openid+email"):
        assert part in address
    assert JOURNEY.verifier not in address


def test_an_id_token_that_is_wrong_in_one_part_is_not_accepted(server: OidcServer, knows: Knows, clock: FakeClock) -> None:
    provider, at = knows(server), int(START.timestamp())
    wrong_claims: list[dict[str, object]] = [
        {"exp": at - 61}, {"exp": ...}, {"exp": "soon"}, {"iat": at + 120}, {"iat": at - 700}, {"iat": ...}, {"nbf": at + 120},
        {"aud": "another"}, {"aud": ["another", CLIENT]}, {"aud": ["another", CLIENT], "azp": "another"}, {"azp": "another"},
        {"aud": ...}, {"iss": "https://evil.example"}, {"iss": server.url + "/"}, {"iss": ...},
        {"nonce": "another"}, {"nonce": ...}, {"nonce": None}, {"sub": ...}, {"sub": ""}, {"sub": 7}, {"sub": "x" * 256},
        {"sub": "a\0b"}, {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}, {"amr": "mfa"}, {"iat": -(10**400)}, {"iat": 10**400},
    ]
    for claims in wrong_claims:
        server.claims = claims
        assert isinstance(comes(server, provider, clock), str), claims
    server.claims = {}
    wrong_headers: list[dict[str, object]] = [
        {"alg": "none"}, {"alg": "HS256"}, {"alg": "RS384"}, {"alg": "nOnE"}, {"kid": "RS256-9"}, {"crit": ["exp"], "exp": 1},
    ]
    for header in wrong_headers:
        server.header = header
        assert isinstance(comes(server, provider, clock), str), header
    server.header = {}
    for token in ({"id_token": ...}, {"id_token": 7}, {"id_token": "a.b.c"}, {"id_token": "x" * 150_000}, {"id_token": "é"}):
        server.tokens = token
        assert isinstance(comes(server, provider, clock), str), token
    server.tokens = {"access_token": ...}
    assert isinstance(comes(server, provider, clock), Shown)


def test_another_key_under_the_same_name_signs_nothing(server: OidcServer, knows: Knows, clock: FakeClock) -> None:
    provider = knows(server)
    server.key_number, server.header = 1, {"kid": "RS256-0"}
    assert "signature" in str(comes(server, provider, clock))

    # A public key of another kind is not taken for this algorithm either
    server.header, server.published, server.key_number = {"kid": "ES256-0"}, [("ES256", 0)], 0
    assert isinstance(comes(server, knows(server), clock), str)


def test_a_provider_that_changes_its_keys_is_asked_again_once_a_minute(server: OidcServer, knows: Knows, clock: FakeClock) -> None:
    provider = knows(server)
    assert isinstance(comes(server, provider, clock), Shown)

    # When it signs with a new key within the minute, then a stranger's key costs it no request
    server.key_number, server.published = 1, [("RS256", 1)]
    asked = server.heard.count("/keys")
    assert isinstance(comes(server, provider, clock), str)
    assert server.heard.count("/keys") == asked

    # Then after a minute the new key is found
    clock.move(minutes=1)
    assert isinstance(comes(server, provider, clock), Shown)
    assert server.heard.count("/keys") == asked + 1


def test_a_code_works_once_and_with_its_verifier_only(server: OidcServer, knows: Knows, clock: FakeClock) -> None:
    provider = knows(server)
    code = server.signed_in(provider.address(JOURNEY, now=START)).partition("code=")[2].partition("&")[0]
    assert isinstance(provider.arrive(code, JOURNEY, issuer=server.url, now=START), Shown)

    with pytest.raises(NotAccepted) as refused:
        provider.arrive(code, JOURNEY, issuer=server.url, now=START)
    assert "invalid_grant" in refused.value.why
    assert "invalid_grant" in str(comes(server, provider, clock, replace(JOURNEY, verifier="another" * 7)))
    assert "invalid_client" in str(comes(server, knows(server, secret="another"), clock))


def test_an_answer_of_another_issuer_never_reaches_the_token_endpoint(server: OidcServer, knows: Knows, clock: FakeClock) -> None:
    provider = knows(server)
    for issuer in ("https://evil.example", "", None):
        assert "issuer" in str(comes(server, provider, clock, issuer=issuer))
    assert "/token" not in server.heard

    # Where a provider does not say that it names itself, an answer without it is fine
    server.metadata = {"authorization_response_iss_parameter_supported": ...}
    assert isinstance(comes(server, knows(server), clock, issuer=None), Shown)


def test_a_secret_goes_into_the_form_where_the_provider_takes_it_nowhere_else(server: OidcServer, knows: Knows, clock: FakeClock) -> None:
    server.metadata = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    assert isinstance(comes(server, knows(server), clock), Shown)


def test_an_address_counts_only_where_the_provider_vouches_for_it(server: OidcServer, knows: Knows, clock: FakeClock) -> None:
    provider = knows(server)
    for word in (False, "true", 1, None):
        server.person.email_verified = word
        assert comes(server, provider, clock) == Shown(server.url, "s-4711", "")


def test_a_thin_token_is_completed_by_the_user_information(knows: Knows, clock: FakeClock) -> None:
    with OidcServer(clock.now, thin=True) as server:
        provider = knows(server)
        assert comes(server, provider, clock) == Shown(server.url, "s-4711", "responder@example.org")
        server.userinfo = {"sub": "somebody-else"}
        assert "somebody else" in str(comes(server, provider, clock))
        server.metadata = {"userinfo_endpoint": ...}
        assert comes(server, knows(server), clock) == Shown(server.url, "s-4711", "")


@pytest.mark.parametrize("kind", ["reset", "error", "moved", "nonsense", "list"])
def test_a_provider_that_is_away_is_said_to_be(server: OidcServer, knows: Knows, clock: FakeClock, kind: str) -> None:
    # Given a provider that is known already, when its token endpoint or its keys fail
    provider = knows(server)
    provider.address(JOURNEY, now=START)
    for path in ("/token", "/keys"):
        server.script.add(path, Failure(kind))
        with pytest.raises(ProviderAway):
            comes(server, provider, clock)
        server.script.clear()

    # Then it is words, and a moment later it works; and one that is not known yet cannot be asked for either
    assert isinstance(comes(server, provider, clock), Shown)
    server.script.add("/.well-known/openid-configuration", Failure(kind))
    with pytest.raises(ProviderAway):
        knows(server).address(JOURNEY, now=START)


def test_a_provider_that_is_silent_is_not_waited_for(server: OidcServer, knows: Knows) -> None:
    server.script.add(None, Failure("silent"))
    with pytest.raises(ProviderAway):
        knows(server, total=0.3).address(JOURNEY, now=START)


def test_a_provider_that_is_away_is_left_alone_for_ten_seconds(server: OidcServer, knows: Knows, clock: FakeClock) -> None:
    provider = knows(server)
    server.script.add(None, Failure("error", times=1))
    for _ in range(3):
        with pytest.raises(ProviderAway):
            provider.address(JOURNEY, now=clock.now())
    assert len(server.heard) == 1

    provider.address(JOURNEY, now=clock.move(seconds=10))
    provider.address(JOURNEY, now=clock.move(minutes=59))
    assert len(server.heard) == 2  # what it says of itself is kept for an hour
    provider.address(JOURNEY, now=clock.move(minutes=2))
    assert len(server.heard) == 3


def test_what_a_provider_says_of_itself_must_fit(server: OidcServer, knows: Knows, clock: FakeClock) -> None:
    for metadata in ({"issuer": "https://evil.example"}, {"token_endpoint": "ftp://x"}, {"jwks_uri": ...},
                     {"userinfo_endpoint": "file:///etc/passwd"}, {"authorization_endpoint": "javascript:alert(1)"}):
        server.metadata = metadata
        with pytest.raises(ProviderAway):
            knows(server).address(JOURNEY, now=START)
    server.metadata = {}
    server.published = []
    with pytest.raises(ProviderAway, match="reached"):
        comes(server, knows(server), clock)
    with pytest.raises(ProviderAway):
        knows(server, issuer=f"http://127.0.0.1:{free_port()}").address(JOURNEY, now=START)


def test_an_error_that_is_no_json_is_not_repeated(
    server: OidcServer, knows: Knows, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    provider = knows(server)
    with caplog.at_level(logging.WARNING):
        for kind in ("html", "refused"):
            server.script.add("/token", Failure(kind, times=1))
            assert comes(server, provider, clock) == "the code was refused (400)"
    assert "<html>" not in caplog.text
    assert SECRET not in caplog.text
    assert "responder@example.org" not in caplog.text


def test_it_offers_where_to_sign_out_there_too(server: OidcServer, knows: Knows) -> None:
    # Given a provider that says nowhere, then one that does
    assert knows(server).farewell(now=START) == ""
    server.metadata = {"end_session_endpoint": f"{server.url}/bye?realm=staff"}

    # Then the browser is sent there with our name, and back to our door
    assert knows(server).farewell(now=START) == (
        f"{server.url}/bye?realm=staff&client_id=incident-app&post_logout_redirect_uri=http%3A%2F%2Fincident.test%2Fsign-in")
    server.metadata = {"end_session_endpoint": "javascript:alert(1)"}
    with pytest.raises(ProviderAway):
        knows(server).farewell(now=START)


def test_t101_a_provider_at_an_address_of_this_network_is_not_spoken_to(server: OidcServer, knows: Knows) -> None:
    # Given the same provider, where the settings name no network of ours, or name it and allow no plain HTTP
    for reach in (Reach(), Reach.of(("127.0.0.0/8",)), Reach(plain=True), Reach.of(("10.0.0.0/8",), plain=True)):
        with pytest.raises(ProviderAway) as away:
            knows(server, reach=reach).address(JOURNEY, now=START)
        assert away.value.why in {"an address of this network", "not https"}

    # Then nobody knocked there, by its number or by a name that leads to it
    named = server.url.replace("127.0.0.1", "localhost")
    with pytest.raises(ProviderAway) as away:
        knows(server, issuer=named, reach=Reach(plain=True)).address(JOURNEY, now=START)
    assert away.value.why == "its name leads to an address of this network"
    assert server.heard == []


def test_t101_what_the_provider_says_of_itself_leads_into_no_other_network(
    server: OidcServer, knows: Knows, clock: FakeClock
) -> None:
    # Given a provider in reach whose token endpoint and keys are said to be elsewhere in our network
    for name in ("token_endpoint", "jwks_uri"):
        server.metadata = {name: "http://169.254.169.254/latest/meta-data"}
        with pytest.raises(ProviderAway) as away:
            comes(server, knows(server), clock)
        assert away.value.why == "an address of this network"


def test_t101_an_answer_without_an_end_is_read_no_further(server: OidcServer, knows: Knows) -> None:
    server.metadata = {"padding": "x" * 200_000}

    with pytest.raises(ProviderAway) as away:
        knows(server).address(JOURNEY, now=START)
    assert away.value.why == "ClientPayloadError"
