"""The door beside the door: in by the organisation's provider, which really signs, and out of the hands of whoever pretends."""

import dataclasses
import re
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from incident_app.adapters.oidc import Client, OidcProvider
from incident_app.adapters.reach import Reach
from incident_app.domain import oidc as words
from incident_app.extensions import db
from incident_app.models.audit import Entry
from incident_app.models.linking import StaffNote
from incident_app.models.sessions import UserSession
from incident_app.wiring import Ports
from tests.authenticator import Authenticator
from tests.builders import ports_for_tests
from tests.fakes import FakeClock
from tests.loopback.oidc_provider import CLIENT, SECRET, OidcServer, Person
from tests.loopback.serving import Failure
from tests.people import PASSWORD
from tests.web.door import TOKEN, Browser, change, is_in

BACK = "http://incident.test/sign-in/oidc/back"


@pytest.fixture
def provider(clock: FakeClock) -> Iterator[OidcServer]:
    """The organisation's provider."""
    with OidcServer(clock.now) as made:
        yield made


@pytest.fixture
def test_ports(clock: FakeClock, provider: OidcServer) -> Iterator[Ports]:
    """An outside world in which people may sign in by it."""
    made = OidcProvider(Client(issuer=provider.url, id=CLIENT, secret=SECRET, label="Example ID", back=BACK, named_amr=("mfa",),
                               after="http://incident.test/sign-in", reach=Reach.of(("127.0.0.0/8",), plain=True)),
                        total=30)
    yield dataclasses.replace(ports_for_tests(clock), provider=made)
    made.close()


def leaves(browser: Browser, path: str = "/sign-in/oidc") -> str:
    """Press the link; return where the provider sends the browser back to."""
    answer = browser.get(path)
    assert answer.status_code == 302, answer.text
    parts = urlsplit(str(answer.location))
    line = HTTPConnection(parts.netloc)
    line.request("GET", f"{parts.path}?{parts.query}")
    back = line.getresponse().headers["Location"]
    line.close()
    assert back.startswith(BACK)
    return back.removeprefix("http://incident.test")


def comes(browser: Browser, path: str = "/sign-in/oidc") -> TestResponse:
    """Go there and back."""
    return browser.get(leaves(browser, path))


def connects(browser: Browser, who: str, provider: OidcServer, sub: str = "s-1") -> TestResponse:
    """Connect somebody's account at the door, with all it takes."""
    provider.person = Person(sub, f"{who}@example.org")
    assert comes(browser).location == "/sign-in/oidc/connect"
    answer = browser.post("/sign-in/oidc/connect", "/sign-in/oidc/connect", password=PASSWORD)
    if answer.location == "/sign-in/code":
        answer = browser.post("/sign-in/code", code=browser.code(who))
    assert answer.status_code == 302, answer.text
    return answer


def actions(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(Entry.action).order_by(Entry.seq)))


def way(app: Flask) -> tuple[str, bool]:
    with app.app_context():
        last = db.session.scalars(select(UserSession).order_by(UserSession.id.desc())).first()
        assert last is not None
        return last.way, last.proved_at is not None


def test_the_first_time_a_password_connects_and_afterwards_the_provider_is_enough(
    visitor: Browser, another: Browser, app: Flask, provider: OidcServer
) -> None:
    # Given somebody who comes by the provider for the first time, to a page
    assert "Sign in with Example ID" in visitor.get("/sign-in?next=/me").text
    provider.person = Person("s-1", "Responder@example.org")
    assert comes(visitor, "/sign-in/oidc?next=/me").location == "/sign-in/oidc/connect"
    assert not is_in(visitor)
    wrong = visitor.post("/sign-in/oidc/connect", "/sign-in/oidc/connect", password="wrong")
    assert (wrong.status_code, "do not fit" in wrong.text) == (422, True)
    assert visitor.post("/sign-in/oidc/connect", "/sign-in/oidc/connect").status_code == 400

    # When they prove that the account is theirs
    answer = visitor.post("/sign-in/oidc/connect", "/sign-in/oidc/connect", password=PASSWORD)

    # Then they are in where they wanted to, it is recorded, and the owner hears of it
    assert answer.location == "/me"
    assert "Connected: from now on" in visitor.get("/me").text
    assert actions(app)[-3:] == ["signin.failed", "oidc.connected", "account.signed_in"]
    with app.app_context():
        assert {note.kind for note in db.session.scalars(select(StaffNote))} == {"account"}

    # And elsewhere the provider alone is enough; signing out ends it
    assert comes(another).location == "/"
    assert is_in(another)
    assert way(app) == ("oidc", False)
    assert "single sign-on" in another.get("/me/sessions").text
    another.post("/sign-out", "/me")
    assert not is_in(another)


