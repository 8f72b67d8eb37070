"""The pages on which a case ends: what is missing with its place, the review two people sign, closing over gaps, opening again."""

import re
from collections.abc import Callable
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient

from incident_app.extensions import db
from incident_app.models.cases import Case
from incident_app.services import cases, remediation, review
from incident_app.services.remediation import NewAction
from tests.builders import a_case
from tests.fakes import FakeClock
from tests.services.closing_steps import CHANGE, JUDGED, WHY_OVER, quieten, signed_review
from tests.web.posting import post
from tests.web.walk import hired

SignIn = Callable[[str], FlaskClient]
CASE = "/cases/BR-2026-001"


def hidden(page: str, name: str) -> str:
    found: set[str] = set(re.findall(rf'name="{name}"\s+value="([^"]*)"', page))
    return "|".join(found)


def a_quiet_case(people_data: str = "no") -> Case:
    session = db.session()
    case = quieten(session, a_case(session, hired().responder, kind="other"))
    case.people_data = people_data
    session.commit()
    return case


def test_the_page_names_every_gap_and_leads_to_it(app: Flask, client_for: SignIn) -> None:
    # Given a case in which everything is open
    with app.app_context():
        a_case(db.session(), hired().responder)

    page = client_for("responder").get(f"{CASE}/close").text

    # Then each gap is named, and its link leads to where it is closed
    assert "It cannot be closed yet." in page
    links = re.findall(r'<a href="([^"]+)">(?:The |Decide)', page)
    assert {re.sub(r"\d+$", "N", link) for link in links} == {
        f"{CASE}/assess", f"{CASE}/duties#duty-N", f"{CASE}/actions#action-N", f"{CASE}/review"}
    client = client_for("responder")
    for link in {link.partition("#")[0] for link in links}:
        at = client.get(link)
        assert at.status_code == 200
        for anchor in (one.partition("#")[2] for one in links if one.startswith(f"{link}#")):
            assert f'id="{anchor}"' in at.text, anchor


def test_two_people_close_over_a_gap_and_one_opens_it_again(app: Flask, client_for: SignIn, clock: FakeClock) -> None:
    # Given a case with one open action
    with app.app_context():
        case = a_quiet_case()
        remediation.add(db.session(), case.id, NewAction("Ask the processor", "remedy"), by=hired().responder, now=clock.now())
    responder, approver = client_for("responder"), client_for("approver")
    page = responder.get(f"{CASE}/close").text
    asks = {"version": hidden(page, "version"), "seen": hidden(page, "seen")}

    # When a responder asks without a reason, with an old list of gaps, and then as it should be
    assert post(responder, f"{CASE}/close/over", asks | {"reason": "x"}).status_code == 422
    stale = post(responder, f"{CASE}/close/over", asks | {"seen": "0" * 64, "reason": WHY_OVER})
    assert (stale.status_code, WHY_OVER in stale.text) == (409, True)
    assert post(responder, f"{CASE}/close/over", asks | {"reason": WHY_OVER}).status_code == 302

    # Then every page says so; who asked cannot answer; who agrees sees exactly what is open
    assert "asks to close this breach although something is open" in approver.get(CASE).text
    assert "You asked for this" in responder.get(f"{CASE}/close").text
    page = approver.get(f"{CASE}/close").text
    assert "Still to be done: Ask the processor." in page
    (at,) = set(re.findall(rf"{CASE}/close/over/[0-9a-f-]{{36}}", page))
    assert post(responder, at, {"answer": "agree"}).status_code == 403

    # And when it was refused with a reason, it is asked and agreed to once more
    assert post(approver, at, {"answer": "refuse", "reason": "Ask them first, please."}).status_code == 302
    assert post(responder, f"{CASE}/close/over", asks | {"reason": WHY_OVER}).status_code == 302
    (at,) = set(re.findall(rf"{CASE}/close/over/[0-9a-f-]{{36}}", approver.get(f"{CASE}/close").text))
    assert post(approver, at, {"answer": "agree"}).status_code == 302
    shown = approver.get(CASE).text
    for words in ("Closed although 1 thing was open", WHY_OVER, "Ada Approver", "asked for by Rene Responder", "Ask the processor"):
        assert words in shown
    assert "It is closed." in approver.get(f"{CASE}/close").text

    # And an approver opens it again, with a reason; what it was closed for stays on the page
    empty = post(approver, f"{CASE}/reopen", {"reason": " "})
    assert (empty.status_code, 'role="alert"' in empty.text) == (422, True)
    assert post(approver, f"{CASE}/reopen", {"reason": "The police called."}).status_code == 302
    shown = approver.get(CASE).text
    for words in ("Closed before, and opened again", WHY_OVER, "The police called."):
        assert words in shown
    assert post(approver, f"{CASE}/reopen", {"reason": "Again."}).status_code == 409


