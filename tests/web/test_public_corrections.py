"""A public notice is corrected while everybody reads it, and taken away after it told people, as people see it."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

from flask import Flask
from flask.testing import FlaskClient

from incident_app.extensions import db
from incident_app.services import accounts
from tests.builders import a_case
from tests.fakes import START, FakeClock
from tests.web.posting import post as post_form

FIRST, LAST, LATER = ((START + timedelta(days=days)).date().isoformat() for days in (0, 30, 60))
WHY = "The addresses of 40,000 people are years old: letters would come back."


def post(client: FlaskClient, path: str, **data: object) -> str:
    """Post a form, follow where it leads, and return what stands there as it reads."""
    return unescape(post_form(client, path, dict(data), follow=True).text)


def read(client: FlaskClient, path: str) -> str:
    """Return what stands there, as it reads."""
    return unescape(client.get(path).text)


def published(app: Flask, client_for: Callable[[str], FlaskClient]) -> tuple[str, str]:
    """Publish a notice about a case, and return the address of the case and that of the notice."""
    with app.app_context():
        user = accounts.find(db.session(), "responder@example.org")
        assert user is not None
        ref = a_case(db.session(), user.actor, data_categories=("health",)).ref
    at, responder = f"/cases/{ref}/public-notices", client_for("responder")
    post(responder, at, languages=["en"], first_day=FIRST, last_day=LAST)
    post(responder, f"{at}/1/ask", version="1")
    page = post(client_for("approver"), f"{at}/1/approve", version="2")
    found = re.search(r"/notice/[A-Z0-9]{8}", page)
    assert found is not None
    return f"/cases/{ref}", found[0]


def test_saving_a_correction_says_that_everybody_goes_on_reading(app: Flask, client_for: Callable[[str], FlaskClient]) -> None:
    # Given a notice that everybody reads; its page says so before anybody presses
    case, address = published(app, client_for)
    responder, approver, visitor, at = client_for("responder"), client_for("approver"), app.test_client(), f"{case}/public-notices"
    page = read(responder, f"{at}/1")
    assert "Save the correction" in page
    assert "Everybody goes on reading what was approved before, until this is approved too." in page
    body = re.search(r"<textarea[^>]*>([^<]*)</textarea>", page)
    assert body is not None

    # When its title is corrected and its days lengthened
    page = post(responder, f"{at}/1", language="en", subject="Corrected", body=body[1], version="3")
    assert "Saved. Everybody goes on reading" in page
    assert "The correction is a draft." in page
    assert "As everybody reads it now" in page
    assert "The days are saved. Everybody goes on reading" in post(responder, f"{at}/1/days", first_day=FIRST, last_day=LATER, version="4")

    # Then the first stays where it is, until the correction is approved
    assert "its correction: a draft" in read(responder, at)
    assert "Corrected" not in read(visitor, address)
    post(responder, f"{at}/1/ask", version="5")
    assert "Approve the correction, for everybody to read" in read(approver, f"{at}/1")
    post(approver, f"{at}/1/approve", version="6")
    assert "Corrected" in read(visitor, address)


def test_a_correction_is_dropped_with_one_press(app: Flask, client_for: Callable[[str], FlaskClient]) -> None:
    # Given a notice that everybody reads: where nothing was begun there is nothing to drop
    case, address = published(app, client_for)
    responder, at = client_for("responder"), f"{case}/public-notices"
    assert "Drop the correction" not in read(responder, f"{at}/1")
    post(responder, f"{at}/1/days", first_day=FIRST, last_day=LATER, version="3")
    assert "Drop the correction" in read(responder, f"{at}/1")
    assert "Drop the correction" not in read(client_for("auditor"), f"{at}/1")

    # When the correction is dropped while it waits to be approved
    post(responder, f"{at}/1/ask", version="4")
    page = post(responder, f"{at}/1/drop", version="5")

    # Then what was approved stands, and nothing waits
    assert "The correction is dropped. What was approved stands." in page
    assert "As everybody reads it now" not in page
    assert "Drop the correction" not in page
    assert "Approve the correction" not in read(client_for("approver"), f"{at}/1")
    assert app.test_client().get(address).status_code == 200


def test_a_notice_taken_away_after_it_told_people_is_asked_about(
    app: Flask, client_for: Callable[[str], FlaskClient], clock: FakeClock
) -> None:
    # Given people who count as told by a public notice
    case, _ = published(app, client_for)
    responder, approver, at = client_for("responder"), client_for("approver"), f"{case}/public-notices"
    duty = re.search(r'<option value="(\d+)">EU-GDPR', read(approver, f"{at}/1"))
    assert duty is not None
    post(approver, f"{at}/1/count", obligation=duty[1], public_reason=WHY)
    assert "People count as told by it" in read(responder, f"{at}/1")

    # When it is withdrawn
    clock.move(hours=1)
    post(responder, f"{at}/1/withdraw", reason="It named the wrong day.", version="3")

    # Then the case, its clock, the first page and the register ask, the duty too
    page = read(responder, case)
    assert "Public notice 1 was taken away: are the people still told?" in page
    assert "Are they still told?" in page
    assert "See the duty" in page
    assert "Decide again…" in read(approver, case)
    first = read(approver, "/")
    assert "1 case to decide again:" in first
    assert f"{case}/duties#duty-{duty[1]}" in first
    assert "to decide again" in read(responder, "/register?filter=decide")

    # who may not decide reads who does, and nothing there calls it done
    card = read(responder, f"{case}/duties").partition(f'id="duty-{duty[1]}"')[2].partition("</article>")[0]
    assert "An approver decides this." in card
    assert "To decide again" in card
    assert "chip-done" not in card
    # and an approver lets it be owed again
    page = read(approver, f"{case}/duties")
    assert "Are the people still told?" in page
    assert ": “It named the wrong day.”" in page
    assert "No: owed again" in page
    told = post(approver, f"{case}/duties/{duty[1]}/decision", owed="yes", reason="Nobody can read it any more.")
    assert "decided, owed" in told
    assert "Are the people still told?" not in told
    assert "are the people still told?" not in read(responder, case)
    assert "to decide again" not in read(approver, "/")


def test_or_stays_done_with_the_reason(app: Flask, client_for: Callable[[str], FlaskClient], clock: FakeClock) -> None:
    case, _ = published(app, client_for)
    approver, at = client_for("approver"), f"{case}/public-notices"
    duty = re.search(r'<option value="(\d+)">EU-GDPR', read(approver, f"{at}/1"))
    assert duty is not None
    post(approver, f"{at}/1/count", obligation=duty[1], public_reason=WHY)
    clock.move(hours=1)
    post(approver, f"{at}/1/withdraw", reason="Everybody wrote to us.", version="3")

    page = post(approver, f"{case}/duties/{duty[1]}/decision", owed="no", reason="All 40 of them answered it.")

    assert "done all the same" in page
    assert "Decided: All 40 of them answered it." in page
    assert "Are the people still told?" not in page


def test_nobody_counts_as_told_in_public_without_the_reason(app: Flask, client_for: Callable[[str], FlaskClient]) -> None:
    case, _ = published(app, client_for)
    approver, at = client_for("approver"), f"{case}/public-notices"
    page = read(approver, f"{at}/1")
    duty = re.search(r'<option value="(\d+)">EU-GDPR', page)
    assert duty is not None
    assert "Art. 34(3)(c) allows it only where telling them one by one would take disproportionate effort" in page

    refused = post(approver, f"{at}/1/count", obligation=duty[1], public_reason=" ", late_reason="The page was away.")

    assert "Say why they were told in public and not one by one" in refused
    assert 'aria-describedby="public_reason-hint public_reason-problem"' in refused
    assert "The page was away." in refused
    post(approver, f"{at}/1/count", obligation=duty[1], public_reason=WHY)
    assert f"In public, not one by one, because: {WHY}" in read(approver, f"{case}/duties")
    assert "settled" in post(approver, f"{at}/1/count", obligation=duty[1], public_reason=WHY)


def test_days_that_cannot_be_are_said_at_their_field_and_nothing_typed_is_lost(
    app: Flask, client_for: Callable[[str], FlaskClient]
) -> None:
    # Given somebody who types the last day before the first, of a new notice and of one that is there
    case, _ = published(app, client_for)
    responder, at = client_for("responder"), f"{case}/public-notices"

    for path, more in ((at, {"languages": ["de"]}), (f"{at}/1/days", {"version": "3"})):
        page = post(responder, path, first_day=LATER, last_day=FIRST, **more)

        # Then it is said there, with what was typed
        assert '<a href="#last_day">The last day comes before the first.</a>' in page
        assert 'aria-describedby="last_day-problem"' in page
        assert f'value="{LATER}"' in page
    page = post(responder, at, first_day="", last_day=LAST)
    assert '<a href="#first_day">Give a day, such as 2026-11-24.</a>' in page
    page = post(responder, at, first_day=FIRST, last_day=LAST)
    assert '<a href="#languages">Choose some of:' in page