def test_known_unknown_disabled_and_demo_look_alike(visitor: Browser, app: Flask, provider: OidcServer) -> None:
    change(app, "auditor", active=False)
    change(app, "oncall_person", is_demo=True)
    seen: set[str] = set()
    said: set[str] = set()
    for number, who in enumerate(("responder", "approver", "nobodyone", "auditor", "oncall_person")):
        provider.person = Person(f"s-{number}", f"{who}@example.org")
        assert comes(visitor).location == "/sign-in/oidc/connect"
        page = visitor.get("/sign-in/oidc/connect").text
        answer = visitor.post("/sign-in/oidc/connect", "/sign-in/oidc/connect", password="wrong")
        right = visitor.post("/sign-in/oidc/connect", "/sign-in/oidc/connect", password=PASSWORD) if number > 1 else answer
        for text, into in ((page, seen), (answer.text, said), (right.text, said)):
            into.add(re.sub(r'value="[^"]*"|nonce="[^"]*"|[\w.]+@example\.org|data-options="[^"]*"', "", text))
    assert (len(seen), len(said)) == (1, 1)
    assert not is_in(visitor)


def test_an_address_the_provider_does_not_vouch_for_leads_nowhere(visitor: Browser, provider: OidcServer) -> None:
    for person in (Person("s-1", email_verified=False), Person("s-2", email_verified="true"), Person("s-3", email=None)):
        provider.person = person
        answer = comes(visitor)
        assert (answer.status_code, words.UNVERIFIED in answer.text.replace("&#34;", '"')) == (422, True)
    assert "long, or was begun" in visitor.get("/sign-in/oidc/connect").text


def test_an_approver_is_asked_for_our_second_factor_unless_the_provider_asked_in_a_word_we_know(
    visitor: Browser, another: Browser, app: Flask, clock: FakeClock, provider: OidcServer
) -> None:
    # Given an approver who connected with password and code
    assert connects(visitor, "approver", provider).location == "/"
    clock.move(minutes=1)

    # When they come with one factor, or with a word the settings do not name
    for more in ({}, {"amr": ["pwd", "otp"]}, {"acr": "mfa"}):
        provider.person.more = dict(more)
        assert comes(another).location == "/sign-in/code"
        assert not is_in(another)
    assert another.post("/sign-in/code", code="000000").status_code == 422
    assert another.post("/sign-in/code", code=another.code("approver")).location == "/"
    assert way(app) == ("oidc", True)

    # Then with a word that is named they are in, and what takes a fresh proof asks for one of ours
    another.post("/sign-out", "/me")
    provider.person.more = {"amr": ["pwd", "mfa"]}
    assert comes(another).location == "/"
    assert way(app) == ("oidc", False)
    assert another.get("/me/security/password").location == "/prove?next=/me/security/password"


def test_an_approver_without_a_second_factor_cannot_set_one_up_on_the_providers_word(
    visitor: Browser, another: Browser, app: Flask, provider: OidcServer
) -> None:
    change(app, "approver", tf_totp_secret=None, totp_mark=None)
    connects(visitor, "approver", provider)

    assert comes(another).location == "/"
    assert str(another.get("/").location).startswith("/me/security?")
    assert str(another.get("/me/security/app").location).startswith("/prove?")


def test_a_passkey_connects_too_but_only_that_of_this_address(
    visitor: Browser, another: Browser, app: Flask, provider: OidcServer, clock: FakeClock
) -> None:
    # Given a responder with a passkey
    key = Authenticator()
    visitor.come_in("responder")
    assert _answers(visitor, "/me/security/passkey", "/me/security/passkey", key.register).location == "/me/security"

    # When the provider shows somebody else's address, then it does not fit
    provider.person = Person("s-9", "reporter@example.org")
    comes(another)
    assert _shows(another, key).status_code == 422
    assert not is_in(another)

    # When it shows theirs, then it connects, and a question that was never asked connects nobody
    provider.person = Person("s-1")
    comes(another)
    assert _shows(another, key).location == "/"
    assert is_in(another)
    assert "oidc.connected" in actions(app)
    assert "long, or was begun" in visitor.post("/sign-in/oidc/connect/passkey", answer="x").text


