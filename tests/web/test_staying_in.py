"""Sessions and proofs (``threats.md`` T-08, T-10, T-11, T-16, T-103, T-105)."""

import re
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from incident_app.domain.accounts import SYSTEM
from incident_app.extensions import db
from incident_app.services import accounts
from incident_app.services.unit import writing
from tests.fakes import FakeClock
from tests.web.door import NEW, Browser, change, is_in, user_id

# ------------------------------------------------------------------------------------------------------------ staying in


def test_a_cookie_kept_from_before_opens_nothing_after_signing_out(visitor: Browser, another: Browser) -> None:
    visitor.come_in("responder")
    with visitor.client.session_transaction() as kept, another.client.session_transaction() as copied:
        copied.update(dict(kept))
    assert is_in(another)

    visitor.post("/sign-out", "/me")

    assert not is_in(another)
    assert another.get("/me", headers={"Accept": "application/json"}).status_code == 401


def test_ended_disabled_or_of_a_changed_role_is_out_at_the_next_request(visitor: Browser, app: Flask, clock: FakeClock) -> None:
    visitor.come_in("responder")
    with app.app_context(), writing(db.session()):
        accounts.end_sessions(db.session(), user_id(app, "responder"), why="role changed", by=SYSTEM, now=clock.now())
    assert not is_in(visitor)

    visitor.come_in("responder")
    change(app, "responder", active=False)
    assert not is_in(visitor)


def test_my_sessions_end_one_and_all_others(visitor: Browser, another: Browser, app: Flask, clock: FakeClock) -> None:
    third = Browser(app, clock)
    for one in (visitor, another, third):
        one.come_in("responder")
    number = re.search(r'action="/me/sessions/([0-9]+)/end"', visitor.get("/me/sessions").text)
    assert number is not None

    visitor.post(f"/me/sessions/{number[1]}/end", "/me/sessions")
    assert [is_in(another), is_in(third)].count(True) == 1
    visitor.post("/me/sessions/end-others", "/me/sessions")
    assert [is_in(one) for one in (visitor, another, third)] == [True, False, False]
    assert visitor.post("/me/sessions/999/end", "/me/sessions").status_code == 404


def test_changing_the_password_keeps_only_this_browser(visitor: Browser, another: Browser) -> None:
    visitor.come_in("responder")
    another.come_in("responder")

    weak = visitor.post("/me/security/password", "/me/security/password", password="short", again="short")
    assert weak.status_code == 422
    done = visitor.post("/me/security/password", "/me/security/password", password=NEW, again=NEW)

    assert done.location == "/me/security"
    assert [is_in(visitor), is_in(another)] == [True, False]
    visitor.post("/sign-out", "/me")
    assert visitor.sign_in("responder").status_code == 422
    assert visitor.sign_in("responder", NEW).status_code == 302


def test_a_night_or_a_week_later_one_signs_in_again(visitor: Browser, clock: FakeClock) -> None:
    visitor.come_in("responder")
    for _ in range(15):
        clock.move(hours=11)
        assert is_in(visitor)
    clock.move(hours=11)
    assert not is_in(visitor)

    visitor.come_in("responder")
    clock.move(hours=12)
    assert not is_in(visitor)


def test_an_approvers_desk_left_alone_asks_who_it_is(visitor: Browser, clock: FakeClock) -> None:
    # Given an approver's page that asks by itself how far a send is
    visitor.come_in("approver")
    for _ in range(15):
        clock.move(minutes=1)
        visitor.get("/oncall", headers={"Accept": "application/json"})

    # Then that kept nobody at the desk: whoever presses next proves who they are, and comes back
    assert visitor.get("/register?q=x").location == "/prove?next=/register?q%3Dx"
    assert visitor.get("/register", headers={"Accept": "application/json"}).status_code == 403
    assert visitor.prove("approver", code="000000", next="/register").status_code == 422
    assert visitor.prove("approver", code=visitor.code("approver"), next="/register").location == "/register"
    assert visitor.get("/register").status_code == 200


def test_a_responders_desk_does_not(visitor: Browser, clock: FakeClock) -> None:
    visitor.come_in("responder")
    clock.move(hours=2)

    assert visitor.get("/register").status_code == 200


# --------------------------------------------------------------------------------------------------------------- proving


