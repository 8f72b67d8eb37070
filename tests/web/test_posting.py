"""Letters on the delivery page, and as JSON."""

import re
from collections.abc import Callable

import pytest
from flask import Flask

from incident_app.extensions import db
from incident_app.services import accounts
from incident_app.tasks.papers import forget as forget_papers
from incident_app.tasks.papers import make as make_papers
from incident_app.wiring import Ports
from tests.builders import a_case
from tests.conftest import ApiClient
from tests.fakes import FakeClock
from tests.post_kit import POSTAL
from tests.web.posting import post
from tests.web.walk import AT, REF, Client, Walk

PAGE = f"{AT}/delivery"
WHY = "Letters to people without email"


@pytest.fixture
def walk(app: Flask, client_for: Client, test_ports: Ports, clock: FakeClock) -> Walk:
    """A notice is being sent, two of its three people wait for a letter."""
    made = Walk(app, client_for, test_ports, clock)
    with app.app_context():
        user = accounts.find(db.session(), "responder@example.org")
        assert user is not None
        a_case(db.session(), user.actor, data_categories=("account",))
    made.to_approved(POSTAL, order="email,post", wait_minutes="0", canary="y", uncertain_policy="ask")
    assert made.launch(3)[0] == 200
    made.pump()
    return made


def words(text: str) -> str:
    """Return a page with its white space made single."""
    return " ".join(text.split())


def test_two_approvers_let_the_file_out_and_one_takes_it(walk: Walk) -> None:
    # Given people whose turn is a letter
    second = walk.client_for("second_approver")
    assert "The turn of 2 people is a letter now" in words(walk.responder.get(PAGE).text)
    assert "What is the file for?" not in walk.responder.get(PAGE).text

    # When one approver asks and another lets it out
    status, text = walk.post(walk.approver, f"{AT}/letters", PAGE, reason=WHY, form="csv")
    assert (status, "Another approver has to confirm it" in text) == (200, True)
    assert walk.post(walk.approver, f"{AT}/letters/1/answer", PAGE, answer="confirm")[0] == 403
    assert "Let the file of 2 out" in words(second.get(PAGE).text)
    status, text = walk.post(second, f"{AT}/letters/1/answer", PAGE, answer="confirm")
    assert (status, "Take the file of 2 letters" in words(text)) == (200, True)

    # Then it is taken once, and they have their outcome
    token = words(walk.approver.get(PAGE).text)
    assert "once. Whoever takes it answers for it." in token
    status, text = walk.post(walk.approver, f"{AT}/letters/1/file", PAGE)
    assert (status, len(re.findall(r"\bBerlin\b", text))) == (200, 2)
    assert text.startswith("\ufeffperson,name,address")
    assert walk.post(walk.approver, f"{AT}/letters/1/file", PAGE)[0] == 409
    page = words(walk.approver.get(PAGE).text)
    assert "Nobody waits for a letter." in page
    assert "given out: 2 people, asked for by Ada Approver, answered by Sam Second, taken by Ada Approver." in page


def test_the_second_person_may_send_it_back(walk: Walk) -> None:
    walk.post(walk.approver, f"{AT}/letters", PAGE, reason=WHY)
    second = walk.client_for("second_approver")

    status, text = walk.post(second, f"{AT}/letters/1/answer", PAGE, answer="refuse", reason="The printer is closed")

    assert (status, "The printer is closed" in text) == (200, True)
    assert "Ask for 2 letters" in words(walk.approver.get(PAGE).text)


def test_the_letters_speak_json(walk: Walk, api_for: Callable[[str], ApiClient]) -> None:
    first, second, path = api_for("approver"), api_for("second_approver"), f"/cases/{REF}/notices/1/letters"
    assert first("GET", path)[1] == {"waiting": 2, "due": 2, "exports": []}
    assert api_for("responder")("POST", path, {"reason": WHY})[0] == 403

    status, made = first("POST", path, {"reason": WHY})
    assert (status, made["number"], made["state"]) == (201, 1, "asked")
    status, made = second("POST", f"{path}/1/answer", {"confirmed": True})
    assert (status, made["state"]) == (200, "confirmed")
    answer = first.client.post(f"/api/v1{path}/1/file", headers=first.headers)

    assert (answer.status_code, len(re.findall(r"\bBerlin\b", answer.text))) == (200, 2)
    assert first("GET", path)[1]["exports"][0]["state"] == "done"  # type: ignore[index]  # JSON