def _answers(browser: Browser, page: str, to: str, answer: Callable[[str], str]) -> TestResponse:
    """Let an authenticator answer what a page asks the browser."""
    shown = browser.get(page).text
    token, challenge = TOKEN.search(shown), re.search(r"challenge&#34;: &#34;([^&]+)", shown)
    assert token is not None
    assert challenge is not None
    return browser.client.post(to, data={"csrf_token": token[1], "answer": answer(challenge[1]), "name": "Key"})


def _shows(browser: Browser, key: Authenticator) -> TestResponse:
    return _answers(browser, "/sign-in/oidc/connect", "/sign-in/oidc/connect/passkey", key.sign)


def test_a_way_belongs_to_the_browser_that_began_it_once_and_for_ten_minutes(
    visitor: Browser, another: Browser, app: Flask, clock: FakeClock, provider: OidcServer
) -> None:
    connects(visitor, "responder", provider)

    # Another browser, a state that was changed, a second time, too late, a cookie that is put back
    theirs = leaves(visitor)
    assert another.get(theirs).status_code == 422
    leaves(another)
    assert words.LOST in another.get(theirs).text
    assert words.LOST in another.get(re.sub(r"state=[^&]*", "state=", leaves(another))).text
    back = leaves(another)
    with another.client.session_transaction() as cookie:
        kept = cookie["oidc_way"]
    assert another.get(back).location == "/"
    another.post("/sign-out", "/me")
    with another.client.session_transaction() as cookie:
        cookie["oidc_way"] = kept
    assert words.LOST in another.get(back).text
    with another.client.session_transaction() as cookie:
        cookie["oidc_way"] = "made up"
    assert words.LOST in another.get(back).text
    late = leaves(another)
    clock.move(minutes=10)
    assert words.LOST in another.get(late).text
    assert not is_in(another)


def test_forged_answers_are_refused_alike(visitor: Browser, another: Browser, app: Flask, provider: OidcServer) -> None:
    connects(visitor, "responder", provider)
    for claims, header in (({"nonce": "x"}, {}), ({"aud": "x"}, {}), ({"exp": 1}, {}), ({"iss": "https://evil.example"}, {}),
                           ({}, {"alg": "none"}), ({}, {"alg": "HS256"})):
        provider.claims, provider.header = claims, header
        answer = comes(another)
        assert (answer.status_code, words.NOT_ACCEPTED in answer.text) == (422, True)
    provider.claims, provider.header = {}, {}
    mixed_up = re.sub(r"iss=[^&]*", "iss=https%3A%2F%2Fevil.example", leaves(another))
    assert words.NOT_ACCEPTED in another.get(mixed_up).text

    # Who declines there is told so, whatever the provider's words are
    declined = re.sub(r"code=[^&]*", "error=access_denied%3Cscript%3E", leaves(another))
    answer = another.get(declined)
    assert (answer.status_code, words.DECLINED in answer.text, "access_denied" in answer.text) == (422, True, False)
    assert not is_in(another)
    assert actions(app).count("signin.failed") == 7


def test_a_provider_that_is_down_leaves_the_password(visitor: Browser, provider: OidcServer, clock: FakeClock) -> None:
    back = leaves(visitor)
    provider.script.add(None, Failure("error"))

    answer = visitor.get(back)
    assert (answer.status_code, words.AWAY in answer.text) == (503, True)
    clock.move(hours=1)
    answer = visitor.get("/sign-in/oidc")
    assert (answer.status_code, words.AWAY in answer.text) == (503, True)

    # And who is in already is told inside
    assert visitor.sign_in("responder").location == "/"
    assert visitor.get("/me/security/provider/begin").location == "/me/security"
    assert words.AWAY in visitor.get("/me/security").text