def test_what_takes_a_proof_is_not_done_without_one_and_not_lost_silently(visitor: Browser, clock: FakeClock) -> None:
    # Given a token that is asked for after five minutes
    visitor.come_in("responder")
    clock.move(minutes=5)
    asked = visitor.post("/me/tokens", "/me", name="for the night", days="30", headers={"Referer": "http://localhost/me?x=1"})

    # Then the page says that nothing was done, and leads back with words to press again
    assert asked.location == "/prove?next=/me?x%3D1"
    assert "Nothing was done yet" in visitor.get(asked.location).text
    assert visitor.prove("responder", next="/me?x=1").location == "/me?x=1"
    back = visitor.get("/me?x=1").text
    assert "press the button again" in back
    assert 'value="for the night"' in back  # nothing typed is lost: tests/web/test_pressed_again.py
    # And then it is done
    assert "ia_" in visitor.post("/me/tokens", "/me", name="for the night", days="30").text


@pytest.mark.parametrize("referer", ["http://evil.example/me", "", "http://localhost//evil.example"])
def test_after_a_proof_nobody_is_led_elsewhere(visitor: Browser, clock: FakeClock, referer: str) -> None:
    visitor.come_in("responder")
    clock.move(minutes=5)

    assert visitor.post("/me/tokens", "/me", name="x", days="3", headers={"Referer": referer}).location == "/prove?next=/me"
    assert visitor.prove("responder", next="//evil.example").location == "/"


def test_a_script_hears_it_in_words(visitor: Browser, clock: FakeClock) -> None:
    visitor.come_in("responder")
    clock.move(minutes=5)

    answer = visitor.post("/me/tokens", "/me", name="x", days="3", headers={"Accept": "application/json"})

    assert answer.status_code == 403
    assert "fresh proof" in answer.get_json()["error"]


def test_a_proof_takes_the_password_and_the_code(visitor: Browser, clock: FakeClock) -> None:
    visitor.come_in("approver")
    clock.move(minutes=5)
    code = visitor.code("approver")

    assert visitor.post("/prove", "/prove", password="wrong", code=code).status_code == 422
    assert visitor.post("/prove", "/prove", code=code).status_code == 400
    assert visitor.prove("approver").status_code == 422
    assert visitor.prove("approver", code=code).status_code == 302
    clock.move(minutes=5)
    assert visitor.prove("approver", code=code).status_code == 422  # of before


def test_a_recovery_code_proves_as_well(visitor: Browser, app: Flask, clock: FakeClock) -> None:
    visitor.come_in("approver")
    made = visitor.post("/me/security/codes", "/me/security").text
    codes = re.findall(r'<li class="secret">([^<]+)</li>', made)
    assert len(codes) == 10
    clock.move(minutes=5)

    assert visitor.prove("approver", code=codes[0]).status_code == 302
    assert "9 left" in visitor.get("/me/security").text


def test_guessing_at_the_proof_is_held_too(visitor: Browser, clock: FakeClock) -> None:
    visitor.come_in("approver")
    clock.move(minutes=5)
    for _ in range(5):
        visitor.prove("approver", code="000000")

    assert visitor.prove("approver", code=visitor.code("approver")).status_code == 429


FRESH = {
    "notices.approve", "notices.sending", "deliveries.decide", "deliveries.retry", "deliveries.resume", "risk.answer",
    "bundles.make", "break_glass.ask", "break_glass.answer", "filings.approve", "posting.ask", "posting.answer", "posting.take", "tokens.make", "factors.password", "factors.app",
    "factors.remove_app", "factors.codes", "factors.passkey", "factors.remove_passkey",
}


OF_A_ROUTE: dict[str, Any] = {"ref": "BR-2026-001", "answer": "agree", "request_id": UUID(int=1), "asked": UUID(int=1)}
"""What stands for the parts of an address that are not numbers."""


def test_these_take_a_proof(app: Flask) -> None:
    marked = {name for name, view in app.view_functions.items() if getattr(view, "fresh", False)}

    assert marked >= FRESH


@pytest.mark.parametrize("who", ["approver", "responder"])
def test_each_of_them_asks_once_the_proof_is_old(visitor: Browser, app: Flask, clock: FakeClock, who: str) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    visitor.come_in(who)
    clock.move(minutes=6)
    ports_of = app.url_map.bind("localhost")
    asked = []
    for rule in app.url_map.iter_rules():
        page = not rule.endpoint.startswith("api_")  # a program proves itself otherwise
        if page and getattr(app.view_functions[rule.endpoint], "fresh", False) and "POST" in (rule.methods or set()):
            values = {name: OF_A_ROUTE.get(name, 1) for name in rule.arguments}
            answer = visitor.client.post(ports_of.build(rule.endpoint, values, method="POST"))
            asked.append((rule.endpoint, (answer.location or "").startswith("/prove?")))

    assert len(asked) >= len(FRESH)
    assert [one for one in asked if not one[1]] == []
