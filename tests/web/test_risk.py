"""The assessment in the browser: questions, result, decision, second person."""

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient

from incident_app.extensions import db
from incident_app.models.cases import Case
from incident_app.services import accounts, cases, documents
from tests.builders import a_case, the_world
from tests.fakes import START, FakeVault
from tests.web.posting import post

SignIn = Callable[[str], FlaskClient]
PAGE, DECISIONS = "/cases/BR-2026-001/assess", "/cases/BR-2026-001/decisions"
ANSWERS: dict[str, object] = {
    "classes": ["sensitive"], "ei": "0.75", "confidentiality": "0.5", "integrity": "0", "availability": "0",
    "malicious": "yes", "why_ei": "Display name", "credentials": "financial", "adjust_financial": "1",
    "restored_in_hours": "4", "effect_on_people": "minor", "identity_theft": "no", "why_identity_theft": "No numbers.",
}
QUIET: dict[str, object] = {"subject": "people", "outcome": "not_required", "reason": "Nobody could read the list."}


@pytest.fixture
def case(app: Flask) -> None:
    """A filed case."""
    with app.app_context():
        user = accounts.find(db.session(), "responder@example.org")
        assert user is not None
        a_case(db.session(), user.actor, data_categories=("contact", "ai_prompts"))


@pytest.fixture
def scored(case: None, client_for: SignIn) -> FlaskClient:
    """The responder's browser after scoring."""
    client = client_for("responder")
    answer = post(client, PAGE, ANSWERS, follow=True)
    assert answer.status_code == 200, answer.text
    return client


def test_the_page_asks_for_every_deciding_fact_with_its_reason(case: None, client_for: SignIn) -> None:
    text = client_for("responder").get(PAGE).text

    assert "Do logs or an expert exclude that data were read or taken?" in text
    assert "Excluded by evidence; not seen is not excluded" in text
    assert "The categories of data say: yes." in text
    assert "These five belong to the case" in text
    assert "Not scored yet." in text


def test_a_score_shows_formula_moves_and_every_factor_with_its_author(scored: FlaskClient) -> None:
    text = scored.get(PAGE).text

    assert "Scored:" not in text
    assert "is severity 4" in text
    assert "credentials that open financial +1" in text
    assert "What would change it" in text
    assert "What would move the proposal" in text
    assert "Display name" in text
    assert "No reason given ·" in text
    assert "After how many hours was everything back? <b>4</b>" in text
    assert 'value="minor"\n               checked' in text
    assert "freeze version 2" in text


def test_hours_below_zero_are_named_at_their_field(case: None, client_for: SignIn) -> None:
    answer = post(client_for("responder"), PAGE, ANSWERS | {"restored_in_hours": "-1"})

    assert answer.status_code == 422
    assert "Give whole hours from 0 on." in answer.text


@pytest.mark.parametrize("nothing", ["", " "])
def test_a_number_that_is_left_empty_is_not_misunderstood(case: None, client_for: SignIn, nothing: str) -> None:
    # Given what a browser sends: also the fields that stand empty
    empty = dict.fromkeys(("restored_in_hours", "adjust_simple", "adjust_financial"), nothing)

    answer = post(client_for("responder"), PAGE, ANSWERS | empty, follow=True)

    assert answer.status_code == 200
    assert "Scored: SE" in answer.text


@pytest.mark.parametrize("typed", ["lots", "12,5", "4.0", "a day"])
def test_hours_that_are_no_whole_number_are_refused_and_kept_as_typed(case: None, client_for: SignIn, typed: str) -> None:
    # Given hours that nobody can count, among answers that are all in order
    client = client_for("responder")

    answer = post(client, PAGE, ANSWERS | {"restored_in_hours": typed})

    # Then it is said at the field, what was typed stays there, and no version is frozen without it
    assert answer.status_code == 422
    assert "Give a whole number, 0 or more." in answer.text
    assert f'value="{typed}"' in answer.text
    assert 'value="Display name"' in answer.text or "Display name</textarea>" in answer.text
    assert "Not scored yet." in client.get(PAGE).text


def test_steps_that_are_no_number_are_not_taken_for_none(case: None, client_for: SignIn) -> None:
    answer = post(client_for("responder"), PAGE, ANSWERS | {"adjust_financial": "one"})

    assert answer.status_code == 422
    assert "Give a whole number from -3 to 3." in answer.text


def test_not_telling_waits_until_another_approver_confirms(scored: FlaskClient, client_for: SignIn) -> None:
    # Given an approver who decides that people are not told
    approver, second = client_for("approver"), client_for("second_approver")
    text = post(approver, DECISIONS, QUIET, follow=True).text
    assert "waits for a second person" in text
    assert "another approver has to confirm it" in text
    assert post(approver, f"{DECISIONS}/1/answer", {"verdict": "confirm"}).status_code == 403
    assert post(scored, f"{DECISIONS}/1/answer", {"verdict": "confirm"}).status_code == 403

    # When the second one confirms
    assert "Your answer as the second person" in second.get(PAGE).text
    text = post(second, f"{DECISIONS}/1/answer", {"verdict": "confirm"}, follow=True).text

    # Then it has effect, and the timeline says so
    assert "Confirmed by Sam Second" in text
    assert "Differs from the proposal" in text
    assert post(second, f"{DECISIONS}/1/answer", {"verdict": "confirm"}).status_code == 409
    assert "A decision not to tell was confirmed by a second person" in second.get("/cases/BR-2026-001/timeline").text