def test_somebody_elses_sign_in_in_between_connects_nothing(
    visitor: Browser, app: Flask, provider: OidcServer, clock: FakeClock
) -> None:
    # Given somebody who began to connect, got the password right, and went away before the code
    provider.person = Person("s-1", "approver@example.org")
    comes(visitor)
    assert visitor.post("/sign-in/oidc/connect", "/sign-in/oidc/connect", password=PASSWORD).location == "/sign-in/code"

    # When the same browser is signed in with in the ordinary way
    visitor.come_in("approver")

    # Then nothing was connected
    assert "oidc.connected" not in actions(app)
    # And a sign-in that is another account's already says so, and lets in all the same
    visitor.post("/sign-out", "/me")
    clock.move(minutes=1)
    connects(visitor, "responder", provider, sub="s-1")
    visitor.post("/sign-out", "/me")
    connects(visitor, "responder", provider, sub="s-2")
    assert words.CONNECTED_ALREADY in visitor.get("/me").text
    assert actions(app).count("oidc.connected") == 1


def test_from_within_it_is_connected_after_a_proof_and_a_press_and_disconnected_again(
    visitor: Browser, another: Browser, app: Flask, clock: FakeClock, provider: OidcServer
) -> None:
    # Given somebody whose provider vouches for no address
    provider.person = Person("<s-1>", email=None)
    visitor.come_in("responder")
    assert "Not connected" in visitor.get("/me/security").text

    # When they connect, then they are shown whom, and nothing is done before they press
    assert comes(visitor, "/me/security/provider/begin").location == "/me/security/provider"
    assert "&lt;s-1&gt;" in visitor.get("/me/security/provider").text
    assert "oidc.connected" not in actions(app)
    assert visitor.post("/me/security/provider", "/me/security/provider").location == "/me/security"
    assert "Disconnect" in visitor.get("/me/security").text
    assert visitor.get("/me/security/provider").location == "/me/security"  # pressed once
    assert comes(another).location == "/"

    # Then after five minutes both ask for a proof, and disconnecting ends it
    clock.move(minutes=6)
    assert str(visitor.get("/me/security/provider/begin").location).startswith("/prove?")
    assert str(visitor.post("/me/security/provider/remove", "/me/security").location).startswith("/prove?")
    visitor.prove("responder")
    assert visitor.post("/me/security/provider/remove", "/me/security").location == "/me/security"
    assert not is_in(another)
    assert words.UNVERIFIED in comes(another).text
    assert actions(app)[-2:] != []
    assert visitor.post("/me/security/provider/remove", "/me/security").status_code == 409


def test_a_way_begun_inside_ends_with_who_began_it(visitor: Browser, provider: OidcServer) -> None:
    # Given somebody who set out to connect, and signed out meanwhile
    visitor.come_in("responder")
    with_their_code = leaves(visitor, "/me/security/provider/begin")
    with visitor.client.session_transaction() as cookie:
        kept = cookie["oidc_way"]
    visitor.post("/sign-out", "/me")
    visitor.come_in("reporter")
    with visitor.client.session_transaction() as cookie:
        cookie["oidc_way"] = kept

    # Then the next person's account is not connected
    assert visitor.get(with_their_code).location == "/me/security"
    assert words.LOST in visitor.get("/me/security").text


def test_a_code_lock_holds_here_too(visitor: Browser, another: Browser, provider: OidcServer) -> None:
    connects(visitor, "responder", provider)
    for number in range(10):
        another.sign_in("responder", f"wrong {number}")

    answer = comes(another)

    assert (answer.status_code, "Wait 1 minute" in answer.text, answer.headers["Retry-After"]) == (429, True, "60")


def test_who_came_by_the_provider_is_offered_to_sign_out_there_too(
    visitor: Browser, another: Browser, provider: OidcServer
) -> None:
    # Given somebody who is in by the provider, which says where one signs out
    provider.metadata = {"end_session_endpoint": f"{provider.url}/bye"}
    connects(visitor, "responder", provider)
    comes(another)

    # When they sign out here, then it is said that they still are signed in there, with the way out
    left = another.post("/sign-out", "/me")
    assert left.location == "/sign-in?left=provider"
    page = another.get(str(left.location)).text
    assert "You are signed out here, and not at Example ID yet." in page
    assert f'href="{provider.url}/bye?client_id=incident-app&amp;post_logout_redirect_uri=' in page

    # And who came by a password is not asked
    assert visitor.post("/sign-out", "/me").location == "/sign-in"