def test_letters_are_printed_here_taken_by_two_and_posted(walk: Walk) -> None:
    # Given letters that one approver asked for and another let out
    second = walk.client_for("second_approver")
    assert "PDF for window envelopes" in words(walk.approver.get(PAGE).text)
    walk.post(walk.approver, f"{AT}/letters", PAGE, reason=WHY, form="pdf", side="right")
    assert "Let the letters of 2 out" in words(second.get(PAGE).text)
    status, text = walk.post(second, f"{AT}/letters/1/answer", PAGE, answer="confirm")
    assert (status, "The letters are being printed" in text, "still being printed" in text) == (200, True, True)

    # When a worker printed them
    with walk.app.app_context():
        assert make_papers() == 1
    assert "Take the 2 printed letters" in words(walk.approver.get(PAGE).text)
    answer = post(walk.approver, f"{AT}/letters/1/file")
    assert (answer.status_code, answer.mimetype, answer.headers["Cache-Control"]) == (200, "application/pdf", "no-store")
    assert [name in answer.text for name in ("'=Bob'", "'Cleo'", "Ann")] == [True, True, False]

    # Then a person says on which day how many were posted; what cannot be is refused in words
    for wrong, said in (({"on": "soon", "count": "2"}, "as on a calendar"), ({"on": "2026-11-23", "count": "two"}, "as a number"),
                        ({"on": "2026-11-23", "count": "2", "left_out": "Ann"}, "names nobody"),
                        ({"on": "2026-11-23", "count": "1"}, "that leaves 2, not 1")):
        status, text = walk.post(walk.approver, f"{AT}/letters/1/handed", PAGE, True, **wrong)
        assert (status, said in text) == (422, True)
    status, text = walk.post(walk.approver, f"{AT}/letters/1/handed", PAGE, on="2026-11-23", count="1", left_out="P-00003")
    assert (status, "handed over to the post: 1 person" in words(text)) == (200, True)
    assert "On 23 Nov 2026, said by Ada Approver, 1 not posted." in words(text)

    # And where that was wrong it is corrected, with what was said before still there
    bag = "The bag stood in the hall."
    status, text = walk.post(walk.approver, f"{AT}/letters/1/corrected", PAGE, True, people="Bob", reason=bag)
    assert (status, "names nobody" in text) == (422, True)
    status, text = walk.post(walk.approver, f"{AT}/letters/1/corrected", PAGE, people="p-2", reason=bag)
    assert (status, "These people wait for a letter again" in text) == (200, True)
    assert "by Ada Approver: 1 letter was not posted after all." in words(text)
    assert "On 23 Nov 2026, said by Ada Approver, 2 not posted." in words(text)

    # And letters that were not posted are thrown away, and asked for again
    walk.post(walk.approver, f"{AT}/letters", PAGE, reason=WHY)
    walk.post(second, f"{AT}/letters/2/answer", PAGE, answer="confirm")
    with walk.app.app_context():
        assert make_papers() == 1
        assert forget_papers() == 0
    status, text = walk.post(walk.approver, f"{AT}/letters/2/dropped", PAGE, reason="The paper was wet")
    assert (status, "Ask for 2 letters" in words(text)) == (200, True)


def test_printed_letters_speak_json(walk: Walk, api_for: Callable[[str], ApiClient]) -> None:
    first, second, path = api_for("approver"), api_for("second_approver"), f"/cases/{REF}/notices/1/letters"
    assert first("POST", path, {"reason": WHY, "form": "fax"})[0] == 422
    assert first("POST", path, {"reason": WHY, "form": "pdf", "side": "right"})[1]["form"] == "pdf"
    assert second("POST", f"{path}/1/answer", {"confirmed": True})[1]["open_until"] is None
    with walk.app.app_context():
        make_papers()
    answer = first.client.post(f"/api/v1{path}/1/file", headers=first.headers)
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")

    status, made = first("POST", f"{path}/1/handed", {"on": "2026-11-23", "count": 1, "left_out": [2]})

    assert (status, made["state"], made["handed_on"], made["left_count"]) == (200, "handed", "2026-11-23", 1)
    assert first("POST", f"{path}/1/dropped", {"reason": "The paper was wet"})[0] == 409
    status, made = first("POST", f"{path}/1/corrected", {"reason": "The bag stood in the hall.", "people": [3]})
    assert (status, made["state"], made["people_count"], made["left_count"]) == (200, "handed", 0, 2)
    assert first("POST", f"{path}/1/corrected", {"reason": "The bag stood in the hall."})[0] == 409
