"""The door as people and attackers meet it (``threats.md`` T-01 to T-17, T-105)."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from passlib.totp import TOTP
from sqlalchemy import select
from werkzeug.test import TestResponse

from incident_app.domain.accounts import SYSTEM
from incident_app.extensions import db
from incident_app.models.accounts import User
from incident_app.models.linking import StaffNote
from incident_app.services import accounts
from incident_app.services.signing_in import factors, passwords
from incident_app.services.unit import writing
from incident_app.tasks import bot as tasks
from incident_app.wiring import ports
from tests.builders import the_credentials
from tests.domain.test_signing_in import HOSTILE
from tests.fakes import FakeChannel, FakeClock
from tests.people import PASSWORD, totp_key

TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
NEW = "seven purple kettles sing"


class Browser:
    """A browser nobody is signed in with."""

    def __init__(self, app: Flask, clock: FakeClock) -> None:
        self.app, self.clock, self.client = app, clock, app.test_client()

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.client.get(path, **more)

    def post(self, path: str, page: str = "/sign-in/forgotten", headers: dict[str, str] | None = None, **form: Any) -> TestResponse:
        """Press a button of ``page``."""
        token = TOKEN.search(self.client.get(page, follow_redirects=True).text)
        assert token is not None
        return self.client.post(path, data={"csrf_token": token[1], **form}, headers=headers)

    def sign_in(self, who: str, password: str = PASSWORD, **more: Any) -> TestResponse:
        return self.post("/sign-in", email=f"{who}@example.org", password=password, **more)

    def code(self, who: str) -> str:
        return str(TOTP(key=totp_key(f"{who}@example.org")).generate(time=int(self.clock.now().timestamp())).token)

    def come_in(self, who: str) -> TestResponse:
        """Sign in with all it takes."""
        answer = self.sign_in(who)
        if answer.location == "/sign-in/code":
            answer = self.post("/sign-in/code", code=self.code(who))
        assert answer.status_code == 302, answer.text
        return answer

    def prove(self, who: str, **form: Any) -> TestResponse:
        return self.post("/prove", "/prove", password=PASSWORD, **form)


@pytest.fixture
def browser(app: Flask, clock: FakeClock) -> Browser:
    """A browser."""
    return Browser(app, clock)


@pytest.fixture
def another(app: Flask, clock: FakeClock) -> Browser:
    """And another one."""
    return Browser(app, clock)


def change(app: Flask, who: str, **facts: object) -> None:
    """Change an account behind its back."""
    with app.app_context(), writing(db.session()):
        user = accounts.find(db.session(), f"{who}@example.org")
        for name, value in facts.items():
            setattr(user, name, value)


def user_id(app: Flask, who: str) -> int:
    with app.app_context():
        user = accounts.find(db.session(), f"{who}@example.org")
        assert user is not None
        return int(user.id)


def is_in(browser: Browser) -> bool:
    return browser.get("/me").status_code == 200


# ------------------------------------------------------------------------------------------------------------ coming in


def test_a_password_lets_in_and_back_to_the_page_asked_for(browser: Browser) -> None:
    assert browser.get("/me/sessions").location == "/sign-in?next=%2Fme%2Fsessions"

    answer = browser.post("/sign-in", "/sign-in?next=/me/sessions", email=" Responder@example.org", password=PASSWORD,
                          next="/me/sessions")

    assert answer.location == "/me/sessions"
    assert "This one" in browser.get("/me/sessions").text
    assert browser.get("/sign-in?next=/me").location == "/me"


def test_an_approver_is_asked_for_the_second_factor(browser: Browser) -> None:
    assert browser.sign_in("approver").location == "/sign-in/code"
    assert not is_in(browser)  # half the way is not in
    wrong = browser.post("/sign-in/code", code="000000")
    assert (wrong.status_code, is_in(browser)) == (422, False)

    assert browser.post("/sign-in/code", code=browser.code("approver")).location == "/"
    assert is_in(browser)


def test_the_second_factor_waits_ten_minutes(browser: Browser, clock: FakeClock) -> None:
    browser.sign_in("approver")
    clock.move(minutes=10)

    assert browser.get("/sign-in/code").location == "/sign-in"


def test_a_used_code_does_not_come_in_elsewhere(browser: Browser, another: Browser) -> None:
    browser.come_in("approver")

    another.sign_in("approver")
    assert another.post("/sign-in/code", code=browser.code("approver")).status_code == 422


def test_ten_wrong_passwords_are_answered_with_a_wait(browser: Browser, another: Browser, app: Flask) -> None:
    another.come_in("responder")
    for number in range(10):
        assert browser.sign_in("responder", f"wrong {number}").status_code == 422

    # The right one is held with the same words, a spoofed address helps nobody, who is in stays in
    wrong, right = browser.sign_in("responder", "wrong"), browser.sign_in("responder")
    spoofed = browser.sign_in("responder", headers={"X-Forwarded-For": "203.0.113.5"})
    assert [one.status_code for one in (wrong, right, spoofed)] == [429] * 3
    assert right.headers["Retry-After"] == "60"
    assert "Wait 1 minute" in right.text
    assert len(wrong.text) == len(right.text)
    assert is_in(another)
    with app.app_context():
        assert [note.kind for note in db.session.scalars(select(StaffNote))] == ["account"]


def test_unknown_known_and_disabled_look_alike(browser: Browser, app: Flask) -> None:
    change(app, "auditor", active=False)

    answers = [browser.sign_in(who, password) for who in ("responder", "nobodyone", "auditor") for password in ("wrong", "")]

    assert {one.status_code for one in answers} == {422}
    plain = {re.sub(r'value="[^"]*"|nonce="[^"]*"|"challenge[^}]*|nonce-[^\']*', "", one.text) for one in answers}
    assert len({re.sub(r"\w+@example.org|data-options=\"[^\"]*\"", "", text) for text in plain}) == 1


@pytest.mark.parametrize("body", [
    {}, {"email": "responder@example.org"}, {"email": "responder@example.org", "password": None},
    {"email": "responder@example.org", "password": ["x"]}, {"email": "responder@example.org", "password": {"x": 1}},
    {"email": None, "password": "x"}, {"email": "responder@example.org", "password": "x" * 1_000_000}, [], "text", None, 7,
])
def test_what_is_not_two_texts_is_not_hashed(browser: Browser, body: object) -> None:
    token = TOKEN.search(browser.get("/sign-in").text)
    assert token is not None

    answer = browser.client.post("/sign-in", data=json.dumps(body), content_type="application/json",
                                 headers={"X-CSRFToken": token[1]})

    assert answer.status_code == 400


def test_a_form_with_two_passwords_is_not_hashed_either(browser: Browser) -> None:
    assert browser.post("/sign-in", email="responder@example.org", password=["a", "b"]).status_code == 400
    assert browser.post("/sign-in", email="responder@example.org").status_code == 400
    assert browser.post("/sign-in", email="responder@example.org", password="x" * 1_000_000).status_code == 400


@pytest.mark.parametrize("hostile", HOSTILE)
def test_signing_in_leads_to_a_page_of_ours_only(browser: Browser, hostile: str) -> None:
    assert browser.sign_in("responder", next=hostile).location == "/"


def test_the_door_asks_for_its_token(browser: Browser, client_for: Callable[[str], FlaskClient]) -> None:
    assert browser.client.post("/sign-in", data={"email": "responder@example.org", "password": PASSWORD}).status_code == 400
    client = client_for("responder")
    assert client.post("/sign-out").status_code == 400
    assert client.get("/sign-out").status_code == 405
    assert client.get("/me").status_code == 200
    cookie = browser.get("/sign-in").headers["Set-Cookie"]
    assert "SameSite=Lax" in cookie
    assert "HttpOnly" in cookie


def test_signing_in_makes_a_new_session_and_drops_what_was_there(browser: Browser, another: Browser) -> None:
    # Given a cookie an attacker holds, put into the victim's browser
    another.come_in("reporter")
    with another.client.session_transaction() as theirs, browser.client.session_transaction() as victims:
        victims.update(dict(theirs))

    # When the victim signs in there
    browser.post("/sign-out", "/me")
    browser.come_in("responder")

    # Then the attacker's cookie opens nothing
    assert not is_in(another)
    with browser.client.session_transaction() as kept:
        assert "sid" in kept
        assert kept["sid"] != theirs.get("sid")


# ------------------------------------------------------------------------------------------------------------ staying in


def test_a_cookie_kept_from_before_opens_nothing_after_signing_out(browser: Browser, another: Browser) -> None:
    browser.come_in("responder")
    with browser.client.session_transaction() as kept, another.client.session_transaction() as copied:
        copied.update(dict(kept))
    assert is_in(another)

    browser.post("/sign-out", "/me")

    assert not is_in(another)
    assert another.get("/me", headers={"Accept": "application/json"}).status_code == 401


def test_ended_disabled_or_of_a_changed_role_is_out_at_the_next_request(browser: Browser, app: Flask, clock: FakeClock) -> None:
    browser.come_in("responder")
    with app.app_context(), writing(db.session()):
        accounts.end_sessions(db.session(), user_id(app, "responder"), why="role changed", by=SYSTEM, now=clock.now())
    assert not is_in(browser)

    browser.come_in("responder")
    change(app, "responder", active=False)
    assert not is_in(browser)


def test_my_sessions_end_one_and_all_others(browser: Browser, another: Browser, app: Flask, clock: FakeClock) -> None:
    third = Browser(app, clock)
    for one in (browser, another, third):
        one.come_in("responder")
    number = re.search(r'action="/me/sessions/([0-9]+)/end"', browser.get("/me/sessions").text)
    assert number is not None

    browser.post(f"/me/sessions/{number[1]}/end", "/me/sessions")
    assert [is_in(another), is_in(third)].count(True) == 1
    browser.post("/me/sessions/end-others", "/me/sessions")
    assert [is_in(one) for one in (browser, another, third)] == [True, False, False]
    assert browser.post("/me/sessions/999/end", "/me/sessions").status_code == 404


def test_changing_the_password_keeps_only_this_browser(browser: Browser, another: Browser) -> None:
    browser.come_in("responder")
    another.come_in("responder")

    weak = browser.post("/me/security/password", "/me/security/password", password="short", again="short")
    assert weak.status_code == 422
    done = browser.post("/me/security/password", "/me/security/password", password=NEW, again=NEW)

    assert done.location == "/me/security"
    assert [is_in(browser), is_in(another)] == [True, False]
    browser.post("/sign-out", "/me")
    assert browser.sign_in("responder").status_code == 422
    assert browser.sign_in("responder", NEW).status_code == 302


def test_a_night_or_a_week_later_one_signs_in_again(browser: Browser, clock: FakeClock) -> None:
    browser.come_in("responder")
    for _ in range(15):
        clock.move(hours=11)
        assert is_in(browser)
    clock.move(hours=11)
    assert not is_in(browser)

    browser.come_in("responder")
    clock.move(hours=12)
    assert not is_in(browser)


def test_an_approvers_desk_left_alone_asks_who_it_is(browser: Browser, clock: FakeClock) -> None:
    # Given an approver's page that asks by itself how far a send is
    browser.come_in("approver")
    for _ in range(15):
        clock.move(minutes=1)
        browser.get("/oncall", headers={"Accept": "application/json"})

    # Then that kept nobody at the desk: whoever presses next proves who they are, and comes back
    assert browser.get("/register?q=x").location == "/prove?next=/register?q%3Dx"
    assert browser.get("/register", headers={"Accept": "application/json"}).status_code == 403
    assert browser.prove("approver", code="000000", next="/register").status_code == 422
    assert browser.prove("approver", code=browser.code("approver"), next="/register").location == "/register"
    assert browser.get("/register").status_code == 200


def test_a_responders_desk_does_not(browser: Browser, clock: FakeClock) -> None:
    browser.come_in("responder")
    clock.move(hours=2)

    assert browser.get("/register").status_code == 200


# --------------------------------------------------------------------------------------------------------------- proving


def test_what_takes_a_proof_is_not_done_without_one_and_not_lost_silently(browser: Browser, clock: FakeClock) -> None:
    # Given a token that is asked for after five minutes
    browser.come_in("responder")
    clock.move(minutes=5)
    asked = browser.post("/me", "/me", name="script", days="30", headers={"Referer": "http://localhost/me?x=1"})

    # Then the page says that nothing was done, and leads back with words to press again
    assert asked.location == "/prove?next=/me?x%3D1"
    assert "Nothing was done yet" in browser.get(asked.location).text
    assert browser.prove("responder", next="/me?x=1").location == "/me?x=1"
    back = browser.get("/me?x=1").text
    assert "press the button again" in back
    assert "script" not in back
    # And then it is done
    assert "ia_" in browser.post("/me", "/me", name="script", days="30").text


@pytest.mark.parametrize("referer", ["http://evil.example/me", "", "http://localhost//evil.example"])
def test_after_a_proof_nobody_is_led_elsewhere(browser: Browser, clock: FakeClock, referer: str) -> None:
    browser.come_in("responder")
    clock.move(minutes=5)

    assert browser.post("/me", "/me", name="x", days="3", headers={"Referer": referer}).location == "/prove?next=/"
    assert browser.prove("responder", next="//evil.example").location == "/"


def test_a_script_hears_it_in_words(browser: Browser, clock: FakeClock) -> None:
    browser.come_in("responder")
    clock.move(minutes=5)

    answer = browser.post("/me", "/me", name="x", days="3", headers={"Accept": "application/json"})

    assert answer.status_code == 403
    assert "fresh proof" in answer.get_json()["error"]


def test_a_proof_takes_the_password_and_the_code(browser: Browser, clock: FakeClock) -> None:
    browser.come_in("approver")
    clock.move(minutes=5)
    code = browser.code("approver")

    assert browser.post("/prove", "/prove", password="wrong", code=code).status_code == 422
    assert browser.post("/prove", "/prove", code=code).status_code == 400
    assert browser.prove("approver").status_code == 422
    assert browser.prove("approver", code=code).status_code == 302
    clock.move(minutes=5)
    assert browser.prove("approver", code=code).status_code == 422  # of before


def test_a_recovery_code_proves_as_well(browser: Browser, app: Flask, clock: FakeClock) -> None:
    browser.come_in("approver")
    made = browser.post("/me/security/codes", "/me/security").text
    codes = re.findall(r'<li class="secret">([^<]+)</li>', made)
    assert len(codes) == 10
    clock.move(minutes=5)

    assert browser.prove("approver", code=codes[0]).status_code == 302
    assert "9 left" in browser.get("/me/security").text


def test_guessing_at_the_proof_is_held_too(browser: Browser, clock: FakeClock) -> None:
    browser.come_in("approver")
    clock.move(minutes=5)
    for _ in range(5):
        browser.prove("approver", code="000000")

    assert browser.prove("approver", code=browser.code("approver")).status_code == 429


FRESH = {
    "notices.approve", "notices.sending", "deliveries.decide", "deliveries.retry", "deliveries.resume", "risk.answer",
    "filings.approve", "posting.ask", "posting.answer", "posting.take", "accounts.me", "factors.password", "factors.app",
    "factors.remove_app", "factors.codes", "factors.passkey", "factors.remove_passkey",
}


def test_these_take_a_proof(app: Flask) -> None:
    marked = {name for name, view in app.view_functions.items() if getattr(view, "fresh", False)}

    assert marked >= FRESH


@pytest.mark.parametrize("who", ["approver", "responder"])
def test_each_of_them_asks_once_the_proof_is_old(browser: Browser, app: Flask, clock: FakeClock, who: str) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    browser.come_in(who)
    clock.move(minutes=6)
    ports_of = app.url_map.bind("localhost")
    asked = []
    for rule in app.url_map.iter_rules():
        if getattr(app.view_functions[rule.endpoint], "fresh", False) and "POST" in (rule.methods or set()):
            values: dict[str, Any] = {name: 1 if name != "ref" else "BR-2026-001" for name in rule.arguments}
            answer = browser.client.post(ports_of.build(rule.endpoint, values, method="POST"))
            asked.append((rule.endpoint, (answer.location or "").startswith("/prove?")))

    assert len(asked) >= len(FRESH)
    assert [one for one in asked if not one[1]] == []


# --------------------------------------------------------------------------------------------------- the second factor


def test_whose_role_takes_a_second_factor_sets_it_up_before_anything_else(browser: Browser, app: Flask) -> None:
    # Given an admin without one
    change(app, "admin", tf_totp_secret=None, totp_mark=None)
    browser.sign_in("admin")

    # Then every page leads to the one where it is set up
    for path in ("/", "/me", "/me/sessions", "/help"):
        assert (browser.get(path).location or "").startswith("/me/security"), path
    page = browser.get("/me/security/app").text
    key = re.search(r'<p class="secret mb-4">([A-Z2-7 ]+)</p>', page)
    assert key is not None
    code = TOTP(key=key[1].replace(" ", "")).generate(time=int(browser.clock.now().timestamp())).token
    wrong = browser.post("/me/security/app", "/me/security/app", code="123456")
    assert (wrong.status_code, key[1] in wrong.text) == (422, True)

    # And once it is, everything opens
    assert browser.post("/me/security/app", "/me/security/app", code=code).location == "/me/security"
    assert browser.get("/me").status_code == 200
    assert browser.post("/me/security/app/remove", "/me/security").location == "/me/security"
    assert (browser.get("/me").location or "").startswith("/me/security")


def test_whom_it_is_set_up_for_follows_from_the_session_alone(browser: Browser, app: Flask) -> None:
    # Given a responder who names somebody else in every way there is
    browser.come_in("responder")
    other = user_id(app, "approver")
    with app.app_context():
        before = db.session.get_one(User, other).tf_totp_secret
    page = browser.get(f"/me/security/app?user_id={other}&user={other}&id={other}").text
    key = re.search(r'<p class="secret mb-4">([A-Z2-7 ]+)</p>', page)
    assert key is not None
    code = TOTP(key=key[1].replace(" ", "")).generate(time=int(browser.clock.now().timestamp())).token

    browser.post(f"/me/security/app?user_id={other}", "/me/security/app", code=code, user_id=other, email="approver@example.org")

    with app.app_context():
        assert db.session.get_one(User, other).tf_totp_secret == before
        assert factors.has_app(db.session.get_one(User, user_id(app, "responder")))
    assert browser.post(f"/me/security/{other}/app", "/me/security/app", code=code).status_code == 404


def test_a_passkey_somebody_made_up_opens_nothing(browser: Browser, clock: FakeClock) -> None:
    # Given answers without a question, or of no sense
    for answer in ("", "{}", "[]", "null", '{"rawId": 7}', '{"rawId": "AAAA"}', "x" * 30_000, '{"rawId":"!!"}'):
        assert browser.post("/sign-in/passkey", "/sign-in", answer=answer).status_code == 422
    browser.come_in("responder")
    for answer in ("", "{}", '{"rawId": "AAAA", "response": {}}'):
        assert browser.post("/prove/passkey", "/prove", answer=answer).status_code == 422
        assert browser.post("/me/security/passkey", "/me/security/passkey", answer=answer, name="x").status_code == 422
    assert browser.post("/me/security/passkeys/7/remove", "/me/security").status_code == 404


# --------------------------------------------------------------------------------------------------------- the way back


def mailed(app: Flask) -> list[str]:
    """Let the clock send what is due, and return the mails."""
    with app.app_context():
        tasks.notes()
        channel = ports().staff_channels["email"]
        assert isinstance(channel, FakeChannel)
        return [message.text for message in channel.sent]


def test_a_mail_lets_one_choose_a_password_and_the_second_factor_is_still_asked(browser: Browser, app: Flask) -> None:
    # Given a request with somebody else's host in it
    answer = browser.post("/sign-in/forgotten", email="approver@example.org", headers={"Host": "evil.example"})
    assert answer.status_code in {200, 400}
    browser.post("/sign-in/forgotten", email="approver@example.org")

    # Then the link is of our own address
    link = re.search(r"(http://\S+)/password/(\S+)", mailed(app)[-1])
    assert link is not None
    assert link[1] == "http://incident.test"
    path = f"/password/{link[2]}"
    assert browser.post(path, path, password="short", again="short").status_code == 422
    assert browser.post(path, path, password=NEW, again=NEW).location == "/sign-in"
    # And it signs nobody in: both factors are asked for
    assert not is_in(browser)
    assert browser.get(path).status_code == 422
    assert browser.sign_in("approver", NEW).location == "/sign-in/code"
    assert not is_in(browser)


def test_the_answer_is_the_same_for_everybody_and_for_the_hundredth_time(browser: Browser, app: Flask) -> None:
    change(app, "auditor", active=False)
    answers = {browser.post("/sign-in/forgotten", email=f"{who}@example.org").text for who in
               ("responder", "nobody", "auditor", *["approver"] * 10)}

    assert len({re.sub(r'nonce="[^"]*"', "", text) for text in answers}) == 1
    assert len([text for text in mailed(app) if "/password/" in text]) == 4
    assert browser.post("/sign-in/forgotten", email="x" * 300).status_code == 400


def test_one_place_asks_for_mails_only_so_often(browser: Browser) -> None:
    token = TOKEN.search(browser.get("/sign-in/forgotten").text)
    assert token is not None
    answers = [browser.client.post("/sign-in/forgotten", data={"csrf_token": token[1], "email": f"p{number}@example.org"})
               for number in range(51)]

    assert [one.status_code for one in answers] == [200] * 50 + [429]


def test_a_link_made_on_the_console_comes_in_fully(browser: Browser, app: Flask, clock: FakeClock) -> None:
    with app.app_context():
        secret = accounts.make_sign_in_link(db.session(), "approver@example.org", now=clock.now())

    assert browser.post(f"/start/{secret}", f"/start/{secret}").location == "/"
    assert browser.get("/me").status_code == 200
    assert browser.get("/me/security/app").status_code == 200  # who lost the phone sets up another


def test_somebody_new_has_half_an_hour_for_the_first_password(browser: Browser, app: Flask, clock: FakeClock) -> None:
    change(app, "admin", tf_totp_secret=None, totp_mark=None, password=None)
    with app.app_context():
        secret = accounts.make_sign_in_link(db.session(), "admin@example.org", now=clock.now())
    browser.post(f"/start/{secret}", f"/start/{secret}")
    clock.move(minutes=14)
    assert browser.get("/me/security/app").status_code == 200
    clock.move(minutes=14)
    assert (browser.get("/me/security").location or "").startswith("/prove")
    assert "no password yet" in browser.get("/prove").text


# ------------------------------------------------------------------------------------------------------------- the demo


def test_in_the_demo_one_press_is_enough(browser: Browser, app: Flask, clock: FakeClock) -> None:
    change(app, "approver", is_demo=True, tf_totp_secret=None, totp_mark=None, password=None)
    with app.app_context():
        secret = accounts.make_sign_in_link(db.session(), "approver@example.org", now=clock.now())
    browser.post(f"/start/{secret}", f"/start/{secret}")
    assert browser.get("/me").status_code == 200
    clock.move(minutes=16)

    asked = browser.get("/me").location
    assert asked == "/prove?next=/me"
    assert "This is the demo: it is me" in browser.get(asked).text
    assert browser.post("/prove", "/prove", next="/me").location == "/me"
    assert browser.get("/me").status_code == 200


def test_where_messages_leave_nobody_of_the_demo_comes_in(
    app: Flask, browser: Browser, clock: FakeClock, api_for: Callable[[str], Any]
) -> None:
    import dataclasses

    from incident_app.wiring import KEY

    # Given a demo account that is signed in, and an app that begins to send
    browser.come_in("responder")
    change(app, "responder", is_demo=True)
    assert is_in(browser)
    token = api_for("responder")
    with app.app_context():
        secret = accounts.make_sign_in_link(db.session(), "responder@example.org", now=clock.now())
    app.extensions[KEY] = dataclasses.replace(app.extensions[KEY], mode="trial")

    # Then no way leads in
    assert not is_in(browser)
    assert browser.sign_in("responder").status_code == 422
    assert "do not work where messages can be sent" in browser.post(f"/start/{secret}", f"/start/{secret}").text
    assert token("GET", "/cases")[0] == 401


def test_the_words_of_a_reset_are_sealed_until_they_leave(app: Flask, browser: Browser) -> None:
    browser.post("/sign-in/forgotten", email="responder@example.org")
    with app.app_context():
        passwords.answer_resets(db.session(), seal=the_credentials().seal, public_url="http://x", now=browser.clock.now())
        assert [note.text[:7] for note in db.session.scalars(select(StaffNote))] == ["sealed:"]


def test_a_code_lasts_until_its_time_step_is_old(browser: Browser, clock: FakeClock) -> None:
    old = browser.code("approver")
    clock.move(seconds=timedelta(seconds=90).total_seconds())
    browser.sign_in("approver")

    assert browser.post("/sign-in/code", code=old).status_code == 422
