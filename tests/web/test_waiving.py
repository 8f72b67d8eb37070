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
from tests.web.reading import form_of
from tests.web.walk import AT, REF, Client, Walk

LIST = b"name,email,language,country\nAnn,a@example.org,en,DE\nBob,b@example.org,en,US\n"
WHY = "The support line asked for these words."
PAGE = f"{AT}/message?language=en-US"


def press(walk: Walk, where: str, page: str = PAGE, **typed: str) -> str:
    """Type into the page of the text as it is now, press a button of it, and return the page that follows."""
    sent = form_of(walk.responder.get(page).text, "body", **typed)
    return html.unescape(walk.responder.post(where, data=sent, follow_redirects=True).text)


def waive(walk: Walk, reason: str, more: str = "") -> str:
    """Give a reason for the gap that was left in the text."""
    return press(walk, f"{AT}/waivers{more}?language=en-US", **{"check": "placeholder", "reason-placeholder": reason})


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
    seen = html.unescape(walk.responder.get(PAGE).text)
    assert "English, the United States" in seen
    assert "“[did / did not]” was left to be filled in." in seen
    assert "Blocks the approval until it is mended or waived" in seen

    # When it is waived without a word, nothing happens; with a reason, it is
    refused = waive(walk, "no")
    assert "Say why in 15 to 500 characters" in refused
    done = waive(walk, WHY)

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


def test_a_waiver_is_withdrawn_beside_the_text_and_the_approval_goes_with_it(walk: Walk) -> None:
    # Given a text with a waiver
    waive(walk, WHY)

    # When it is withdrawn, first without a word, then with a reason
    assert "The waiver stands. Say why in 15 to 500 characters" in waive(walk, "no", "/withdrawn")
    done = waive(walk, WHY, "/withdrawn")

    # Then the panel asks for it again
    assert "The waiver is withdrawn." in done
    assert "Blocks the approval until it is mended or waived" in done


def test_withdrawing_speaks_json(walk: Walk, api_for: Callable[[str], ApiClient]) -> None:
    speak, at = api_for("responder"), f"/cases/{REF}/notices/1"
    asked = {"language": "en-US", "check": "placeholder", "reason": WHY}
    assert speak("POST", f"{at}/waivers/withdrawn", asked)[0] == 404
    speak("POST", f"{at}/waivers", asked)

    status, notice = speak("POST", f"{at}/waivers/withdrawn", asked)

    assert (status, notice["state"]) == (200, "draft")
    assert not speak("GET", f"{at}/check")[1]["checks"]["en-US"]["ready"]  # type: ignore[index]  # JSON


def test_the_day_of_the_next_message_is_set_beside_the_text(walk: Walk, api_for: Callable[[str], ApiClient]) -> None:
    # Given the page of the text, with nothing promised
    page = f"{AT}/message"
    assert "When people hear from us again" in walk.responder.get(page).text

    # When a day is set that is over, one that is none, and then a good one
    for day, words in (("2020-01-01", "Choose a day after today."), ("soon", "Give a day, such as 2026-11-24.")):
        refused = press(walk, f"{page}?language=en", page, go="again", again_by=day)
        assert words in refused
        assert f'value="{day}"' in refused
    done = press(walk, f"{page}?language=en", page, go="again", again_by="2026-12-01")

    # Then the text names it, as JSON too, and it can be taken out again
    assert "Every text names the day now." in done
    assert "We will write to you again by 1 December 2026 at the latest." in done
    speak, at = api_for("responder"), f"/cases/{REF}/notices/1"
    notice = speak("GET", at)[1]
    assert notice["again_by"] == "2026-12-01"
    changed = speak("PUT", f"{at}/again-by", {"again_by": "2026-12-03", "version": notice["version"]})
    assert (changed[0], changed[1]["again_by"]) == (200, "2026-12-03")
    assert speak("PUT", f"{at}/again-by", {"again_by": "2020-12-03", "version": changed[1]["version"]})[0] == 422
    assert "The texts name no day now." in press(walk, f"{page}?language=en", page, go="again", again_by="")


def test_who_only_reads_sees_the_day(walk: Walk, client_for: Client) -> None:
    assert "No day was promised." in client_for("auditor").get(f"{AT}/message").text
    press(walk, f"{AT}/message", f"{AT}/message", go="again", again_by="2026-12-01")
    assert "as the text says" in client_for("auditor").get(f"{AT}/message").text
