"""Going on from the text of a notice: to the next step, back, or to another language, what was typed goes along."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from incident_app.extensions import db
from incident_app.services import accounts
from incident_app.wiring import Ports
from tests.builders import a_case
from tests.fakes import FakeClock
from tests.web.reading import form_of
from tests.web.walk import AT, REF, Client, Walk

LIST = b"email,language\na@example.org,en\nb@example.org,en\nc@example.org,de\n"
PAGE = f"{AT}/message"
MINE = "One sentence more."
WHY = "The support line asked for these words."


@pytest.fixture
def walk(app: Flask, client_for: Client, test_ports: Ports, clock: FakeClock) -> Walk:
    """A notice is drafted to people who speak English and German."""
    made = Walk(app, client_for, test_ports, clock)
    with app.app_context():
        user = accounts.find(db.session(), "responder@example.org")
        assert user is not None
        a_case(db.session(), user.actor, data_categories=("account",))
    assert made.upload(LIST)[0] == 200
    assert made.draft()[0] == 200
    return made


def go_on(client: FlaskClient, opened: str, go: str, more: str = "") -> TestResponse:
    """Type ``more`` at the end of a page opened before, and press a button that goes on; without JavaScript."""
    body = form_of(opened, "body")["body"]
    return client.post(f"{PAGE}?language=en", data=form_of(opened, "body", body=body + more, go=go))


def test_every_way_on_from_a_text_is_a_button_of_its_form(walk: Walk) -> None:
    page = walk.responder.get(PAGE).text

    for value in ("channels", "audience", "check", "approval", "sending", "versions", "again", "en", "de"):
        assert f'form="text" name="go" value="{value}"' in " ".join(page.split())
    assert f'href="{PAGE}?language=de"' not in page
    # Enter in the subject presses the first button of the form: one that stays
    assert page.index('<button type="submit" form="text" hidden>') < page.index('name="go"')


@pytest.mark.parametrize(("go", "where"), [
    ("channels", f"{AT}/channels"), ("audience", f"{AT}/audience"), ("de", f"{PAGE}?language=de"),
    ("en", f"{PAGE}?language=en"), ("https://example.com", f"{PAGE}?language=en"), ("approval", f"{AT}/approval"),
    ("versions", f"{AT}/versions?language=en"), ("again", f"{PAGE}?language=en#again")])
def test_what_was_just_typed_is_saved_on_the_way(walk: Walk, go: str, where: str) -> None:
    opened = walk.responder.get(PAGE).text

    answer = go_on(walk.responder, opened, go, f"\n\n{MINE}")

    assert (answer.status_code, answer.location) == (302, where)
    assert "Saved." in walk.responder.get(where.partition("#")[0]).text
    assert MINE in form_of(walk.responder.get(PAGE).text, "body")["body"]


def test_a_text_that_cannot_be_saved_stays_in_the_form_with_the_reason_in_words(walk: Walk) -> None:
    opened = walk.responder.get(PAGE).text

    answer = go_on(walk.responder, opened, "channels", f" ((nonsense)) {MINE}")

    assert answer.status_code == 422
    assert "((nonsense)) is not a field." in answer.text
    assert MINE in form_of(answer.text, "body")["body"]


def test_who_typed_nothing_goes_on_whatever_others_changed_meanwhile(walk: Walk) -> None:
    # Given two pages opened at the same time, one of which is saved
    opened = walk.responder.get(PAGE).text
    assert go_on(walk.approver, walk.approver.get(PAGE).text, "channels", f"\n\n{MINE}").status_code == 302

    # When the other goes on without having typed, nothing is asked and nothing said
    answer = go_on(walk.responder, opened, "channels")
    assert (answer.status_code, answer.location) == (302, f"{AT}/channels")
    assert "Saved." not in walk.responder.get(f"{AT}/channels").text

    # And with something typed, both texts are shown, and the way goes on once they are joined
    slower = go_on(walk.responder, opened, "channels", "\n\nAnd another.")
    assert slower.status_code == 409
    kept = form_of(slower.text, "clash")
    assert kept["go"] == "channels"
    kept["choose-body"] = "mine"
    joined = walk.responder.post(f"{PAGE}?language=en", data=kept)
    assert (joined.status_code, joined.location) == (302, f"{AT}/channels")
    assert "And another." in walk.responder.get(PAGE).text


def test_unsaved_text_that_was_not_taken_up_is_still_offered_after_going_on(walk: Walk) -> None:
    # Given text that was kept unsaved, and a page that offers it
    opened = walk.responder.get(PAGE).text
    form = form_of(opened, "body")
    kept = walk.responder.post(f"/drafts/{form['draft_of']}", json={"values": [["body", MINE]]},
                               headers={"X-CSRFToken": form["csrf_token"]})
    assert kept.status_code == 200, kept.text

    # When its reader turns to the other language without typing, it stays; once saved, it is gone
    go_on(walk.responder, opened, "de")
    assert "You have unsaved text from" in walk.responder.get(PAGE).text
    go_on(walk.responder, opened, "de", f"\n\n{MINE}")
    assert "You have unsaved text from" not in walk.responder.get(PAGE).text


def test_a_day_that_was_typed_is_saved_with_the_text_whichever_button_was_pressed(walk: Walk) -> None:
    opened = walk.responder.get(PAGE).text

    # When a sentence and a day that is over are typed, the sentence is saved, and the day asked for again
    body = form_of(opened, "body")["body"]
    over = walk.responder.post(f"{PAGE}?language=en", data=form_of(
        opened, "body", body=f"{body}\n\n{MINE}", again_by="2020-01-01", go="channels"))
    assert over.status_code == 422
    assert "Choose a day after today." in over.text
    assert (form_of(over.text, "body")["again_by"], MINE in form_of(over.text, "body")["body"]) == ("2020-01-01", True)

    # And when it is mended, it goes on, and both stand in the text
    mended = walk.responder.post(f"{PAGE}?language=en", data=form_of(over.text, "body", again_by="2026-12-01", go="channels"))
    assert (mended.status_code, mended.location) == (302, f"{AT}/channels")
    kept = form_of(walk.responder.get(PAGE).text, "body")
    assert "1 December 2026" in kept["body"]
    assert (kept["again_by"], MINE in kept["body"]) == ("2026-12-01", True)


def test_whoever_waives_loses_nothing_typed_elsewhere_on_the_page(walk: Walk) -> None:
    # Given a text with two findings, and more typed while a reason is given for one of them
    go_on(walk.responder, walk.responder.get(PAGE).text, "en", " [one gap]\n\nHere is a special offer for a voucher.")
    opened = walk.responder.get(PAGE).text
    first, second = [name for name in form_of(opened, "body") if name.startswith("reason-")][:2]
    sent = form_of(opened, "body", again_by="2026-12-01", check=first.removeprefix("reason-"),
                   **{first: WHY, second: "Half a reason"})

    # When it is pressed, the day is in the text and the one is waived, and the other reason is still there, not sent
    answer = walk.responder.post(f"{AT}/waivers?language=en", data=sent)
    assert answer.status_code == 422
    assert "A reason is typed, but not sent" in answer.text
    shown = form_of(answer.text, "body")
    assert (shown["again_by"], shown[second], shown[first]) == ("2026-12-01", "Half a reason", "")
    assert f"{WHY}</small>" in answer.text

    # And it is asked about on every way on, until it is emptied
    assert walk.responder.post(f"{PAGE}?language=en", data={**shown, "go": "channels"}).status_code == 422
    assert walk.responder.post(f"{PAGE}?language=en", data={**shown, second: "", "go": "channels"}).location == f"{AT}/channels"


def test_a_finding_that_is_not_the_one_that_was_read_is_not_waived(walk: Walk) -> None:
    # Given a page that shows one gap, while another is typed into the text
    go_on(walk.responder, walk.responder.get(PAGE).text, "en", " [one gap]")
    opened = walk.responder.get(PAGE).text
    sent = form_of(opened, "body", check="placeholder", **{"reason-placeholder": WHY})
    sent["body"] += " [another gap]"

    # When the reason is sent, the text is saved, and the reason waits beside what the finding says now
    answer = walk.responder.post(f"{AT}/waivers?language=en", data=sent)
    assert answer.status_code == 422
    assert "The finding changed with the text." in answer.text
    again = form_of(answer.text, "body", check="placeholder")
    assert (again["reason-placeholder"], "[another gap]" in again["body"]) == (WHY, True)

    # And once looked at, it counts
    assert walk.responder.post(f"{AT}/waivers?language=en", data=again).location == f"{PAGE}?language=en#check"
    assert f"{WHY}</small>" in walk.responder.get(PAGE).text


def test_every_way_on_from_the_channels_saves_the_plan(walk: Walk) -> None:
    page = f"{AT}/channels"
    opened = walk.responder.get(page).text
    for value in ("audience", "message", "check", "approval", "sending"):
        assert f'form="plan" name="go" value="{value}"' in " ".join(opened.split())

    # Whoever typed nothing goes on, whatever others changed; what was typed is saved on the way
    answer = walk.responder.post(page, data=form_of(opened, "wait_minutes", wait_minutes="7", go="message"))
    assert (answer.status_code, answer.location) == (302, PAGE)
    assert form_of(walk.responder.get(page).text, "wait_minutes")["wait_minutes"] == "7"
    assert walk.approver.post(page, data=form_of(walk.approver.get(page).text, "wait_minutes", go="audience")
                              ).location == f"{AT}/audience"


def test_who_only_reads_has_links(walk: Walk) -> None:
    page = walk.client_for("auditor").get(PAGE).text

    assert 'name="go"' not in page
    assert f'href="{PAGE}?language=de"' in page
    assert f'href="{AT}/channels">Next: channels' in page


def test_the_timeline_names_the_notice_that_was_edited(walk: Walk) -> None:
    go_on(walk.responder, walk.responder.get(PAGE).text, "channels", f"\n\n{MINE}")

    seen = " ".join(walk.responder.get(f"/cases/{REF}/timeline").text.split())

    edited = seen.index("A notice was edited")
    assert "notice 1 to people" in seen[edited:edited + 300]
