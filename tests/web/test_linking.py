"""How we reach you, in the browser of whoever asks; and the link of an email, without signing in."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from incident_app.bot import KEEP
from incident_app.bot.polling import listen
from incident_app.domain.staff_bot import Trouble
from incident_app.extensions import db
from incident_app.services import accounts, alerts, linking, mail_links
from incident_app.tasks import bot as tasks
from incident_app.wiring import KEY, Ports
from tests.bot.kit import HearingBot, link, message
from tests.fakes import START, FakeChannel, FakeClock
from tests.people import ANYBODY
from tests.web.posting import post

SignIn = Callable[[str], FlaskClient]
JSON = {"Accept": "application/json"}


@pytest.fixture
def bot(app: Flask, test_ports: Ports) -> HearingBot:
    """The running app with a bot that hears."""
    made = HearingBot()
    app.extensions[KEY] = replace(test_ports, staff_channels={"telegram": made, "email": FakeChannel("email")})
    return made


def _code(client: FlaskClient) -> str:
    page = post(client, "/oncall/me/link", follow=True).text
    return page.split("https://t.me/acme_oncall_bot?start=", 1)[1].split('"', 1)[0]


def _sends(app: Flask, code: str, chat: int = 7001) -> None:
    with app.app_context():
        app.extensions[KEEP](message(chat, f"/start {code}", chat))
        listen()


def _chat(app: Flask, who: str) -> str | None:
    with app.app_context():
        user = accounts.find(db.session(), f"{who}@example.org")
        assert user is not None
        return user.telegram_chat_id


def _answer_address(page: str, word: str) -> str:
    return next(part.split('"', 1)[0] for part in page.split('action="')[1:] if part.split('"', 1)[0].endswith(f"/{word}"))


def test_a_chat_is_linked_in_two_steps(app: Flask, client_for: SignIn, bot: HearingBot) -> None:
    # Given a page that shows a code for the camera, and a link
    client = client_for("oncall_person")
    assert "Link Telegram" in client.get("/oncall/me").text
    code = _code(client)
    page = client.get("/oncall/me/link").text
    assert "<svg" in page
    assert "<path" in page
    assert client.get("/oncall/me/link", headers=JSON).get_json() == {"finished": False}

    # When a chat sends the code
    _sends(app, code)

    # Then the page asks whether it is one's own
    assert client.get("/oncall/me/link", headers=JSON).get_json() == {"finished": True}
    page = client.get("/oncall/me/link").text
    assert "The chat “Ana (@ana)” wants to get your alerts. Is it yours?" in page
    assert code not in page
    assert _chat(app, "oncall_person") is None

    # And after a yes it is linked, and says so
    done = post(client, _answer_address(page, "yes"), follow=True).text
    assert "alerts go to “Ana (@ana)” from now on" in done
    assert _chat(app, "oncall_person") == "7001"
    tasks.notes()
    assert [message.text[:9] for message in bot.sent] == ["Linked to"]
    assert "Telegram linked" in client.get("/oncall").text


def test_a_no_links_nothing(app: Flask, client_for: SignIn, bot: HearingBot) -> None:
    client = client_for("oncall_person")
    _sends(app, _code(client))

    page = post(client, _answer_address(client.get("/oncall/me/link").text, "no"), follow=True).text

    assert "Nothing was linked" in page
    assert _chat(app, "oncall_person") is None
    assert "expired, or was answered" in client.get("/oncall/me/link", follow_redirects=True).text


def test_another_browser_of_the_same_person_cannot_say_yes(app: Flask, client_for: SignIn, bot: HearingBot) -> None:
    asking, other = client_for("oncall_person"), client_for("oncall_person")
    _sends(app, _code(asking))
    yes = _answer_address(asking.get("/oncall/me/link").text, "yes")

    assert "expired, or was answered" in other.get("/oncall/me/link", follow_redirects=True).text
    assert post(other, yes).status_code == 404
    assert post(client_for("responder"), yes).status_code == 404
    assert _chat(app, "oncall_person") is None


def test_a_name_made_of_code_is_only_a_name(app: Flask, client_for: SignIn, bot: HearingBot) -> None:
    client = client_for("oncall_person")
    code = _code(client)
    with app.app_context():
        update = message(5, f"/start {code}", 5)
        update["message"]["from"]["first_name"] = "<script>alert(1)</script>"
        app.extensions[KEEP](update)
        listen()
    assert "<script>alert(1)" not in client.get("/oncall/me/link").text


def test_where_telegram_does_not_tell_the_name_the_code_is_typed(client_for: SignIn, bot: HearingBot) -> None:
    bot.trouble = Trouble.AWAY
    page = post(client_for("oncall_person"), "/oncall/me/link", follow=True).text
    assert "Telegram says no." in page
    assert "/start " in page


def test_a_chat_is_unlinked(app: Flask, client_for: SignIn, bot: HearingBot) -> None:
    client = client_for("oncall_person")
    with app.app_context():
        user = accounts.find(db.session(), "oncall_person@example.org")
        assert user is not None
        link(db.session(), user.id, "7001")

    assert "Telegram is unlinked" in post(client, "/oncall/me/unlink", follow=True).text
    assert _chat(app, "oncall_person") is None


def test_a_channel_is_tested_and_the_page_says_how_it_went(app: Flask, client_for: SignIn, bot: HearingBot) -> None:
    client = client_for("oncall_person")

    page = post(client, "/oncall/me/test/email", follow=True).text
    assert "On its way" in page
    assert client.get("/oncall/me", headers=JSON).get_json() == {"finished": False}

    tasks.notes()
    page = client.get("/oncall/me").text
    assert "Accepted" in page
    assert client.get("/oncall/me", headers=JSON).get_json() == {"finished": True}
    assert post(client, "/oncall/me/test/telegram").status_code == 422


def test_a_test_that_fails_says_why(app: Flask, client_for: SignIn, test_ports: Ports) -> None:
    app.extensions[KEY] = replace(test_ports, staff_channels={})
    client = client_for("oncall_person")
    post(client, "/oncall/me/test/email")
    tasks.notes()
    assert "No email sender is set up." in client.get("/oncall/me").text


def test_without_a_bot_the_page_says_so(app: Flask, client_for: SignIn, test_ports: Ports) -> None:
    client = client_for("oncall_person")
    assert "messages are simulated" in client.get("/oncall/me").text
    app.extensions[KEY] = replace(test_ports, mode="live")
    assert "No Telegram bot is set up for staff" in client.get("/oncall/me").text
    post(client, "/oncall/me/link")
    assert "cannot be reached just now" in client.get("/oncall/me/link").text


# ------------------------------------------------------------------------------------------------- the link of an email


def _mail_link(app: Flask, clock: FakeClock) -> tuple[int, str]:
    with app.app_context():
        user = accounts.find(db.session(), "oncall_person@example.org")
        assert user is not None
        alert = alerts.send_demo(db.session(), by=user.actor, now=clock.now())
        url = mail_links.link_for(alert.id, user.id, public_url="", secret=b"a" * 32, now=clock.now())
        return alert.id, url


def test_the_link_shows_what_the_email_said_and_leads_to_the_sign_in(app: Flask, clock: FakeClock) -> None:
    alert_id, url = _mail_link(app, clock)
    client = app.test_client()

    answer = client.get(url)

    assert answer.status_code == 200
    assert "incident-app · demo alert, nothing is due" in answer.text
    assert "Not acknowledged: paging goes on." in answer.text
    assert f'href="/alerts/{alert_id}"' in answer.text
    assert "<form" not in answer.text
    assert client.get(f"/alerts/{alert_id}").headers["Location"].startswith("/sign-in?next=")
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_link_changes_nothing_and_takes_no_answer(app: Flask, clock: FakeClock) -> None:
    alert_id, url = _mail_link(app, clock)
    client = app.test_client()
    client.get(url)

    assert client.post(url).status_code in {400, 405}
    with app.app_context():
        assert {alert.id: alert.state for alert in alerts.running(db.session(), by=ANYBODY)} == {alert_id: "raised"}
        assert linking.by_chat(db.session(), "7001") is None


def test_a_guessed_and_an_old_link_are_answered_in_words(app: Flask, clock: FakeClock) -> None:
    _, url = _mail_link(app, clock)
    client = app.test_client()

    guessed = client.get("/a/guessed")
    assert (guessed.status_code, "not one of ours" in guessed.text) == (404, True)
    clock.move(days=7)
    old = client.get(url)
    assert (old.status_code, "works for seven days" in old.text) == (410, True)
    assert clock.now() > START