def test_a_request_about_other_gaps_is_shown_as_fallen(app: Flask, client_for: SignIn, clock: FakeClock) -> None:
    with app.app_context():
        case = a_quiet_case()
        remediation.add(db.session(), case.id, NewAction("Ask the processor", "remedy"), by=hired().responder, now=clock.now())
    responder = client_for("responder")
    page = responder.get(f"{CASE}/close").text
    post(responder, f"{CASE}/close/over", {"version": hidden(page, "version"), "seen": hidden(page, "seen"), "reason": WHY_OVER})

    with app.app_context():
        remediation.add(db.session(), 1, NewAction("Ask the police", "remedy"), by=hired().responder, now=clock.now())

    page = responder.get(f"{CASE}/close").text
    assert "Something else is open by now" in page
    assert "Close it although this is open" in page
    assert post(client_for("reporter"), f"{CASE}/close/over", {}).status_code in (403, 404)


def test_a_review_is_written_signed_by_two_and_printed(app: Flask, client_for: SignIn, clock: FakeClock) -> None:
    # Given a case in which only the review is missing
    with app.app_context():
        a_quiet_case("yes")
    responder, approver, auditor = client_for("responder"), client_for("approver"), client_for("auditor")
    words = {"version": "0", "judgement": JUDGED, "to_change": CHANGE}
    assert "Nobody has written" in approver.get(f"{CASE}/review").text

    # When it is written, by halves first, and somebody is slower
    refused = post(responder, f"{CASE}/review", words | {"to_change": ""})
    assert (refused.status_code, "Say what should change" in refused.text, JUDGED in refused.text) == (422, True, True)
    assert post(responder, f"{CASE}/review", words).status_code == 302
    slower = post(approver, f"{CASE}/review", words | {"judgement": "Mine is another one."})
    assert (slower.status_code, "Mine is another one." in slower.text, JUDGED in slower.text) == (409, True, True)

    # And two people sign what they saw
    page = responder.get(f"{CASE}/review").text
    content = hidden(page, "content")
    assert post(responder, f"{CASE}/review/sign", {"content": "0" * 64}).status_code == 409
    assert post(responder, f"{CASE}/review/sign", {"content": content}).status_code == 302
    assert post(responder, f"{CASE}/review/sign", {"content": content}).status_code == 403
    assert "You signed it." in responder.get(f"{CASE}/review").text
    assert post(approver, f"{CASE}/review/sign", {"content": content}).status_code == 302

    # Then it says so to everybody who reads the case, prints, and the case closes
    page = auditor.get(f"{CASE}/review").text
    for said in ("Signed by two", "Rene Responder", "Ada Approver", JUDGED, CHANGE):
        assert said in page
    assert auditor.get(f"{CASE}/review.pdf").mimetype == "application/pdf"
    assert post(approver, f"{CASE}/close", {"version": "1", "reason": "All is done."}).status_code == 302
    assert "Closed" in approver.get(CASE).text
    assert post(responder, f"{CASE}/review", words | {"version": "1"}).status_code == 409


def test_void_names_and_earlier_words_stay_readable(app: Flask, client_for: SignIn, clock: FakeClock) -> None:
    with app.app_context():
        case, people = a_quiet_case("yes"), hired()
        content = signed_review(db.session(), case, people, clock.now())
        review.save(db.session(), case.id, "Done well after all.", CHANGE, version=1, by=people.responder, now=clock.now())
        cases.add_note(db.session(), case.id, "Late.", by=people.responder, now=clock.now() + timedelta(days=2))
    approver = client_for("approver")

    page = approver.get(f"{CASE}/review").text
    assert "2 void signatures" in page
    assert "The words were changed." in page
    assert "1 earlier version" in page
    assert "1 long silence" in page
    assert content[:16] not in page


def test_what_binds_two_names_takes_a_fresh_proof_of_who_one_is(app: Flask) -> None:
    doors = ("closing", "review", "api_closing", "api_review")
    marked = {name for name, view in app.view_functions.items() if name.startswith(doors) and getattr(view, "fresh", False)}
    assert marked == {"closing.answer", "closing.reopen", "review.sign", "api_closing.answer", "api_closing.reopen", "api_review.sign"}
