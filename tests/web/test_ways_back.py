"""The second factor, passwords by mail, links from the console, and the demo (``threats.md`` T-08, T-09, T-13, T-14)."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Flask
from passlib.totp import TOTP
from sqlalchemy import select

from incident_app.extensions import db
from incident_app.models.accounts import User
from incident_app.models.linking import StaffNote
from incident_app.services import accounts
from incident_app.services.signing_in import factors, passwords
from incident_app.tasks import bot as tasks
from incident_app.wiring import ports
from tests.builders import the_credentials
from tests.fakes import FakeChannel, FakeClock
from tests.web.door import NEW, TOKEN, Browser, change, is_in, user_id

# --------------------------------------------------------------------------------------------------- the second factor


def test_whose_role_takes_a_second_factor_sets_it_up_before_anything_else(visitor: Browser, app: Flask) -> None:
    # Given an admin without one
    change(app, "admin", tf_totp_secret=None, totp_mark=None)
    visitor.sign_in("admin")

    # Then every page leads to the one where it is set up
    for path in ("/", "/me", "/me/sessions", "/help"):
        assert (visitor.get(path).location or "").startswith("/me/security"), path
    page = visitor.get("/me/security/app").text
    key = re.search(r'<p class="secret mb-4">([A-Z2-7 ]+)</p>', page)
    assert key is not None
    code = TOTP(key=key[1].replace(" ", "")).generate(time=int(visitor.clock.now().timestamp())).token
    wrong = visitor.post("/me/security/app", "/me/security/app", code="123456")
    assert (wrong.status_code, key[1] in wrong.text) == (422, True)

    # And once it is, everything opens
    assert visitor.post("/me/security/app", "/me/security/app", code=code).location == "/me/security"
    assert visitor.get("/me").status_code == 200
    assert visitor.post("/me/security/app/remove", "/me/security").location == "/me/security"
    assert (visitor.get("/me").location or "").startswith("/me/security")


def test_whom_it_is_set_up_for_follows_from_the_session_alone(visitor: Browser, app: Flask) -> None:
    # Given a responder who names somebody else in every way there is
    visitor.come_in("responder")
    other = user_id(app, "approver")
    with app.app_context():
        before = db.session.get_one(User, other).tf_totp_secret
    page = visitor.get(f"/me/security/app?user_id={other}&user={other}&id={other}").text
    key = re.search(r'<p class="secret mb-4">([A-Z2-7 ]+)</p>', page)
    assert key is not None
    code = TOTP(key=key[1].replace(" ", "")).generate(time=int(visitor.clock.now().timestamp())).token

    visitor.post(f"/me/security/app?user_id={other}", "/me/security/app", code=code, user_id=other, email="approver@example.org")

    with app.app_context():
        assert db.session.get_one(User, other).tf_totp_secret == before
        assert factors.has_app(db.session.get_one(User, user_id(app, "responder")))
    assert visitor.post(f"/me/security/{other}/app", "/me/security/app", code=code).status_code == 404


def test_a_passkey_somebody_made_up_opens_nothing(visitor: Browser, clock: FakeClock) -> None:
    # Given answers without a question, or of no sense
    for answer in ("", "{}", "[]", "null", '{"rawId": 7}', '{"rawId": "AAAA"}', "x" * 30_000, '{"rawId":"!!"}'):
        assert visitor.post("/sign-in/passkey", "/sign-in", answer=answer).status_code == 422
    visitor.come_in("responder")
    for answer in ("", "{}", '{"rawId": "AAAA", "response": {}}'):
        assert visitor.post("/prove/passkey", "/prove", answer=answer).status_code == 422
        assert visitor.post("/me/security/passkey", "/me/security/passkey", answer=answer, name="x").status_code == 422
    assert visitor.post("/me/security/passkeys/7/remove", "/me/security").status_code == 404


# --------------------------------------------------------------------------------------------------------- the way back


def mailed(app: Flask) -> list[str]:
    """Let the clock send what is due, and return the mails."""
    with app.app_context():
        tasks.notes()
        channel = ports().staff_channels["email"]
        assert isinstance(channel, FakeChannel)
        return [message.text for message in channel.sent]


def test_a_mail_lets_one_choose_a_password_and_the_second_factor_is_still_asked(visitor: Browser, app: Flask) -> None:
    # Given a request with somebody else's host in it
    answer = visitor.post("/sign-in/forgotten", email="approver@example.org", headers={"Host": "evil.example"})
    assert answer.status_code in {200, 400}
    visitor.post("/sign-in/forgotten", email="approver@example.org")

    # Then the link is of our own address
    link = re.search(r"(http://\S+)/password/(\S+)", mailed(app)[-1])
    assert link is not None
    assert link[1] == "http://incident.test"
    path = f"/password/{link[2]}"
    assert visitor.post(path, path, password="short", again="short").status_code == 422
    assert visitor.post(path, path, password=NEW, again=NEW).location == "/sign-in"
    # And it signs nobody in: both factors are asked for
    assert not is_in(visitor)
    assert visitor.get(path).status_code == 422
    assert visitor.sign_in("approver", NEW).location == "/sign-in/code"
    assert not is_in(visitor)


def test_the_answer_is_the_same_for_everybody_and_for_the_hundredth_time(visitor: Browser, app: Flask) -> None:
    change(app, "auditor", active=False)
    answers = {visitor.post("/sign-in/forgotten", email=f"{who}@example.org").text for who in
               ("responder", "nobody", "auditor", *["approver"] * 10)}

    assert len({re.sub(r'nonce="[^"]*"', "", text) for text in answers}) == 1
    assert len([text for text in mailed(app) if "/password/" in text]) == 4
    assert visitor.post("/sign-in/forgotten", email="x" * 300).status_code == 400


def test_one_place_asks_for_mails_only_so_often(visitor: Browser) -> None:
    token = TOKEN.search(visitor.get("/sign-in/forgotten").text)
    assert token is not None
    answers = [visitor.client.post("/sign-in/forgotten", data={"csrf_token": token[1], "email": f"p{number}@example.org"})
               for number in range(51)]

    assert [one.status_code for one in answers] == [200] * 50 + [429]


def test_a_link_made_on_the_console_comes_in_fully(visitor: Browser, app: Flask, clock: FakeClock) -> None:
    with app.app_context():
        secret = accounts.make_sign_in_link(db.session(), "approver@example.org", now=clock.now())

    assert visitor.post(f"/start/{secret}", f"/start/{secret}").location == "/"
    assert visitor.get("/me").status_code == 200
    assert visitor.get("/me/security/app").status_code == 200  # who lost the phone sets up another


def test_somebody_new_has_half_an_hour_for_the_first_password(visitor: Browser, app: Flask, clock: FakeClock) -> None:
    change(app, "admin", tf_totp_secret=None, totp_mark=None, password=None)
    with app.app_context():
        secret = accounts.make_sign_in_link(db.session(), "admin@example.org", now=clock.now())
    visitor.post(f"/start/{secret}", f"/start/{secret}")
    clock.move(minutes=14)
    assert visitor.get("/me/security/app").status_code == 200
    clock.move(minutes=14)
    assert visitor.get("/me/security/app").status_code == 200
    clock.move(minutes=3)
    assert (visitor.get("/me/security/app").location or "").startswith("/prove")
    assert "no password yet" in visitor.get("/prove").text


# ------------------------------------------------------------------------------------------------------------- the demo


def test_in_the_demo_one_press_is_enough(visitor: Browser, app: Flask, clock: FakeClock) -> None:
    change(app, "approver", is_demo=True, tf_totp_secret=None, totp_mark=None, password=None)
    with app.app_context():
        secret = accounts.make_sign_in_link(db.session(), "approver@example.org", now=clock.now())
    visitor.post(f"/start/{secret}", f"/start/{secret}")
    assert visitor.get("/me").status_code == 200
    clock.move(minutes=16)

    asked = visitor.get("/me").location
    assert asked == "/prove?next=/me"
    assert "This is the demo: it is me" in visitor.get(asked).text
    assert visitor.post("/prove", "/prove", next="/me").location == "/me"
    assert visitor.get("/me").status_code == 200


def test_where_messages_leave_nobody_of_the_demo_comes_in(
    app: Flask, visitor: Browser, clock: FakeClock, api_for: Callable[[str], Any]
) -> None:
    import dataclasses

    from incident_app.wiring import KEY

    # Given a demo account that is signed in, and an app that begins to send
    visitor.come_in("responder")
    change(app, "responder", is_demo=True)
    assert is_in(visitor)
    token = api_for("responder")
    with app.app_context():
        secret = accounts.make_sign_in_link(db.session(), "responder@example.org", now=clock.now())
    app.extensions[KEY] = dataclasses.replace(app.extensions[KEY], mode="trial")

    # Then no way leads in
    assert not is_in(visitor)
    assert visitor.sign_in("responder").status_code == 422
    assert "do not work where messages can be sent" in visitor.post(f"/start/{secret}", f"/start/{secret}").text
    assert token("GET", "/cases")[0] == 401


def test_the_words_of_a_reset_are_sealed_until_they_leave(app: Flask, visitor: Browser) -> None:
    visitor.post("/sign-in/forgotten", email="responder@example.org")
    with app.app_context():
        passwords.answer_resets(db.session(), seal=the_credentials().seal, public_url="http://x", now=visitor.clock.now())
        assert [note.text[:7] for note in db.session.scalars(select(StaffNote))] == ["sealed:"]


def test_a_code_lasts_until_its_time_step_is_old(visitor: Browser, clock: FakeClock) -> None:
    old = visitor.code("approver")
    clock.move(seconds=timedelta(seconds=90).total_seconds())
    visitor.sign_in("approver")

    assert visitor.post("/sign-in/code", code=old).status_code == 422