def test_it_is_sent_back_with_a_reason_only(scored: FlaskClient, client_for: SignIn) -> None:
    second = client_for("second_approver")
    post(client_for("approver"), DECISIONS, QUIET)

    answer = post(second, f"{DECISIONS}/1/answer", {"verdict": "send_back", "reason": "No"})
    assert answer.status_code == 422
    assert "who decided it has to know" in answer.text
    text = post(second, f"{DECISIONS}/1/answer", {"verdict": "send_back", "reason": "The log shows downloads."},
                follow=True).text
    assert "Sent back by Sam Second" in text
    assert "The log shows downloads." in text


def test_of_two_that_wait_the_refused_answer_stands_at_its_own(scored: FlaskClient, client_for: SignIn) -> None:
    # Given two decisions not to tell that wait for a second person
    approver, second = client_for("approver"), client_for("second_approver")
    for subject in ("authority", "people"):
        assert post(approver, DECISIONS, QUIET | {"subject": subject}).status_code == 302

    # When one of them is sent back with too short a reason
    answer = post(second, f"{DECISIONS}/2/answer", {"verdict": "send_back", "reason": "No!"})

    # Then it stands in its own form alone, and so it does where somebody else was faster
    assert answer.status_code == 422
    assert answer.text.count("No!</textarea>") == 1
    assert "No!</textarea>" in answer.text.partition('id="answer-2"')[2].partition("</form>")[0]
    assert 'href="#answer-2"' in answer.text
    assert post(second, f"{DECISIONS}/2/answer", {"verdict": "confirm"}).status_code == 302
    late = post(client_for("second_approver"), f"{DECISIONS}/2/answer", {"verdict": "send_back", "reason": "The log shows downloads."})
    assert (late.status_code, "The log shows downloads." in late.text) == (409, True)


def test_after_another_score_nobody_is_offered_to_confirm_what_rests_on_the_old_one(scored: FlaskClient, client_for: SignIn) -> None:
    # Given a decision not to tell that waits for its second person, and asks them
    approver, second = client_for("approver"), client_for("second_approver")
    post(approver, DECISIONS, QUIET)
    assert "Your answer as the second person" in second.get(PAGE).text

    # When the severity is scored again
    post(scored, PAGE, ANSWERS)

    # Then nobody is offered what would be refused: it is said, with the reason ready for deciding anew
    for who in (approver, second):
        page = who.get(PAGE).text
        assert "Your answer as the second person" not in page
        assert "Waits for a second person" not in page
        assert "Scored again since" in page
        assert "nobody can confirm this any more. It never had effect: decide anew." in page
        assert "Nobody could read the list.</textarea>" in page
    post(approver, DECISIONS, QUIET)
    assert "Your answer as the second person" in second.get(PAGE).text
    assert "Scored again since" not in second.get(PAGE).text


def test_a_ground_of_article_34_3_asks_for_its_proof(app: Flask, scored: FlaskClient, client_for: SignIn) -> None:
    # Given a file in the evidence
    approver = client_for("approver")
    with app.app_context():
        user = accounts.find(db.session(), "responder@example.org")
        assert user is not None
        file = documents.add(db.session(), 1, kind="evidence", name="disk.pdf", media_type="application/pdf",
                             content=BytesIO(b"%PDF disk").read(), by=user.actor, now=START, vault=FakeVault())
        public_id = file.public_id
    grounded = QUIET | {"exemption": "unintelligible", "document": public_id}

    # When the ground is chosen without words, it asks; with them, it is kept
    answer = post(approver, DECISIONS, grounded | {"proof": ""})
    assert answer.status_code == 422
    assert "what shows that the key is safe?" in answer.text
    text = post(approver, DECISIONS, grounded | {"proof": "AES-256; the key lies in the vault."}, follow=True).text
    assert "Art 34(3)(a)" in text
    assert "(disk.pdf)" in text

    # And a ground left standing beside “required” is not taken up
    text = post(approver, DECISIONS, grounded | {"outcome": "required", "proof": "x"}, follow=True).text
    assert "The decision stands in the record." in text


def test_a_proposal_that_went_stale_says_so(app: Flask, scored: FlaskClient) -> None:
    assert "The facts changed since version 1" not in scored.get(PAGE).text

    with app.app_context():
        user = accounts.find(db.session(), "responder@example.org")
        case = db.session().get_one(Case, 1)
        assert user is not None
        cases.edit(db.session(), 1, replace(cases.facts_of(case), people_data="no"), version=case.version, by=user.actor,
                   now=START, world=the_world())

    text = scored.get(PAGE).text
    assert "The facts changed since version 1" in text
    assert "Now the authority would not be told" in " ".join(text.split())
