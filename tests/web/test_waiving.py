"""The check beside a text: what it found, who waived it and why, on the pages and as JSON."""

import html
from collections.abc import Callable

import pytest
from flask import Flask

from incident_app.extensions import db
from incident_app.services import accounts
from incident_app.wiring import Ports
from tests.builders import a_case
from tests.conftest import ApiClient
from tests.fakes import FakeClock
from tests.web.walk import AT, REF, Client, Walk

LIST = b"name,email,language,country\nAnn,a@example.org,en,DE\nBob,b@example.org,en,US\n"
WHY = "The support line asked for these words."


@pytest.fixture
def walk(app: Flask, client_for: Client, test_ports: Ports, clock: FakeClock) -> Walk:
    """A case is filed, two people are signed in, a notice is drafted to a list."""
    made = Walk(app, client_for, test_ports, clock)
    with app.app_context():
        user = accounts.find(db.session(), "responder@example.org")
        assert user is not None
        a_case(db.session(), user.actor, data_categories=("account",))
    assert made.upload(LIST)[0] == 200
    assert made.draft()[0] == 200
    return made


def test_a_finding_is_waived_beside_the_text_and_the_approver_reads_why(walk: Walk) -> None:
    # Given the text for the United States, with a gap to be filled in
    page = f"{AT}/message?language=en-US"
    seen = html.unescape(walk.responder.get(page).text)
    assert "English, the United States" in seen
    assert "“[did / did not]” was left to be filled in." in seen
    assert "Blocks the approval until it is mended or waived" in seen

    # When it is waived without a word, nothing happens; with a reason, it is
    _, refused = walk.post(walk.responder, f"{AT}/waivers", page, language="en-US", check="placeholder", reason="no")
    assert "Say why in 15 to 500 characters" in refused
    _, done = walk.post(walk.responder, f"{AT}/waivers", page, language="en-US", check="placeholder", reason=WHY)

    # Then the panel and the approver's page say who waived it and why
    assert f"{WHY}</small>" in done
    approving = " ".join(html.unescape(walk.approver.get(f"{AT}/approval").text).split())
    assert "waived:</b>" in approving
    assert f"<b>Because:</b> {WHY}" in approving
    assert "Check of the text in English" in walk.responder.get(f"{AT}/check?person=2").text


def test_who_only_reads_is_offered_no_waiver(walk: Walk, client_for: Client) -> None:
    seen = client_for("auditor").get(f"{AT}/message?language=en-US").text

    assert "was left to be filled in" in seen
    assert "Waive it" not in seen


def test_a_waiver_speaks_json(walk: Walk, api_for: Callable[[str], ApiClient]) -> None:
    speak, at = api_for("responder"), f"/cases/{REF}/notices/1"
    before = speak("GET", f"{at}/check")[1]["checks"]["en-US"]  # type: ignore[index]  # JSON
    assert not before["ready"]
    assert {"check": "placeholder", "weight": "hold", "across": False,
            "words": "“[did / did not]” was left to be filled in."} in before["findings"]

    status, _ = speak("POST", f"{at}/waivers", {"language": "en-US", "check": "placeholder", "reason": WHY})

    after = speak("GET", f"{at}/check")[1]["checks"]["en-US"]  # type: ignore[index]  # JSON
    assert status == 200
    assert [(one["check"], one["reason"]) for one in after["waivers"]] == [("placeholder", WHY)]
    assert after["ready"]
    assert speak("POST", f"{at}/waivers", {"language": "en", "check": "blame", "reason": WHY})[0] == 404
